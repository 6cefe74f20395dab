"""Write the pieces of light Markdown that all readers use: headings, lists, tables.

And find the headings of such a text again, for the context of a Chunk.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from gemma_garage.augment.reading.clean import clean_line

HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$", re.MULTILINE)
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
PATH_SEPARATOR = " > "


def format_heading(text: str, level: int) -> str:
    return f"{'#' * min(max(level, 1), 6)} {clean_line(text)}"


def format_item(text: str, depth: int = 0) -> str:
    return f"{'  ' * depth}- {clean_line(text)}"


def format_table(rows: Sequence[Sequence[str]], *, has_header: bool) -> str:
    """A Markdown table; without a header of its own it gets an empty one.

    Rows may differ in length; empty rows and empty columns are left out. A single column is no
    table but paragraphs.
    """
    cells = [[clean_line(cell).replace("|", "\\|") for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    width = max((len(row) for row in cells), default=0)
    cells = [[*row, *[""] * (width - len(row))] for row in cells]
    used = [column for column in range(width) if any(row[column] for row in cells)]
    cells = [[row[column] for column in used] for row in cells]
    if len(used) < 2:
        return "\n\n".join(row[0] for row in cells)
    if not has_header or len(cells) < 2:
        cells.insert(0, [""] * len(used))
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    lines.insert(1, "|" + " --- |" * len(used))
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading line of a text: where it starts, how deep it is (1 to 6), what it says."""

    start: int
    level: int
    title: str


def find_headings(text: str) -> list[Heading]:
    """The `#` headings of the text in order; those inside code fences are none."""
    fences = [match.start() for match in FENCE.finditer(text)]
    return [
        Heading(match.start(), len(match[1]), match[2])
        for match in HEADING.finditer(text)
        if match[2] and bisect_right(fences, match.start()) % 2 == 0
    ]


def heading_path(headings: Sequence[Heading], offset: int) -> str:
    """What stands above the character at `offset`, e.g. "Manual > Care > Filter"; "" for nothing.

    A heading that starts at `offset` itself counts.
    """
    path: list[Heading] = []
    for heading in headings[: bisect_right([h.start for h in headings], offset)]:
        while path and path[-1].level >= heading.level:
            path.pop()
        path.append(heading)
    return PATH_SEPARATOR.join(heading.title for heading in path)
