"""Read a DOCX in document order: headings, paragraphs, lists, tables, text boxes, notes.

What stands in headers and footers is given once, at the end. Comments, deleted and hidden text
and the table of contents are left out.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.clean import clean_line, clean_text, note_characters
from gemma_garage.augment.reading.cleaning import Cleaning, Note
from gemma_garage.augment.reading.furniture import PAGE_NUMBER
from gemma_garage.augment.reading.markdown import (
    NUMBER_MARKER,
    format_heading,
    format_item,
    format_numbered,
    format_table,
)
from gemma_garage.augment.reading.ooxml import check_package, explain_damage, read_properties
from gemma_garage.augment.reading.parsed import ParsedDocument, Report
from gemma_garage.augment.reading.styles import CONTENTS_STYLE, STYLE_LEVEL, may_be_heading
from gemma_garage.augment.reading.word_lists import BULLET, Numbering
from gemma_garage.augment.reading.word_notes import Notes, find_parts
from gemma_garage.augment.reading.word_text import (
    LOST,
    W,
    find_boxes,
    is_on,
    read_visible,
    walk_blocks,
)

MAX_CHAIN = 10  # styles based on one another; a chain that goes round must end
MAX_DEPTH = 8  # of lists
MAX_SPAN = 64


@explain_damage
def read_docx(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of the document as Markdown; a DOCX has no pages. Raises DocumentError."""
    from docx import Document

    check_package(path, name, "docx")
    document = Document(str(path))
    cleaning = Cleaning()
    writer = _Writer(document, cleaning.at(None))
    for element in walk_blocks(document.element.body):
        writer.add(element)
    writer.add_edges()
    return ParsedDocument(
        "docx",
        clean_text("\n".join(writer.lines)),
        cleaning=cleaning.to_json(),
        details=read_properties(document),
    )


