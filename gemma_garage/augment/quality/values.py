"""The values of one sort in a proof, each with its place: figures, dates, times, codes, names.

It reads; which of them a question asks for is said in `rivals.py`.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from gemma_garage.alike.tokens import Date, Token, read_tokens
from gemma_garage.alike.units import UNITS
from gemma_garage.augment.normalise import split_words
from gemma_garage.augment.quality.figures import NUMBERED, Figure, Placed, place_figures
from gemma_garage.augment.quality.names import (
    DAYS,
    find_codes,
    fold,
    has_capital_nouns,
    read_identifiers,
)

_SENTENCE_END = re.compile(r"(?<=[^\W\d])[.!?:]\s+|(?<=\d)\.\s+|\n")
_MOST_BESIDE = 3  # words of an answer that is a name: "the mill at Hallstad"


class Mark(NamedTuple):
    """A value at the words `start` to `end` of the proof."""

    start: int
    end: int
    value: str
    is_name: bool = False


Marked = tuple[list[str], list[Mark], frozenset[str]]


def read_telling(text: str) -> set[str]:
    """The words and numbers of a question, as those of a proof are written here."""
    return {*map(_write, read_tokens(text)), *split_words(text)}


def _part_sentences(text: str) -> str:
    return _SENTENCE_END.sub(" ; ", text)


def _write(token: Token) -> str:
    if isinstance(token.value, Date):
        return f"month {token.value.month}" if token.value.month else str(token.value.year)
    return str(token.value.normalize() + 0) if isinstance(token.value, Decimal) else token.value


def mark_figures(question: str, answer: str, proof: str) -> Marked:
    """The proof's words, its values of the answer's sort, and the answer's value among them."""
    said = place_figures(read_tokens(answer))
    if len(said) != 1 or find_codes(answer):
        return [], [], frozenset()
    wanted = said[0]
    tokens = read_tokens(_part_sentences(proof))
    there = [one for one in place_figures(tokens) if _is_of_sort(one, wanted, question)]
    asked = {_key(one) for one in place_figures(read_tokens(question))}
    mine = _key(wanted)
    marks = [
        Mark(one.start, one.end, _key(one))
        for one in there
        if _key(one) == mine or _key(one) not in asked
    ]
    return [_write(token) for token in tokens], marks, frozenset({mine})


def _key(one: Placed) -> str:
    """By what two figures are the same: the value in its base unit, the time, the date."""
    if isinstance(one.value, Figure):
        unit = UNITS.get(one.value.unit)
        return str((one.value.value * (unit.factor if unit else 1)).normalize())
    if isinstance(one.value, tuple) and len(one.value) == 2:
        return f"{one.value[0]}:{one.value[1]}"
    return repr(tuple(one.value)[:3])


def _is_of_sort(one: Placed, wanted: Placed, question: str) -> bool:
    if type(one.value) is not type(wanted.value):
        return False
    if not isinstance(one.value, Figure) or not isinstance(wanted.value, Figure):
        return True
    mine, its = wanted.value, one.value
    if mine.unit or its.unit:
        units = UNITS.get(mine.unit), UNITS.get(its.unit)
        same_kind = units[0] is not None and units[1] is not None and units[0].kind == units[1].kind
        return mine.unit == its.unit or same_kind
    if one.year or _asks_year(question):
        return its.value == mine.value or (one.year and _asks_year(question))
    if its.label in NUMBERED and not (mine.label or mine.noun):
        return its.label in read_telling(question)
    if mine.label or its.label in NUMBERED:
        return mine.label == its.label
    return not mine.noun or not its.noun or mine.noun == its.noun


def _asks_year(question: str) -> bool:
    return bool(re.match(r"\s*(?:\w+ )?(?:when\b|(?:which|what) year\b)", question, re.IGNORECASE))


def mark_codes(question: str, answer: str, proof: str) -> Marked:
    """Codes; where the answer has none, the letters behind the same word ("cabinet C")."""
    words = _split(proof)
    mine, there = find_codes(answer), find_codes(proof)
    labels = {label for label, _ in read_identifiers(answer).letters}
    letters = frozenset(letter for _, letter in read_identifiers(answer).letters)
    if len(mine) == 1:
        known = there - (find_codes(question) - mine)
        marks = [
            Mark(at, at + 1, code, True)
            for at, word in enumerate(words)
            for code in (find_codes(word) or {fold(word)}) & known
        ]
        return [fold(word) for word in words], marks, mine
    asked = {letter for _, letter in read_identifiers(question).letters} - letters
    marks = [
        Mark(at, at + 1, fold(word), True)
        for at, word in enumerate(words)
        if at and len(word) == 1 and word.isupper() and fold(words[at - 1]) in labels
        if fold(word) not in asked
    ]
    return [fold(word) for word in words], marks, letters if len(letters) == 1 else frozenset()


def mark_names(question: str, answer: str, proof: str) -> Marked:
    """Names that stand together are one; the answer may say a part of it."""
    none: Marked = ([], [], frozenset())
    if has_capital_nouns(proof):
        return none
    asked = {name.word for name in read_identifiers(question).names}
    names = {name.word for name in read_identifiers(proof).names if name.certain} - DAYS - asked
    said = {name.word for name in read_identifiers(answer).names} & names
    if not said or find_codes(answer) or len(split_words(answer)) > len(said) + _MOST_BESIDE:
        return none
    words = _split(proof)
    marks: list[Mark] = []
    mine = set()
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and fold(words[end]) in names and words[end][0].isupper():
            end += 1
        # "the Head Librarian, Rowan Tredgold": the title and the one who has it are one
        if end > at and at and words[at - 1] in ("the", "our") and words[end : end + 1] == [","]:
            more = end + 1
            while more < len(words) and fold(words[more]) in names and words[more][0].isupper():
                more += 1
            end = more if more > end + 1 else end
        if end > at:
            value = " ".join(fold(word) for word in words[at:end] if word != ",")
            marks.append(Mark(at, end, value, True))
            if said <= set(value.split()):
                mine.add(value)
        at = max(end, at + 1)
    return [fold(word) for word in words], marks, frozenset(mine)


def _split(text: str) -> list[str]:
    return re.findall(r"\w+(?:[-./:'’]\w+)*|[;,]", _part_sentences(text))
