"""A run small enough for a test: settings, the machine, and how to stop it."""

from collections.abc import Callable
from typing import Any

from gemma_garage.gemma.device import Machine
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
