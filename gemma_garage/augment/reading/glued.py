"""Part words of a PDF page that PDFium gives out as one, by the gaps between their letters.

PDFium takes a gap for a space only where it is about as wide as the font's own; tightly set lines
come out "thevalveopens". Lengths are in points.
"""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

from gemma_garage.augment.reading.cleaning import Note

SUSPECT_CHARACTERS = 14  # few words are longer; where one is parted, its whole line is looked at
SHORTEST = 4
GAP = 0.08  # in font sizes, beyond the usual one between the letters of this word
LINE_END_HYPHEN = "\ufffe"


class Token(NamedTuple):
    """Characters `start` to `end` of a text page."""

    text: str
    start: int
    end: int


def part_words(
    handle: Any, tokens: Sequence[Token], size: float, is_tight: bool, note: Note
) -> Sequence[Token]:
    """The tokens of a line, those parted that hold several words. `handle`: the text page's;
    `is_tight`: all words are looked at, not only those that are too long for one.
    """
    if not is_tight and not any(
        len(token.text) >= SUSPECT_CHARACTERS and len(list(_part(handle, token, size))) > 1
        for token in tokens
    ):
        return tokens
    parted: list[Token] = []
    for token in tokens:
        parts = list(_part(handle, token, size))
        if len(parts) > 1:
            note("glued_words", token.text, " ".join(part.text for part in parts))
        parted += parts
    return parted


def _part(handle: Any, token: Token, size: float) -> Iterator[Token]:
    from pypdfium2 import raw

    length = len(token.text.rstrip(LINE_END_HYPHEN))
    if length < SHORTEST:
        yield token
        return
    box = raw.FS_RECTF()
    gaps: list[float] = []
    right = 0.0
    for index in range(token.start, token.start + length):
        if not raw.FPDFText_GetLooseCharBox(handle, index, box):
            yield token
            return
        if index > token.start:
            gaps.append(box.left - right)
        right = box.right
    limit = median(gaps) + GAP * size
    start = 0
    for place, gap in enumerate(gaps, start=1):
        if gap > limit and token.text[place].isalnum():  # a full stop may stand apart
            yield Token(token.text[start:place], token.start + start, token.start + place)
            start = place
    yield Token(token.text[start:], token.start + start, token.end)
