"""Read XLSX: the first sheet with rows, as the values that were saved, never the formulas."""

import re
import zipfile
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.ooxml import BROKEN_ZIP, check_ratio
from gemma_garage.augment.rows.cells import Findings, check_width, name_columns
from gemma_garage.augment.rows.delimited import has_header
from gemma_garage.errors import DocumentError

MAX_UNPACKED_MB = 1_000
TITLE_ROWS = 5  # at most, above the header
MAX_EMPTY_ROWS = 10_000  # in a row; after that a sheet has ended, whatever it claims
_ERRORS = frozenset("#N/A #REF! #NAME? #DIV/0! #NULL! #NUM! #VALUE! #SPILL! #CALC!".split())
_FORMULA = re.compile(rb"<f[ >/]")
_PIECE_BYTES = 1_000_000
# What openpyxl raises over a damaged part; a SyntaxError is what both XML parsers make of it.
_BROKEN_PARTS = (SyntaxError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError)


def read_sheet(path: Path, name: str, findings: Findings) -> Iterator[dict[str, Any]]:
    """The rows by column name. Raises DocumentError for a damaged workbook or one without rows."""
    has_formulas = _check_workbook(path, name)
    try:
        yield from _read(path, name, findings, has_formulas)
    except (*BROKEN_ZIP, *_BROKEN_PARTS) as error:
        raise _damaged(name, error) from error


def _read(
    path: Path, name: str, findings: Findings, has_formulas: bool
) -> Iterator[dict[str, Any]]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    sheets = list(book.worksheets)
    for place, sheet in enumerate(sheets):
        rows = _skip_title(_iter_values(sheet), findings)
        first = next(rows, None)
        if first is None:
            continue
        others = [other.title for other in sheets[place + 1 :]]
        if others:
            findings.note(
                f"The rows are those of the sheet “{sheet.title}”; not read: "
                f"{', '.join(others[:5])}."
            )
        if has_formulas:
            missing = _count_unsaved(path, place)
            if missing:
                findings.note(
                    f"{missing:,} cells hold formulas whose value was never saved; they are empty "
                    "here. Open the workbook in its program, save it and add it again."
                )
        check_width(len(first), name)
        if has_header([str(cell) if cell is not None else "" for cell in first]):
            columns = name_columns(first, findings)
        else:
            columns = [f"column {number}" for number in range(1, len(first) + 1)]
            findings.note("It has no header row; its columns are numbered.")
            yield dict(zip(columns, first, strict=True))
        for cells in rows:
            extra = range(len(columns) + 1, len(cells) + 1)
            check_width(len(cells), name)
            names = [*columns, *(f"column {number}" for number in extra)]
            yield dict(zip(names, cells, strict=False))
        return
    raise DocumentError(f"“{name}” holds no rows: its {len(sheets)} sheets are empty.")


def _skip_title(rows: Iterator[list[Any]], findings: Findings) -> Iterator[list[Any]]:
    """Without the title above the header: rows with one filled cell in front of a row of names."""
    above: list[list[Any]] = []
    for row in rows:
        filled = [cell for cell in row if cell is not None and cell != ""]
        if len(filled) == 1 and len(above) < TITLE_ROWS:
            above.append(row)
            continue
        if above and len(filled) > 1 and has_header([str(cell or "") for cell in row]):
            said = "; ".join(str(cell)[:60] for line in above for cell in line if cell)
            findings.note(f"Left out above the header: “{said}”.")
            above = []
        yield from above
        yield row
        break
    else:
        yield from above
    yield from rows


def _iter_values(sheet: Any) -> Iterator[list[Any]]:
    """Rows with at least one value, cut after their last one; errors like #N/A are no value."""
    sheet.reset_dimensions()  # what it says of its own size may be wrong
    empty = 0
    for row in sheet.iter_rows(values_only=True):
        cells = [None if isinstance(cell, str) and cell in _ERRORS else cell for cell in row]
        while cells and (cells[-1] is None or cells[-1] == ""):
            cells.pop()
        empty = 0 if cells else empty + 1
        if cells:
            yield cells
        elif empty > MAX_EMPTY_ROWS:
            return


def _count_unsaved(path: Path, place: int) -> int:
    """Formulas without a saved value: the workbook was written by a program, not by Excel."""
    import openpyxl

    count = 0
    formulas, values = (
        openpyxl.load_workbook(path, read_only=True, data_only=saved, keep_links=False)
        .worksheets[place]
        .iter_rows(values_only=True)
        for saved in (False, True)
    )
    for written, shown in zip(formulas, values, strict=False):
        for cell, value in zip(written, shown or repeat(None), strict=False):
            count += value is None and isinstance(cell, str) and cell.startswith("=")
    return count


def _check_workbook(path: Path, name: str) -> bool:
    """Raise DocumentError unless it is a workbook of sane size; does it hold formulas?"""
    try:
        with zipfile.ZipFile(path) as package:
            members = package.infolist()
            unpacked_mb = sum(member.file_size for member in members) / 1e6
            if unpacked_mb > MAX_UNPACKED_MB:
                raise DocumentError(
                    f"“{name}” would unpack to {unpacked_mb:,.0f} MB; at most {MAX_UNPACKED_MB:,} "
                    "MB are allowed. Save the sheet as CSV and add that."
                )
            check_ratio(members, name)
            if "xl/workbook.xml" not in package.NameToInfo:
                raise DocumentError(
                    f"“{name}” is a ZIP archive with {len(members):,} files and no Excel workbook. "
                    "Open it in its program, save it as XLSX and add that."
                )
            sheets = [member for member in members if member.filename.startswith("xl/worksheets/")]
            return any(_holds_formula(package, member) for member in sheets)
    except BROKEN_ZIP as error:
        raise _damaged(name, error) from error


def _holds_formula(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    tail = b""
    with package.open(member) as source:
        while piece := source.read(_PIECE_BYTES):
            if _FORMULA.search(tail + piece):
                return True
            tail = piece[-3:]
    return False


def _damaged(name: str, error: Exception) -> DocumentError:
    return DocumentError(
        f"“{name}” cannot be opened ({type(error).__name__}: {str(error)[:80]}): it is damaged or "
        "was cut off on its way. Open it in its program, save it anew and add that."
    )
