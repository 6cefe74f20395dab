"""What happens inside the child process: tell the type, call its reader, check what came out.

`parse.py` is the way in for everyone else.
"""

import importlib
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.formats import HEAD_BYTES, identify
from gemma_garage.augment.reading.parsed import MAX_CHARACTERS, ParsedDocument, Report
from gemma_garage.augment.reading.pictures import Mode, Pictures
from gemma_garage.errors import DocumentError


def read_document(
    path: str,
    name: str,
    password: str | None,
    report: Report,
    pictures: Mode = "count",
    folder: str | None = None,
) -> dict[str, Any]:
    """Read the file at `path`; the ParsedDocument as JSON. Raises DocumentError.

    `pictures`: what becomes of pages that are pictures, with `folder` as in `pictures.py`. A
    document with pages that are still to be read may have no text.
    """
    with Path(path).open("rb") as source:
        known = identify(source.read(HEAD_BYTES), name)
    module, _, function = known.reader.partition(":")
    reader = getattr(importlib.import_module(module), function)
    more = [Pictures(pictures, Path(folder) if folder else None)] if known.pictures else []
    parsed: ParsedDocument = reader(Path(path), name, password, report, *more)
    if not parsed.unread and not any(character.isalnum() for character in parsed.text):
        advice = "Check the file."
        if not known.pictures:
            advice = "If its text is in pictures, save it as a PDF and add that; else check it."
        raise DocumentError(f"“{name}” holds no text (0 letters or digits). {advice}")
    if len(parsed.text) > MAX_CHARACTERS:
        raise DocumentError(
            f"“{name}” holds {len(parsed.text):,} characters; at most {MAX_CHARACTERS:,} are "
            "allowed. Split it into several files."
        )
    return parsed.to_json()
