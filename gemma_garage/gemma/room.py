"""Does a model fit into the memory that is free now? Reckoned from its files; it loads nothing."""

import json
import math
from pathlib import Path

from gemma_garage.gemma.device import GIB, Machine, read_usage

_MARGIN, _SPARE_GB = 1.15, 0.3  # what loading and answering take beside the weights
_FOUR_BIT_BYTES = 0.75  # a weight on the average: the embeddings stay in 16 bits


def estimate_gb(folder: Path, machine: Machine, *, four_bit: bool = False) -> float:
    """What the model in `folder` takes in memory as `load_model` loads it, answering included."""
    halved = machine.bf16 and machine.kind != "cpu"
    each = _FOUR_BIT_BYTES if four_bit else 2 if halved else 4
    return _MARGIN * count_weights(folder) * each / GIB + _SPARE_GB


def measure_free_gb(machine: Machine) -> float:
    """Memory that is free now where models of this machine lie; without an answer, infinite."""
    usage = read_usage()
    if machine.kind != "cuda":
        return usage.ram_total_gb - usage.ram_used_gb
    if usage.vram_total_gb is None or usage.vram_used_gb is None:
        return math.inf
    return usage.vram_total_gb - usage.vram_used_gb


def count_weights(folder: Path) -> int:
    """How many weights the safetensors files of `folder` hold, from their headers."""
    total = 0
    for path in folder.glob("*.safetensors"):
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
        total += sum(
            math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__"
        )
    return total
