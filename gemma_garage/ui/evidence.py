"""Where in a passage its evidence stands, and the passage with that place marked.

It only shows: whether an answer is proven is decided by the gates, which are stricter.
"""

import re
from collections.abc import Sequence

from markupsafe import Markup
from rapidfuzz import fuzz

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


def mark_spans(text: str, spans: Sequence[Span], kind: str) -> Markup:
    """`text` with these spans marked; everything in it is escaped."""
    parts, at = Markup(""), 0
    for start, end in spans:
        parts += Markup('{}<mark class="{}">{}</mark>').format(
            text[at:start], kind, text[start:end]
        )
        at = end
    return parts + text[at:]


def mark_evidence(text: str, evidence: str, answer: str = "") -> Markup:
    """The passage with its proving words marked, or the answer where those are not found."""
    return mark_spans(text, *find_evidence(text, evidence, answer))


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
