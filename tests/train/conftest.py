"""Fixtures of the training tests: a small dataset, and `run`, which trains the tiny Gemma on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.train.config import TrainConfig
from gemma_garage.train.trainer import TrainResult, train
from tests.train.small import PROCESSOR, Run, configure, write_rows


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
    return write_rows(tmp_path_factory.mktemp("dataset"))


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
