"""What happens inside the child process: call the reader of the format, write its rows down.

`extract.py` is the way in for everyone else.
"""

import importlib
import json
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.parsed import Report
from gemma_garage.augment.rows.cells import Findings, check_width, is_blank, to_plain
from gemma_garage.augment.rows.formats import find_row_format
from gemma_garage.errors import DocumentError

MAX_ROW_CHARACTERS = 1_000_000
MAX_OUTPUT_MB = 2_000  # a small Parquet file can stand for terabytes
_REPORT_EVERY = 1_000


def read_rows(path: str, name: str, target: str, limit: int, report: Report) -> dict[str, Any]:
    """Append up to `limit` rows of the file to `target`, as JSON Lines; what an Extracted says.

    A row that cannot be kept is left out and counted. Raises DocumentError.
    """
    module, _, function = find_row_format(name).reader.partition(":")
    reader = getattr(importlib.import_module(module), function)
    findings = Findings()
    columns: dict[str, None] = {}
    count, written_mb, more = 0, 0.0, False
    with Path(target).open("a", encoding="utf-8", newline="\n") as lines:
        for number, row in enumerate(reader(Path(path), name, findings), start=1):
            if count >= limit:
                more = True
                break
            line = _write_row(row, number, findings)
            if line is None:
                continue
            columns.update(dict.fromkeys(map(str, row)))
            check_width(len(columns), name)
            written_mb += len(line) / 1e6
            if written_mb > MAX_OUTPUT_MB:
                raise DocumentError(
                    f"“{name}” unpacks to more than {MAX_OUTPUT_MB:,} MB after {count:,} rows. "
                    "Import fewer rows, or split it."
                )
            lines.write(line)
            count += 1
            if count % _REPORT_EVERY == 0:
                report(count, limit)
    return {
        "rows": count,
        "more": more,
        "columns": list(columns),
        "skipped": findings.skipped,
        "problems": findings.problems,
        "notes": findings.notes,
    }


def _write_row(row: dict[str, Any], number: int, findings: Findings) -> str | None:
    """The row as a line; None for a blank one, and for one that has to be left out."""
    try:
        plain = to_plain(row)
        if is_blank(plain):
            return None
        # ASCII: a lone surrogate would not survive being written.
        line = json.dumps(plain) + "\n"
    except ValueError as error:
        findings.skip(f"row {number}", str(error)[:200])
        return None
    if len(line) > MAX_ROW_CHARACTERS:
        findings.skip(f"row {number}", f"it is longer than {MAX_ROW_CHARACTERS:,} characters")
        return None
    return line
