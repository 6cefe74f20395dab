"""Parse one file to text, in a process of its own; the only way in to the readers.

Where pages turn out to be pictures it is read a second time, with text recognition and larger
limits. It does not copy, store or split anything: see `ingest.py` and `chunk.py`.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.formats import HEAD_BYTES, Format, find_format, identify
from gemma_garage.augment.reading.ocr import MISSING, is_installed
from gemma_garage.augment.reading.parsed import ParsedDocument
from gemma_garage.augment.reading.pictures import (
    Transcriber,
    Transcript,
    drawing_of,
    find_reading,
    keep_transcript,
)
from gemma_garage.augment.reading.sandbox import (
    TIME_LIMIT_S,
    ChildBroke,
    ChildOutgrew,
    ChildRefused,
    run_in_child,
)
from gemma_garage.errors import DocumentError

PICTURE_TIME_S = (
    120.0  # more for each page that is a picture; a dense one takes 5 to 15 s of a core
)
PICTURE_STALL_S = 300.0  # without a page done: the models' loading and the slowest page
PICTURE_MEMORY_MB = 4096  # of address space; about 0.7 GB of memory is used


def check_file(path: Path, name: str, max_mb: float) -> Format:
    """What can be told at the door, from the size, the name and the first bytes.

    Raises DocumentError for a file that is missing, empty, larger than `max_mb` (millions of
    bytes), of a type that is not read, or something else than its name says.
    """
    head = check_size(path, name, max_mb)
    return identify(head, name)


def check_size(path: Path, name: str, max_mb: float) -> bytes:
    """The first `HEAD_BYTES` of a file that can be read and is no larger than `max_mb`.

    Raises DocumentError for one that is missing, empty or larger.
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
    if not head:
        raise DocumentError(f"“{name}” is empty (0 bytes). Check the file where it came from.")
    return head


def parse(
    path: Path,
    password: str | None = None,
    *,
    name: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    memory_limit_mb: int | None = None,
    pictures: Path | None = None,
    transcriber: Transcriber | None = None,
) -> ParsedDocument:
    """The text of the file, whatever it does: a crash or an endless loop stays in the child.

    `name` is what messages call it and what tells its type (default: the path's); without a
    `memory_limit_mb` its type has one. Pages that are pictures are read by `transcriber`, those
    that it cannot have and all others by text recognition here; the folder `pictures` keeps what
    was read, so that a second call goes on from there. Raises DocumentError, what `transcriber`
    raises, and Stopped when `should_stop()` turned true.
    """
    name = name or path.name
    limits = {
        "time_limit_s": time_limit_s,
        "memory_limit_mb": memory_limit_mb or find_format(name).memory_mb,
    }
    arguments = {"path": str(path.resolve()), "name": name, "password": password}
    parsed = _read(arguments, limits, on_progress, should_stop)
    if not parsed.unread:
        return parsed
    if transcriber is None and not is_installed():
        if any(character.isalnum() for character in parsed.text):
            return parsed
        raise DocumentError(f"“{name}” holds pictures only, and {MISSING}.")
    limits["time_limit_s"] += PICTURE_TIME_S * len(parsed.unread)
    with tempfile.TemporaryDirectory(prefix="gemma-garage-") as scratch:
        folder = pictures or Path(scratch)
        folder.mkdir(exist_ok=True)
        arguments["folder"] = str(folder.resolve())
        if transcriber is not None:
            _read(arguments | {"pictures": "draw"}, limits, None, should_stop)
            _transcribe(transcriber, folder, parsed.unread, on_progress)
        if memory_limit_mb is None:
            limits["memory_limit_mb"] = PICTURE_MEMORY_MB
        return _read(arguments | {"pictures": "read"}, limits, on_progress, should_stop)


def _transcribe(
    transcriber: Transcriber,
    folder: Path,
    pages: tuple[int, ...],
    on_progress: Callable[[int, int], None] | None,
) -> None:
    """Let `transcriber` read the drawn pages, and keep each as it comes."""
    known = [page for page in pages if isinstance(find_reading(folder, page), Transcript)]
    left = [page for page in pages if page not in known]
    drawings = [drawing_of(folder, page) for page in left]
    for done, (index, text) in enumerate(transcriber.read(drawings), start=len(known) + 1):
        if text is not None:
            keep_transcript(folder, left[index], Transcript(text, transcriber.name))
        if on_progress is not None:
            on_progress(done, len(pages))


def _read(
    arguments: dict[str, Any],
    limits: dict[str, Any],
    on_progress: Callable[[int, int], None] | None,
    should_stop: Callable[[], bool] | None,
) -> ParsedDocument:
    name = arguments["name"]
    moved_s = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal moved_s
        moved_s = time.monotonic()
        if on_progress is not None:
            on_progress(done, total)

    def watch() -> bool:
        if "pictures" in arguments and time.monotonic() - moved_s > PICTURE_STALL_S:
            raise ChildOutgrew(f"one page took more than {PICTURE_STALL_S:g} seconds")
        return should_stop is not None and should_stop()

    try:
        answer = run_in_child(
            "gemma_garage.augment.reading.read:read_document",
            arguments,
            on_progress=report,
            should_stop=watch,
            **limits,
        )
    except ChildRefused as error:
        raise DocumentError(str(error)) from error
    except ChildOutgrew as error:
        raise DocumentError(
            f"“{name}” could not be read: {error} (allowed are {limits['time_limit_s']:g} seconds "
            f"and {limits['memory_limit_mb']} MB). It may be damaged; print it to a new PDF or "
            "split it, and add that."
        ) from error
    except ChildBroke as error:
        raise DocumentError(
            f"“{name}” could not be read: {error}. It is probably damaged or cut off; open it in "
            "its program, save it anew and add that."
        ) from error
    return ParsedDocument.from_json(answer)
