"""The printed lines of a PDF page with their places and sizes, as PDFium sees them.

It reads geometry and decides nothing about what a line means: see `furniture.py` and `flow.py`.
Lengths are in points, y grows upwards.
"""

import ctypes
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from gemma_garage.augment.reading.clean import clean_line, note_characters
from gemma_garage.augment.reading.cleaning import Cleaning, Note
from gemma_garage.augment.reading.glued import Token, part_words

LINE_END_HYPHEN = "\ufffe"  # PDFium writes it, without a line break, where a line ends in "-"
TOKEN = re.compile(r"[^\s\ufffe]+\ufffe?|\ufffe")
NAME_BYTES = 128
BOLD = re.compile(r"bold|black|heavy|demi|cmbx", re.IGNORECASE)  # CMBX: of LaTeX
EXPONENT = re.compile(r"[-−+]?\d+(?=\W*$)")
RAISED = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")
TIGHT = 0.26  # in font sizes, between the printed letters; usual are 0.3 and more
CELL_GAP = 1.3  # in font sizes; a justified line stretches its spaces to about one


@dataclass(frozen=True, slots=True)
class Cell:
    """Words that stand together; a wide gap parts one Cell from the next."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line. `y`: its baseline; `size`: of its font; `margin`: where its column ends, if
    that is known."""

    words: tuple[Cell, ...]
    cells: tuple[Cell, ...]
    y: float
    size: float
    bold: bool
    margin: float | None = None

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def left(self) -> float:
        return self.cells[0].left

    @property
    def right(self) -> float:
        return self.cells[-1].right


def read_lines(page: Any, note: Note | None = None) -> list[Line]:
    """The lines of a pypdfium2 page in the order in which they were drawn.

    `note` is told of ligatures, invisible characters and words that stood together.
    """
    note = note or Cleaning().at(None)
    textpage = page.get_textpage()
    try:
        text = textpage.get_text_range()
        if len(text) != textpage.count_chars():
            # Characters outside the BMP or without Unicode: take one by one, to keep the count.
            text = _read_each(textpage)
        note_characters(text, note)
        return _merge(_read(textpage.raw, text, note))
    finally:
        textpage.close()


def _read_each(textpage: Any) -> str:
    from pypdfium2 import raw

    codes = [raw.FPDFText_GetUnicode(textpage.raw, i) for i in range(textpage.count_chars())]
    return "".join(chr(code) if 0 < code < 0x110000 else " " for code in codes)


def _read(handle: Any, text: str, note: Note) -> list[Line]:
    lines: list[Line] = []
    for part in re.finditer(r"[^\r\n]+", text):
        tokens: list[Token] = []
        for found in TOKEN.finditer(text, part.start(), part.end()):
            tokens.append(Token(found[0], found.start(), found.end()))
            if found[0].endswith(LINE_END_HYPHEN):
                lines += _measure(handle, tokens, note)
                tokens = []
        lines += _measure(handle, tokens, note)
    return lines


def _measure(handle: Any, tokens: Sequence[Token], note: Note) -> list[Line]:
    """The line that these words make, its cells parted where a gap is wide; none without words."""
    from pypdfium2 import raw

    if not tokens:
        return []
    a, b = ctypes.c_double(), ctypes.c_double()
    matrix = raw.FS_MATRIX()
    first = tokens[0].start
    raw.FPDFText_GetCharOrigin(handle, first, a, b)
    y = b.value
    raw.FPDFText_GetMatrix(handle, first, matrix)
    size = raw.FPDFText_GetFontSize(handle, first) * math.hypot(matrix.b, matrix.d)
    size = size if size > 0 else 1.0
    words = _place(handle, tokens, size)
    parted = part_words(handle, tokens, size, is_tight(words, size), note)
    if len(parted) > len(tokens):
        words = _place(handle, parted, size)
    if not words:
        return []
    bold = _is_bold(handle, first) and _is_bold(handle, tokens[-1].end - 1)
    return [Line(tuple(words), part_cells(words, size), y, size, bold)]


