"""Parse one file to text, in a process of its own; the only way in to the readers.

It does not copy, store or split anything: see `ingest.py` and `chunk.py`.
"""

from collections.abc import Callable
from pathlib import Path

from gemma_garage.augment.reading.formats import HEAD_BYTES, Format, identify
from gemma_garage.augment.reading.parsed import ParsedDocument
from gemma_garage.augment.reading.sandbox import (
    MEMORY_LIMIT_MB,
    TIME_LIMIT_S,
    ChildBroke,
    ChildOutgrew,
    ChildRefused,
    run_in_child,
)
from gemma_garage.errors import DocumentError


def check_file(path: Path, name: str, max_mb: float) -> Format:
    """What can be told at the door, from the size, the name and the first bytes.

    Raises DocumentError for a file that is missing, empty, larger than `max_mb` (millions of
    bytes), of a type that is not read, or something else than its name says.
    """
    try:
        size_mb = path.stat().st_size / 1e6
        with path.open("rb") as source:
            head = source.read(HEAD_BYTES)
    except OSError as error:
        raise DocumentError(
            f"“{name}” cannot be opened ({error.strerror}). Check that it is still there, is a "
            "file and may be read."
        ) from error
    if size_mb > max_mb:
        raise DocumentError(
            f"“{name}” has {size_mb:.1f} MB; at most {max_mb:g} MB are allowed. Split it, or set "
            "GEMMA_GARAGE_MAX_UPLOAD_MB higher and start again."
        )
    return identify(head, name)


def parse(
    path: Path,
    password: str | None = None,
    *,
    name: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    memory_limit_mb: int = MEMORY_LIMIT_MB,
) -> ParsedDocument:
    """The text of the file, whatever it does: a crash or an endless loop stays in the child.

    `name` is what messages call it and what tells its type (default: the path's). Raises
    DocumentError, and Stopped when `should_stop()` turned true.
    """
    name = name or path.name
    arguments = {"path": str(path.resolve()), "name": name, "password": password}
    try:
        answer = run_in_child(
            "gemma_garage.augment.reading.read:read_document",
            arguments,
            on_progress=on_progress,
            should_stop=should_stop,
            time_limit_s=time_limit_s,
            memory_limit_mb=memory_limit_mb,
        )
    except ChildRefused as error:
        raise DocumentError(str(error)) from error
    except ChildOutgrew as error:
        raise DocumentError(
            f"“{name}” could not be read: {error} (allowed are {time_limit_s:g} seconds and "
            f"{memory_limit_mb} MB). It may be damaged; print it to a new PDF or split it, and "
            "add that."
        ) from error
    except ChildBroke as error:
        raise DocumentError(
            f"“{name}” could not be read: {error}. It is probably damaged or cut off; open it in "
            "its program, save it anew and add that."
        ) from error
    return ParsedDocument.from_json(answer)
