"""Are two questions the same question: in the same words, in nearly the same words, by meaning?

By meaning two questions are the same when their content words lie near each other, and the words
that only one of them has lie near each other too: "how heavy" and "weigh", but not "the lid" and
"the base". Both must be about the same numbers, codes and names (`guard.py`).
"""

from typing import Literal

from rapidfuzz import fuzz

from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.quality.guard import POLE_WORDS, is_same_subject, read_guard
from gemma_garage.augment.quality.meaning import Meaning
from gemma_garage.augment.quality.words import LIGHT_WORDS, is_inflected, split_content

Likeness = Literal["exact", "near", "meaning"]
MIN_MEANING = 0.75  # cosine of the content words
MIN_REST = 0.40  # cosine of the words that only one question has
MIN_MEANING_WITH_MORE = 0.92  # where one question has words and the other none instead
# What is asked of a thing, in a question's various words; each line is one.
_MEASURES = {
    word: line.split()[0]
    for line in """
weight weigh weighs heavy
height high tall
width wide broad
depth deep
thickness thick
price cost costs pay
speed fast quick quickly
size big large
begin begins start starts
""".strip().split("\n")
    for word in line.split()
}
_MIN_SLIP = 85.0  # percent, between a word and its slip
_ASKED_ANYWAY = frozenset(
    "year time name amount number value kind type sort date day interval often reason purpose hour "
    "hours minute minutes days week weeks month months years euros dollars rating figure level "
    "rate exactly precisely currently actually".split()
)


def compare_questions(one: str, other: str, meaning: Meaning | None) -> Likeness | None:
    """How two questions are the same one, or None."""
    if normalise_question(one) == normalise_question(other):
        return "exact"
    if not is_same_subject(read_guard(one), read_guard(other)):
        return None
    words, others = _read_content(one), _read_content(other)
    if not words or not others:
        return None
    mine = [word for word in words if not any(is_inflected(word, x) for x in others)]
    its = [word for word in others if not any(is_inflected(word, x) for x in words)]
    own, its_own = _drop_asked(mine), _drop_asked(its)
    if len(own) == len(its_own) and all(any(_is_slip(word, x) for x in its_own) for word in own):
        return "near"
    if meaning is None:
        return None
    near = meaning.compare(*(" ".join(_drop_asked(texts) or texts) for texts in (words, others)))
    return "meaning" if near >= MIN_MEANING and _rest_is_near(mine, its, near, meaning) else None


def key_words(question: str) -> frozenset[str]:
    """The beginnings of its content words: the same for near questions in another order."""
    return frozenset(word[:3] for word in _read_content(question))


def _read_content(question: str) -> list[str]:
    """Its content words, each word of measure as one."""
    return [_MEASURES.get(word, word) for word in split_content(question)]


def _drop_asked(words: list[str]) -> list[str]:
    """Without the words that only say what sort of answer is wanted."""
    return [word for word in words if word not in _ASKED_ANYWAY]


def _rest_is_near(mine: list[str], its: list[str], near: float, meaning: Meaning) -> bool:
    mine, its = _drop_known(mine), _drop_known(its)
    if mine and its:
        return meaning.compare(" ".join(mine), " ".join(its)) >= MIN_REST
    more = [*mine, *its]
    if any(len(word) == 1 or any(sign.isdigit() for sign in word) for word in more):
        return False
    return not more or near >= MIN_MEANING_WITH_MORE


def _drop_known(words: list[str]) -> list[str]:
    """Without the words that only say what sort of answer is wanted, or that the guard compared."""
    return [word for word in words if word not in _ASKED_ANYWAY | LIGHT_WORDS | POLE_WORDS]


def _is_slip(word: str, other: str) -> bool:
    if len(word) < 4 or any(sign.isdigit() for sign in word + other):
        return False
    return fuzz.ratio(word, other) >= _MIN_SLIP
