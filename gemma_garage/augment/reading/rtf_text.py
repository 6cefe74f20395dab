"""What an RTF file is made of, and how it is written as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gemma_garage.augment.reading.clean import clean_line
from gemma_garage.augment.reading.markdown import (
    NUMBER_MARKER,
    format_heading,
    format_item,
    format_numbered,
    format_table,
)
from gemma_garage.augment.reading.styles import CONTENTS_STYLE, STYLE_LEVEL, may_be_heading


@dataclass(slots=True)
class Style:
    """A paragraph style. `outline`: 0 for the first level; 9 and more is no heading."""

    name: str = ""
    outline: int | None = None

    @property
    def is_title(self) -> bool:
        return self.name.casefold() == "title"

    @property
    def is_of_contents(self) -> bool:
        return bool(CONTENTS_STYLE.fullmatch(self.name))

    @property
    def level(self) -> int:
        """1 to 9, or 0 for no heading."""
        if self.outline is not None:
            return self.outline + 1 if self.outline < 9 else 0
        found = STYLE_LEVEL.fullmatch(self.name)
        return int(found[1]) if found else int(self.is_title)


@dataclass(slots=True)
class Paragraph:
    """`kind`: text, table (written already) or note. `marker`: of a list item, else ""."""

    kind: str
    text: str
    level: int = 0
    is_title: bool = False
    bold: bool = False
    marker: str = ""
    depth: int = 0


@dataclass(slots=True)
class Table:
    """A table while it is being read."""

    rows: list[list[str]] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)
    merged: list[bool] = field(default_factory=list)  # by cell: it goes on with the one above
    goes_on: bool = False  # said of the next cell

    def end_cell(self) -> None:
        self.row.append(clean_line(" ".join(self.cell)))
        self.cell = []

    def end_row(self) -> None:
        """Close the row; a cell that goes on with the one above says the same."""
        above = self.rows[-1] if self.rows else []
        for column, goes_on in enumerate(self.merged[: len(self.row)]):
            if goes_on and not self.row[column] and column < len(above):
                self.row[column] = above[column]
        if self.row:
            self.rows.append(self.row)
        self.row = []

    def finish(self) -> str:
        """The table as Markdown; "" for an empty one."""
        if any(self.cell):
            self.end_cell()
        self.end_row()
        if not self.rows:
            return ""
        return format_table(self.rows, has_header=len(self.rows[0]) > 2)


def write_paragraphs(paragraphs: Sequence[Paragraph]) -> str:
    """Markdown. A title is the only first level; without any heading, short bold lines are some."""
    has_title = any(paragraph.is_title for paragraph in paragraphs)
    has_headings = any(paragraph.level for paragraph in paragraphs)
    parts: list[str] = []
    in_list = False
    for paragraph in paragraphs:
        level = paragraph.level
        if level and has_title and not paragraph.is_title:
            level += 1
        if not has_headings and paragraph.kind == "text" and not paragraph.marker:
            level = 2 if paragraph.bold and may_be_heading(paragraph.text) else 0
        listed = bool(paragraph.marker) and not level and paragraph.kind == "text"
        if parts:
            parts.append("\n" if listed and in_list else "\n\n")
        in_list = listed
        parts.append(_write(paragraph, level))
    return "".join(parts)


def _write(paragraph: Paragraph, level: int) -> str:
    marker = paragraph.marker if NUMBER_MARKER.fullmatch(paragraph.marker) else ""
    if level:
        return format_heading(f"{marker} {paragraph.text}", level)
    if paragraph.kind != "text":
        return paragraph.text
    if marker:
        return format_numbered(paragraph.text, marker, paragraph.depth)
    if paragraph.marker:
        return format_item(paragraph.text, paragraph.depth)
    return "\n".join(clean_line(line) for line in paragraph.text.split("\n"))
