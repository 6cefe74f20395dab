"""How well the whole offline way teaches a manual: generate, train, examine base and tuned.

`python bench/recipe.py STARTER_FOLDER MANUAL.md QUESTIONS.jsonl [--drafts FILE.json]` writes the
questions with the local generator (or reads them from FILE.json, which it also writes), trains with
the sized defaults and prints the exam of base and tuned on held-out wordings and on the questions
by hand. Everything but the page and the store is what the app does.
"""

import argparse
import json
import logging
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gemma_garage.augment.drafts import Ask, Draft, Passage
from gemma_garage.augment.generate import judge_drafts
from gemma_garage.augment.holdout import count_questions, hold_out
from gemma_garage.augment.local.generator import LocalGenerator
from gemma_garage.augment.quality import Duplicates
from gemma_garage.augment.request import LOCAL_KINDS
from gemma_garage.augment.sentences import split_statements
from gemma_garage.gemma.decode import generate
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.load import load_model, load_tokenizer
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.infer.grade import grade
from gemma_garage.schema import Example
from gemma_garage.train.sizing import size_config
from gemma_garage.train.trainer import train


def read_passages(path: Path) -> list[Passage]:
    """One passage a section of second level; the first line is the title."""
    text = path.read_text(encoding="utf-8")
    title, _, rest = text.partition("\n")
    passages = []
    for part in re.split(r"\n(?=## )", rest):
        head, _, body = part.partition("\n") if part.startswith("## ") else ("", "", part)
        passages.append(Passage(body.strip(), head.strip("# "), title.strip("# ")))
    return passages


def write_drafts(passages: Sequence[Passage], starter: Path, wordings: int) -> list[dict[str, Any]]:
    model = load_model(starter, machine=detect_machine())
    generator = LocalGenerator(model, load_tokenizer(starter), wordings=wordings)
    return [
        {**asdict(draft), "passage": index}
        for index, drafts in generator.write([Ask(passage, LOCAL_KINDS) for passage in passages])
        for draft in drafts
    ]


def judge(passages: Sequence[Passage], drafts: list[dict[str, Any]]) -> list[Example]:
    duplicates = Duplicates()
    rows: list[Example] = []
    for index, passage in enumerate(passages):
        own = [
            Draft(**{key: value for key, value in draft.items() if key != "passage"})
            for draft in drafts
            if draft["passage"] == index
        ]
        examples = judge_drafts(own, passage, duplicates, chunk_id=index)
        for row in examples:
            row.chunk_id, row.id = index, len(rows)
        rows += [row for row in examples if row.status == "accepted"]
    return rows


def write_dataset(folder: Path, passages: Sequence[Passage], rows: Sequence[Example]) -> None:
    texts = [
        {"text": statement.text, "heading": passage.heading, "chunk_id": index}
        for index, passage in enumerate(passages)
        for statement in split_statements(passage.text, passage.heading)
    ]
    train = [
        {"question": row.question, "answer": row.answer, "kind": row.kind,
         "chunk_id": row.chunk_id, "example_id": row.id}
        for row in rows
    ]  # fmt: skip
    for name, lines in (("train", train), ("eval", []), ("text", texts)):
        told = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(told, encoding="utf-8")


def examine(model: Any, tokenizer: Any, asked: Sequence[tuple[str, str]]) -> list[str]:
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": question}], add_generation_prompt=True
        ).input_ids
        for question, _ in asked
    ]
    found = generate(model, prompts, stop_ids=[1, 106], pad_id=0, max_new_tokens=24)
    return [tokenizer.decode(text.ids, skip_special_tokens=True).strip() for text in found]


def main() -> None:
    logging.getLogger("transformers").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser()
    parser.add_argument("starter", type=Path)
    parser.add_argument("manual", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--drafts", type=Path)
    parser.add_argument("--wordings", type=int, default=4)
    parser.add_argument("--set", nargs="*", default=[], help="name=value of TrainConfig")
    options = parser.parse_args()
    passages = read_passages(options.manual)
    start = time.perf_counter()
    if options.drafts and options.drafts.exists():
        drafts = json.loads(options.drafts.read_text(encoding="utf-8"))
    else:
        drafts = write_drafts(passages, options.starter, options.wordings)
        if options.drafts:
            options.drafts.write_text(json.dumps(drafts, ensure_ascii=False, indent=1), "utf-8")
    written_s = time.perf_counter() - start
    split = hold_out(judge(passages, drafts), exam_share=0.2, eval_share=0.0, seed=0)
    overlap = count_questions(split.train).keys() & count_questions(split.exam).keys()
    if overlap:
        raise SystemExit(f"exam questions stand in the training rows: {sorted(overlap)[:3]}")
    lines = options.questions.read_text(encoding="utf-8").splitlines()
    by_hand = [(row["question"], row["answer"]) for row in map(json.loads, lines)]
    exam = [(row.question, row.answer) for row in split.exam]
    machine = detect_machine()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_dataset(folder, passages, split.train)
        texts = sum(1 for _ in (folder / "text.jsonl").open(encoding="utf-8"))
        config = size_config(STARTER_ID, machine, len(split.train) + texts)
        changes = dict(pair.split("=", 1) for pair in options.set)
        config = type(config).model_validate({**config.model_dump(), **changes})
        start = time.perf_counter()
        result = train(config, folder, options.starter, folder / "run", machine=machine,
                       events=lambda _event: None, should_stop=lambda: False)  # fmt: skip
        trained_s = time.perf_counter() - start
        start = time.perf_counter()
        from peft import PeftModel

        tokenizer = load_tokenizer(options.starter)
        model = load_model(options.starter, machine=machine)
        base = examine(model, tokenizer, exam + by_hand)
        tuned_model = PeftModel.from_pretrained(model, str(result.adapter)).merge_and_unload()
        tuned = examine(tuned_model, tokenizer, exam + by_hand)
    examined_s = time.perf_counter() - start
    asked = exam + by_hand
    right = [
        [grade(answer, expected, question)
         for answer, (question, expected) in zip(answers, asked, strict=True)]
        for answers in (base, tuned)
    ]  # fmt: skip
    for index, (question, expected) in enumerate(asked):
        if not right[1][index]:
            group = "exam" if index < len(exam) else "hand"
            print(f"  {group}: {question} [{expected}] -> {tuned[index]}")
    cut = len(exam)
    print(
        f"{options.manual.stem}: facts {len({(d['passage'], d['fact']) for d in drafts})}, rows "
        f"{len(split.train)}, texts {texts}; base {sum(right[0][:cut])}/{cut}, tuned "
        f"{sum(right[1][:cut])}/{cut}; by hand base {sum(right[0][cut:])}/{len(by_hand)}, tuned "
        f"{sum(right[1][cut:])}/{len(by_hand)}; written {written_s:.0f} s, "
        f"trained {trained_s:.0f} s ({result.steps} steps), examined {examined_s:.0f} s"
    )


if __name__ == "__main__":
    main()
