"""Train the question writer: `python tools/train_writer.py STARTER_FOLDER WORK_FOLDER`.

Reads `tools/writer/*.jsonl` (title, heading, sentence, answer and five questions a line, written by
us) and writes the adapter to `gemma_garage/augment/local/writer_adapter`.
Forty minutes on two cores.
"""

import argparse
import json
import random
import re
from pathlib import Path
from typing import Any

from gemma_garage.augment.local.choose import ASKS
from gemma_garage.augment.local.writer import ADAPTER, ask_for_answer, ask_for_questions
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.train.sizing import size_config
from gemma_garage.train.trainer import train

ITEMS = Path(__file__).parent / "writer"
HELD_TITLES = 12  # documents that are only evaluated on
SETTINGS: dict[str, Any] = {
    "epochs": 1.0,
    "rank": 16,
    "alpha": 32,
    "learning_rate": 5e-4,
    "max_length_tokens": 256,
    "save_every_steps": 150,
    "eval_every_steps": 100,
    "train_on_text": False,
}
# What every version of PEFT understands; no newer switch is on.
KEPT = ("peft_type", "task_type", "r", "lora_alpha", "target_modules", "layers_to_transform",
        "layers_pattern", "bias")  # fmt: skip


def read_items() -> list[dict[str, Any]]:
    """The items with those of their questions that have a question word: the generator takes no
    others."""
    lines = (line for file in sorted(ITEMS.glob("*.jsonl")) for line in file.open(encoding="utf-8"))
    items = [json.loads(line) for line in lines]
    return [
        item | {"questions": [text for text in item["questions"] if ASKS.search(text)]}
        for item in items
    ]


def make_rows(item: dict[str, Any], rng: random.Random) -> list[dict[str, str]]:
    """To ask for the answer, and to answer one of the questions."""
    sentence, answer = item["sentence"], item["answer"]
    before, _, after = sentence.partition(answer)
    place = item["title"], item["heading"]
    asked = ask_for_questions(*place, f"{before}[{answer}]{after}", answer)
    read = ask_for_answer(*place, sentence, rng.choice(item["questions"]))
    return [
        {"question": asked, "answer": "\n".join(item["questions"])},
        {"question": read, "answer": answer},
    ]


def write_rows(items: list[dict[str, Any]], folder: Path) -> int:
    """Write a Dataset's files; gives the number of training rows."""
    rng = random.Random(5)
    titles = sorted({item["title"] for item in items})
    held = set(rng.sample(titles, HELD_TITLES))
    rows = [(item["title"] in held, row) for item in items for row in make_rows(item, rng)]
    rng.shuffle(rows)
    folder.mkdir(parents=True, exist_ok=True)
    for name, wanted in (("train", False), ("eval", True)):
        lines = [json.dumps(row, ensure_ascii=False) for is_held, row in rows if is_held is wanted]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "text.jsonl").write_text("", encoding="utf-8")
    return sum(not is_held for is_held, _ in rows)


def save_words(items: list[dict[str, Any]], target: Path) -> None:
    """The words of all questions: what the writer may say beside the statement's own."""
    text = " ".join(question for item in items for question in item["questions"])
    words = sorted(set(re.findall(r"[^\W\d_][\w'’-]*", text)))
    (target / "words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")


def save_small(source: Path, target: Path) -> None:
    """The adapter in 16 bits, without the path of the base it was trained on."""
    from safetensors.torch import load_file, save_file

    weights = load_file(source / "adapter_model.safetensors")
    save_file(
        {name: weight.bfloat16().contiguous() for name, weight in weights.items()},
        target / "adapter_model.safetensors",
        metadata={"format": "pt"},
    )
    config = json.loads((source / "adapter_config.json").read_text(encoding="utf-8"))
    config["target_modules"] = sorted(config["target_modules"])
    kept = {key: config[key] for key in KEPT} | {"base_model_name_or_path": None}
    text = json.dumps(kept | {"inference_mode": True}, indent=2, sort_keys=True) + "\n"
    (target / "adapter_config.json").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("starter", type=Path, help="the converted starter")
    parser.add_argument("work", type=Path, help="a folder for rows, checkpoints and curves")
    options = parser.parse_args()
    machine = detect_machine()
    items = read_items()
    rows = write_rows(items, options.work / "dataset")
    sized = size_config(STARTER_ID, machine, rows)
    config = type(sized).model_validate({**sized.model_dump(), **SETTINGS})
    trained = train(
        config,
        options.work / "dataset",
        options.starter,
        options.work / "run",
        machine=machine,
        events=print,
        should_stop=lambda: False,
    )
    save_small(trained.adapter, ADAPTER)
    save_words(items, ADAPTER)


if __name__ == "__main__":
    main()
