"""Find tables among the printed lines of a page: by drawn grids, else by cells in columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from gemma_garage.augment.reading.pdf_lines import Cell, Line
from gemma_garage.augment.reading.rules import Grid

WRAPPED_LINES = 6  # a cell of more lines is taken for a column of running text
SLACK = 2.0  # points


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """Rows of cell texts; `bold_head`: the first row is bold and the second is not."""

    rows: list[list[str]]
    bold_head: bool


@dataclass(slots=True)
class _Row:
    """Cells of one row, from left to right, each with the lines that it was printed in."""

    cells: list[Cell]
    y: float
    bold: bool


def find_tables(lines: Sequence[Line], grids: Sequence[Grid] = ()) -> list[Line | PrintedTable]:
    """The lines in order, with tables made of those inside grids and of those in columns.

    A table stands where its first line stood.
    """
    homes = [_find_grid(line, grids) for line in lines]
    found: list[Line | PrintedTable] = []
    loose: list[Line] = []
    seen: set[int] = set()
    for line, home in zip(lines, homes, strict=True):
        if home is None:
            loose.append(line)
        elif home not in seen:
            seen.add(home)
            inside = [other for other, place in zip(lines, homes, strict=True) if place == home]
            found += _find_columns(loose)
            table = _fill(grids[home], inside)
            found += [table] if table else _find_columns(inside)
            loose = []
    return found + _find_columns(loose)


def _find_grid(line: Line, grids: Sequence[Grid]) -> int | None:
    for number, grid in enumerate(grids):
        if grid.place(line.left + 1, line.y) and grid.place(line.right - 1, line.y):
            return number
    return None


def _fill(grid: Grid, lines: Sequence[Line]) -> PrintedTable | None:
    """The table inside a grid; None where it frames something else (text in one column or row)."""
    width, height = len(grid.xs) - 1, len(grid.ys) - 1
    cells: list[list[list[tuple[float, str, bool]]]] = [
        [[] for _ in range(width)] for _ in range(height)
    ]
    for line in lines:
        for word in line.words:
            place = grid.place(word.left + 1, line.y)
            if place:
                cells[place[0]][place[1]].append((line.y, word.text, line.bold))
    rows: list[list[str]] = []
    bold: list[bool] = []
    for row in cells:
        for part in _split_row(row):
            if any(part):
                rows.append([" ".join(text for _, text, _ in cell) for cell in part])
                bold.append(all(mark for cell in part for _, _, mark in cell))
    columns = sum(any(row[column] for row in rows) for column in range(width))
    if len(rows) < 2 or columns < 2:
        return None
    return PrintedTable(rows, bold[0] and not bold[1])


def _split_row(
    row: list[list[tuple[float, str, bool]]],
) -> list[list[list[tuple[float, str, bool]]]]:
    """A ruled row as several, where its cells hold three or more lines on the same heights."""
    heights = [sorted({round(y) for y, _, _ in cell}, reverse=True) for cell in row if cell]
    if len(heights) < 2 or len(heights[0]) < 3 or any(other != heights[0] for other in heights):
        return [row]
    return [[[word for word in cell if round(word[0]) == y] for cell in row] for y in heights[0]]


def _find_columns(lines: Sequence[Line]) -> list[Line | PrintedTable]:
    """The lines in order, with every run of two or more rows in columns made one table.

    A row has at least two cells; a line whose cells all stand under columns other than the
    first goes on with the cells of the row above.
    """
    found: list[Line | PrintedTable] = []
    at = 0
    while at < len(lines):
        rows, end = _collect(lines, at)
        if len(rows) >= 2:
            found.append(_build(rows))
        else:
            end = at + 1
            found.append(lines[at])
        at = end
    return found


def _collect(lines: Sequence[Line], at: int) -> tuple[list[_Row], int]:
    """The rows of a table that starts at line `at`, and the line after it."""
    rows: list[_Row] = []
    columns: list[tuple[float, float]] = []
    while at < len(lines):
        row, end = _read_row(lines, at)
        pitch = rows[-1].y - row.y if rows else 0.0
        near = not rows or 0 < pitch < 6 * lines[at].size
        if rows and near and _continues(row, columns, lines, at, end):
            for cell in row.cells:
                _append(rows[-1], cell)
            at = end
            continue
        fitted = _fit(row.cells, columns) if near and len(row.cells) >= 2 else None
        if fitted is None:
            break
        columns = fitted
        rows.append(row)
        at = end
    return rows, at


def _read_row(lines: Sequence[Line], at: int) -> tuple[_Row, int]:
    """One row from line `at`, with cells that were drawn one below the other and side by side.

    A later line that jumps back up to the row's height, right of all before it, is a new cell.
    """
    first = lines[at]
    row = _Row(list(first.cells), first.y, first.bold)
    end, cursor = at + 1, at + 1
    while cursor < min(len(lines), at + WRAPPED_LINES * 4):
        line = lines[cursor]
        right = max(cell.right for cell in row.cells)
        pending = lines[end:cursor]
        if abs(line.y - row.y) < 0.3 * line.size and line.left > max(
            [right, *(other.right for other in pending)]
        ):
            if len(pending) > WRAPPED_LINES:
                break
            for other in pending:
                for cell in other.cells:
                    _append(row, cell)
            row.cells.extend(line.cells)
            row.bold = row.bold and line.bold
            end = cursor + 1
        elif line.y > row.y or len(pending) > WRAPPED_LINES:
            break
        cursor += 1
    return row, end


def _append(row: _Row, cell: Cell) -> None:
    """Put a wrapped line under the cell of the row that it stands below."""
    place = max(
        range(len(row.cells)),
        key=lambda i: min(row.cells[i].right, cell.right) - max(row.cells[i].left, cell.left),
    )
    above = row.cells[place]
    text = f"{above.text} {cell.text}"
    row.cells[place] = Cell(text, min(above.left, cell.left), max(above.right, cell.right))


def _continues(
    row: _Row, columns: Sequence[tuple[float, float]], lines: Sequence[Line], at: int, end: int
) -> bool:
    """Whether this row only holds further lines of the cells above it."""
    pitch = lines[at - 1].y - row.y
    if not columns or pitch > 1.6 * lines[at].size or len(row.cells) >= len(columns):
        return False
    if row.cells[0].left > columns[0][1]:
        lefts = [left for left, _ in columns[1:]]
        return all(any(abs(cell.left - left) < SLACK for left in lefts) for cell in row.cells)
    # A line under the first column alone may be the paragraph after the table: only if the
    # table goes on behind it is it a wrapped cell.
    return (
        len(row.cells) == 1
        and abs(row.cells[0].left - columns[0][0]) < SLACK
        and row.cells[0].right < columns[1][0]
        and end < len(lines)
        and len(lines[end].cells) >= 2
        and _fit(lines[end].cells, columns) is not None
    )


def _fit(
    cells: Sequence[Cell], columns: Sequence[tuple[float, float]]
) -> list[tuple[float, float]] | None:
    """The columns widened by these cells, or None where a cell stands in two or beside all."""
    if not columns:
        return [(cell.left, cell.right) for cell in cells]
    widened = list(columns)
    taken: set[int] = set()
    extra: list[tuple[float, float]] = []
    for cell in cells:
        over = [
            i
            for i, (left, right) in enumerate(columns)
            if cell.left < right + SLACK and cell.right > left - SLACK
        ]
        if len(over) > 1 or taken & set(over):
            return None
        if over:
            taken.add(over[0])
            left, right = widened[over[0]]
            widened[over[0]] = (min(left, cell.left), max(right, cell.right))
        else:
            extra.append((cell.left, cell.right))
    if len(taken) < 2 and not (taken and len(columns) > len(cells)):
        return None
    return sorted(widened + extra)


def _build(rows: Sequence[_Row]) -> PrintedTable:
    columns: list[tuple[float, float]] = []
    for row in rows:
        columns = _fit(row.cells, columns) or columns
    table = []
    for row in rows:
        texts = [""] * len(columns)
        for cell in row.cells:
            middle = (cell.left + cell.right) / 2
            place = min(
                range(len(columns)),
                key=lambda i: max(columns[i][0] - middle, middle - columns[i][1], 0.0),
            )
            texts[place] = f"{texts[place]} {cell.text}".strip()
        table.append(texts)
    return PrintedTable(table, rows[0].bold and not rows[1].bold)
