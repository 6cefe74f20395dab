"""Whole checkpoints only: a seal is written last, and only sealed, undamaged folders are chosen.

The trainer writes `checkpoint-<step>` folders file by file, so after a power cut or `kill -9` the
newest may be half there. `seal_checkpoint` writes the names and SHA-256 sums of all its files,
renamed into place; `last_checkpoint` takes the newest folder whose files agree with its seal.
"""

import hashlib
import json
import logging
from pathlib import Path

from gemma_garage.errors import NotFound

SEAL = "seal.json"
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
    return sorted((f for f in folders if _step(f) >= 0 and f.is_dir()), key=_step, reverse=True)


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


def _step(folder: Path) -> int:
    number = folder.name.removeprefix("checkpoint-")
    return int(number) if number.isdigit() else -1


def _sum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
