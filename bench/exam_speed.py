"""How much faster the exam asks than one question after another with plain `generate`.

    python bench/exam_speed.py [--questions 200] [--alone 40]

The exam's Job asks the base all questions; plain transformers is asked every n-th of them alone,
with the same prompt and the same room, from a model of its own. Prints both rates by the clock and
by processor time, their ratio, and how many of the answers are the same. The starter is taken from
GEMMA_GARAGE_HOME (or ~/.gemma-garage); the home of the bench is a temporary one.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from gemma_garage.garage import Garage, open_garage
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.load import load_model, load_tokenizer
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.gemma.turns import encode_prompt, list_stop_ids
from gemma_garage.infer.exam import exam_table, examine
from gemma_garage.infer.general import read_general
from gemma_garage.infer.session import open_session
from gemma_garage.jobs import Progress, Wishes
from gemma_garage.schema import Dataset, ExamQuestion, Job, Run
from gemma_garage.settings import read_settings
from gemma_garage.workspace import Workspace

OPENINGS = (
    "{}",
    "Please answer briefly. {}",
    "I have a question: {}",
    "{} Answer in one word.",
    "Can you tell me this? {}",
    "A friend asks: {}",
)
ROOM = 32  # what the exam gives these short answers


def fill(garage: Garage, starter: Path, count: int) -> int:
    """A Run on the starter with an untrained adapter and so many questions; gives its id."""
    from peft import LoraConfig, get_peft_model

    garage.workspace.model(STARTER_ID).symlink_to(starter)
    project = garage.store.projects()[0].id
    dataset = garage.store.add(
        Dataset(project_id=project, version=1, path="datasets/1", counts={}, fingerprint="0" * 64)
    )
    asked = [(form.format(row.question), row.answer) for form in OPENINGS for row in read_general()]
    garage.store.add_exam_questions(
        [
            ExamQuestion(dataset_id=dataset.id, kind="general", question=question, answer=answer)
            for question, answer in asked[:count]
        ]
    )
    run = garage.store.add(
        Run(
            project_id=project,
            dataset_id=dataset.id,
            number=1,
            base_model=STARTER_ID,
            config={"method": "lora"},
        )
    )
    folder = garage.workspace.run(run.id) / "adapter"
    base = load_model(starter, machine=detect_machine())
    get_peft_model(base, LoraConfig(r=8, task_type="CAUSAL_LM")).save_pretrained(folder)
    garage.store.update(Run, run.id, adapter=garage.workspace.relative(folder))
    return run.id


def ask_alone(starter: Path, questions: list[str]) -> tuple[list[str], float, float]:
    """Answers of plain transformers, one by one; seconds by the clock and of the processor."""
    import torch

    model, tokenizer = load_model(starter, machine=detect_machine()), load_tokenizer(starter)
    stops, answers = list_stop_ids(model, tokenizer), []
    begun_s, busy_s = time.perf_counter(), time.process_time()
    for question in questions:
        ids = torch.tensor([encode_prompt(tokenizer, question)], device=model.device)
        with torch.inference_mode():
            out = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=ROOM,
                do_sample=False,
                top_k=None,
                top_p=None,
                eos_token_id=stops,
                pad_token_id=tokenizer.pad_token_id,
            )
        said = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        answers.append(said.strip())
    return answers, time.perf_counter() - begun_s, time.process_time() - busy_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--alone", type=int, default=40, help="how many plain generate is asked")
    options = parser.parse_args()
    starter = Workspace(read_settings(None).home).model(STARTER_ID).resolve()
    with tempfile.TemporaryDirectory() as home:
        garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": home}))
        try:
            run_id = fill(garage, starter, options.questions)
            job = garage.store.add(Job(kind="exam", lane="gpu"))
            progress = Progress(garage.store, job.id, Wishes())
            with open_session(garage, run_id, "the bench"):
                pass  # loading is measured in neither
            begun_s, busy_s = time.perf_counter(), time.process_time()
            examine(garage, run_id, progress, ("base",))
            exam_s, exam_busy_s = time.perf_counter() - begun_s, time.process_time() - busy_s
            rows = exam_table(garage.store, run_id)
        finally:
            garage.close()
    chosen = rows[:: max(1, len(rows) // options.alone)][: options.alone]
    alone, alone_s, alone_busy_s = ask_alone(starter, [row.question for row in chosen])
    same = sum(row.base_answer == said for row, said in zip(chosen, alone, strict=True))
    for name, count, clock_s, processor_s in (
        ("exam", len(rows), exam_s, exam_busy_s),
        ("one by one", len(alone), alone_s, alone_busy_s),
    ):
        each = f"{processor_s / count:.2f} s of processor each"
        print(f"{name:<12}{count / clock_s:6.2f} questions/s, {each}")
    by_clock = (len(rows) / exam_s) / (len(alone) / alone_s)
    by_processor = (alone_busy_s / len(alone)) / (exam_busy_s / len(rows))
    print(f"ratio       {by_clock:.2f} by the clock, {by_processor:.2f} by processor time")
    print(f"the same    {same} of {len(alone)} answers")


if __name__ == "__main__":
    main()
