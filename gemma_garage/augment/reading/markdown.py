"""Write the pieces of light Markdown that all readers use: headings, lists, tables.

And find the headings of such a text again, for the context of a Chunk.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from gemma_garage.augment.reading.clean import clean_line

# The title ends before blanks and closing marks: `_read_title` sees to it, because an expression
# would try every way to share out a long run of blanks between them.
HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*)$", re.MULTILINE)
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
PATH_SEPARATOR = " > "
# What stands before an item of a numbered list: "1.", "2.3", "(4)", "b)", "iv." — not "o".
NUMBER_MARKER = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3})*[.)]?|[A-Za-z]{1,5}[.)])")
MAX_HEADINGS = 100_000  # a text with more of them has none that say anything
TITLE_CHARACTERS = 200  # every Chunk keeps a copy of what stands above it


def format_heading(text: str, level: int) -> str:
    return f"{'#' * min(max(level, 1), 6)} {clean_line(text)}"


def format_item(text: str, depth: int = 0) -> str:
    return f"{'  ' * depth}- {clean_line(text)}"


def format_numbered(text: str, marker: str, depth: int = 0) -> str:
    """An item with its own marker: "3." or "b)"."""
    return f"{'  ' * depth}{marker} {clean_line(text)}"


def format_quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def format_code(text: str) -> str:
    """A fenced block; the fence is longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return f"{fence}\n{lines}\n{fence}"


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
    """A heading line: where it starts, how deep it is (1 to 6), and what stands above its text,
    itself included: "Manual > Care > Filter"."""

    start: int
    level: int
    path: str


def find_headings(text: str) -> list[Heading]:
    """The `#` headings of the text in order; those inside code fences are none."""
    fences = [match.start() for match in FENCE.finditer(text)]
    above: list[tuple[int, str]] = []
    found: list[Heading] = []
    for match in HEADING.finditer(text):
        title, level = _read_title(match[2]), len(match[1])
        if not title or bisect_right(fences, match.start()) % 2:
            continue
        if len(found) == MAX_HEADINGS:
            return []
        while above and above[-1][0] >= level:
            above.pop()
        above.append((level, title))
        path = PATH_SEPARATOR.join(name for _, name in above)
        found.append(Heading(match.start(), level, path))
    return found


def _read_title(text: str) -> str:
    return text.rstrip(" \t").rstrip("#").rstrip(" \t")[:TITLE_CHARACTERS]


def heading_path(headings: Sequence[Heading], offset: int) -> str:
    """What stands above the character at `offset`, e.g. "Manual > Care > Filter"; "" for nothing.

    A heading that starts at `offset` itself counts.
    """
    place = bisect_right(headings, offset, key=lambda heading: heading.start)
    return headings[place - 1].path if place else ""
