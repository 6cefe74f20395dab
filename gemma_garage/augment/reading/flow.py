"""Turn the printed lines of a PDF into running Markdown: headings, paragraphs, lists, tables.

Wrapped lines are joined, words hyphenated at a line's end made whole. Headings are taken from
the outline, a larger font or a bold line of its own, and rather missed than invented.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from gemma_garage.augment.reading.clean import BULLETS, clean_line
from gemma_garage.augment.reading.cleaning import Cleaning, Note
from gemma_garage.augment.reading.hyphens import Words
from gemma_garage.augment.reading.markdown import format_heading, format_item, format_table
from gemma_garage.augment.reading.pdf_lines import Cell, Line
from gemma_garage.augment.reading.rules import Grid
from gemma_garage.augment.reading.tables import PrintedTable, find_tables

LARGER = 1.1  # a heading's font against the body's
HEADING_CHARACTERS = 120
HEADING_LINES = 3
LONG_SHARE = 0.6  # of the column; a shorter line was ended on purpose
MARKER = re.compile(
    rf"(?P<bullet>[{re.escape(BULLETS)}*–—-])(?=\s|$)|(?P<number>\(?(\d{{1,3}}|[a-zA-Z])[.)])(?=\s|$)"
)
DASHES = "*–—-"
VALUES = frozenset("value values data details specification description".split())  # head a column
CONTENTS_LINE = re.compile(r".*(\.{4,}|(\. ){4,}|…{2,}).*\d+")
SENTENCE_END = re.compile(r"[.!?:;…][\"'”’»)\]]*$")
FIRST_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Style:
    """What is usual in this document."""

    body_size: float
    body_bold: bool
    pitch: float  # from one line of a paragraph to the next, in font sizes
    levels: dict[tuple[float, bool], int]  # heading level by (size, bold)
    below_title: int  # 1 where a line is printed larger than all that the outline points to
    words: Words


@dataclass(slots=True)
class Block:
    """`kind`: heading, text, item or table. `last`: its last printed line so far."""

    kind: str
    text: str
    last: Line | None = None
    level: int = 0
    lines: int = 1


def flow_pages(
    pages: Sequence[Sequence[Line]],
    outline: Sequence[Mapping[str, int]] = (),
    grids: Sequence[Sequence[Grid]] = (),
    cleaning: Cleaning | None = None,
) -> list[str]:
    """The Markdown of each page. A paragraph that runs over a page's end stays on its first page.

    `outline`: for each page the titles that the file's outline points to, case-folded, with their
    depth (1 for the outermost); `grids`: for each page its ruled grids. Either may be empty.
    `cleaning` is told which words were made whole.
    """
    outline = outline or [{}] * len(pages)
    cleaning = cleaning or Cleaning()
    grids = grids or [()] * len(pages)
    joined = [[_join_marker(line) for line in lines] for lines in pages]
    style = _measure_style(joined, outline)
    texts: list[list[Block]] = []
    last: Block | None = None
    open_table: PrintedTable | None = None  # one with a head that ends a page
    parts = zip(joined, outline, grids, strict=True)
    for number, (lines, titles, ruled) in enumerate(parts, start=1):
        note = cleaning.at(number)
        margins = _measure_margins(lines)
        fresh: list[Block] = []
        for piece in find_tables(lines, ruled):
            if isinstance(piece, PrintedTable):
                if open_table and not fresh and _carries_on(open_table, piece):
                    piece = replace(piece, rows=[open_table.rows[0], *piece.rows], bold_head=True)
                head = piece.rows[0]
                has_header = piece.bold_head or len(head) > 2 or head[-1].casefold() in VALUES
                table = format_table(piece.rows, has_header=has_header)
                fresh.append(Block("table", table))
                open_table = piece if has_header and len(piece.rows) > 1 else None
            elif not CONTENTS_LINE.fullmatch(piece.text):
                _place(piece, fresh, style, titles, margins, note)
                open_table = None
        if last and fresh and _runs_on(last, fresh[0]):
            last.text = style.words.join(last.text, fresh.pop(0).text, note)
        last = fresh[-1] if fresh else last
        texts.append(fresh)
    return [_write(page) for page in texts]


def _carries_on(before: PrintedTable, after: PrintedTable) -> bool:
    """Whether a table at the top of a page is the rest of the one that ended the page before.

    Its first row is then no head: it is printed as the rows are, or has values where they do.
    """
    if after.bold_head or len(after.rows[0]) != len(before.rows[0]):
        return False
    head, *rows = before.rows
    return before.bold_head or any(
        _has_digit(cell) and not _has_digit(head[at]) and all(_has_digit(row[at]) for row in rows)
        for at, cell in enumerate(after.rows[0])
    )


def _has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _runs_on(before: Block, after: Block) -> bool:
    """Whether a page's first block goes on with the last one of an earlier page."""
    if before.kind not in ("text", "item") or after.kind != "text":
        return False
    return not SENTENCE_END.search(before.text) and (
        after.text[:1].islower() or before.text.endswith("-")
    )


