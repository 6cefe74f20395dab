"""Turn a tree of HTML or XHTML elements into light Markdown: headings, lists, tables, code.

It parses no file and decides nothing about what belongs to a page: `web.py` and `epub.py` say
which elements to leave out.
"""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gemma_garage.augment.reading.blocks import Block, read_number, tag_of
from gemma_garage.augment.reading.clean import BULLETS, clean_line, note_characters
from gemma_garage.augment.reading.cleaning import Note
from gemma_garage.augment.reading.markdown import (
    format_code,
    format_heading,
    format_item,
    format_numbered,
    format_quote,
    format_table,
)
from gemma_garage.augment.reading.markup_tables import fill_spans, is_layout

MAX_DEPTH = 150  # of elements in one another; below it only the bare text is taken
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dt fieldset "
    "figcaption figure footer form header hgroup html legend li main menu nav p search section "
    "summary tbody td tfoot th thead tr".split()
)
DROPPED = frozenset(
    "script style template noscript title meta link base svg canvas iframe frame object embed "
    "applet audio video picture img map area input select option optgroup button textarea datalist "
    "progress meter rp rt".split()
)
RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
BULLET_LINE = re.compile(rf"[{re.escape(BULLETS)}]\s+(?=\S)")

Skip = Callable[[Any], bool]


def read_blocks(element: Any, skip: Skip, note: Note) -> list[Block]:
    """The blocks of an lxml element in order, without what `skip` says and what shows no text.

    `note` is told of ligatures and invisible characters.
    """
    writer = _Writer(skip, note, depth=0)
    writer.enter(element)
    return writer.finish()


