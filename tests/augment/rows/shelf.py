"""Read files of rows in this process, as the child does: quick, and what it says is at hand."""

from pathlib import Path
from typing import Any

from gemma_garage.augment.rows.extract import iter_rows
from gemma_garage.augment.rows.read import read_rows


def read(path: Path, limit: int = 1_000) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows, and what there is to say of them."""
    target = path.with_name(path.name + ".rows")
    target.unlink(missing_ok=True)
    said = read_rows(str(path), path.name, str(target), limit, lambda done, total: None)
    return [row for _, row in iter_rows(target)], said


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path
