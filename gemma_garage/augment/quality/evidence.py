"""Find a quote in a text, whatever its markup and typography, and forgive a slip of the pen."""

import re
from collections import Counter

from rapidfuzz import fuzz

from gemma_garage.augment.normalise import find_numbers, normalise_text, split_words

MIN_MATCH = 92.0  # percent of rapidfuzz's partial ratio; the rest is typography and OCR
_MIN_SLIP = 70.0  # percent, between a word and its slip
_SHORTEST_SLIP = 4  # letters: a slip in a shorter word makes another word
_SHORTEST_PIECE = 2  # words
_GAP = re.compile(r"\s*(?:\[?(?:\.\.\.|…)\]?|\n)\s*")
# A slip never changes these, and none of them may be left out.
_DECISIVE = frozenset(
    "not no never none nor neither without cannot can't don't doesn't isn't aren't won't mustn't "
    "shouldn't wasn't weren't didn't couldn't hasn't haven't least most maximum minimum max min "
    "more less fewer before after above below over under only except unless left right nicht kein "
    "keine keinen nie ohne pas jamais sans nunca sin".split()
)


def stands_in(quote: str, text: str) -> bool:
    """Is `quote` a piece of `text`? See `find_piece`."""
    return bool(find_piece(quote, text))


def find_piece(quote: str, text: str) -> str:
    """`quote` as it stands in `text`, or "" where it does not.

    It may be several pieces with "…" or a line's end between. A slip of the pen in a word is
    forgiven, and what is given back is then the text's own wording (folded); another number, code,
    negation or limit is not.
    """
    whole = _find_one(quote, text)
    if whole:
        return whole
    pieces = [piece for piece in _GAP.split(quote.strip()) if piece]
    if len(pieces) < 2 or any(len(split_words(piece)) < _SHORTEST_PIECE for piece in pieces):
        return ""
    found = [_find_one(piece, text) for piece in pieces]
    return "\n".join(found) if all(found) else ""


def _find_one(quote: str, text: str) -> str:
    wanted, there = normalise_text(quote), normalise_text(text)
    if not split_words(quote):
        return ""
    if _stands_whole(wanted, there):
        return quote
    if len(wanted) > len(there) or not find_numbers(quote) <= find_numbers(text):
        return ""
    match = fuzz.partial_ratio_alignment(wanted, there, score_cutoff=MIN_MATCH)
    if match is None:
        return ""
    start = there.rfind(" ", 0, match.dest_start + 1) + 1
    end = there.find(" ", match.dest_end)
    window = there[start : end if end > 0 else None]
    return window if _differ_by_slips(split_words(wanted), split_words(window)) else ""


def _stands_whole(wanted: str, there: str) -> bool:
    """Not cut out of a longer word: "8 a" does not stand in "18 amperes"."""
    start = there.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        opens = start == 0 or not (there[start - 1].isalnum() and wanted[0].isalnum())
        closes = end == len(there) or not (there[end].isalnum() and wanted[-1].isalnum())
        if opens and closes:
            return True
        start = there.find(wanted, start + 1)
    return False


def _differ_by_slips(quoted: list[str], window: list[str]) -> bool:
    """`window` may have a word more at both ends, where it was cut."""
    added = list((Counter(quoted) - Counter(window)).elements())
    missing = list((Counter(window) - Counter(quoted)).elements())
    for word in added:
        partner = next((other for other in missing if _is_slip(word, other)), None)
        if partner is None:
            return False
        missing.remove(partner)
    inner = set(window[1:-1])
    return not any(
        word in inner and (word in _DECISIVE or any(sign.isdigit() for sign in word))
        for word in missing
    )


def _is_slip(word: str, other: str) -> bool:
    if min(len(word), len(other)) < _SHORTEST_SLIP or {word, other} & _DECISIVE:
        return False
    if any(sign.isdigit() for sign in word + other):
        return False
    return fuzz.ratio(word, other) >= _MIN_SLIP
