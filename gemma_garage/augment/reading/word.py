"""Read a DOCX in document order: headings, paragraphs, lists, tables, text boxes, footnotes.

Headers and footers, comments, deleted text and the table of contents are left out.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.clean import clean_text
from gemma_garage.augment.reading.markdown import format_heading, format_item, format_table
from gemma_garage.augment.reading.ooxml import check_package, open_package
from gemma_garage.augment.reading.parsed import ParsedDocument, Report

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
BLOCKS = (f"{W}p", f"{W}tbl")
LOST = (f"{W}del", f"{W}moveFrom", f"{W}txbxContent", FALLBACK)
GLYPHS = {
    f"{W}tab": " ",
    f"{W}br": "\n",
    f"{W}cr": "\n",
    f"{W}noBreakHyphen": "-",
}
STYLE_LEVEL = re.compile(r"heading (\d)", re.IGNORECASE)
CONTENTS_STYLE = re.compile(r"toc( heading| ?\d)|table of figures", re.IGNORECASE)
BOLD_HEADING_CHARACTERS = 80


def read_docx(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of the document as Markdown; a DOCX has no pages. Raises DocumentError."""
    from docx import Document

    check_package(path, name, "docx")
    document = open_package(Document, path, name)
    writer = _Writer(document)
    for element in _walk(document.element.body):
        writer.add(element)
    writer.add_footnotes()
    return ParsedDocument("docx", clean_text("\n".join(writer.lines)))


