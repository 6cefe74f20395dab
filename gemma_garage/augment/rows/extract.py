"""Turn a file of rows into JSON Lines, in a process of its own; the only way in to the readers.

It says what was read and what was not; it knows no question and stores nothing.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.sandbox import (
    TIME_LIMIT_S,
    ChildBroke,
    ChildOutgrew,
    ChildRefused,
    run_in_child,
)
from gemma_garage.augment.rows.cells import SHOWN_PROBLEMS
from gemma_garage.errors import DocumentError

MAX_ROWS = 500_000
MEMORY_LIMIT_MB = 3_072  # a JSON file of 100 MB has to be held whole


@dataclass(frozen=True, slots=True)
class Extracted:
    """What came out of a file. `more`: it has rows beyond the limit. `skipped`: rows that could
    not be read, `problems` the first of them with their place; `notes`: what else to know."""

    rows: int = 0
    more: bool = False
    columns: tuple[str, ...] = ()
    skipped: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def join(self, later: "Extracted") -> "Extracted":
        """Both as one, as for the files of one dataset."""
        return replace(
            self,
            rows=self.rows + later.rows,
            more=self.more or later.more,
            columns=tuple(dict.fromkeys((*self.columns, *later.columns))),
            skipped=self.skipped + later.skipped,
            problems=(*self.problems, *later.problems)[:SHOWN_PROBLEMS],
            notes=tuple(dict.fromkeys((*self.notes, *later.notes))),
        )


def extract_rows(
    path: Path,
    target: Path,
    *,
    name: str | None = None,
    limit: int = MAX_ROWS,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    memory_limit_mb: int = MEMORY_LIMIT_MB,
) -> Extracted:
    """Append up to `limit` rows of the file to `target`, one JSON object a line.

    `name` is what messages call it and what tells its type (default: the path's). `on_progress`
    gets (rows so far, limit). Raises DocumentError, and Stopped when `should_stop()` turned true.
    """
    name = name or path.name
    arguments = {
        "path": str(path.resolve()),
        "name": name,
        "target": str(target.resolve()),
        "limit": min(limit, MAX_ROWS),
    }
    try:
        answer: dict[str, Any] = run_in_child(
            "gemma_garage.augment.rows.read:read_rows",
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
            f"{memory_limit_mb:,} MB). Split it, or save it as JSON Lines or CSV, which are read "
            "row by row."
        ) from error
    except ChildBroke as error:
        raise DocumentError(
            f"“{name}” could not be read: {error}. It is probably damaged or cut off; save it anew "
            "and add that."
        ) from error
    return Extracted(
        rows=int(answer["rows"]),
        more=bool(answer["more"]),
        columns=tuple(answer["columns"]),
        skipped=int(answer["skipped"]),
        problems=tuple(answer["problems"]),
        notes=tuple(answer["notes"]),
    )


def iter_rows(path: Path, start: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of an extracted file with their numbers from 0, from `start` on."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(islice(lines, start, None), start=start):
            yield number, json.loads(line)


def read_sample(path: Path, count: int) -> list[dict[str, Any]]:
    """The first `count` rows of an extracted file."""
    return [row for _, row in islice(iter_rows(path), count)]
