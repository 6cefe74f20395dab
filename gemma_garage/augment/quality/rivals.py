"""Of several values of one sort in the proof, is the answer's the one that is asked for?

"Full rate 9 euros, children 5": a figure swapped within one sentence stands there like the right
one. So each value gets the words around it that are its own: those of its part of the sentence that
no other part has. The question's words decide between the parts. Where they decide for none, the
proof does not show which value is meant, and the answer counts as wrong too: better to lose a
right row than to keep a wrong figure. It reads figures, dates, times, codes and names.
"""

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

from gemma_garage.augment.normalise import split_words
from gemma_garage.augment.quality.values import (
    Mark,
    mark_codes,
    mark_figures,
    mark_names,
    read_telling,
)
from gemma_garage.augment.quality.words import FUNCTION_WORDS, is_inflected

_STRONG, _MIDDLE, _WEAK, _JOIN = 4, 3, 2, 1
_BORDERS = {
    ";": _STRONG,
    ",": _MIDDLE,
    "but": _MIDDLE,
    "while": _MIDDLE,
    "whereas": _MIDDLE,
    "aber": _MIDDLE,
    "mais": _MIDDLE,
    "and": _WEAK,
    "or": _WEAK,
    "und": _WEAK,
    "oder": _WEAK,
    "et": _WEAK,
    "ou": _WEAK,
    "to": _JOIN,
    "than": _JOIN,
}
# What a question says of a change or a span, and the word in front of the value it means.
_STARTS = re.compile(
    r"\b(?:from (?:what|which|how)|since|before|originally|previously|formerly|opens?|early)\b"
)
_ENDS = re.compile(
    r"\b(?:to (?:what|which|how)|up to|until|till|now|today|nowadays|closes?|shuts?|late)\b"
)
_CHANGES = re.compile(
    r"\b(?:r[oi]se|risen|gr[eo]w|grown|f[ae]ll|fallen|dropp?(?:ed)?|climb(?:ed)?|s[aiu]nk|shr[aiu]nk|"
    r"(?:increas|decreas|reduc|chang|declin|rais|halv|doubl)(?:e|ed)|lower(?:ed)?|cut)\b"
)
_WHAT_TIME = re.compile(r"\b(?:what|which) time\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:first|initially|to begin with|at the start)\b")
_CLEAR_SHARE = 0.5  # of a part's own words


class _Part(NamedTuple):
    """`value`: the words of a name; `behind`: what follows; `borders`: how strong those before."""

    words: list[str]
    value: list[str]
    behind: list[str]
    borders: tuple[int, ...]


def is_rival_meant(question: str, answer: str, proof: str, *, whole_cell: bool = False) -> bool:
    """Does the question ask for another value of the proof, or does nothing tell which one?

    `whole_cell`: the answer is a cell of a table's row; names in its other columns are of another
    sort."""
    for read in (mark_figures,) if whole_cell else (mark_figures, mark_codes, mark_names):
        words, marks, mine = read(question, answer, proof)
        values = [mark.value for mark in marks]
        if len(set(values)) > 1 and len(mine & set(values)) == 1:
            named = {word for mark in marks if mark.is_name for word in mark.value.split()}
            # A longer answer says itself what its value is about.
            said = {word for word in read_telling(answer) - named if not word[0].isdigit()}
            asked = read_telling(_WHAT_TIME.sub("when", question)) | said
            meant = _find_meant(question, asked, words, marks)
            if not meant or not {values[at] for at in meant} <= mine:
                return True
    return False


def _find_meant(
    question: str, asked: set[str], words: list[str], marks: Sequence[Mark]
) -> list[int]:
    """The marks that the question speaks of; none where nothing tells."""
    directed = _find_directed(question, asked, words, marks)
    if directed is not None and len(directed) < 2:
        return directed
    told = _find_told(question, asked, words, marks)
    if directed is None:
        return told
    # "From 14:00 to 18:00 on weekdays and from 10:00 to 19:00 on Sundays": both must hold. The
    # words in front of a span are those of its end too.
    ends = {
        at + 1
        for at, (one, two) in enumerate(itertools.pairwise(marks))
        if at in told and words[one.end : two.start] == ["to"]
    }
    return [at for at in directed if at in told or at in ends]


