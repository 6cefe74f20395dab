"""Do two answers to the same question say the same, or do they contradict each other?

Figures are compared by value and unit, names and codes as they are, other words by their stems. A
difference in wording alone is "unclear", never a contradiction.
"""

from typing import Literal

from gemma_garage.alike.number_words import write_digits
from gemma_garage.augment.normalise import find_numbers, normalise_question
from gemma_garage.augment.quality.figures import find_wrong_figure, read_figures
from gemma_garage.augment.quality.names import read_identifiers
from gemma_garage.augment.quality.negation import has_negation
from gemma_garage.augment.quality.words import LIGHT_WORDS, is_inflected, split_content

Agreement = Literal["same", "unclear", "different"]
_SAME_SHARE = 0.6  # of the shorter answer's content words
_BARE = {"yes": True, "no": False, "true": True, "false": False}


def compare_answers(one: str, other: str) -> Agreement:
    """How two answers to the same question stand to each other."""
    folded, other_folded = normalise_question(one), normalise_question(other)
    if folded == other_folded:
        return "same"
    if folded in _BARE and other_folded in _BARE:
        return "same" if _BARE[folded] == _BARE[other_folded] else "different"
    figures = _compare_figures(one, other)
    names = _compare_names(one, other)
    if "different" in (figures, names):
        return "different"
    if has_negation(folded) != has_negation(other_folded):
        return "different" if _share(one, other) >= _SAME_SHARE else "unclear"
    if figures == "same":
        return "same"
    if figures == "unclear":
        return "unclear"
    share = _share(one, other)
    if share >= _SAME_SHARE:
        return "same" if names != "unclear" else "unclear"
    return "unclear" if share > 0 or names == "unclear" else "different"


def key_answer(answer: str) -> tuple[str, ...]:
    """Answers that say the same have the same key, mostly: for finding, not for judging."""
    numbers = find_numbers(write_digits(answer), words=False)
    if numbers:
        return tuple(sorted(numbers))
    return tuple(sorted({word[:4] for word in split_content(answer) if word not in LIGHT_WORDS}))


def _compare_figures(one: str, other: str) -> Agreement | None:
    """None where neither or only one has any."""
    mine, its = read_figures(one), read_figures(other)
    if not (mine.numbers or mine.dates or mine.clocks):
        return None
    if not (its.numbers or its.dates or its.clocks):
        return None
    forth, back = find_wrong_figure(one, other), find_wrong_figure(other, one)
    if forth and back:
        return "different"
    return "unclear" if forth or back else "same"


def _compare_names(one: str, other: str) -> Agreement | None:
    mine, its = read_identifiers(one), read_identifiers(other)
    if mine.codes and its.codes and mine.codes != its.codes:
        return "unclear" if mine.codes & its.codes else "different"
    letters, other_letters = ({letter for _, letter in found.letters} for found in (mine, its))
    if letters and other_letters and letters != other_letters:
        return "different"
    names, other_names = ({n.word for n in found.names if n.certain} for found in (mine, its))
    if names and other_names and names != other_names:
        return "unclear" if names & other_names else "different"
    return None


def _share(one: str, other: str) -> float:
    """How much of the shorter answer's content words the longer one has."""
    words = [word for word in split_content(one) if word not in LIGHT_WORDS]
    others = [word for word in split_content(other) if word not in LIGHT_WORDS]
    shorter, longer = sorted((words, others), key=len)
    if not shorter:
        return 0.0
    return sum(any(is_inflected(word, x) for x in longer) for word in shorter) / len(shorter)
