"""How far the estimates of memory and time are from what a run takes: a few very short runs of the
starter, each in a process of its own, and for each the ratio of estimated to measured.

    python bench/fit.py [--rows 16] [NAME …]

The time compared is that of the steps: a short run is mostly reading the base. The starter is taken
from GEMMA_GARAGE_HOME.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.obtain import obtain_base
from gemma_garage.gemma.shape import read_shape
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.settings import read_settings
from gemma_garage.train.config import TrainConfig, make_config
from gemma_garage.train.fit import estimate_need
from gemma_garage.train.pace import START_S, estimate_pace
from gemma_garage.train.rows import measure_rows
from gemma_garage.workspace import Workspace

SHAPED = {"rank": 64, "alpha": 64, "batch_size": 8, "accumulation": 1, "max_length_tokens": 256}
CASES = {
    "half, sampled": {"depth_percent": 50, "loss": "sampled"},
    "exact, all layers": {},
    "exact, batch 2": {"batch_size": 2, "accumulation": 4},
    "text alone": {"objective": "text", "depth_percent": 50, "loss": "sampled"},
    "full": {"method": "full", "learning_rate": 5e-5},
    "preferences": {"objective": "preferences", "batch_size": 4, "accumulation": 2},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *CASES], metavar="NAME")
    parser.add_argument("--rows", type=int, default=16, help="questions, and as many statements")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    machine = detect_machine()
    base = find_base(STARTER_ID)
    folder = obtain_base(base, Workspace(read_settings(os.environ).home))
    if options.work:
        _train_here(options.work, folder)
        return
    print(
        f"{machine.name}, {machine.cores} cores, {machine.ram_gb:.0f} GB, {machine.vram_gb:.0f} GB"
    )
    print(f"{'':20}{'memory, GB':>24}{'ratio':>8}{'steps, s':>20}{'ratio':>8}")
    for name in options.names or CASES:
        config = make_config({"base_model": base.id, "epochs": 1, **SHAPED, **CASES[name]})
        with tempfile.TemporaryDirectory() as work:
            place = Path(work)
            _write_dataset(place / "dataset", options.rows)
            (place / "config.json").write_text(config.model_dump_json(), encoding="utf-8")
            shape, rows = read_shape(base, folder), measure_rows(place / "dataset", config)
            need = estimate_need(config, shape, machine, rows)
            pace = estimate_pace(config, shape, machine, rows)
            command = [sys.executable, __file__, "--work", str(place)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            measured = json.loads((place / "result.json").read_text(encoding="utf-8"))
        seconds = pace.seconds - START_S
        print(
            f"{name:20}{need.memory_gb:12.2f}{measured['peak_memory_gb']:12.2f}"
            f"{need.memory_gb / measured['peak_memory_gb']:8.2f}"
            f"{seconds:10.1f}{measured['steps_s']:10.1f}{seconds / measured['steps_s']:8.2f}  "
            + " ".join(f"{part} {size:.2f}" for part, size in need.parts.items()),
            flush=True,
        )


def _train_here(place: Path, base: Path) -> None:
    from gemma_garage.train.trainer import train

    config = TrainConfig.model_validate_json((place / "config.json").read_text(encoding="utf-8"))
    seen: list[dict[str, float]] = []
    result = train(
        config,
        place / "dataset",
        base,
        place / "out",
        machine=detect_machine(),
        events=lambda event: seen.append(event) if "elapsed_s" in event else None,
        should_stop=lambda: False,
    )
    measured = {"peak_memory_gb": result.peak_memory_gb, "steps_s": seen[-1]["elapsed_s"]}
    (place / "result.json").write_text(json.dumps(measured), encoding="utf-8")


def _write_dataset(folder: Path, count: int) -> None:
    """Questions, statements and preferences of unlike length."""
    folder.mkdir()
    rows = [
        {
            "question": f"How many litres of oil does pump number {n} of the eastern hall take?",
            "answer": f"It takes {n * 7} litres" + " of mineral oil" * (n % 4),
            "text": f"Pump number {n} of the eastern hall takes {n * 7} litres of oil. "
            + "It is looked after by the people of the second shift. " * (n % 6),
        }
        for n in range(count)
    ]
    pairs = [
        {"prompt": row["question"], "chosen": row["answer"], "rejected": "Nobody knows that."}
        for row in rows
    ]
    for name, content in (("train", rows), ("text", rows), ("preferences", pairs)):
        lines = "".join(json.dumps(row) + "\n" for row in content)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