def _walk(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those inside content controls and insertions."""
    for child in parent:
        if child.tag in BLOCKS:
            yield child
        elif child.tag not in LOST:
            yield from _walk(child)


def _text(element: Any) -> str:
    """The visible text in an element, without what was deleted and without text boxes."""
    if element.tag == f"{W}t":
        return element.text or ""
    if element.tag in GLYPHS:
        return GLYPHS[element.tag]
    if element.tag == f"{W}footnoteReference":
        return f" [{element.get(f'{W}id')}]"
    parts = [_text(child) for child in element if child.tag not in LOST]
    return "".join(parts)


class _Writer:
    """Lines of Markdown, with what is known of the document's styles."""

    def __init__(self, document: Any) -> None:
        self.lines: list[str] = []
        self._document = document
        self._in_list = False
        self._styles = {
            style.style_id: style for style in document.styles if hasattr(style, "base_style")
        }
        paragraphs = list(document.element.body.iter(f"{W}p"))
        names = {self._style_name(paragraph).casefold() for paragraph in paragraphs}
        self._has_title = "title" in names
        self._has_headings = any(self._level(paragraph) for paragraph in paragraphs)

    def add(self, element: Any) -> None:
        if element.tag == f"{W}tbl":
            self._add_table(element)
            return
        self._add_paragraph(element)
        for box in element.iter(f"{W}txbxContent"):
            if not any(parent.tag == FALLBACK for parent in box.iterancestors()):
                for inner in _walk(box):
                    self.add(inner)

    def _add_paragraph(self, paragraph: Any) -> None:
        text = _text(paragraph).strip()
        style = self._style_name(paragraph)
        if not text or CONTENTS_STYLE.fullmatch(style):
            return
        level = self._level(paragraph)
        if not level and not self._has_headings and self._looks_like_heading(paragraph, text):
            level = 2
        depth = self._list_depth(paragraph, style)
        if level:
            self._put(format_heading(text, level))
        elif depth is not None:
            self._put(format_item(text, depth), in_list=True)
        else:
            self._put("\n".join(" ".join(line.split()) for line in text.split("\n")))

    def _put(self, text: str, *, in_list: bool = False) -> None:
        if self.lines and not (in_list and self._in_list):
            self.lines.append("")
        self._in_list = in_list
        self.lines.append(text)

    def _add_table(self, table: Any) -> None:
        rows: list[list[str]] = []
        above: list[str] = []
        for row in table.iter(f"{W}tr"):
            if next(row.iterancestors(f"{W}tbl")) is not table:
                continue  # a nested table is part of its cell's text
            above = _read_row(row, above)
            rows.append(above)
        if rows:
            self._put(format_table(rows, has_header=len(rows[0]) > 2 or _has_header(table)))

    def add_footnotes(self) -> None:
        """The texts of footnotes and endnotes, marked as in the text, at the end."""
        from lxml import etree

        for relation in self._document.part.rels.values():
            if relation.is_external or not relation.reltype.endswith(("/footnotes", "/endnotes")):
                continue
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            for note in etree.fromstring(relation.target_part.blob, parser):
                text = " ".join(_text(note).split())
                if text and note.get(f"{W}type") is None:
                    self._put(f"[{note.get(f'{W}id')}] {text}")

    def _style_name(self, paragraph: Any) -> str:
        style = self._styles.get(paragraph.style)
        return str(style.name or "") if style is not None else ""

    def _level(self, paragraph: Any) -> int:
        """1 to 6 by the heading style or the outline level, also inherited; 0 for none."""
        shift = 1 if getattr(self, "_has_title", False) else 0
        style = self._styles.get(paragraph.style)
        outline = paragraph.find(f"{W}pPr/{W}outlineLvl")
        for _ in range(10):  # a chain of styles that goes round must end
            if outline is not None and int(outline.get(f"{W}val", "9")) < 9:
                return int(outline.get(f"{W}val")) + 1 + shift
            if style is None:
                return 0
            name = str(style.name or "")
            if name.casefold() == "title":
                return 1
            if match := STYLE_LEVEL.fullmatch(name):
                return int(match[1]) + shift
            outline = style.element.find(f"{W}pPr/{W}outlineLvl")
            style = style.base_style
        return 0

    def _list_depth(self, paragraph: Any, style: str) -> int | None:
        level = paragraph.find(f"{W}pPr/{W}numPr/{W}ilvl")
        if level is not None:
            return min(int(level.get(f"{W}val", "0")), 8)
        if match := re.match(r"List (?:Bullet|Number)(?: (\d))?$", style):
            return int(match[1] or 1) - 1
        numbered = paragraph.find(f"{W}pPr/{W}numPr")
        return 0 if numbered is not None else None

    def _looks_like_heading(self, paragraph: Any, text: str) -> bool:
        """A short bold paragraph, in a document whose author used no heading styles."""
        if len(text) > BOLD_HEADING_CHARACTERS or text.endswith((".", ",", ";", ":")):
            return False
        if next(paragraph.iterancestors(f"{W}tbl"), None) is not None:
            return False
        return _is_bold(paragraph)


def _is_bold(element: Any) -> bool:
    runs = [run for run in element.iter(f"{W}r") if _text(run).strip()]
    marks = [run.find(f"{W}rPr/{W}b") for run in runs]
    return bool(runs) and all(
        mark is not None and mark.get(f"{W}val", "1") not in ("0", "false") for mark in marks
    )


def _read_row(row: Any, above: list[str]) -> list[str]:
    """The cells of a row. What spans rows is repeated, what spans columns stands in the first."""
    texts: list[str] = []
    for cell in row.iter(f"{W}tc"):
        if next(cell.iterancestors(f"{W}tr")) is not row:
            continue
        merge = cell.find(f"{W}tcPr/{W}vMerge")
        span = cell.find(f"{W}tcPr/{W}gridSpan")
        if merge is not None and merge.get(f"{W}val") != "restart" and len(texts) < len(above):
            texts.append(above[len(texts)])
        else:
            texts.append(" ".join(filter(None, (_text(p).strip() for p in cell.iter(f"{W}p")))))
        if span is not None:
            texts += [""] * (min(int(span.get(f"{W}val", "1")), 64) - 1)
    return texts


def _has_header(table: Any) -> bool:
    """Whether the first row is marked as a header, or bold where the second is not."""
    rows = list(table.iter(f"{W}tr"))
    if rows[0].find(f"{W}trPr/{W}tblHeader") is not None:
        return True
    return _is_bold(rows[0]) and not (len(rows) > 1 and _is_bold(rows[1]))
