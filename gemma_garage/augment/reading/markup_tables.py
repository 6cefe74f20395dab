"""Tables of HTML: which only arrange a page, and what stands in the cells that span others."""

from collections.abc import Iterator, Sequence
from typing import Any

from gemma_garage.augment.reading.blocks import Block, read_number

MAX_SPAN = 64
SPANNED_COLUMNS = 256  # behind them no cell spans others: a table must not grow without end
LAYOUT_CELL_CHARACTERS = 1500  # a table with a longer cell is there to arrange a page


def is_layout(
    table: Any, cells: Sequence[Sequence[Any]], inside: Sequence[Sequence[Sequence[Block]]]
) -> bool:
    """Whether the table only arranges a page: no header, and whole passages in its cells."""
    if (table.get("role") or "").lower() in ("presentation", "none"):
        return True
    if max((len(row) for row in cells), default=0) < 2:
        return True
    kinds = {block.kind for row in inside for blocks in row for block in blocks}
    longest = max(
        (sum(len(block.text) for block in blocks) for row in inside for blocks in row), default=0
    )
    return bool(kinds & {"heading", "table", "code"}) or longest > LAYOUT_CELL_CHARACTERS


def fill_spans(
    cells: Sequence[Sequence[Any]], texts: Sequence[Sequence[str]]
) -> Iterator[list[str]]:
    """Rows of cell texts. What spans rows is repeated, what spans columns stands in the first."""
    hanging: dict[int, tuple[int, str]] = {}  # by column: rows still to fill, and with what

    def take_hanging(filled: list[str]) -> None:
        while (column := len(filled)) in hanging:
            left, text = hanging.pop(column)
            filled.append(text)
            if left > 1:
                hanging[column] = (left - 1, text)

    for row, row_texts in zip(cells, texts, strict=True):
        filled: list[str] = []
        for cell, text in zip(row, row_texts, strict=True):
            take_hanging(filled)
            limit = MAX_SPAN if len(filled) < SPANNED_COLUMNS else 1
            tall = min(read_number(cell.get("rowspan"), 1), limit)
            for step in range(min(max(read_number(cell.get("colspan"), 1), 1), limit)):
                shown = "" if step else text
                if tall > 1:
                    hanging[len(filled)] = (tall - 1, shown)
                filled.append(shown)
        take_hanging(filled)
        yield filled
