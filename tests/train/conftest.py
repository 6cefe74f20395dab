"""Fixtures of the training tests: a small dataset, and `run`, which trains the tiny Gemma on it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.train.config import TrainConfig
from gemma_garage.train.trainer import TrainResult, train
from tests.train.small import PROCESSOR, Run, configure


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other over tiny matrices take ten times as long on a busy
    machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
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


@pytest.fixture
def run(tiny_gemma: Path, dataset: Path, tmp_path: Path) -> Run:
    def start(name: str, config: TrainConfig | None = None, **options: Any) -> TrainResult:
        wanted: dict[str, Any] = {"events": lambda event: None, "should_stop": lambda: False}
        return train(
            config or configure(),
            dataset,
            tiny_gemma,
            tmp_path / name,
            machine=PROCESSOR,
            **(wanted | options),
        )

    return start
