"""Whole checkpoints only: a seal is written last, and only sealed, undamaged folders are chosen.

The trainer writes `checkpoint-<step>` folders file by file, so after a power cut or `kill -9` the
newest may be half there. `seal_checkpoint` writes the names and SHA-256 sums of all its files,
renamed into place; `last_checkpoint` takes the newest folder whose files agree with its seal.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gemma_garage.errors import DiskFull, NotFound

SEAL = "seal.json"
SPARE_BYTES = 50_000_000  # left free beside a checkpoint: the database and the log go on
logger = logging.getLogger(__name__)


def drop_blank_card(folder: Path) -> None:
    """Remove the model card that PEFT writes: a blank form that names a folder of this machine.
    The true one is written by the export."""
    (folder / "README.md").unlink(missing_ok=True)


def seal_checkpoint(checkpoint: Path) -> None:
    """Record what a finished checkpoint consists of. Call it when all files are written."""
    sums = {
        file.relative_to(checkpoint).as_posix(): _sum(file)
        for file in sorted(checkpoint.rglob("*"))
        if file.is_file() and file.name not in (SEAL, f".{SEAL}")
    }
    unfinished = checkpoint / f".{SEAL}"
    unfinished.write_text(json.dumps(sums, indent=1), encoding="utf-8")
    unfinished.replace(checkpoint / SEAL)


def is_whole(checkpoint: Path) -> bool:
    """Has a seal, and every file it names is there unchanged."""
    try:
        sums = json.loads((checkpoint / SEAL).read_text(encoding="utf-8"))
        return bool(sums) and all(_sum(checkpoint / name) == sums[name] for name in sums)
    except (OSError, ValueError):
        return False


def list_checkpoints(out: Path) -> list[Path]:
    """Checkpoint folders of a run's folder, newest first, whole or not."""
    folders = (out / "checkpoints").glob("checkpoint-*")
    return sorted(
        (f for f in folders if read_step(f) >= 0 and f.is_dir()), key=read_step, reverse=True
    )


def last_checkpoint(out: Path) -> Path | None:
    """The newest whole checkpoint of a run's folder; damaged ones are skipped with a warning."""
    for checkpoint in list_checkpoints(out):
        if is_whole(checkpoint):
            return checkpoint
        logger.warning("%s is damaged or unfinished and is skipped", checkpoint.name)
    return None


def require_whole(checkpoint: Path) -> Path:
    """The same path. NotFound: it is not there, or it is damaged."""
    if is_whole(checkpoint):
        return checkpoint
    raise NotFound(
        f"The checkpoint {checkpoint.name} is missing or damaged, so the run cannot go on from "
        "it. Resume from an earlier checkpoint, or start the run again."
    )


@contextmanager
def write_checkpoint(out: Path, step: int, budget_bytes: float, best: int | None) -> Iterator[None]:
    """The block writes `checkpoint-<step>`; it is sealed, and the oldest make room for it.

    Those that the budget has no room for go, never the newest and that of the step `best`. Raises
    DiskFull where the disk has no room; what is half written is removed then, all else stays.
    """
    checkpoint = out / "checkpoints" / f"checkpoint-{step}"
    _require_room(out, best)
    try:
        yield
        drop_blank_card(checkpoint)
        seal_checkpoint(checkpoint)
    except BaseException:
        shutil.rmtree(checkpoint, ignore_errors=True)
        raise
    prune_checkpoints(out, budget_bytes, best)


def prune_checkpoints(out: Path, budget_bytes: float, best: int | None) -> list[Path]:
    """Delete the oldest beyond the budget, but not the newest and the best; gives what went."""
    total, gone = 0.0, []
    newest_first = list_checkpoints(out)
    for number, checkpoint in enumerate(newest_first):
        total += measure_bytes(checkpoint)
        if number > 0 and total > budget_bytes and read_step(checkpoint) != best:
            total -= measure_bytes(checkpoint)
            shutil.rmtree(checkpoint)
            gone.append(checkpoint)
    return gone


def measure_bytes(folder: Path) -> int:
    """What a folder holds on disk."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _require_room(out: Path, best: int | None) -> None:
    """The next checkpoint is about as large as the newest; older ones go where that is needed."""
    newest_first = list_checkpoints(out)
    if not newest_first:
        return
    needed = measure_bytes(newest_first[0]) + SPARE_BYTES
    for checkpoint in reversed(newest_first[1:]):
        if shutil.disk_usage(out).free >= needed:
            return
        if read_step(checkpoint) != best:
            shutil.rmtree(checkpoint)
    free = shutil.disk_usage(out).free
    if free < needed:
        raise word_full_disk(out, needed)


def word_full_disk(out: Path, needed_bytes: int = SPARE_BYTES) -> DiskFull:
    free = shutil.disk_usage(out).free
    return DiskFull(
        f"The disk that holds {out} is full ({free / 1e6:.0f} MB free, {needed_bytes / 1e6:.0f} MB "
        "needed for a checkpoint). The last whole checkpoint is kept. Make room, then resume the "
        "run.",
        needed_bytes,
    )


def read_step(folder: Path) -> int:
    """The step of a checkpoint's folder; -1 for another folder."""
    number = folder.name.removeprefix("checkpoint-")
    return int(number) if number.isdigit() else -1


def _sum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