def _place(handle: Any, tokens: Sequence[Token], size: float) -> list[Cell]:
    """The words of one line where they stand. A digit that stands higher than the letter before
    it, in the same cell, is an exponent: in a table a cell may stand higher than its row."""
    from pypdfium2 import raw

    a, b, c, d = (ctypes.c_double() for _ in range(4))
    words: list[Cell] = []
    before: tuple[float, float] | None = None  # the baseline of the word before, and its end
    for token in tokens:
        raw.FPDFText_GetCharBox(handle, token.start, a, b, c, d)
        start = a.value
        raw.FPDFText_GetCharOrigin(handle, token.start, a, b)
        base = b.value
        if before and start - before[1] <= CELL_GAP * size:
            base = min(base, before[0])
        word = _raise_digits(handle, token, base + 0.2 * size)
        word = clean_line(word.replace(LINE_END_HYPHEN, "-"))
        if not word:
            continue
        last = token.end - 1
        if token.text.endswith(LINE_END_HYPHEN) and last > token.start:
            last -= 1  # its own box may be that of the next line
        raw.FPDFText_GetCharBox(handle, last, a, b, c, d)
        words.append(Cell(word, start, b.value))
        before = base, b.value
    return words


def is_tight(words: Sequence[Cell], size: float) -> bool:
    """Whether the gaps are about as narrow as PDFium takes none for: others will be lost."""
    gaps = [word.left - before.right for before, word in pairwise(words)]
    return bool(gaps) and median(gaps) < TIGHT * size


def _raise_digits(handle: Any, token: Token, above: float) -> str:
    """The word, with digits at its end as exponents if they stand higher: 10⁶ is not 106."""
    found = EXPONENT.search(token.text)
    if not found:
        return token.text
    from pypdfium2 import raw

    x, y = ctypes.c_double(), ctypes.c_double()
    for start in range(found.start(), found.end()):  # the first digits may be plain ones
        raw.FPDFText_GetCharOrigin(handle, token.start + start, x, y)
        if y.value > above:
            raised = token.text[start : found.end()].translate(RAISED)
            return token.text[:start] + raised + token.text[found.end() :]
    return token.text


def part_cells(words: Sequence[Cell], size: float) -> tuple[Cell, ...]:
    """Words joined to cells, which end where a gap is wide for a font of this size."""
    cells: list[Cell] = []
    for word in words:
        if cells and word.left - cells[-1].right <= CELL_GAP * size:
            last = cells[-1]
            cells[-1] = Cell(f"{last.text} {word.text}", last.left, word.right)
        else:
            cells.append(word)
    return tuple(cells)


def _is_bold(handle: Any, index: int) -> bool:
    from pypdfium2 import raw

    name, flags = ctypes.create_string_buffer(NAME_BYTES), ctypes.c_int()
    raw.FPDFText_GetFontInfo(handle, index, name, NAME_BYTES, flags)
    # PDFium's font weight is guessed from stems: it takes some slanted fonts for bold ones.
    return bool(BOLD.search(name.value.decode("utf-8", "replace")))


def _merge(lines: list[Line]) -> list[Line]:
    """Join what stands side by side but was drawn, or given out, as two lines.

    A smaller line that touches the end of the one before is its index or exponent.
    """
    merged: list[Line] = []
    for line in lines:
        last = merged[-1] if merged else None
        gap = line.left - last.right if last else 0.0
        beside = last is not None and abs(last.y - line.y) < 0.3 * last.size and gap >= -1
        raised = (
            last is not None
            and line.size < 0.9 * last.size
            and abs(last.y - line.y) < 0.6 * last.size
            and -1 <= gap < 0.3 * last.size
        )
        if last is None or not (beside or raised):
            merged.append(line)
            continue
        words = [*last.words, *line.words]
        if gap < 0.1 * last.size or line.words[0].text[0] in ",.;:!?)%":
            touching = words.pop(len(last.words))
            before = words[len(last.words) - 1]
            text = touching.text
            if raised and line.y > last.y:
                text = text.translate(RAISED)
            words[len(last.words) - 1] = Cell(before.text + text, before.left, touching.right)
        cells = part_cells(words, last.size)
        bold = last.bold and (line.bold or raised)
        merged[-1] = Line(tuple(words), cells, last.y, last.size, bold)
    return merged