class _Writer:
    """Collects the running text of a paragraph until something ends it."""

    def __init__(self, skip: Skip, note: Note, depth: int) -> None:
        self._skip, self._note, self._depth = skip, note, depth
        self._blocks: list[Block] = []
        self._inline: list[str] = []
        self._list_from = 0  # a list item goes on with a list from this block on

    def finish(self) -> list[Block]:
        self._flush()
        return self._blocks

    def enter(self, element: Any) -> None:
        """The text and the children of an element, not what stands behind it."""
        if self._depth >= MAX_DEPTH:
            self._inline.extend(element.itertext())
            return
        self._depth += 1
        self._inline.append(element.text or "")
        for child in element:
            self._add(child)
            self._inline.append(child.tail or "")
        self._depth -= 1

    def _add(self, element: Any) -> None:
        tag = tag_of(element)
        if not tag:
            if callable(element.tag) and str(element.text or "").startswith("&"):
                self._inline.append(html.unescape(element.text))  # an entity left as it was
            return
        if tag in DROPPED or self._skip(element):
            return
        if tag == "br":
            self._inline.append("\v")
        elif tag in HEADINGS:
            self._flush()
            if text := self._flatten(element):
                level = HEADINGS[tag]
                self._blocks.append(Block("heading", format_heading(text, level), level))
        elif tag in WRITERS:
            self._flush()
            self._list_from = len(self._blocks)
            WRITERS[tag](self, element)
            self._list_from = len(self._blocks)
        elif tag in BLOCKS or tag == "hr":
            self._flush()
            self.enter(element)
            self._flush()
        elif tag in ("sup", "sub"):
            self._inline.append(self._read_shifted(element, tag))
        elif tag == "math":
            self._inline.append(f" {_read_math(element)} ")
        else:
            self.enter(element)

    def _flush(self) -> None:
        text = "".join(self._inline)
        self._inline = []
        note_characters(text, self._note)
        lines = [clean_line(line) for line in text.split("\v")]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        if not text:
            return
        if bullet := BULLET_LINE.match(text):  # word processors write lists as paragraphs
            self._put_list(format_item(text[bullet.end() :]))
        else:
            self._blocks.append(Block("text", text))

    def _put_list(self, text: str) -> None:
        if len(self._blocks) > self._list_from and self._blocks[-1].kind == "list":
            text = f"{self._blocks.pop().text}\n{text}"
        self._blocks.append(Block("list", text))

    def _read_inside(self, element: Any) -> list[Block]:
        inner = _Writer(self._skip, self._note, self._depth + 1)
        inner.enter(element)
        return inner.finish()

    def _read_alone(self, element: Any) -> list[Block]:
        """The element as if it stood by itself, with the text behind it."""
        inner = _Writer(self._skip, self._note, self._depth + 1)
        if inner._depth < MAX_DEPTH:
            inner._add(element)
        else:
            inner._inline.extend(element.itertext())
        inner._inline.append(element.tail or "")
        return inner.finish()

    def _flatten(self, element: Any) -> str:
        return clean_line(" ".join(block.text for block in self._read_inside(element)))

    def _read_shifted(self, element: Any, tag: str) -> str:
        """m<sup>2</sup> as m², a raised link to a note as [2]."""
        text = self._flatten(element)
        if any(tag_of(inner) == "a" for inner in element.iter()) and len(text) <= 6:
            return f" [{text.strip('[]')}]" if text else ""
        table = RAISED if tag == "sup" else LOWERED
        return text.translate(table) if text and all(ord(c) in table for c in text) else text

    def _add_list(self, element: Any) -> None:
        number = read_number(element.get("start"), 1)
        for child in element:
            if tag_of(child) != "li":  # most often a list, which belongs to the item above
                self._add_item(self._read_alone(child), "-")
            elif not self._skip(child):
                number = read_number(child.get("value"), number)
                marker = f"{number}." if tag_of(element) == "ol" else "-"
                number += self._add_item(self._read_inside(child), marker)

    def _add_item(self, blocks: Sequence[Block], marker: str) -> int:
        """Write one item with the lists in it; 1 if it has a text of its own, which is counted."""
        words: list[str] = []
        while len(words) < len(blocks) and blocks[len(words)].kind in ("text", "quote"):
            words.append(blocks[len(words)].text)
        own = clean_line(" ".join(words))
        if own:
            self._put_list(format_item(own) if marker == "-" else format_numbered(own, marker))
        for block in blocks[len(words) :]:
            if block.kind == "list":
                self._put_list("\n".join(f"  {line}" for line in block.text.split("\n")))
            else:
                self._blocks.append(block)
        return int(bool(own))

    def _add_definitions(self, element: Any) -> None:
        term = ""
        for child in _walk_terms(element):
            tag = tag_of(child)
            if tag in ("dt", "dd") and self._skip(child):
                continue
            if tag == "dt":
                if term:
                    self._put_list(format_item(term))
                term = self._flatten(child)
                continue
            blocks = self._read_inside(child) if tag == "dd" else self._read_alone(child)
            if term and blocks and blocks[0].kind == "text":
                blocks[0] = Block("text", f"{term}: {blocks[0].text}")
            elif term:
                blocks.insert(0, Block("text", term))
            term = ""
            self._add_item(blocks, "-")
        if term:
            self._put_list(format_item(term))

    def _add_code(self, element: Any) -> None:
        text = "".join(self._read_code(element, 0))
        if text.strip():
            self._blocks.append(Block("code", format_code(text)))

    def _read_code(self, element: Any, depth: int) -> Iterator[str]:
        yield element.text or ""
        for child in element:
            tag = tag_of(child)
            if tag == "br":
                yield "\n"
            elif tag and tag not in DROPPED and not self._skip(child) and depth < MAX_DEPTH:
                yield from self._read_code(child, depth + 1)
            yield child.tail or ""

    def _add_quote(self, element: Any) -> None:
        for block in self._read_inside(element):
            if block.kind in ("text", "list", "quote"):
                self._blocks.append(Block("quote", format_quote(block.text)))
            else:
                self._blocks.append(block)

    def _add_table(self, element: Any) -> None:
        rows = [r for r in element.iter() if tag_of(r) == "tr" and _nearest(r, "table") is element]
        cells = [
            [cell for cell in row if tag_of(cell) in ("td", "th") and not self._skip(cell)]
            for row in rows
        ]
        inside = [[self._read_inside(cell) for cell in row] for row in cells]
        if is_layout(element, cells, inside):
            for row in inside:
                for blocks in row:
                    self._blocks += blocks
            return
        for child in element:
            if tag_of(child) == "caption" and (text := self._flatten(child)):
                self._blocks.append(Block("text", text))
        texts = [[clean_line(" ".join(b.text for b in blocks)) for blocks in row] for row in inside]
        has_header = bool(cells) and (
            tag_of(rows[0].getparent()) == "thead"
            or all(tag_of(cell) == "th" for cell in cells[0])
            or len(cells[0]) > 2
        )
        if text := format_table(list(fill_spans(cells, texts)), has_header=has_header):
            self._blocks.append(Block("table", text))


WRITERS: dict[str, Callable[[_Writer, Any], None]] = {
    "ul": _Writer._add_list,
    "ol": _Writer._add_list,
    "menu": _Writer._add_list,
    "dl": _Writer._add_definitions,
    "pre": _Writer._add_code,
    "listing": _Writer._add_code,
    "blockquote": _Writer._add_quote,
    "table": _Writer._add_table,
}


def _walk_terms(element: Any) -> Iterator[Any]:
    """The terms and definitions of a <dl>, also those grouped in <div>s."""
    for child in element:
        if tag_of(child) == "div":
            yield from child
        else:
            yield child


def _nearest(element: Any, tag: str) -> Any:
    return next((parent for parent in element.iterancestors() if tag_of(parent) == tag), None)


def _read_math(element: Any) -> str:
    """A formula as its author wrote it for people without a browser, else its letters."""
    for inner in element.iter():
        if tag_of(inner) == "annotation" and "tex" in (inner.get("encoding") or ""):
            return clean_line("".join(inner.itertext()))
    return clean_line(element.get("alttext") or "".join(element.itertext()))
