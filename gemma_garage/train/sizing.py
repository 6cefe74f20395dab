"""Sized defaults: the TrainConfig for a base model, a machine and an amount of data.

The usual LoRA defaults teach a 270M model nothing and are right for 4B and larger; docs/LOG.md has
the measurements. It looks at sizes only, never at the rows.
"""

from collections.abc import Mapping
from typing import Any, Literal

from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import Machine
from gemma_garage.train.config import TrainConfig, make_config

Effort = Literal["quick", "balanced", "thorough"]

SMALL_PARAMETERS = 500_000_000
MEDIUM_PARAMETERS = 2_000_000_000
EPOCHS_BY_EFFORT: dict[Effort, tuple[float, float]] = {  # (small bases, larger bases)
    "quick": (3.0, 1.0),
    "balanced": (6.0, 3.0),
    "thorough": (10.0, 5.0),
}
LEAST_STEPS: dict[Effort, int] = {"quick": 120, "balanced": 220, "thorough": 400}
SMALL_BATCH = 8
MOST_EPOCHS = 40.0
MANY_ROWS = 2_000  # from here on a fact comes in enough rows that fewer passes do
GPU_HEADROOM_GB = 6.0  # activations and optimiser beside the base


def count_rows(counts: Mapping[str, Any]) -> int:
    """Rows of a Dataset that one pass goes over, from its `counts`: questions, cues and texts."""
    return sum(int(counts.get(part, 0)) for part in ("train", "cues", "text"))


def size_config(base: str, machine: Machine, rows: int, effort: Effort = "balanced") -> TrainConfig:
    """Defaults for `base` (a catalogue id) on `machine` with `rows` questions and texts.

    `effort`: how long to train. NotFound: the catalogue has no such base.
    """
    entry = find_base(base)
    small = entry.parameters < SMALL_PARAMETERS
    epochs = EPOCHS_BY_EFFORT[effort][0 if small else 1]
    if rows >= MANY_ROWS:
        epochs = max(1.0, epochs * MANY_ROWS / rows)
    if small:
        # A few facts in few steps leave no trace: at least as many steps as teach 40 facts.
        epochs = max(epochs, min(MOST_EPOCHS, LEAST_STEPS[effort] * SMALL_BATCH / max(rows, 1)))
    values: dict[str, Any] = {"base_model": base, "epochs": round(epochs, 2)}
    if small:
        values |= {"rank": 64, "alpha": 64, "learning_rate": 1e-3, "batch_size": SMALL_BATCH}
        values |= {"accumulation": 1, "max_length_tokens": 512}
    elif entry.parameters < MEDIUM_PARAMETERS:
        values |= {"rank": 32, "alpha": 32, "learning_rate": 4e-4, "batch_size": 4}
        values |= {"accumulation": 2}
    else:
        values |= {"rank": 16, "alpha": 16, "learning_rate": 2e-4, "batch_size": 2}
        values |= {"accumulation": 4}
    steps_per_epoch = max(1, rows // (values["batch_size"] * values["accumulation"]))
    values["save_every_steps"] = min(200, max(20, steps_per_epoch))
    if machine.kind == "cpu" and entry.class_name == "Gemma3ForCausalLM":
        values |= {"depth_percent": 50, "loss": "sampled"}
    if machine.kind == "cuda":
        bf16_gb = entry.parameters * 2 / 2**30
        values["method"] = "lora" if bf16_gb + GPU_HEADROOM_GB <= machine.vram_gb else "qlora"
    return make_config(values)