def _place(
    line: Line,
    blocks: list[Block],
    style: Style,
    titles: Mapping[str, int],
    margins: dict[int, float],
    note: Note,
) -> None:
    """Add the line to the last block, or begin a new one with it."""
    text = line.text
    last = blocks[-1] if blocks else None
    level = _heading_level(line, style, titles)
    if level and last and last.kind == "heading" and last.level == level and last.last:
        same = (round(last.last.size, 1), last.last.bold) == (round(line.size, 1), line.bold)
        close = 0 < last.last.y - line.y < 1.6 * line.size
        if same and close and last.lines < HEADING_LINES and not _outlined(last.text, titles):
            last.text, last.last, last.lines = f"{last.text} {text}", line, last.lines + 1
            return
    if level:
        blocks.append(Block("heading", text, line, level))
        return
    marker = MARKER.match(text)
    inside = last is not None and last.kind in ("text", "item") and _goes_on(last, line, style)
    if marker and not (inside and _is_mid_sentence(text, last)):
        body = text[marker.end() :].strip() if marker["bullet"] else text
        blocks.append(Block("item", body, line))
    elif inside and last and last.last and _is_full(last.last, line, margins):
        last.text, last.last = style.words.join(last.text, text, note), line
        last.lines += 1
    else:
        blocks.append(Block("text", text, line))


def _goes_on(block: Block, line: Line, style: Style) -> bool:
    """Whether the line may belong to the same paragraph, by its place and size."""
    above = block.last
    if above is None or abs(above.size - line.size) > 0.15 * above.size:
        return False
    drop = above.y - line.y
    if drop <= 0:  # the top of the next column
        return not SENTENCE_END.search(block.text)
    if drop > max(style.pitch * 1.25, 1.2) * line.size:
        return False
    indented = line.left - above.left
    # A paragraph's first line set in, as books do it; an item's second line is set in too.
    return not (block.lines > 1 and indented > 0.8 * line.size and SENTENCE_END.search(block.text))


def _is_mid_sentence(text: str, block: Block | None) -> bool:
    """A dash (or "a)") at a line's start may stand in the middle of a sentence."""
    if block is None or block.kind == "item" or SENTENCE_END.search(block.text):
        return False
    return text[0] in DASHES or text[:1].isalpha()


def _is_full(above: Line, line: Line, margins: dict[int, float]) -> bool:
    """Whether the line above was broken because the next word no longer fitted.

    Where it would have fitted, the break was meant, unless the sentence plainly goes on.
    """
    margin = margins[_column(above)] if above.margin is None else above.margin
    long = above.right > above.left + LONG_SHARE * (margin - above.left)
    if above.text.endswith("-") or (long and line.text[:1].islower()):
        return True
    first = FIRST_WORD.match(line.text)
    width = line.right - line.left
    needed = width * (len(first[0]) + 1 if first else 1) / max(len(line.text), 1)
    return above.right + needed > margin - 0.5 * above.size


