"""Find the ruled grids of a PDF page: the lines drawn around the cells of a table.

Only straight lines that lie level or upright count; what stands in the cells is `tables.py`'s.
Lengths are in points, y grows upwards.
"""

import ctypes
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

THIN = 3.0  # a path of less height (or width) is a rule
TOUCH = 2.5  # rules that are nearer than this meet
MAX_PATHS = 5000  # a page with more is a drawing
MAX_SEGMENTS = 1000
MAX_RULES = 400

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """`xs`: the upright rules from left to right; `ys`: the level ones from top to bottom."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]

    def place(self, x: float, y: float) -> tuple[int, int] | None:
        """(row, column) of the cell around a point, None outside of the grid."""
        if not (self.xs[0] <= x <= self.xs[-1] and self.ys[-1] <= y <= self.ys[0]):
            return None
        column = sum(edge <= x for edge in self.xs[1:-1])
        row = sum(edge >= y for edge in self.ys[1:-1])
        return row, column


def read_grids(page: Any) -> list[Grid]:
    """The grids with at least two rows and two columns on a pypdfium2 page."""
    level: dict[int, list[Span]] = defaultdict(list)
    upright: dict[int, list[Span]] = defaultdict(list)
    for x0, y0, x1, y1 in _edges(page):
        if y1 - y0 < THIN < x1 - x0:
            level[round((y0 + y1) / 2)].append((x0, x1))
        elif x1 - x0 < THIN < y1 - y0:
            upright[round((x0 + x1) / 2)].append((y0, y1))
    rows = [(place, span) for place, spans in level.items() for span in _join(spans)]
    columns = [(place, span) for place, spans in upright.items() for span in _join(spans)]
    if not rows or not columns or len(rows) + len(columns) > MAX_RULES:
        return []
    return list(_assemble(rows, columns))


def _edges(page: Any) -> Iterator[tuple[float, float, float, float]]:
    """(left, bottom, right, top) of everything straight that is drawn on the page."""
    from pypdfium2 import raw

    for number, path in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3)):
        if number >= MAX_PATHS:
            return
        left, bottom, right, top = path.get_bounds()
        if right - left < THIN or top - bottom < THIN:
            yield left, bottom, right, top
            continue
        count = raw.FPDFPath_CountSegments(path)
        if count > MAX_SEGMENTS:
            continue
        matrix = path.get_matrix()
        x, y = ctypes.c_float(), ctypes.c_float()
        before: tuple[float, float] | None = None
        for index in range(count):
            segment = raw.FPDFPath_GetPathSegment(path, index)
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            point = matrix.on_point(x.value, y.value)
            if before and raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_LINETO:
                (x0, x1), (y0, y1) = sorted((before[0], point[0])), sorted((before[1], point[1]))
                yield x0, y0, x1, y1
            before = point


def _join(spans: list[Span]) -> list[Span]:
    """Pieces of one rule that meet, as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1] + TOUCH:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _assemble(rows: list[tuple[int, Span]], columns: list[tuple[int, Span]]) -> Iterator[Grid]:
    """Group the rules that cross or meet one another; each group is one grid."""
    left_rows, left_columns = set(range(len(rows))), set(range(len(columns)))
    while left_rows:
        group_rows, group_columns = {left_rows.pop()}, set[int]()
        grown = True
        while grown:
            met = {c for c in left_columns if any(_meet(rows[r], columns[c]) for r in group_rows)}
            group_columns |= met
            left_columns -= met
            more = {r for r in left_rows if any(_meet(rows[r], columns[c]) for c in group_columns)}
            group_rows |= more
            left_rows -= more
            grown = bool(met or more)
        xs = _thin_out([columns[c][0] for c in group_columns])
        ys = _thin_out([rows[r][0] for r in group_rows])
        if len(xs) >= 3 and len(ys) >= 3:
            yield Grid(tuple(xs), tuple(reversed(ys)))


def _meet(row: tuple[int, Span], column: tuple[int, Span]) -> bool:
    (y, (x0, x1)), (x, (y0, y1)) = row, column
    return x0 - TOUCH <= x <= x1 + TOUCH and y0 - TOUCH <= y <= y1 + TOUCH


def _thin_out(places: list[int]) -> list[float]:
    """Sorted, the two sides of one drawn rule counted once."""
    kept: list[float] = []
    for place in sorted(places):
        if not kept or place - kept[-1] > 2 * TOUCH:
            kept.append(float(place))
    return kept
