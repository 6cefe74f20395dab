"""Where in a passage its evidence stands, and on which page of the document that is.

It is for showing: whether an answer is proven is decided by the gates, which are stricter.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence

from rapidfuzz import fuzz

from gemma_garage.schema import Chunk

Span = tuple[int, int]
MIN_LIKENESS = 80.0  # percent of rapidfuzz's partial ratio: markup, typography, a slip of the pen
SHORTEST_FUZZY = 12  # characters; what is shorter is like something everywhere
GAP = re.compile(r"\s*(?:\[?(?:\.\.\.|…)\]?|\n)\s*")  # between the pieces of one quote


def find_evidence(text: str, evidence: str, answer: str = "") -> tuple[list[Span], str]:
    """Spans of `text` that hold the evidence, in order, and what they are.

    "evidence" where it stands as quoted (white space and case may differ), "alike" where only
    something like it stands, "answer" where just the answer does; else nothing, "".
    """
    if span := _find_words(text, evidence):
        return [span], "evidence"
    pieces = [piece for piece in GAP.split(evidence.strip()) if piece]
    exact = [_find_words(text, piece) for piece in pieces]
    if len(pieces) > 1 and all(exact):
        return _join([span for span in exact if span]), "evidence"
    near = [_find_alike(text, piece) for piece in pieces]
    if near and all(near):
        return _join([span for span in near if span]), "alike"
    if span := _find_words(text, answer):
        return [span], "answer"
    return [], ""


def find_page(chunk: Chunk, evidence: str, answer: str = "") -> int | None:
    """The page on which the evidence begins, or the answer; the Chunk's first where neither is
    found. None without pages."""
    if not chunk.breaks:
        return chunk.page
    spans, _ = find_evidence(chunk.text, evidence, answer)
    return page_at(chunk, spans[0][0] if spans else 0)


def page_at(chunk: Chunk, offset: int) -> int | None:
    """The page of the character `offset` of the Chunk's text; None without pages."""
    return None if chunk.page is None else chunk.page + bisect_right(chunk.breaks, offset)


def _find_words(text: str, wanted: str) -> Span | None:
    words = wanted.split()
    if not words:
        return None
    found = re.search(r"\s+".join(re.escape(word) for word in words), text, re.IGNORECASE)
    return found.span() if found else None


def _find_alike(text: str, wanted: str) -> Span | None:
    # Lower case of the same length, so that offsets in it are offsets in the text.
    here = "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)
    if not SHORTEST_FUZZY <= len(wanted) <= len(text):
        return None
    match = fuzz.partial_ratio_alignment(wanted.lower(), here, score_cutoff=MIN_LIKENESS)
    if match is None:
        return None
    start, end = match.dest_start, match.dest_end
    while start > 0 and here[start - 1].isalnum() and here[start].isalnum():
        start -= 1
    while end < len(here) and here[end - 1].isalnum() and here[end].isalnum():
        end += 1
    return start, end


def _join(spans: Sequence[Span]) -> list[Span]:
    """In order, without overlap."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
