"""Limits: "at least 8" is not "at most 8". Which way a text bounds each of its numbers.

English cues, and the signs ≤ ≥ < > of any language.
"""

import functools
import re
from decimal import Decimal

from gemma_garage.alike.number_words import write_digits
from gemma_garage.alike.tokens import read_numbers

UPPER, LOWER = "≤", "≥"
_OPPOSITE = {UPPER: LOWER, LOWER: UPPER}
# Each cue says by itself that there is a limit.
_STRONG = {
    UPPER: r"at most|at the most|no more than|not more than|no longer than|not longer than|"
    r"no later than|no higher than|not higher than|no greater than|not greater than|up to|"
    r"maximum|max\b\.?|upper limit|≤|höchstens|maximal|au plus|como máximo|al massimo",
    LOWER: r"at least|at the least|no less than|not less than|no fewer than|not fewer than|"
    r"no shorter than|no lower than|not lower than|no earlier than|minimum|min\b\.?(?=\s?\d)|"
    r"lower limit|≥|mindestens|minimal|au moins|como mínimo|al minimo|almeno",
}
# These bound a number beside them; with a "not" in front they turn round.
_TURNING = {
    UPPER: r"less than|fewer than|below|under|lower than|shorter than|within|before|"
    r"earlier than|beneath|<|limited to",
    LOWER: r"more than|greater than|above|over|higher than|longer than|exceed(?:s|ed|ing)?|"
    r"after|later than|beyond|>",
}
_BEHIND = {
    UPPER: r"or less|or fewer|or below|or lower|or under|at most|maximum|max\b|at the latest",
    LOWER: r"or more|or above|or higher|or over|or longer|at least|minimum|at the earliest|and up",
}
_NOT = r"\b(?:not|never|cannot|n't|don't|doesn't|mustn't|nicht|no)\b"
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*")
_REACH_WORDS = 4
_STRONG_CUE = {
    way: re.compile(rf"(?<!\w)(?:{cues})(?!\w)", re.IGNORECASE) for way, cues in _STRONG.items()
}
_TURNING_CUE = {
    way: re.compile(rf"(?<!\w)(?:{cues})(?!\w)", re.IGNORECASE) for way, cues in _TURNING.items()
}
_BEHIND_CUE = {
    way: re.compile(
        rf"^\s?(?:°\s?\w|[^\s\d,.;]+)?(?:\s[^\s\d,.;]+)?\s(?:{cues})(?!\w)", re.IGNORECASE
    )
    for way, cues in _BEHIND.items()
}


def is_turned_round(question: str, answer: str, proof: str) -> bool:
    """Does the answer, or the question, bound a number the other way than the proof?

    An answer with a limit of its own ("at least 8") where the proof has none is turned round too.
    """
    claimed, proven = read_bounds(answer), read_bounds(proof)
    asked = find_ways(question)
    for value, ways in claimed.items():
        there = proven.get(value, frozenset())
        for way in ways:
            if way in there:
                continue
            if _OPPOSITE[way] in there or (way in find_ways(answer) and not _hints(proof, way)):
                return True
    for value in _read_values(answer):
        there = proven.get(value, frozenset()) & find_ways(proof)
        if len(asked) == 1 and there and not asked & there:
            return True
    return False


@functools.lru_cache(maxsize=2048)
def read_bounds(text: str) -> dict[Decimal, frozenset[str]]:
    """By the value of each bounded number the ways in which it is bounded: "≤", "≥" or both."""
    text = write_digits(text)
    found: dict[Decimal, set[str]] = {}
    for match in _NUMBER.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        ways = _look_before(before) | {way for way, cue in _BEHIND_CUE.items() if cue.search(after)}
        for value in read_numbers(match.group()):
            if isinstance(value, Decimal) and ways:
                found.setdefault(value, set()).update(ways)
    return {value: frozenset(ways) for value, ways in found.items()}


def find_ways(text: str) -> frozenset[str]:
    """The ways for which `text` has a cue that needs no number beside it."""
    return frozenset(way for way, cue in _STRONG_CUE.items() if cue.search(text))


def _look_before(text: str) -> set[str]:
    """The cue nearest to the end of `text`, at most a few words and no other number before it."""
    clause = re.split(r"[;:()]|,\s|\d", text)[-1]
    best, way_found = -1, ""
    for way in (UPPER, LOWER):
        for match in _STRONG_CUE[way].finditer(clause):
            if match.end() > best and _is_near(clause[match.end() :]):
                best, way_found = match.end(), way
    for way in (UPPER, LOWER):
        for match in _TURNING_CUE[way].finditer(clause):
            if match.end() > best and _is_near(clause[match.end() :]):
                best = match.end()
                nearby = " ".join(clause[: match.start()].split()[-_REACH_WORDS:])
                is_negated = re.search(_NOT, nearby, re.IGNORECASE)
                way_found = _OPPOSITE[way] if is_negated else way
    return {way_found} if way_found else set()


def _is_near(between: str) -> bool:
    return len(between.split()) <= _REACH_WORDS


def _hints(proof: str, way: str) -> bool:
    """Has the proof any cue of that way, or one of the other way that is negated?"""
    if way in find_ways(proof) or any(way in ways for ways in read_bounds(proof).values()):
        return True
    return bool(_TURNING_CUE[way].search(proof))


def _read_values(text: str) -> set[Decimal]:
    return {
        value
        for match in _NUMBER.finditer(write_digits(text))
        for value in read_numbers(match.group())
        if isinstance(value, Decimal)
    }
