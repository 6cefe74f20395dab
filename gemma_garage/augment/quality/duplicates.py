"""The accepted questions so far, and whether a new one is there already.

Candidates come from three look-ups that take the same time however many questions there are: the
same words in any order, MinHash bands (`minhash.py`), and the same answer to a question about the
same numbers and names. What is a duplicate is decided pair by pair (`likeness.py`, `answers.py`).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rapidfuzz import fuzz

from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.quality.answers import compare_answers, key_answer
from gemma_garage.augment.quality.guard import read_guard
from gemma_garage.augment.quality.likeness import compare_questions, key_words
from gemma_garage.augment.quality.meaning import Meaning
from gemma_garage.augment.quality.minhash import Chains, NearTexts, sign_text

_MIN_ALIKE = 75.0  # percent of rapidfuzz's ratio


class Place(NamedTuple):
    """Where a question comes from: Examples of one place are wordings of one fact."""

    chunk_id: int
    fact: int


class _Row(NamedTuple):
    question: str
    answer: str
    place: Place | None
    folded: str
    guard: int


class Duplicates:
    """Grows with `add`; `has` asks. Both are quick in any number; not for several threads.

    Without a `meaning` questions are compared by their words alone.
    """

    def __init__(
        self, accepted: Iterable[tuple[str, str]] = (), *, meaning: Meaning | None = None
    ) -> None:
        self._rows: list[_Row] = []
        self._exact = Chains()
        self._near = NearTexts()
        self._worded = Chains()
        self._answered = Chains()
        self._meaning = meaning
        for question, answer in accepted:
            self.add(question, answer)

    def add(self, question: str, answer: str, place: Place | None = None) -> None:
        number = len(self._rows)
        row = _read_row(question, answer, place)
        self._rows.append(row)
        self._exact.add(hash(row.folded), number)
        self._near.add(sign_text(row.folded), number)
        self._worded.add(_key_words(row), number)
        self._answered.add(_key_answer(row), number)

    def has(self, question: str, answer: str, place: Place | None = None) -> bool:
        """Is the same question there, or one that asks the same and has the same answer?

        Two questions whose numbers, codes or names differ are never duplicates: "valve A" and
        "valve B" are two facts. Wordings of one fact (the same `place`) are duplicates only word
        for word. The same question with another answer is a duplicate within a passage; from
        another passage it is kept, and listed as a contradiction.
        """
        row = _read_row(question, answer, place)
        return any(_is_same(row, other, self._meaning) for other in self._find_candidates(row))

    def _find_candidates(self, row: _Row) -> Iterator[_Row]:
        seen: set[int] = set()
        for at, numbers in enumerate(
            (
                self._exact.find(hash(row.folded)),
                self._worded.find(_key_words(row)),
                self._answered.find(_key_answer(row)),
                self._near.find(sign_text(row.folded)),
            )
        ):
            for number in numbers:
                other = self._rows[number]
                if number in seen or other.guard != row.guard:
                    continue
                seen.add(number)
                # Bands propose much that only begins alike.
                if at < 3 or fuzz.ratio(row.folded, other.folded) >= _MIN_ALIKE:
                    yield other


def _read_row(question: str, answer: str, place: Place | None) -> _Row:
    folded = normalise_question(question)
    return _Row(question, answer, place, folded, hash(read_guard(question).parts))


def _key_words(row: _Row) -> int:
    return hash((row.guard, key_words(row.question)))


def _key_answer(row: _Row) -> int:
    return hash((row.guard, key_answer(row.answer)))


def _is_same(row: _Row, other: _Row, meaning: Meaning | None) -> bool:
    if row.place is not None and row.place == other.place:
        return row.folded == other.folded
    likeness = compare_questions(row.question, other.question, meaning)
    if likeness is None:
        return False
    agreement = compare_answers(row.answer, other.answer)
    if likeness == "exact":
        elsewhere = row.place and other.place and row.place.chunk_id != other.place.chunk_id
        return agreement != "different" or not elsewhere
    return agreement == "same"
