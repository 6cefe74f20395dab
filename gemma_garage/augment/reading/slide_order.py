"""Put what lies on a slide into the order in which a person reads it, by where it lies.

The recursive cut of a page at its widest gap (XY-cut: Nagy, Seth, 1984). It knows no slides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

OVERLAP_SHARE = 0.1  # boxes may run into one another by so much of the smaller one
MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Box:
    """Any unit of length; y grows downwards. `index`: the caller's."""

    index: int
    left: float
    top: float
    right: float
    bottom: float


def order_boxes(boxes: Sequence[Box], depth: int = 0) -> list[int]:
    """The indexes of the boxes: rows from above, columns from the left, the wider gap cut first.

    Where no straight cut parts them: by the upper left corner.
    """
    if len(boxes) < 2:
        return [box.index for box in boxes]
    rows = _cut([(box.top, box.bottom, box) for box in boxes])
    columns = _cut([(box.left, box.right, box) for box in boxes])
    if depth >= MAX_DEPTH or max(len(rows[0]), len(columns[0])) == 1:
        return [box.index for box in sorted(boxes, key=lambda box: (box.top, box.left))]
    parts = columns[0] if columns[1] > rows[1] and len(columns[0]) > 1 else rows[0]
    if len(parts) == 1:
        parts = columns[0]
    return [index for part in parts for index in order_boxes(part, depth + 1)]


def _cut(spans: Sequence[tuple[float, float, Box]]) -> tuple[list[list[Box]], float]:
    """The boxes parted at the widest gap along one axis, and that gap; one part for none."""
    ordered = sorted(spans, key=lambda span: (span[0], span[1]))
    best, place = float("-inf"), 0
    reach = ordered[0][1]
    smallest = ordered[0][1] - ordered[0][0]
    for number, (start, end, _) in enumerate(ordered[1:], start=1):
        allowed = OVERLAP_SHARE * min(smallest, end - start)
        if start - reach >= -allowed and start - reach > best:
            best, place = start - reach, number
        if end > reach:
            reach, smallest = end, end - start
    if not place:
        return [[box for _, _, box in ordered]], best
    return [[box for _, _, box in ordered[:place]], [box for _, _, box in ordered[place:]]], best
