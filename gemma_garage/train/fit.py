"""Will it fit: memory and disk of a run, reckoned from the sizes of base and rows before anything
is loaded; and the largest batch that fits.

The parts are counted as the trainer lays them out (weights, what is trained with its gradients and
optimiser, activations, the loss); what no count gives was measured (`bench/fit.py`, docs/LOG.md).
GB of 2^30 bytes. Time is reckoned in `pace.py`.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gemma_garage.gemma.device import GIB, Machine
from gemma_garage.gemma.shape import Shape
from gemma_garage.train.backends import choose_backend
from gemma_garage.train.config import MODULE_NAMES, TrainConfig, change_config
from gemma_garage.train.loss import CHUNK_TOKENS, DRAWN_TOKENS
from gemma_garage.train.rows import RowSizes

# Measured: the process with torch, transformers, TRL and PEFT in it; a CUDA context.
PROGRAM_BYTES, CONTEXT_BYTES = 0.8 * GIB, 0.6 * GIB
SPARE_SHARE = 0.08  # of the memory: for what else goes on, and for pieces that do not join
LOST_SHARE = 1.06  # what allocators take beyond what is asked of them
FOUR_BIT_BYTES = 0.56  # a weight in nf4 with its doubly quantised scales
TOKENIZER_BYTES = 35e6  # beside every adapter and checkpoint
KEPT_CHECKPOINTS = 3  # two, and a third while it is being written
SMALL_OPTIMISER, OPTIMISER = 2, 8  # bytes a trained weight: 8-bit Adam, Adam


@dataclass(frozen=True, slots=True)
class Need:
    """What a run takes at its peak. `parts`: the memory by what it is for."""

    memory_gb: float
    available_gb: float
    disk_gb: float
    parts: dict[str, float]

    @property
    def fits(self) -> bool:
        return self.memory_gb <= self.available_gb * (1 - SPARE_SHARE)


def estimate_need(config: TrainConfig, shape: Shape, machine: Machine, rows: RowSizes) -> Need:
    """Memory of the GPU where there is one, else of the machine; disk beside the base itself."""
    on_gpu = machine.kind == "cuda"
    small = on_gpu and choose_backend(machine) == "unsloth"
    trained = count_trained_weights(config, shape)
    optimiser = SMALL_OPTIMISER if small else OPTIMISER
    # Weights in training are fp32 with a gradient; with full they are the base's own.
    states = trained * ((4 if config.method == "full" else 8) + optimiser)
    weights = _weigh_base(config, shape, machine)
    bytes_ = {
        "program": CONTEXT_BYTES if on_gpu else PROGRAM_BYTES,
        "base": weights,
        "trained": states,
        "activations": _weigh_activations(config, shape, machine, rows),
        "loss": _weigh_loss(config, shape, machine, rows),
    }
    total = bytes_["program"] + LOST_SHARE * (sum(bytes_.values()) - bytes_["program"])
    # While a base is read into main memory, its file (two bytes a weight) lies beside it.
    reading = 0.0 if on_gpu else bytes_["program"] + weights + 2 * shape.parameters
    result = 2 * shape.parameters if config.method == "full" else 4 * trained
    checkpoint = 12 * trained if not small else 6 * trained
    return Need(
        memory_gb=max(total, reading) / GIB,
        available_gb=machine.vram_gb if on_gpu else machine.ram_gb,
        disk_gb=(result + KEPT_CHECKPOINTS * checkpoint + 4 * TOKENIZER_BYTES) / 1e9,
        parts={name: round(value / GIB, 3) for name, value in bytes_.items()},
    )


def fit_batch(config: TrainConfig, shape: Shape, machine: Machine, rows: RowSizes) -> TrainConfig:
    """The same config with the largest batch that fits. Batch times accumulation stays what it
    is, so what is learned stays the same; if not even one row at a time fits, that one."""
    together = config.batch_size * config.accumulation
    for batch in range(together, 0, -1):
        if together % batch == 0:
            tried = change_config(config, batch_size=batch, accumulation=together // batch)
            if batch == 1 or estimate_need(tried, shape, machine, rows).fits:
                return tried
    return config


def count_trained_weights(config: TrainConfig, shape: Shape) -> int:
    """Weights that move: the adapter's, or with full the language model's."""
    if config.method == "full":
        return min(shape.parameters, shape.layers * shape.layer_parameters + shape.head_parameters)
    matrices = shape.matrices
    per_layer = sum(sum(matrices[name]) for name in MODULE_NAMES[config.target_modules])
    return count_trained_layers(config, shape) * per_layer * config.rank


def count_trained_layers(config: TrainConfig, shape: Shape) -> int:
    return max(1, round(shape.layers * config.depth_percent / 100))


def weight_bytes(config: TrainConfig, machine: Machine) -> int:
    """Bytes of a weight of the base as it is computed with, quantised or not."""
    return 2 if config.method != "full" and multiplies_bf16(machine) else 4


def multiplies_bf16(machine: Machine) -> bool:
    """As `backends.computes_bf16`, without torch."""
    return machine.bf16 if machine.kind != "cpu" else _read_bf16_flag()


@lru_cache(maxsize=1)
def _read_bf16_flag() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _weigh_base(config: TrainConfig, shape: Shape, machine: Machine) -> float:
    size = weight_bytes(config, machine)
    if config.method != "qlora":
        return float(size * shape.parameters)
    linear = min(shape.parameters, shape.layers * shape.layer_parameters)
    return FOUR_BIT_BYTES * linear + size * (shape.parameters - linear)


def _weigh_activations(
    config: TrainConfig, shape: Shape, machine: Machine, rows: RowSizes
) -> float:
    """What the backward pass needs kept of one batch of the longest rows."""
    size = 2 if multiplies_bf16(machine) else 4
    tokens = config.batch_size * rows.longest * (2 if config.objective == "preferences" else 1)
    query = shape.heads * shape.head_width
    # A layer of Gemma keeps: four norms with three states each, two more states; the inner width
    # four times; queries, keys, values and answers of the attention, before and after turning.
    layer = tokens * size * (14 * shape.width + 4.5 * shape.inner + 6 * query)
    if machine.kind == "cuda":  # only each layer's input is kept, and one layer at a time is redone
        return layer + tokens * size * shape.layers * shape.width
    kept = count_trained_layers(config, shape) * layer
    if config.depth_percent < 100:  # what the lower layers make of each row is remembered
        remembered = rows.tokens * shape.width * size
        kept += remembered if remembered <= 2e9 else 0
    return kept


def _weigh_loss(config: TrainConfig, shape: Shape, machine: Machine, rows: RowSizes) -> float:
    tokens = config.batch_size * rows.longest
    if config.objective == "preferences":  # TRL makes the logits of every token of both answers
        return 2.0 * tokens * shape.vocabulary * (4 + 4 + (2 if machine.bf16 else 4))
    if config.loss == "sampled":
        seen = rows.words + DRAWN_TOKENS
        return 3 * 4.0 * tokens * seen + 4.0 * seen * shape.width
    states = 3 * 4.0 * tokens * shape.width
    head = 4.0 * shape.head_parameters if config.method == "full" else 0.0
    return states + head + 3 * 4.0 * CHUNK_TOKENS * shape.vocabulary
