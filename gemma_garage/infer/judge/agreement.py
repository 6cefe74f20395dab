"""What a judge's opinions come to, and how far they agree with the exam's grade. Pure functions.

An opinion counts where it is the same with the sides exchanged; else it is undecided (Zheng et al.
2023, arXiv 2306.05685, section 4.3). Agreement beyond chance is Cohen's kappa (Cohen 1960).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gemma_garage.infer.exam_result import Answer
from gemma_garage.infer.judge.pairs import ExamPair
from gemma_garage.infer.significance import find_p_value
from gemma_garage.opinion_records import Opinion

BEFORE, AFTER, TIE, UNDECIDED = "before", "after", "tie", "undecided"
_SIDES = {"first": BEFORE, "second": AFTER, "tie": TIE}


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with both opinions on it, each told in the pair's order."""

    pair: ExamPair
    given: Opinion
    swapped: Opinion

    @property
    def better(self) -> str:
        """before, after, tie or undecided."""
        same = self.given.better == self.swapped.better
        return _SIDES[self.given.better] if same else UNDECIDED

    def grade(self, side: str) -> str:
        """What the judge calls this side's answer: right, partly, wrong or undecided."""
        first, second = (
            (opinion.first if side == BEFORE else opinion.second)
            for opinion in (self.given, self.swapped)
        )
        return first if first == second else UNDECIDED

    def answer(self, side: str) -> Answer:
        return self.pair.before if side == BEFORE else self.pair.after


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each side was better. `undecided`: the verdict changed with the order."""

    before: int
    after: int
    tie: int
    undecided: int

    @property
    def total(self) -> int:
        return self.before + self.after + self.tie + self.undecided

    @property
    def p_value(self) -> float:
        """How often chance alone would part the decided ones so far (exact sign test)."""
        return find_p_value(self.after, self.before)


@dataclass(frozen=True, slots=True)
class Agreement:
    """`agree` of `compared` answers are called alike by judge and grade; "partly" is not right.
    `undecided`: answers whose call changed with the order, which are not compared. `kappa`: None
    where both call all alike, so that chance explains everything. `differ`: (pair, its side)."""

    agree: int
    compared: int
    undecided: int
    kappa: float | None
    differ: tuple[tuple[Judged, str], ...]


def tally_better(judged: Sequence[Judged]) -> Tally:
    counts = Counter(one.better for one in judged)
    return Tally(counts[BEFORE], counts[AFTER], counts[TIE], counts[UNDECIDED])


def measure_agreement(judged: Sequence[Judged]) -> Agreement:
    """Hold each answer's call by the judge against its grade."""
    calls, undecided = [], 0
    for one in judged:
        for side in (AFTER, BEFORE):
            grade = one.grade(side)
            if grade == UNDECIDED:
                undecided += 1
            else:
                calls.append((one, side, grade == "right", one.answer(side).correct))
    differ = tuple((one, side) for one, side, said, graded in calls if said != graded)
    pairs = [(said, graded) for _, _, said, graded in calls]
    agree = len(calls) - len(differ)
    return Agreement(agree, len(calls), undecided, find_kappa(pairs), differ)


def find_kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's kappa of two who call the same things yes or no; None where it is not defined."""
    total = len(pairs)
    if not total:
        return None
    first, second = (sum(pair[side] for pair in pairs) / total for side in (0, 1))
    expected = first * second + (1 - first) * (1 - second)
    if expected == 1:
        return None
    return (sum(one == other for one, other in pairs) / total - expected) / (1 - expected)
