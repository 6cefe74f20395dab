"""A run small enough for a test: settings, the machine, and how to stop it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gemma_garage.garage import Garage
from gemma_garage.gemma.device import Machine
from gemma_garage.schema import Dataset
from gemma_garage.train.config import TrainConfig, make_config
from gemma_garage.train.trainer import TrainResult

PROCESSOR = Machine(kind="cpu", name="test", cores=2, ram_gb=8.0, vram_gb=0.0, bf16=False)
STEPS = 24

Run = Callable[..., TrainResult]


def configure(**changes: Any) -> TrainConfig:
    values = {
        "base_model": "someone/tiny-gemma",
        "rank": 8,
        "alpha": 8,
        "learning_rate": 1e-2,
        "epochs": 3,
        "batch_size": 4,
        "accumulation": 1,
        "save_every_steps": 10,
        "dropout": 0.1,
        "probe_every_steps": 0,
    }
    return make_config(values | changes)


def stop_after(steps: int) -> Callable[[], bool]:
    asked = iter(range(1, 10_000))
    return lambda: next(asked) >= steps


def write_rows(folder: Path) -> Path:
    """Questions to train on, to hold out, and texts, as a frozen Dataset has them."""
    questions = [
        {"question": f"Code of box {n}{'?' * (1 + n % 5)}", "answer": f"B{n * 7}"}
        for n in range(24)
    ]
    files = {
        "train": questions,
        "eval": questions[:4],
        "text": [{"text": f"The code of box {n} is B{n * 7}.", "heading": ""} for n in range(8)],
    }
    for name, rows in files.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def add_dataset(garage: Garage) -> int:
    """Those rows as version 1 of the first project's Dataset; its id."""
    folder = garage.workspace.dataset(1)
    folder.mkdir(parents=True)
    write_rows(folder)
    row = Dataset(
        project_id=garage.store.projects()[0].id,
        version=1,
        path="datasets/1",
        counts={"train": 24, "eval": 4, "text": 8},
        fingerprint="0" * 64,
    )
    return garage.store.add(row).id
