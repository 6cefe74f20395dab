"""The log of a run: one JSON object a line, with time, level, stage, message and full traces.

What the run says goes to its file and, as a log record, to wherever the process logs (JSON on
stdout, if that is asked for). Warnings of the libraries join it while the run's thread is in them.
"""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gemma_garage.log_lines import describe_record

NAME = "log.jsonl"
LEVELS = ("debug", "info", "warning", "error")
LIBRARIES = ("transformers", "trl", "peft", "accelerate", "unsloth", "torch")
BLOCK_BYTES = 262_144
MOST_READ_BYTES = 32_000_000  # from the end; a search goes no further back

said = logging.getLogger("gemma_garage.runs")


class RunLog:
    """The file `path`, appended to from any thread. A full disk loses lines, never the run."""

    def __init__(self, path: Path, run: int) -> None:
        self._path = path
        self._run = run
        self._lock = threading.Lock()

    def write(
        self, stage: str, message: str, level: str = "info", error: BaseException | None = None
    ) -> None:
        """A line of this stage; with `error`, its whole trace."""
        told = (type(error), error, error.__traceback__) if error is not None else None
        number = getattr(logging, level.upper())
        record = said.makeRecord(
            said.name,
            number,
            __file__,
            0,
            message,
            (),
            told,
            extra={"run": self._run, "stage": stage},
        )
        self.keep(record)
        if said.isEnabledFor(number):
            said.handle(record)

    def keep(self, record: logging.LogRecord) -> None:
        entry = {"stage": "training", "run": self._run} | describe_record(record)
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
        try:
            with self._lock, self._path.open("ab") as file:
                file.write(line)
        except OSError as error:
            said.warning("a line of the run's log could not be written: %s", error)

    @contextmanager
    def capture(self) -> Iterator[None]:
        """While the block runs, warnings of the libraries from this thread are kept too."""
        handler = _FromThread(self, threading.get_ident())
        loggers = [logging.getLogger(name) for name in LIBRARIES]
        for logger in loggers:
            logger.addHandler(handler)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeHandler(handler)


class _FromThread(logging.Handler):
    def __init__(self, log: RunLog, thread: int) -> None:
        super().__init__(logging.WARNING)
        self._log, self._thread = log, thread

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._log.keep(record)


def read_log(
    path: Path,
    *,
    least_level: str = "debug",
    stage: str | None = None,
    search: str = "",
    limit: int = 200,
) -> list[dict[str, Any]]:
    """The last matching entries, oldest first. `search` looks at message and trace, in any case."""
    least = LEVELS.index(least_level)
    wanted = search.casefold()
    found: list[dict[str, Any]] = []
    for line in _read_from_end(path):
        try:
            entry = json.loads(line)
        except ValueError:  # the last line of a process that died while writing it
            continue
        level = entry.get("level", "info")
        if LEVELS.index(level if level in LEVELS else "error") < least:
            continue
        if stage is not None and entry.get("stage") != stage:
            continue
        if wanted and wanted not in f"{entry.get('message')} {entry.get('trace', '')}".casefold():
            continue
        found.append(entry)
        if len(found) == limit:
            break
    return found[::-1]


def _read_from_end(path: Path) -> Iterator[bytes]:
    """The lines of a file, last first, read block by block."""
    if not path.exists():
        return
    with path.open("rb") as file:
        end = start = file.seek(0, 2)
        rest = b""
        while start > 0 and end - start < MOST_READ_BYTES:
            size = min(BLOCK_BYTES, start)
            start -= size
            file.seek(start)
            lines = (file.read(size) + rest).split(b"\n")
            rest = lines[0]
            yield from (line for line in reversed(lines[1:]) if line)
        if start == 0 and rest:
            yield rest
