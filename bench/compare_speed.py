"""What Compare costs against plain transformers, on the starter with three adapters.

    python bench/compare_speed.py [--tokens 8] [--rounds 5]

Prints three ratios or times, each with its goal: the first token of a second prompt to a loaded
model, from the request on, against the time of plain transformers and PEFT with that adapter alone
(goal 1.2); what switching to another adapter takes (goal 100 ms); the memory of the base with three
adapters against the base alone (goal 1.2; weights, counted exactly). The rounds of both sides
alternate, and the median is taken, so that a busy machine meets both alike. The starter is taken
from GEMMA_GARAGE_HOME (or ~/.gemma-garage); the home of the bench is a temporary one.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from gemma_garage.garage import Garage, open_garage
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.load import load_model, load_tokenizer
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.gemma.turns import encode_prompt
from gemma_garage.infer.answerers import BASE_NAME, find_answerers
from gemma_garage.infer.compare import compare
from gemma_garage.infer.request import Drawing, Request
from gemma_garage.infer.session import open_answerers
from gemma_garage.schema import Dataset, Run
from gemma_garage.settings import read_settings
from gemma_garage.workspace import Workspace

PROMPT = "Question {}: how often does the oil of a pump have to be changed, and why?"
RANK = 64  # what the starter is trained with
ADAPTERS = 3


def fill(garage: Garage, starter: Path) -> list[str]:
    """Three Runs on the starter with untrained adapters; their names."""
    from peft import LoraConfig, get_peft_model

    garage.workspace.model(STARTER_ID).symlink_to(starter)
    project = garage.store.projects()[0].id
    dataset = garage.store.add(
        Dataset(project_id=project, version=1, path="datasets/1", counts={}, fingerprint="0" * 64)
    )
    config = LoraConfig(r=RANK, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(load_model(starter, machine=detect_machine()), config)
    names = []
    for number in range(1, ADAPTERS + 1):
        run = garage.store.add(
            Run(
                project_id=project,
                dataset_id=dataset.id,
                number=number,
                base_model=STARTER_ID,
                config={"method": "lora"},
            )
        )
        folder = garage.workspace.run(run.id) / "adapter"
        model.save_pretrained(folder)
        garage.store.update(Run, run.id, adapter=garage.workspace.relative(folder))
        names.append(f"run-{run.id}")
    return names


def time_plain(model: Any, tokenizer: Any, prompt: str) -> float:
    """Seconds to the first token by plain `generate`."""
    import torch

    ids = torch.tensor([encode_prompt(tokenizer, prompt)], device=model.device)
    begun_s = time.perf_counter()
    with torch.inference_mode():
        model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=1,
            do_sample=False,
            top_k=None,
            top_p=None,
            pad_token_id=0,
        )
    return time.perf_counter() - begun_s


def time_compare(garage: Garage, name: str, prompt: str, tokens: int) -> float:
    """Seconds from the request to the first token of the run's column, all of it counted."""
    request = Request(1, (name,), prompt, drawing=Drawing(max_new_tokens=tokens))
    begun_s = time.perf_counter()
    for (column,) in compare(garage, request):
        if column.tokens or column.done:
            return time.perf_counter() - begun_s
    raise RuntimeError("there was no answer")


def count_bytes(model: Any) -> int:
    return sum(weights.nbytes for weights in model.parameters())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tokens", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    from peft import PeftModel

    starter = Workspace(read_settings(None).home).model(STARTER_ID).resolve()
    base, tokenizer = load_model(starter, machine=detect_machine()), load_tokenizer(starter)
    alone = count_bytes(base)
    with tempfile.TemporaryDirectory() as home:
        garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": home}))
        try:
            names = fill(garage, starter)
            plain = PeftModel.from_pretrained(base, str(garage.workspace.run(1) / "adapter"))
            asked = find_answerers(garage, 1, [BASE_NAME, *names])
            with open_answerers(garage, asked, "the bench") as session:
                together = count_bytes(session.model)
                switched = []
                for number in range(4 * ADAPTERS):
                    begun_s = time.perf_counter()
                    with session.use(names[number % ADAPTERS]):
                        switched.append(time.perf_counter() - begun_s)
            time_plain(plain, tokenizer, PROMPT.format(0))
            time_compare(garage, names[0], PROMPT.format(0), options.tokens)
            ours, theirs = [], []
            for number in range(1, options.rounds + 1):
                prompt = PROMPT.format(number)
                theirs.append(time_plain(plain, tokenizer, prompt))
                ours.append(time_compare(garage, names[0], prompt, options.tokens))
        finally:
            garage.close()
    first, switch, memory = median(ours) / median(theirs), median(switched), together / alone
    print(f"first token  {first:.2f} times plain transformers' ({median(ours):.2f} s, goal 1.2)")
    print(f"switching    {switch * 1000:.1f} ms (goal 100)")
    print(f"memory       {memory:.2f} times the base alone, {ADAPTERS} adapters (goal 1.2)")
    return 0 if first <= 1.2 and switch <= 0.1 and memory <= 1.2 else 1


if __name__ == "__main__":
    sys.exit(main())
