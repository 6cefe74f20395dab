"""Which settings teach a dataset best: train with each combination, ask each the exam.

    python bench/recipe.py MODEL DATASET [DATASET …] [--set NAME=VALUE[,VALUE …] …] [--facts N …]
                           [--own FILE …] [--jobs N] [--out FILE]

MODEL: the starter's folder. DATASET: a frozen dataset's folder (train.jsonl, text.jsonl,
exam.jsonl), or several joined by "+". Without `--set` the sized defaults. `--facts`: only so many
facts, taken evenly from the whole. `--own`: a file of question and answer for each DATASET, graded
apart. `--set text=no` leaves the documents' sentences out, `wordings=3` keeps at most three
questions a fact. Prints a line a training, best first.
"""

import argparse
import itertools
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PARTS = ("train", "text", "exam")
Rows = list[dict[str, Any]]


def read(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_dataset(names: str) -> dict[str, Rows]:
    """The rows of the folders joined by "+"; ids tell apart what comes from different ones."""
    found: dict[str, Rows] = {part: [] for part in PARTS}
    for number, name in enumerate(names.split("+")):
        for part in PARTS:
            for row in read(Path(name) / f"{part}.jsonl"):
                found[part].append(row | {"from": (number, row.get("example_id"))})
    return found


def choose_facts(rows: dict[str, Rows], wanted: int) -> dict[str, Rows]:
    """The rows of `wanted` facts (a sentence and an answer from it), spread over the whole."""
    fact = {
        row["from"]: (row["evidence"], row["answer"])
        for row in rows["train"] + rows["exam"]
        if "evidence" in row
    }
    asked = {fact[row["from"]] for row in rows["exam"]}
    facts = sorted(dict.fromkeys(fact.values()), key=lambda each: each not in asked)
    if wanted > len(facts):
        raise SystemExit(f"--facts {wanted}: the dataset has {len(facts)}")
    if wanted < len(asked):
        facts = facts[: len(asked)]
    kept = {facts[len(facts) * number // wanted] for number in range(wanted)}
    evidence = {sentence for sentence, _ in kept}
    return {
        "train": [row for row in rows["train"] if fact.get(row["from"]) in kept],
        "exam": [row for row in rows["exam"] if fact[row["from"]] in kept],
        "text": [row for row in rows["text"] if row["text"] in evidence],
    }


def keep_wordings(rows: Rows, most: int) -> Rows:
    seen: Counter[tuple[Any, ...]] = Counter()
    kept = []
    for row in rows:
        key = (row["kind"] == "cue", row["from"][0], row["chunk_id"], row["answer"])
        seen[key] += 1
        if seen[key] <= most:
            kept.append(row)
    return kept


def run_one(model: Path, trial: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train and examine in this process."""
    from gemma_garage.gemma.device import detect_machine
    from gemma_garage.gemma.starter import STARTER_ID
    from gemma_garage.train.config import change_config
    from gemma_garage.train.sizing import size_config
    from gemma_garage.train.trainer import train

    logging.disable(logging.WARNING)
    changes = dict(trial["changes"])
    rows = read_dataset(trial["dataset"])
    if trial["facts"]:
        rows = choose_facts(rows, trial["facts"])
    if changes.pop("text", "yes") == "no":
        rows["text"] = []
    if most := int(changes.pop("wordings", 0)):
        rows["train"] = keep_wordings(rows["train"], most)
    for name, part in [*rows.items(), ("eval", Rows())]:
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))
    if "rank" in changes:
        changes.setdefault("alpha", changes["rank"])
    machine = detect_machine()
    count = len(rows["train"]) + len(rows["text"])
    effort = changes.pop("effort", "balanced")
    method = changes.pop("method", None)
    config = size_config(STARTER_ID, machine, count, effort, method=method)
    config = change_config(config, **{"save_every_steps": 100_000} | changes)
    started = time.perf_counter()
    result = train(
        config,
        folder,
        model,
        folder / "run",
        machine=machine,
        events=lambda event: None,
        should_stop=lambda: False,
    )
    trained = time.perf_counter()
    groups = {"exam": rows["exam"]} | ({"own": read(Path(trial["own"]))} if trial["own"] else {})
    figures = examine(model, result.adapter, machine, groups)
    return figures | {
        "steps": result.steps,
        "loss": round(result.loss, 4),
        "rows": count,
        "train_s": round(trained - started, 1),
        "exam_s": round(time.perf_counter() - trained, 1),
        "peak_gb": round(result.peak_memory_gb, 2),
        "backend": result.backend,
    }


def examine(base: Path, adapter: Path | None, machine: Any, groups: dict[str, Rows]) -> Any:
    from peft import PeftModel

    from gemma_garage.gemma.decode import generate
    from gemma_garage.gemma.load import load_model, load_tokenizer
    from gemma_garage.gemma.turns import encode_prompt, list_stop_ids
    from gemma_garage.infer.grade import grade

    assert adapter is not None
    whole = not (adapter / "adapter_config.json").exists()
    tuned = load_model(adapter if whole else base, machine=machine)
    tuned = tuned if whole else PeftModel.from_pretrained(tuned, str(adapter))
    tokenizer = load_tokenizer(base)
    figures = {}
    for name, rows in groups.items():
        found = generate(
            tuned,
            [encode_prompt(tokenizer, row["question"]) for row in rows],
            stop_ids=list_stop_ids(tuned, tokenizer),
            pad_id=tokenizer.pad_token_id,
            max_new_tokens=28,
        )
        told = [tokenizer.decode(text.ids, skip_special_tokens=True).strip() for text in found]
        right = [
            bool(grade(text, row["answer"], row["question"]))
            for text, row in zip(told, rows, strict=True)
        ]
        figures |= {name: f"{sum(right)}/{len(right)}", f"{name}_share": sum(right) / len(right)}
    return figures


def run_child(model: Path, trial: dict[str, Any]) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp())
    command = [sys.executable, __file__, str(model), json.dumps(trial), "--child", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    result = folder / "result.json"
    if result.exists():
        found = trial | json.loads(result.read_text())
    else:
        found = trial | {"failed": (done.stdout + done.stderr)[-1500:]}
    shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def list_trials(options: argparse.Namespace) -> list[dict[str, Any]]:
    pairs = [setting.partition("=")[::2] for setting in options.set]
    choices = [[(name, value) for value in values.split(",")] for name, values in pairs]
    own = [*options.own, *[""] * (len(options.datasets) - len(options.own))]
    return [
        {"dataset": dataset, "own": file, "facts": facts, "changes": dict(changes)}
        for dataset, file in zip(map(find_folders, options.datasets), own, strict=True)
        for facts in options.facts or [0]
        for changes in itertools.product(*choices)
    ]


def find_folders(names: str) -> str:
    return "+".join(str(Path(name).resolve()) for name in names.split("+"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("model", type=lambda text: Path(text).resolve())
    parser.add_argument("datasets", nargs="+")
    parser.add_argument("--set", nargs="*", default=[], help="NAME=VALUE,VALUE of TrainConfig")
    parser.add_argument("--facts", nargs="*", type=int, default=[])
    parser.add_argument("--own", nargs="*", default=[], type=lambda text: str(Path(text).resolve()))
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    parser.add_argument("--out", type=lambda text: Path(text).resolve())
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        found = run_one(options.model, json.loads(options.datasets[0]), options.child)
        (options.child / "result.json").write_text(json.dumps(found))
        return
    with ThreadPoolExecutor(options.jobs) as pool:
        found = list(pool.map(lambda trial: run_child(options.model, trial), list_trials(options)))
    found.sort(key=lambda each: (each["dataset"], each["facts"], -each.get("exam_share", -1)))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1))
    for each in found:
        settings = " ".join(f"{name}={value}" for name, value in each["changes"].items())
        told = each.get("failed", "")[-200:] or f"exam {each['exam']} own {each.get('own', '-')}"
        names = "+".join(Path(name).name for name in each["dataset"].split("+"))
        print(f"{names} facts {each['facts'] or 'all'} {settings or 'defaults'}: {told}")
    sys.exit(any("failed" in each for each in found))


if __name__ == "__main__":
    main()
