"""Plain values out of whatever a reader met, and what it could not use: counted, never silent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from gemma_garage.errors import DocumentError

MAX_COLUMNS = 1_000
MAX_CELL_CHARACTERS = 1_000_000
MAX_LINE_CHARACTERS = 10_000_000
MAX_DEPTH = 20  # of lists and objects within one another
SHOWN_PROBLEMS = 20


@dataclass(slots=True)
class Findings:
    """What a reader has to say besides its rows. `skipped`: rows left out, `problems` the first
    of them with their place; `notes`: what else to know."""

    skipped: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def skip(self, where: str, why: str) -> None:
        self.skipped += 1
        if len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(f"{where}: {why}")

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def to_plain(value: Any, depth: int = 0) -> Any:
    """The value as JSON has it: no NaN, no bytes, times in ISO 8601.

    Raises ValueError for what is nested deeper than MAX_DEPTH (also for what holds itself).
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return None
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if depth >= MAX_DEPTH:
        raise ValueError(f"its values are nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return {str(key): to_plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_plain(inner, depth + 1) for inner in value]
    return str(value)


def is_blank(value: Any) -> bool:
    """Nothing to read in it: None, white space, or lists and objects of nothing else."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):
        return all(is_blank(inner) for inner in value.values())
    if isinstance(value, list):
        return all(is_blank(inner) for inner in value)
    return value is None


def name_columns(header: Sequence[Any], findings: Findings) -> list[str]:
    """A name of its own for every column: `answer`, `answer (2)`, `column 3` for an empty one."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(header, start=1):
        wanted = " ".join(str(cell if cell is not None else "").split())[:100] or f"column {number}"
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted} ({count})"
        if count > 1:
            findings.note(f"The column “{wanted}” is there {count} times; see “{name}”.")
        taken.add(name)
        names.append(name)
    return names


def check_width(count: int, name: str) -> None:
    """Raise DocumentError for more columns than a person could choose from."""
    if count > MAX_COLUMNS:
        raise DocumentError(
            f"“{name}” has {count:,} columns; at most {MAX_COLUMNS:,} are allowed. Keep those with "
            "the questions, answers or texts, and add that."
        )
