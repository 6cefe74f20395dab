"""What happens inside the child process: tell the type, call its reader, check what came out.

`parse.py` is the way in for everyone else.
"""

import importlib
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.formats import HEAD_BYTES, identify
from gemma_garage.augment.reading.parsed import ParsedDocument, Report
from gemma_garage.errors import DocumentError

MAX_CHARACTERS = 20_000_000  # about 8,000 dense pages; beyond it the page and the store suffer


def read_document(path: str, name: str, password: str | None, report: Report) -> dict[str, Any]:
    """Read the file at `path`; the ParsedDocument as JSON. Raises DocumentError."""
    with Path(path).open("rb") as source:
        known = identify(source.read(HEAD_BYTES), name)
    module, _, function = known.reader.partition(":")
    reader = getattr(importlib.import_module(module), function)
    parsed: ParsedDocument = reader(Path(path), name, password, report)
    if not any(character.isalnum() for character in parsed.text):
        raise DocumentError(
            f"“{name}” holds no text (0 letters or digits). If its text is in pictures, put it "
            "through text recognition (OCR) first; else check the file."
        )
    if len(parsed.text) > MAX_CHARACTERS:
        raise DocumentError(
            f"“{name}” holds {len(parsed.text):,} characters; at most {MAX_CHARACTERS:,} are "
            "allowed. Split it into several files."
        )
    return parsed.to_json()
