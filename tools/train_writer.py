"""Train the question writer: `python tools/train_writer.py STARTER_FOLDER WORK_FOLDER`.

Reads `tools/writer/*.jsonl` (title, heading, sentence, answer and five questions a line, written by
us) and writes the adapter to `gemma_garage/augment/local/writer_adapter`.
A fifth of a second a row on two cores. The one that ships was trained in rounds: each new lot of
items with some of the older ones, from the weights that were there (`--go-on --fresh … --every 2`).
"""

import argparse
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gemma_garage.augment.local.choose import ASKS
from gemma_garage.augment.local.writer import ADAPTER, UNSAID, ask_for_answer, ask_for_questions
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.train.sizing import size_config
from gemma_garage.train.trainer import train

ITEMS = Path(__file__).parent / "writer"
EASY_SHARE = 0.25  # of the questions that a statement does not answer
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
    "lower_layers": "base",
}
_SORT = re.compile(
    r"(?i)\b(how (?:long|often|much|many|far|old|heavy|deep|high|hot|fast|early)|how|who|where|"
    r"when|why|what|which)\b"
)
# What every version of PEFT understands; no newer switch is on.
KEPT = ("peft_type", "task_type", "r", "lora_alpha", "target_modules", "layers_to_transform",
        "layers_pattern", "bias")  # fmt: skip


def read_items(fresh: Sequence[str] = (), every: int = 1) -> list[dict[str, Any]]:
    """The items with those of their questions that have a question word: the generator takes no
    others. All items of the files named `fresh`, one in `every` of the others."""
    items = []
    for file in sorted(ITEMS.glob("*.jsonl")):
        lines = file.read_text(encoding="utf-8").splitlines()
        items += [json.loads(line) for line in lines[:: 1 if file.stem in fresh else every]]
    return [
        item | {"questions": [text for text in item["questions"] if ASKS.search(text)]}
        for item in items
    ]


def make_rows(
    item: dict[str, Any], others: Sequence[dict[str, Any]], rng: random.Random
) -> list[dict[str, str]]:
    """To ask for the answer; to answer one of the questions; and to see that the statement does
    not answer one of `others`, items of the same document."""
    sentence, answer = item["sentence"], item["answer"]
    before, _, after = sentence.partition(answer)
    place = item["title"], item["heading"]
    asked = ask_for_questions(*place, f"{before}[{answer}]{after}", answer)
    told = (*place, sentence)
    rows = [
        {"question": asked, "answer": "\n".join(item["questions"])},
        {"question": ask_for_answer(*told, rng.choice(item["questions"])), "answer": answer},
    ]
    strange = choose_strange(item, others, rng)
    if strange:
        rows.append({"question": ask_for_answer(*told, strange), "answer": UNSAID})
    return rows


def choose_strange(
    item: dict[str, Any], others: Sequence[dict[str, Any]], rng: random.Random
) -> str | None:
    """A question on another statement of the document, mostly of a sort that this one has answers
    to, rather under the same heading: what is asked decides then, not the sort of the answer."""
    own = {name_sort(other) for other in others if other["sentence"] == item["sentence"]}
    apart = [
        other
        for other in others
        if other["sentence"] != item["sentence"] and other["answer"] not in item["sentence"]
    ]
    alike = [other for other in apart if name_sort(other) in own]
    near = [other for other in alike if other["heading"] == item["heading"]]
    chosen = apart if rng.random() < EASY_SHARE else near or alike or apart
    return rng.choice(rng.choice(chosen)["questions"]) if chosen else None


def name_sort(item: dict[str, Any]) -> str:
    """What the item's first question asks for: "how long", "who"."""
    return " ".join(_SORT.findall(item["questions"][0])[:1]).lower()


def write_rows(items: list[dict[str, Any]], folder: Path) -> int:
    """Write a Dataset's files; gives the number of training rows."""
    rng = random.Random(5)
    titles = sorted({item["title"] for item in items})
    held = set(rng.sample(titles, HELD_TITLES))
    of_title: dict[str, list[dict[str, Any]]] = {}
    for item in read_items():
        of_title.setdefault(item["title"], []).append(item)
    rows = [
        (item["title"] in held, row)
        for item in items
        for row in make_rows(item, of_title[item["title"]], rng)
    ]
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


def go_on(adapter: Path) -> None:
    """Let the training start with the weights of `adapter` instead of fresh ones."""
    import peft
    from safetensors.torch import load_file

    weights, fresh = load_file(adapter / "adapter_model.safetensors"), peft.get_peft_model

    def fill(base: Any, config: Any) -> Any:
        model = fresh(base, config)
        peft.set_peft_model_state_dict(
            model, {key: value.float() for key, value in weights.items()}
        )
        return model

    peft.get_peft_model = fill


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("starter", type=Path, help="the converted starter")
    parser.add_argument("work", type=Path, help="a folder for rows, checkpoints and curves")
    parser.add_argument("--go-on", action="store_true", help="from the adapter that is there")
    parser.add_argument("--fresh", nargs="*", default=[], help="files whose items are all taken")
    parser.add_argument("--every", type=int, default=1, help="take one in so many of the others")
    options = parser.parse_args()
    if options.go_on:
        go_on(ADAPTER)
    machine = detect_machine()
    items = read_items(options.fresh, options.every)
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
    save_words(read_items(), ADAPTER)


if __name__ == "__main__":
    main()