def _heading_level(line: Line, style: Style, titles: Mapping[str, int]) -> int:
    """1 to 6, or 0 for a line that is no heading. What the outline says goes before the font."""
    text = line.text
    if len(text) > HEADING_CHARACTERS or sum(map(str.isalpha, text)) < 2:
        return 0
    if depth := _outlined(text, titles):
        return min(depth + style.below_title, 6)
    if not _is_heading_font(line, style.body_size, style.body_bold):
        return 0
    deepest = max(style.levels.values(), default=1)
    return style.levels.get((_round_size(line.size), line.bold), deepest)


def _is_heading_font(line: Line, body_size: float, body_bold: bool) -> bool:
    text = line.text
    if sum(map(str.isalpha, text)) < 2 or len(text) > HEADING_CHARACTERS:
        return False
    if text[0] in BULLETS:  # a bullet may be printed larger than its item
        return False
    if line.size >= body_size * LARGER:
        return not text.endswith((".", ",", ";")) or line.size > body_size * 1.5
    if body_bold or not line.bold or line.size < body_size * 0.95 or len(line.cells) > 1:
        return False
    marker = MARKER.match(text)
    plain = text[marker.end() :].strip() if marker else text
    return (
        len(text) <= 80
        and not text.endswith((".", ",", ";", ":"))
        and (plain[:1].isupper() or plain[:1].isdigit())
        and text[0] not in BULLETS + DASHES
    )


def _outlined(text: str, titles: Mapping[str, int]) -> int:
    """How deep the outline has this title; 0 if it has not."""
    return titles.get(clean_line(text).casefold(), 0) if titles else 0


def _measure_style(pages: Sequence[Sequence[Line]], outline: Sequence[Mapping[str, int]]) -> Style:
    weights: Counter[tuple[float, bool]] = Counter()
    pitches: list[float] = []
    for lines in pages:
        for line in lines:
            weights[_round_size(line.size), line.bold] += len(line.text)
        for above, line in pairwise(lines):
            pitch = (above.y - line.y) / line.size
            if above.size == line.size and 0.8 < pitch < 3:
                pitches.append(pitch)
    (size, bold), _ = weights.most_common(1)[0] if weights else ((1.0, False), 0)
    fonts: set[tuple[float, bool]] = set()  # of headings, by their look
    outlined: set[tuple[float, bool]] = set()
    for lines, titles in zip(pages, outline, strict=True):
        for line in lines:
            key = _round_size(line.size), line.bold
            if _outlined(line.text, titles):
                outlined.add(key)
            elif _is_heading_font(line, size, bold):
                fonts.add(key)
    ranked = sorted(fonts | outlined, reverse=True)
    levels = {key: min(rank, 6) for rank, key in enumerate(ranked, start=1)}
    below_title = int(bool(outlined) and any(font > max(outlined) for font in fonts))
    words = Words(line.text for lines in pages for line in lines)
    return Style(size, bold, median(pitches) if pitches else 1.2, levels, below_title, words)


def _measure_margins(lines: Sequence[Line]) -> dict[int, float]:
    """How far to the right lines reach that start near the same place."""
    rights: dict[int, float] = {}
    for line in lines:
        for column in range(_column(line) - 2, _column(line) + 3):
            rights[column] = max(rights.get(column, 0.0), line.right)
    return rights


def _column(line: Line) -> int:
    return round(line.left / 20)


def _round_size(size: float) -> float:
    return round(size * 2) / 2


def _join_marker(line: Line) -> Line:
    """A list marker with its wide gap is no cell of a table."""
    if len(line.cells) < 2 or not MARKER.fullmatch(line.cells[0].text):
        return line
    first, second, *rest = line.cells
    joined = Cell(f"{first.text} {second.text}", first.left, second.right)
    return replace(line, cells=(joined, *rest))


def _write(blocks: Sequence[Block]) -> str:
    parts: list[str] = []
    for number, block in enumerate(blocks):
        if number:
            items = block.kind == "item" and blocks[number - 1].kind == "item"
            parts.append("\n" if items else "\n\n")
        if block.kind == "heading":
            parts.append(format_heading(block.text, block.level))
        elif block.kind == "item":
            numbered = MARKER.match(block.text)
            parts.append(block.text if numbered else format_item(block.text))
        else:
            parts.append(block.text)
    return "".join(parts)
