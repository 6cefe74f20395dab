"""Sized defaults: the TrainConfig for a base model, a machine, a method and an amount of data.

The usual LoRA defaults teach a 270M model nothing and are right for 4B and larger; docs/LOG.md has
the measurements. All figures stand in one table. It looks at sizes only, never at the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import Machine
from gemma_garage.train.config import Method, Objective, TrainConfig, make_config

Effort = Literal["quick", "balanced", "thorough"]
EFFORTS: tuple[Effort, ...] = ("quick", "balanced", "thorough")
Size = Literal["small", "medium", "large"]
Kind = Literal["answers", "answers, full", "text", "text, full", "preferences"]

# The largest base of each size, in parameters.
SIZES: tuple[tuple[Size, float], ...] = (
    ("small", 500_000_000),
    ("medium", 2_000_000_000),
    ("large", float("inf")),
)
LONGEST_ROW_TOKENS: dict[Size, int] = {"small": 512, "medium": 1024, "large": 1024}


@dataclass(frozen=True, slots=True)
class Sized:
    """A line of the table. `rank`: of the adapter, as strong as it is wide (alpha); 0 with full.
    `epochs` and `least_steps` go by effort. A few facts in a few steps leave no trace, so there are
    at least so many steps, of `batch` rows with `accumulation` each."""

    rank: int
    learning_rate: float
    batch: int
    accumulation: int
    epochs: tuple[float, float, float]
    least_steps: tuple[int, int, int] = (0, 0, 0)


# fmt: off
TABLE: dict[tuple[Size, Kind], Sized] = {
    # size      kind               rank  rate  batch  passes: quick, balanced, thorough  steps
    ("small",  "answers"):       Sized(64, 1e-3, 8, 1, (3, 8, 12), (120, 220, 400)),  # measured
    ("small",  "answers, full"): Sized(0,  5e-5, 8, 1, (3, 6, 10), (120, 220, 400)),
    ("small",  "text"):          Sized(64, 1e-3, 8, 1, (3, 6, 10), (120, 220, 400)),
    ("small",  "text, full"):    Sized(0,  5e-5, 8, 1, (3, 6, 10), (120, 220, 400)),
    ("small",  "preferences"):   Sized(64, 5e-5, 4, 2, (1, 2, 3)),
    ("medium", "answers"):       Sized(32, 4e-4, 4, 2, (1, 3, 5)),
    ("medium", "answers, full"): Sized(0,  2e-5, 4, 2, (1, 3, 5)),
    ("medium", "text"):          Sized(32, 4e-4, 4, 2, (1, 3, 5)),
    ("medium", "text, full"):    Sized(0,  2e-5, 4, 2, (1, 3, 5)),
    ("medium", "preferences"):   Sized(32, 2e-5, 2, 4, (1, 2, 3)),
    ("large",  "answers"):       Sized(16, 2e-4, 2, 4, (1, 3, 5)),
    ("large",  "answers, full"): Sized(0,  1e-5, 2, 4, (1, 3, 5)),
    ("large",  "text"):          Sized(16, 2e-4, 2, 4, (1, 3, 5)),
    ("large",  "text, full"):    Sized(0,  1e-5, 2, 4, (1, 3, 5)),
    ("large",  "preferences"):   Sized(16, 1e-5, 1, 8, (1, 2, 3)),
}
# fmt: on
MOST_EPOCHS = 40.0
# A fact that comes in eight wordings needs fewer passes than one in three: from SOME_ROWS of
# questions on fewer passes do, down to FEWER of the table's; from MANY_ROWS on still fewer.
SOME_ROWS, FEWER, MANY_ROWS = 530, 5 / 8, 2_000
GPU_HEADROOM_GB = 6.0  # activations and optimiser beside the base

_PARTS: dict[Objective, tuple[str, ...]] = {
    "answers": ("train", "cues", "text"),
    "text": ("text",),
    "preferences": ("preferences",),
}


def count_rows(counts: Mapping[str, Any], objective: Objective = "answers") -> int:
    """Rows of a Dataset that one pass goes over, from its `counts`."""
    return sum(int(counts.get(part, 0)) for part in _PARTS[objective])


def find_sized(parameters: int, method: Method, objective: Objective) -> tuple[Size, Sized]:
    """The size of a base of so many parameters, and its line of the table."""
    size = next(size for size, most in SIZES if parameters < most)
    kind = f"{objective}, full" if method == "full" else objective
    return size, TABLE[size, kind]  # type: ignore[index]  # every kind that can be meant is there


def size_config(
    base: str,
    machine: Machine,
    rows: int,
    effort: Effort = "balanced",
    *,
    method: Method | None = None,
    objective: Objective = "answers",
) -> TrainConfig:
    """Defaults for `base` (a catalogue id) on `machine` with `rows` rows in one pass.

    `effort`: how long to train. `method` None: lora, or qlora where 16 bits do not fit.
    NotFound: the catalogue has no such base. ConfigError: method and objective exclude each other.
    """
    entry = find_base(base)
    if method is None:
        bf16_gb = entry.parameters * 2 / 2**30
        roomy = machine.kind != "cuda" or bf16_gb + GPU_HEADROOM_GB <= machine.vram_gb
        method = "lora" if roomy else "qlora"
    # What excludes each other is refused before the table is asked for it.
    make_config({"base_model": base, "method": method, "objective": objective})
    size, sized = find_sized(entry.parameters, method, objective)
    together, pace = sized.batch * sized.accumulation, EFFORTS.index(effort)
    epochs = sized.epochs[pace]
    if objective == "answers":
        epochs *= max(FEWER, min(1.0, SOME_ROWS / max(rows, 1)))
    if rows >= MANY_ROWS:
        epochs = max(1.0, epochs * MANY_ROWS / rows)
    epochs = max(epochs, min(MOST_EPOCHS, sized.least_steps[pace] * together / max(rows, 1)))
    values: dict[str, Any] = {
        "base_model": base,
        "method": method,
        "objective": objective,
        "epochs": round(epochs, 2),
        "learning_rate": sized.learning_rate,
        "batch_size": sized.batch,
        "accumulation": sized.accumulation,
        "max_length_tokens": LONGEST_ROW_TOKENS[size],
        "save_every_steps": min(200, max(20, max(1, rows // together))),
    }
    if sized.rank:
        values |= {"rank": sized.rank, "alpha": sized.rank}
    # Not tried on a GPU yet, where Unsloth names the adapter's matrices.
    if entry.is_starter and machine.kind != "cuda" and (method, objective) == ("lora", "answers"):
        values |= {"lower_layers": "paraphrases"}
    if machine.kind == "cpu" and entry.class_name == "Gemma3ForCausalLM" and method == "lora":
        values |= {"depth_percent": 50}
        values |= {"loss": "sampled"} if objective != "preferences" else {}
    return make_config(values)