class _Writer:
    """Lines of Markdown, with what is known of the document's styles, lists and notes."""

    def __init__(self, document: Any, note: Note) -> None:
        self.lines: list[str] = []
        self._document, self._note = document, note
        self._in_list = False
        self._notes = Notes(document)
        self._numbering = Numbering(next(iter(find_parts(document, "/numbering")), None))
        self._styles = {
            style.style_id: style for style in document.styles if hasattr(style, "base_style")
        }
        paragraphs = list(document.element.body.iter(f"{W}p"))
        names = {self._style_name(paragraph).casefold() for paragraph in paragraphs}
        self._has_title = "title" in names
        self._has_headings = any(self._level(paragraph) for paragraph in paragraphs)

    def add(self, element: Any) -> None:
        """Write a paragraph or a table, with the boxes and notes that hang on it behind it."""
        if element.tag == f"{W}tbl":
            self._add_table(element)
        else:
            self._add_paragraph(element)
        for box in find_boxes(element):
            for inner in walk_blocks(box):
                self.add(inner)
        for text in self._notes.take():
            self._put(text)

    def add_edges(self) -> None:
        """Each header and footer once, for they often name the product or the revision."""
        for kind in ("header", "footer"):
            texts = []
            for root in find_parts(self._document, f"/{kind}"):
                blocks = [read_visible(block) for block in walk_blocks(root)]
                blocks += [read_visible(inner) for box in find_boxes(root) for inner in box]
                texts.append(clean_line(" ".join(blocks)))
            for text in dict.fromkeys(texts):
                if any(map(str.isalpha, text)) and not PAGE_NUMBER.fullmatch(text):
                    self._put(f"{kind.title()}: {text}")

    def _read(self, element: Any) -> str:
        text = read_visible(element, self._notes.refer).strip()
        note_characters(text, self._note)
        return text

    def _add_paragraph(self, paragraph: Any) -> None:
        text = self._read(paragraph)
        style = self._style_name(paragraph)
        if not text or CONTENTS_STYLE.fullmatch(style):
            return
        level = self._level(paragraph)
        if not level and not self._has_headings and self._looks_like_heading(paragraph, text):
            level = 2
        marker, depth = self._find_marker(paragraph, style)
        if level:
            number = marker if marker and NUMBER_MARKER.fullmatch(marker) else ""
            self._put(format_heading(f"{number} {text}", level))
        elif marker is None:
            self._put("\n".join(" ".join(line.split()) for line in text.split("\n")))
        elif NUMBER_MARKER.fullmatch(marker):
            self._put(format_numbered(text, marker, depth), in_list=True)
        else:
            named = f"{marker} {text}" if any(map(str.isalnum, marker[:-1])) else text
            self._put(format_item(named, depth), in_list=True)

    def _put(self, text: str, *, in_list: bool = False) -> None:
        if self.lines and not (in_list and self._in_list):
            self.lines.append("")
        self._in_list = in_list
        self.lines.append(text)

    def _add_table(self, table: Any) -> None:
        rows: list[list[str]] = []
        above: list[str] = []
        for row in _own_rows(table):
            above = self._read_row(row, above)
            rows.append(above)
        if rows:
            self._put(format_table(rows, has_header=len(rows[0]) > 2 or _has_header(table)))

    def _read_row(self, row: Any, above: list[str]) -> list[str]:
        """The cells. What spans rows is repeated, what spans columns stands in the first."""
        texts: list[str] = []
        for cell in row.iter(f"{W}tc"):
            if next(cell.iterancestors(f"{W}tr")) is not row:
                continue
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            span = cell.find(f"{W}tcPr/{W}gridSpan")
            if merge is not None and merge.get(f"{W}val") != "restart" and len(texts) < len(above):
                texts.append(above[len(texts)])
            else:
                texts.append(" ".join(self._read_cell(cell)))
            if span is not None:
                texts += [""] * (min(int(span.get(f"{W}val", "1")), MAX_SPAN) - 1)
        return texts

    def _read_cell(self, cell: Any) -> Iterator[str]:
        """The paragraphs in a cell, and those of the tables in it."""
        for block in walk_blocks(cell):
            if block.tag == f"{W}tbl":
                for row in _own_rows(block):
                    for inner in row.iter(f"{W}tc"):
                        if next(inner.iterancestors(f"{W}tr")) is row:
                            yield from self._read_cell(inner)
            elif text := self._read(block):
                yield text

    def _style_name(self, paragraph: Any) -> str:
        style = self._styles.get(paragraph.style)
        return str(style.name or "") if style is not None else ""

    def _level(self, paragraph: Any) -> int:
        """1 to 6 by the heading style or the outline level, also inherited; 0 for none."""
        shift = 1 if getattr(self, "_has_title", False) else 0
        outline = paragraph.find(f"{W}pPr/{W}outlineLvl")
        for style in [*self._style_chain(paragraph), None]:
            if outline is not None and int(outline.get(f"{W}val", "9")) < 9:
                return int(outline.get(f"{W}val")) + 1 + shift
            if style is None:
                break
            name = str(style.name or "")
            if name.casefold() == "title":
                return 1
            if match := STYLE_LEVEL.fullmatch(name):
                return int(match[1]) + shift
            outline = style.element.find(f"{W}pPr/{W}outlineLvl")
        return 0

    def _style_chain(self, paragraph: Any) -> Iterator[Any]:
        """The paragraph's style and those that it is based on."""
        style = self._styles.get(paragraph.style)
        for _ in range(MAX_CHAIN):
            if style is None:
                return
            yield style
            style = style.base_style

    def _find_marker(self, paragraph: Any, style: str) -> tuple[str | None, int]:
        """(marker, depth) of a list item, the marker None for a paragraph that is in no list."""
        named = re.match(r"List (?:Bullet|Number|Continue)(?: (\d))?$", style)
        depth = int(named[1] or 1) - 1 if named else 0
        found = paragraph.find(f"{W}pPr/{W}numPr")
        inherited = next(
            (
                (numbered, one.style_id)
                for one in self._style_chain(paragraph)
                if (numbered := one.element.find(f"{W}pPr/{W}numPr")) is not None
            ),
            (None, ""),
        )
        list_id = _find_value(found, "numId") or _find_value(inherited[0], "numId")
        given = _find_value(found, "ilvl") or _find_value(inherited[0], "ilvl")
        level = int(given) if given.isdecimal() else 0
        if not given and list_id:
            level = self._numbering.find_level(list_id, inherited[1])
        marker = self._numbering.mark(list_id, level)
        if marker is None and named and list_id != "0" and "Continue" not in style:
            marker = BULLET
        return marker or None, min(level or depth, MAX_DEPTH)

    def _looks_like_heading(self, paragraph: Any, text: str) -> bool:
        """A short bold paragraph, in a document whose author used no heading styles."""
        if next(paragraph.iterancestors(f"{W}tbl"), None) is not None:
            return False
        return may_be_heading(text) and _is_bold(paragraph)


def _own_rows(table: Any) -> list[Any]:
    """The rows of a table, without those of tables and text boxes in its cells."""
    rows = []
    for row in table.iter(f"{W}tr"):
        for parent in row.iterancestors():
            if parent is table:
                rows.append(row)
            if parent is table or parent.tag in (f"{W}tbl", *LOST):
                break
    return rows


def _find_value(element: Any, name: str) -> str:
    found = element.find(f"{W}{name}") if element is not None else None
    return str(found.get(f"{W}val") or "") if found is not None else ""


def _is_bold(element: Any) -> bool:
    runs = [run for run in element.iter(f"{W}r") if read_visible(run).strip()]
    return bool(runs) and all(is_on(run.find(f"{W}rPr/{W}b")) for run in runs)


def _has_header(table: Any) -> bool:
    """Whether the first row is marked as a header, or bold where the second is not."""
    rows = _own_rows(table)
    if rows[0].find(f"{W}trPr/{W}tblHeader") is not None:
        return True
    return _is_bold(rows[0]) and not (len(rows) > 1 and _is_bold(rows[1]))
