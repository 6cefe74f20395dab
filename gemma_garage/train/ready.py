"""Can this run at all: asked before it is queued; nothing is loaded for a run that must fail.

What only the tokenizer can tell (rows over the limit) is asked by the run itself, still before the
base is loaded (`data.py`).
"""

from pathlib import Path

from gemma_garage.errors import ConfigError, DatasetError, MachineError
from gemma_garage.gemma.catalogue import BaseModel, why_not
from gemma_garage.gemma.device import Machine
from gemma_garage.train.config import Objective, TrainConfig
from gemma_garage.train.data import PREFERENCE_FILE, TEXT_FILE, TRAIN_FILE, read_rows
from gemma_garage.train.fit import Need

LEAST_ROWS: dict[Objective, int] = {"answers": 8, "text": 8, "preferences": 8}
_FILES: dict[Objective, str] = {
    "answers": TRAIN_FILE,
    "text": TEXT_FILE,
    "preferences": PREFERENCE_FILE,
}
_NAMES: dict[Objective, str] = {
    "answers": "questions to train on",
    "text": "passages of text",
    "preferences": "preferences",
}
_MORE: dict[Objective, str] = {
    "answers": "Accept more Examples in Data and freeze them again.",
    "text": "Add documents in Data and freeze again, or set objective to answers.",
    "preferences": "Import rows with prompt, chosen and rejected in Data and freeze again, or set "
    "objective to answers.",
}
_TRAINED: dict[Objective, tuple[str, ...]] = {
    "answers": ("question", "answer", "turns"),
    "text": ("text",),
    "preferences": ("prompt", "chosen", "rejected", "turns"),
}


def require_ready(config: TrainConfig, base: BaseModel, machine: Machine, folder: Path) -> None:
    """Raise what makes this run impossible.

    ConfigError: the rows may be longer than the base reads. DatasetError: too few rows, or all of
    them the same. MachineError: the base cannot be trained on this machine, or with what is
    installed.
    """
    if config.max_length_tokens > base.context_tokens:
        raise ConfigError(
            f"max_length_tokens is {config.max_length_tokens:,} and {base.title} reads at most "
            f"{base.context_tokens:,} tokens (base_model is {config.base_model}). Lower "
            f"max_length_tokens to {base.context_tokens:,} or less, or choose another base model."
        )
    _require_rows(config.objective, folder)
    reason = why_not(base, machine, config.method)
    if reason:
        raise MachineError(f"{base.title} cannot be trained here: {reason}. Choose a smaller one.")


def require_room(config: TrainConfig, need: Need, machine: Machine) -> None:
    """Raise MachineError when the memory will not do."""
    if need.memory_gb <= need.available_gb:
        return
    kind = "GPU memory" if machine.kind == "cuda" else "memory"
    ways = [
        f"batch_size to {config.batch_size // 2} and accumulation to {config.accumulation * 2}"
        if config.batch_size > 1
        else "max_length_tokens lower",
        "method to lora" if config.method == "full" else "a smaller base model",
    ]
    raise MachineError(
        f"This run needs about {need.memory_gb:.1f} GB of {kind}; this machine has "
        f"{need.available_gb:.1f} GB ({machine.name}). Set {ways[0]}, or choose {ways[1]}."
    )


def _require_rows(objective: Objective, folder: Path) -> None:
    rows = read_rows(folder / _FILES[objective])
    least = LEAST_ROWS[objective]
    if len(rows) < least:
        raise DatasetError(
            f"The dataset has {len(rows)} {_NAMES[objective]}; a run needs at least {least}. "
            f"{_MORE[objective]}"
        )
    different = {repr([row.get(name) for name in _TRAINED[objective]]) for row in rows}
    if len(different) == 1:
        raise DatasetError(
            f"All {len(rows)} {_NAMES[objective]} are the same, so there is nothing to tell apart; "
            f"at least 2 different ones are needed. {_MORE[objective]}"
        )
    same = [row for row in rows if objective == "preferences" and row["chosen"] == row["rejected"]]
    if same:
        raise DatasetError(
            f"{len(same)} preferences have the same text as better and as worse answer (such as "
            f"“{str(same[0]['prompt'])[:80]}”). Correct these rows and import them again."
        )
