"""Read CSV and TSV: any usual delimiter, any encoding, with or without a header row.

Rules: RFC 4180, and what spreadsheet programs really write (`;`, `sep=;`, a byte order mark).
"""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from gemma_garage.augment.rows.cells import (
    MAX_CELL_CHARACTERS,
    MAX_LINE_CHARACTERS,
    Findings,
    check_width,
    name_columns,
)
from gemma_garage.augment.rows.lines import find_codec, iter_lines
from gemma_garage.augment.rows.names import KNOWN, fold_name
from gemma_garage.errors import DocumentError

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 100
_SAMPLE_CHARACTERS = 200_000
_DOUBLED = re.compile(r'[^\s,;|\\]""')  # a quotation mark inside a cell, as RFC 4180 has it
_LONGEST_NAME = 60  # characters; what is longer is no heading of a column


def read_delimited(path: Path, name: str, findings: Findings) -> Iterator[dict[str, Any]]:
    """The rows by column name. A row with more cells than columns is left out and counted.

    Raises DocumentError for a line or cell without end, too many columns, or no row at all.
    """
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    codec = find_codec(path, findings)
    sample = _read_sample(path, codec)
    told = re.match(r"sep=(.)\r?\n?$", sample[0], re.IGNORECASE) if sample else None
    delimiter = told[1] if told else find_delimiter(sample, path.suffix.lower())
    text = "".join(sample)
    escape = "\\" if '\\"' in text and not _DOUBLED.search(text) else None
    lines = _iter_whole(path, name, codec, start=1 if told else 0)
    reader = csv.reader(lines, delimiter=delimiter, escapechar=escape, doublequote=not escape)
    records = _iter_records(reader, name)
    first = next(records, None)
    if first is None:
        raise DocumentError(f"“{name}” holds no row: it has only blank lines. Check the file.")
    check_width(len(first[1]), name)
    if has_header(first[1]):
        columns = name_columns(first[1], findings)
    else:
        columns = [f"column {number}" for number in range(1, len(first[1]) + 1)]
        findings.note("It has no header row; its columns are numbered.")
        records = chain([first], records)
    for number, cells in records:
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            findings.skip(f"line {number}", f"it has {len(cells)} cells, not {len(columns)}")
            continue
        yield dict(zip(columns, cells, strict=False))


def find_delimiter(sample: Sequence[str], suffix: str = ".csv") -> str:
    """The delimiter under which the lines have the same number of cells, the more the better."""
    order = ("\t", *DELIMITERS[:2], "|") if suffix in (".tsv", ".tab") else DELIMITERS
    best, best_score = order[0], 0.0
    for delimiter in order:
        try:
            widths = [len(cells) for cells in csv.reader(sample, delimiter=delimiter) if cells]
        except csv.Error:
            continue
        common = max(set(widths), key=widths.count, default=1)
        score = widths.count(common) / max(len(widths), 1) if common > 1 else 0.0
        if score > best_score + 0.05:
            best, best_score = delimiter, score
    return best


def has_header(cells: Sequence[str]) -> bool:
    """Is this first row made of names? One known name is enough; else every cell must look like
    a name: short, no number, no sentence, none twice."""
    named = [cell.strip() for cell in cells if cell.strip()]
    if any(fold_name(cell) in KNOWN for cell in named):
        return True
    return bool(named) and len(set(named)) == len(named) and all(map(_is_name, named))


def _is_name(cell: str) -> bool:
    number = re.fullmatch(r"[\d.,:/+% -]+", cell)
    return len(cell) <= _LONGEST_NAME and not number and not cell.endswith((".", "?", "!"))


def _read_sample(path: Path, codec: str) -> list[str]:
    sample: list[str] = []
    for _, line in islice(iter_lines(path, codec), _SAMPLE_LINES):
        if line is None or sum(map(len, sample)) + len(line) > _SAMPLE_CHARACTERS:
            break
        sample.append(line)
    return sample


def _iter_whole(path: Path, name: str, codec: str, start: int) -> Iterator[str]:
    for number, line in islice(iter_lines(path, codec), start, None):
        if line is None:
            raise DocumentError(
                f"“{name}” has a line {number} of more than {MAX_LINE_CHARACTERS:,} characters, "
                "which no row has. Check that it is a table with a line for each row."
            )
        yield line


def _iter_records(reader: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the number of their last line; blank ones are left out."""
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DocumentError(
            f"“{name}” cannot be read from line {reader.line_num} on ({error}; a cell may have "
            f"{MAX_CELL_CHARACTERS:,} characters). Probably a quotation mark before it is not "
            "closed; correct that, or export it anew."
        ) from error
