"""Read a text file line by line, in whatever encoding, with a limit on the length of a line."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from gemma_garage.augment.reading import encoding
from gemma_garage.augment.reading.formats import HEAD_BYTES
from gemma_garage.augment.rows.cells import MAX_LINE_CHARACTERS, Findings

_BROKEN = re.compile("[\udc80-\udcff]")  # how Python marks bytes that are no UTF-8
_PIECE_BYTES = 1_000_000
_GUESSED_BYTES = 200_000
_FEW = 20  # a broken character in this many is a slip and no other encoding


def find_codec(path: Path, findings: Findings) -> str:
    """The encoding: by its mark, else UTF-16 by its zero bytes, else UTF-8 if all of the file is
    (or nearly), else a guess by the letters (`encoding.py`)."""
    with path.open("rb") as source:
        head = source.read(HEAD_BYTES)
        for mark, codec in encoding.MARKS:
            if head.startswith(mark):
                return codec
        if found := encoding.guess_utf16(head):
            return found
        source.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        broken, foreign, first = 0, 0, b""
        while piece := source.read(_PIECE_BYTES):
            text = decoder.decode(piece)
            bad = len(_BROKEN.findall(text))
            broken += bad
            foreign += len(text) - len(text.encode("ascii", "ignore")) - bad
            if bad and not first:
                first = piece
    if not broken:
        return "utf-8"
    if broken * _FEW < foreign:
        findings.note(f"{broken:,} characters are broken (not UTF-8 like the others).")
        return "utf-8"
    return _guess(first)


def iter_lines(path: Path, codec: str) -> Iterator[tuple[int, str | None]]:
    """Lines with their numbers from 1, ends kept; None for one over MAX_LINE_CHARACTERS."""
    with path.open(encoding=codec, errors="replace", newline="") as source:
        number = 0
        while line := source.readline(MAX_LINE_CHARACTERS + 1):
            number += 1
            if len(line) <= MAX_LINE_CHARACTERS:
                yield number, line
                continue
            while line and not line.endswith(("\n", "\r")):
                line = source.readline(_PIECE_BYTES)
            yield number, None


def _guess(data: bytes) -> str:
    # The first foreign letter may stand far into the piece.
    start = next((at for at, byte in enumerate(data) if byte > 127), 0)
    start = max(0, start - _GUESSED_BYTES // 2)
    return encoding.find_codec(data[start : start + _GUESSED_BYTES])
