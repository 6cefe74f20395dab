"""Does the proof say the answer? By words, numbers, codes and names; no model reads it."""

import functools
import itertools
import re
from collections.abc import Sequence

from gemma_garage.alike.number_words import write_digits
from gemma_garage.alike.units import find_unit
from gemma_garage.augment.normalise import find_numbers, normalise_text, split_words
from gemma_garage.augment.quality.figures import read_figures
from gemma_garage.augment.quality.names import DAYS, fold, has_capital_nouns, read_identifiers
from gemma_garage.augment.quality.words import (
    LIGHT_WORDS,
    Vocabulary,
    read_vocabulary,
    split_content,
)

_SHORT_WORDS, _NEAR_WORDS = 4, 2
_FREE_WORDS_FROM = 5  # an answer of fewer content words must be proven whole
_LINKS = frozenset("of de da del der di du la le the van von y".split())
_FREE_SHARE = 0.2  # of a longer one may be words of its own


def has_foreign_code(question: str, answer: str, proof: str, around: str) -> bool:
    """Holds the answer a code or letter that the proof has not, or the question one that stands
    nowhere in `around` (passage, title, headings)?"""
    own, there, asked = (read_identifiers(text) for text in (answer, proof, question))
    everywhere = read_identifiers(around).codes
    proven = read_vocabulary(proof).words
    if own.codes - there.codes - (asked.codes & everywhere) - proven:
        return True
    if any(letter not in proven for _, letter in own.letters - asked.letters):
        return True
    written = read_vocabulary(around).words
    return bool(asked.codes - everywhere - written) or any(
        letter not in written for _, letter in asked.letters
    )


def has_foreign_name(question: str, answer: str, proof: str, around: str) -> bool:
    """Holds the answer a name that the proof (or the question) has not, or the question one that
    stands nowhere in `around`?"""
    if has_capital_nouns(around) or has_capital_nouns(f"{question} {answer}"):
        return False
    proven, asked = _read_folded(proof), _read_folded(question)
    dated = bool(read_figures(proof).dates)
    for name in read_identifiers(answer).names:
        if name.word in DAYS and dated:
            continue
        if _has_name(proven, name.word) or _has_name(asked, name.word):
            continue
        if name.certain or not proven.has(name.word):
            return True
    if _mixes_names(answer, (proof, question, around)):
        return True
    everywhere = _read_folded(around)
    dated = bool(read_figures(around).dates)
    return any(
        not everywhere.has(name.word)
        for name in read_identifiers(question).names
        if name.certain and not (name.word in DAYS and dated)
    )


def _mixes_names(answer: str, sources: Sequence[str]) -> bool:
    """Stands a first name with a surname that is not its own: "Marta Brode" where there are Marta
    Voss and Ilan Brode? Names that stand together must do so in one of `sources`."""
    names = {name.word for name in read_identifiers(answer).names if name.certain}
    words = split_words(fold(answer))
    pairs = set(itertools.pairwise(words))
    pairs |= {
        (first, last)
        for first, link, last in zip(words, words[1:], words[2:], strict=False)
        if link in _LINKS
    }
    pairs = {pair for pair in pairs if pair[0] in names and pair[1] in names}
    known = frozenset().union(*map(_find_pairs, sources)) if pairs else frozenset()
    return bool(pairs - known)


@functools.lru_cache(maxsize=1024)
def _find_pairs(text: str) -> frozenset[tuple[str, str]]:
    """Words that follow one another, or with one word between."""
    words = split_words(fold(text))
    return frozenset((*itertools.pairwise(words), *zip(words, words[2:], strict=False)))


def is_supported(answer: str, proof: str, question: str = "", context: str = "") -> bool:
    """Do the answer's content words stand in the proof, inflected at most?

    Words of the question and of `context` (title, headings) may be repeated; of an answer with
    five or more content words a fifth may be its own.
    """
    if _stands_as_words(answer, proof):
        return True
    if has_capital_nouns(proof) and not _stands_together(answer, proof):
        return False
    content = split_content(answer)
    if not content:
        return False  # "yes", "no": proves nothing
    # Figures were compared by value already: "7 seconds" and "seven seconds" are the same.
    others = set(split_words(_drop_figures(answer)))
    words = [word for word in content if not find_numbers(word) and word in others]
    telling = [word for word in words if word not in LIGHT_WORDS]
    has_figures = bool(find_numbers(answer))
    if not telling:
        return has_figures or any(read_vocabulary(proof).has(word) for word in words)
    there, given = read_vocabulary(proof), read_vocabulary(f"{question}\n{context}")
    proven = [word for word in telling if there.has(word)]
    missing = [word for word in telling if word not in proven and not given.has(word)]
    if not proven and not has_figures and not read_identifiers(answer).codes:
        return False  # it only repeats the question
    if len(telling) < _FREE_WORDS_FROM:
        return not missing
    return len(missing) <= _FREE_SHARE * len(telling)


@functools.lru_cache(maxsize=1024)
def _read_folded(text: str) -> Vocabulary:
    return Vocabulary(fold(text))


def _stands_as_words(answer: str, proof: str) -> bool:
    said = re.escape(normalise_text(answer).strip(" .,;:!?\"'"))
    return bool(said) and bool(re.search(rf"(?<!\w){said}(?!\w)", normalise_text(proof)))


def _stands_together(answer: str, proof: str) -> bool:
    """Do the words of a short answer stand near one another there, in their order: "alle drei
    Tage", but not with another part's "Jahre"? For languages whose numbers are not read."""
    words, there = split_words(answer), split_words(proof)
    if len(words) > _SHORT_WORDS:
        return True
    places = {word: [at for at, other in enumerate(there) if other == word] for word in words}
    return all(
        any(0 < two - one <= _NEAR_WORDS for one in places[first] for two in places[second])
        for first, second in itertools.pairwise(words)
        if places[first] and places[second]
    )


def _drop_figures(text: str) -> str:
    """`text` without its numbers and the units behind them."""

    def drop(match: re.Match[str]) -> str:
        return " " if find_unit(match.group(1), after_number=True) else f" {match.group(1)}"

    text = write_digits(text)
    text = re.sub(r"\bdegrees?\s+(?:celsius|fahrenheit)\b|\bper ?cent\b", " ", text, flags=re.I)
    return re.sub(r"\d[\d.,:]*\s?([^\W\d_]+|[°%€$£]\w?)", drop, text)


def _has_name(there: Vocabulary, name: str) -> bool:
    return name in there.words or any(
        name in (word.removesuffix(ending) for ending in ("'s", "s", "es", "n", "'"))
        or name in word.split("-")
        or name.removesuffix("s") == word
        for word in there.words
    )
