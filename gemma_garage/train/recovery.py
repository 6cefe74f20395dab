"""What a training that ran out of memory or of disk is told, and how it can go on.

Foreign errors are mapped here, once. Nothing is trained here.
"""

import errno
import gc
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gemma_garage.errors import GarageError, OutOfMemory
from gemma_garage.train.checkpoints import SPARE_BYTES, word_full_disk
from gemma_garage.train.config import TrainConfig, change_config

MOST_ACCUMULATION = 256  # as `TrainConfig.accumulation` allows


def halve_batches(config: TrainConfig) -> TrainConfig | None:
    """The same rows in an update, fewer of them in memory at a time; None when one is the least.

    The result of an update stays the same, so a run goes on from its checkpoint.
    """
    rows = config.batch_size * config.accumulation
    for batch_size in range(config.batch_size // 2, 0, -1):
        if rows % batch_size == 0 and rows // batch_size <= MOST_ACCUMULATION:
            return change_config(config, batch_size=batch_size, accumulation=rows // batch_size)
    return None


def free_memory() -> None:
    """Give back what no longer used models held."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def foreign_errors(config: TrainConfig, out: Path) -> Iterator[None]:
    """What torch and the disk raise while training, in our words: OutOfMemory, DiskFull."""
    from safetensors import SafetensorError

    try:
        yield
    except GarageError:
        raise
    except MemoryError as error:
        raise _word_memory(config) from error
    except (OSError, RuntimeError, SafetensorError) as error:
        text = str(error)
        if "out of memory" in text or "can't allocate memory" in text:
            raise _word_memory(config) from error
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or "No space left" in text or shutil.disk_usage(out).free < SPARE_BYTES:
            raise word_full_disk(out) from error
        raise


def _word_memory(config: TrainConfig) -> OutOfMemory:
    return OutOfMemory(
        f"The machine ran out of memory with batch_size {config.batch_size} and rows of up to "
        f"{config.max_length_tokens} tokens. Lower max_length_tokens, or choose a smaller base "
        "model; then resume the run, or start a new one."
    )
