"""How long a run takes: from what the same kind of run did on this machine, else reckoned from the
work and the speed of the machine.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gemma_garage.gemma.device import Machine
from gemma_garage.gemma.shape import Shape
from gemma_garage.train.config import TrainConfig
from gemma_garage.train.fit import count_trained_layers
from gemma_garage.train.loss import DRAWN_TOKENS
from gemma_garage.train.rows import RowSizes

START_S = 20.0  # libraries and base are read, rows are tokenised
LAUNCH_S = 0.006  # a layer of one batch on a GPU, forwards and back: its kernels have to be started
CPU_SHARE = 0.75  # of the speed at which large matrices are multiplied
GPU_SHARE = 0.3
# Dense 16-bit TFLOP/s by what is in the GPU's name, the first that fits; without bf16, in fp32.
GPU_TFLOPS = {
    "B200": 2250, "H200": 989, "H100": 989, "A100": 312, "L40": 181, "L4": 121, "A10": 70,
    "5090": 210, "4090": 165, "4080": 97, "3090": 71, "3080": 59, "V100": 14, "T4": 8, "P100": 9,
}  # fmt: skip
USUAL_GPU_TFLOPS = 40
# Settings that decide how fast a token is trained; the others change little.
SAME_PACE = ("method", "objective", "depth_percent", "loss", "target_modules")


@dataclass(frozen=True, slots=True)
class Pace:
    """`seconds` for the whole run, `steps` updates; `measured`: an earlier run's speed was used."""

    seconds: float
    steps: int
    measured: bool


def estimate_pace(
    config: TrainConfig,
    shape: Shape,
    machine: Machine,
    rows: RowSizes,
    earlier: Mapping[str, Any] | None = None,
) -> Pace:
    """`earlier`: the result of a finished run whose `is_same_pace` says yes."""
    together = config.batch_size * config.accumulation
    steps = max(1, round(config.epochs * -(-rows.rows // together)))
    passes = config.epochs * (2 if config.objective == "preferences" else 1)
    if earlier is not None and earlier.get("tokens_per_second"):
        seconds = passes * rows.tokens / float(earlier["tokens_per_second"])
        return Pace(START_S + seconds, steps, True)
    work = _count_work(config, shape, rows)
    seconds = (
        config.epochs
        * work
        / (_measure_speed(machine) if machine.kind == "cpu" else _look_up(machine))
    )
    if machine.kind == "cuda":
        seconds = max(seconds, LAUNCH_S * shape.layers * steps * config.accumulation)
    return Pace(START_S + seconds, steps, False)


def is_same_pace(config: TrainConfig, other: Mapping[str, Any]) -> bool:
    """Whether a run with the stored settings `other` trains a token about as fast."""
    mine = config.model_dump(mode="json")
    known = {name: field.default for name, field in TrainConfig.model_fields.items()} | dict(other)
    return mine["base_model"] == known["base_model"] and all(
        mine[name] == known[name] for name in SAME_PACE
    )


def _count_work(config: TrainConfig, shape: Shape, rows: RowSizes) -> float:
    """Floating point operations of one pass over the rows."""
    trained = count_trained_layers(config, shape)
    linear = shape.layer_parameters * trained
    # Forwards 2 a weight, back through it 2 more, and 2 for its own gradient where it is trained.
    each = 6 if config.method == "full" else 4
    tokens = rows.tokens
    if config.objective == "preferences":  # two answers, and both once more by the base
        return 2.0 * tokens * ((each + 2) * linear + 8 * shape.head_parameters)
    head = 6 if config.method == "full" else 4
    if config.loss == "sampled":
        vocabulary = 3.0 * (rows.words + DRAWN_TOKENS) * shape.width * 2
    else:
        vocabulary = float(head) * shape.head_parameters
    lower = 2 * shape.layer_parameters * (shape.layers - trained) / max(config.epochs, 1)
    return tokens * (each * linear + lower) + rows.trained * vocabulary


@lru_cache(maxsize=1)
def _measure_speed(machine: Machine) -> float:
    """Operations a second, from a tenth of a second of multiplying."""
    import numpy

    dice = numpy.random.default_rng(0)
    left, right = (dice.standard_normal((640, 640), dtype=numpy.float32) for _ in range(2))
    left @ right  # the first call starts the library's threads
    fastest = float("inf")
    until = time.perf_counter() + 0.1
    while time.perf_counter() < until:
        started = time.perf_counter()
        left @ right
        fastest = min(fastest, time.perf_counter() - started)
    return CPU_SHARE * 2 * 640**3 / fastest


def _look_up(machine: Machine) -> float:
    tflops = next((t for name, t in GPU_TFLOPS.items() if name in machine.name), USUAL_GPU_TFLOPS)
    return GPU_SHARE * tflops * 1e12