def _find_told(
    question: str, asked: set[str], words: list[str], marks: Sequence[Mark]
) -> list[int]:
    """Those whose own words the question has."""
    parts = _cut(words, marks)
    own = [_find_own(parts, at) for at in range(len(parts))]
    hits = [sum(any(_is_same(word, x) for x in asked) for word in mine) for mine in own]
    telling = [mine - set(part.value) for mine, part in zip(own, parts, strict=True)]
    shares = [hit / max(1, len(mine)) for hit, mine in zip(hits, telling, strict=True)]
    # A later part leaves out what the first says of both ("45 watts at stage 1 and 90 at stage
    # 3"), so it is meant as soon as something of its own is asked for. Not so after a full stop.
    later = [
        at
        for at in range(1, len(parts))
        if hits[at]
        and (hits[at] > hits[0] or shares[at] >= _CLEAR_SHARE or _STRONG not in parts[at].borders)
    ]
    if later:
        most = max(hits[at] for at in later)
        return [at for at in later if hits[at] == most]
    if hits[0] or (not parts[0].behind and all(part.behind for part in parts[1:])):
        return [0]  # "9 euros, 5 euros for students": the plain one, as nobody asks for students
    if _FIRST.search(question.casefold()):
        return [0]
    return []


def _find_directed(
    question: str, asked: set[str], words: list[str], marks: Sequence[Mark]
) -> list[int] | None:
    """The beginnings or the ends of spans and changes, by what is asked: "from what", "to what",
    "until when", or by its year ("between 2010 and 2020 … from 18,400 to 21,900"). None where the
    values are no such ones, or there are several spans and none of these words."""
    spans = {"start": ("from", "between", "since"), "end": ("to", "until", "and", "till")}
    before = [words[mark.start - 1] if mark.start else "" for mark in marks]
    for at, (one, two) in enumerate(itertools.pairwise(marks)):
        if words[one.end : two.start] == ["to"]:
            before[at] = "from"  # "204 to 213 °C"
    if not all(any(word in spans[end] for word in before) for end in spans):
        return None  # "ready from 2 pm, and we ask you to leave by 11 am" is no span
    folded = " ".join(split_words(question))
    way = ""
    for sign, pattern in (("start", _STARTS), ("end", _ENDS)):
        if pattern.search(folded):
            way = sign
    valued = {mark.start for mark in marks}
    for at, word in enumerate(words[:-3]):
        if words[at + 1] in spans["end"] and word.isdigit() and at not in valued:
            way = "start" if word in asked else way
            way = "end" if words[at + 2] in asked else way
    if not way and _CHANGES.search(" ".join(words)):
        way = "end"  # what it is now
    if not way:
        return [] if len(marks) == 2 else None  # of a span alone, neither end is meant
    return [at for at, word in enumerate(before) if word in spans[way]]


def _find_own(parts: Sequence[_Part], at: int) -> set[str]:
    """The words of a part that no other part has, without those that say nothing."""
    others = [word for other, part in enumerate(parts) if other != at for word in part.words]
    return {
        word
        for word in parts[at].words
        if word not in FUNCTION_WORDS | _BORDERS.keys()
        and not any(_is_same(word, other) for other in others)
    }


def _cut(words: list[str], marks: Sequence[Mark]) -> list[_Part]:
    """For each mark the words of its part of the sentence, without the value itself."""
    borders = [_find_border(words, one.end, two.start) for one, two in itertools.pairwise(marks)]
    parts = []
    for at, mark in enumerate(marks):
        start = borders[at - 1][0] if at else _find_start(words, mark.start)
        end = borders[at][0] if at < len(borders) else _find_end(words, mark.end)
        value = words[mark.start : mark.end] if mark.is_name else []
        behind = [word for word in words[mark.end : end] if word not in _BORDERS]
        before = tuple(strength for _, strength in borders[:at])
        parts.append(_Part([*words[start : mark.start], *value, *behind], value, behind, before))
    return parts


def _find_border(words: list[str], start: int, end: int) -> tuple[int, int]:
    """Where between two values the second's part begins, and how strong the border is."""
    found = [(_BORDERS[words[at]], at) for at in range(start, end) if words[at] in _BORDERS]
    if not found:
        return (start if start == end else start + (end - start + 1) // 2), 0
    strength = max(strength for strength, _ in found)
    places = [at for its, at in found if its == strength]
    return (places[0] if strength == _STRONG else places[-1]) + 1, strength


def _find_end(words: list[str], start: int) -> int:
    return next((at for at in range(start, len(words)) if words[at] == ";"), len(words))


def _find_start(words: list[str], end: int) -> int:
    return next((at + 1 for at in reversed(range(end)) if words[at] == ";"), 0)


def _is_same(word: str, other: str) -> bool:
    return word == other or is_inflected(word, other)
