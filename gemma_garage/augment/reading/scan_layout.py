"""Put what was read in pictures in reading order, as the printed Lines that `flow.py` takes.

Columns of running text are read one after the other; cells side by side stay one Line. Print is
measured against the text around it: its height in pixels says little about a font.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from gemma_garage.augment.reading.furniture import EDGE_SHARE
from gemma_garage.augment.reading.ocr import ReadLine, ReadPicture
from gemma_garage.augment.reading.pdf_lines import Cell, Line

BODY_SIZE = 10.0  # points, where no printed text says it
SMALL_LETTERS = 0.53  # of a font's size
PITCH, LOOSEST = 1.15, 3.0  # from line to line, in font sizes: made so, and at most found so
BOLD = 1.17  # as wide strokes as usual
STEP = 1.3  # from one size of print to the next larger that is told apart from it
COLUMN_LINES = 3  # fewer lines side by side are no columns
MOST_CELLS = 400  # more short ones are not searched for columns: it takes long
COLUMN_CHARACTERS = 20  # of half of a column's lines; shorter ones are cells of a table
GAP = 1.8  # in heights; lines of a paragraph are nearer
SHARED_HEIGHT = 0.5  # of the smaller one: columns stand beside one another
ASKEW_SHARE = 0.03  # of a page's height, between the same line of two pages


def lay_out(pictures: Sequence[ReadPicture], body_size: float) -> list[tuple[float, list[Line]]]:
    """For each picture (its height, its Lines in reading order), in points.

    Everything is scaled so that the usual print of all pictures gets `body_size`, and its lines
    the usual distance: then text read in pictures and text that was printed go through one `flow`.
    """
    letters = [line for picture in pictures for line in picture.lines for _ in line.text]
    usual = median(line.size for line in letters) if letters else 1.0
    bold = BOLD * median(line.weight for line in letters) if letters else 1.0
    factor = body_size * SMALL_LETTERS / max(usual, 0.1)
    pages = [_place(picture.scale(factor), body_size, bold) for picture in pictures]
    drops = [above.y - line.y for _, lines in pages for above, line in pairwise(lines)]
    pitches = [drop for drop in drops if 0.5 * body_size < drop < LOOSEST * body_size]
    shrink = PITCH * body_size / median(pitches) if pitches else 1.0
    return _align_edges(
        [
            (height * shrink, [replace(line, y=line.y * shrink) for line in lines])
            for height, lines in pages
        ]
    )


def _align_edges(pages: Sequence[tuple[float, list[Line]]]) -> list[tuple[float, list[Line]]]:
    """Put headers and footers of the same words at the same place, as they were printed.

    Paper never lies quite alike on the glass; `furniture.py` compares places.
    """
    homes: dict[str, float] = {}
    aligned = []
    for height, lines in pages:
        moved = []
        for line in lines:
            if not EDGE_SHARE * height < line.y < (1 - EDGE_SHARE) * height:
                home = homes.setdefault(re.sub(r"\d+", "#", line.text.casefold()), line.y)
                if abs(line.y - home) < ASKEW_SHARE * height:
                    line = replace(line, y=home)
            moved.append(line)
        aligned.append((height, moved))
    return aligned


def _place(picture: ReadPicture, body_size: float, bold: float) -> tuple[float, list[Line]]:
    """The Lines of one picture that is scaled to points. `bold`: the weight of bold print."""
    lines: list[Line] = []
    for block in _order(sorted(picture.lines, key=lambda line: line.middle)):
        margin = max(row[0].right for row in block)
        for row in block:
            # Measured sizes waver by a tenth, with the letters in a line: only steps count.
            larger = median(line.size for line in row) / (SMALL_LETTERS * body_size)
            size = body_size * STEP ** round(math.log(max(larger, 0.01), STEP))
            is_bold = all(line.weight >= bold for line in row)
            cells = tuple(Cell(line.text, line.left, line.right) for line in row)
            y = picture.height - median(line.middle for line in row)
            lines.append(Line(cells, cells, y, size, is_bold, margin))
    return picture.height, lines


def _order(lines: Sequence[ReadLine]) -> list[list[list[ReadLine]]]:
    """Blocks in reading order, each of rows, each from left to right. `lines`: from above."""
    blocks: list[list[list[ReadLine]]] = []
    loose: list[ReadLine] = []
    borders = _list_borders(lines)
    gaps = [
        number
        for number, (above, line) in enumerate(pairwise(lines), start=1)
        if line.middle - above.middle > GAP * line.height
    ]
    at = 0
    while at < len(lines):
        end, border = _find_columns(lines, at, borders, gaps)
        if border is None:
            loose.append(lines[at])
            at += 1
            continue
        blocks += _make_rows(loose)
        loose = []
        blocks += _order([line for line in lines[at:end] if line.right <= border])
        blocks += _order([line for line in lines[at:end] if line.left >= border])
        at = end
    return blocks + _make_rows(loose)


def _list_borders(lines: Sequence[ReadLine]) -> list[float]:
    """Places just left of where lines begin, one for those that begin nearly together."""
    if len(lines) > MOST_CELLS and median(len(line.text) for line in lines) < COLUMN_CHARACTERS:
        return []  # a large table
    borders: list[float] = []
    for line in sorted(lines, key=lambda line: line.left):
        if not borders or line.left - borders[-1] > line.height:
            borders.append(line.left - 0.2 * line.height)
    return borders[1:]


def _find_columns(
    lines: Sequence[ReadLine], at: int, borders: Sequence[float], gaps: Sequence[int]
) -> tuple[int, float | None]:
    """How far from line `at` on two columns stand side by side, and the border between them."""
    best, border = at, None
    for place in borders:
        end = at
        while end < len(lines) and (lines[end].right <= place or lines[end].left >= place):
            end += 1
        # What follows after a gap, such as a table, may be something else.
        for stop in [end, *(gap for gap in reversed(gaps) if at < gap < end)]:
            if stop > best and _are_columns(lines[at:stop], place):
                best, border = stop, place
    return best, border


def _are_columns(lines: Sequence[ReadLine], border: float) -> bool:
    left = [line for line in lines if line.right <= border]
    right = [line for line in lines if line.left >= border]
    if min(len(left), len(right)) < COLUMN_LINES:
        return False
    # What stands above the other column belongs to neither: it is read before them.
    if abs(left[0].middle - right[0].middle) > 2 * lines[0].height:
        return False
    if any(median(len(line.text) for line in side) < COLUMN_CHARACTERS for side in (left, right)):
        return False
    top = max(left[0].middle, right[0].middle)
    foot = min(left[-1].middle, right[-1].middle)
    shorter = min(left[-1].middle - left[0].middle, right[-1].middle - right[0].middle)
    return foot - top >= SHARED_HEIGHT * shorter


def _make_rows(lines: Sequence[ReadLine]) -> list[list[list[ReadLine]]]:
    """One block with the lines of the same level as one row each; none without lines."""
    rows: list[list[ReadLine]] = []
    for line in lines:
        last = rows[-1] if rows else None
        if last and abs(line.middle - last[0].middle) < 0.5 * min(line.height, last[0].height):
            last.append(line)
        else:
            rows.append([line])
    return [[sorted(row, key=lambda line: line.left) for row in rows]] if rows else []
