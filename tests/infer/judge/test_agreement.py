"""Counts of opinions by hand: who is better, what is undecided, Cohen's kappa."""

import pytest

from gemma_garage.infer.exam_result import Answer, ExamRow
from gemma_garage.infer.judge.agreement import (
    Judged,
    find_kappa,
    measure_agreement,
    tally_better,
)
from gemma_garage.infer.judge.pairs import ExamPair
from gemma_garage.opinion_records import Opinion, Pair


def _opinion(first: str, second: str, better: str) -> Opinion:
    told = {"reason": "", "first": first, "second": second, "better": better}
    return Opinion.model_validate(told)


def _judged(before: bool, after: bool, given: Opinion, swapped: Opinion) -> Judged:
    row = ExamRow(1, "?", "own", "x", "", {})
    return Judged(ExamPair(row, Answer("a", before), Answer("b", after)), given, swapped)


def test_kappa_is_that_of_a_table_worked_out_by_hand() -> None:
    # 20 both yes, 5 yes/no, 10 no/yes, 15 both no: po 0.7, pe 0.5, kappa 0.4.
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10
    pairs += [(False, False)] * 15
    assert find_kappa(pairs) == pytest.approx(0.4)
    assert find_kappa([(True, False), (False, True)]) == pytest.approx(-1.0)
    assert find_kappa([(True, True)] * 9) is None
    assert find_kappa([]) is None


def test_what_changes_with_the_order_is_undecided_and_partly_is_not_right() -> None:
    same = _opinion("wrong", "right", "second")
    judged = [
        _judged(False, True, same, same),
        _judged(False, True, same, _opinion("wrong", "right", "tie")),
        _judged(
            False, True, _opinion("wrong", "partly", "second"), _opinion("wrong", "right", "second")
        ),
        _judged(True, True, _opinion("partly", "right", "tie"), _opinion("partly", "right", "tie")),
    ]
    tally = tally_better(judged)
    assert (tally.before, tally.after, tally.tie, tally.undecided) == (0, 2, 1, 1)
    assert tally.p_value == pytest.approx(0.5)
    found = measure_agreement(judged)
    assert (found.agree, found.compared, found.undecided) == (6, 7, 1)
    ((differs, side),) = found.differ
    assert (differs, side) == (judged[3], "before")


def test_a_swapped_opinion_speaks_of_the_pair_in_its_own_order() -> None:
    pair = Pair("q", "e", "", "a", "b")
    assert pair.swap() == Pair("q", "e", "", "b", "a") and pair.swap().swap() == pair
    assert pair.wording != pair.swap().wording and len(pair.wording) == 16
    opinion = _opinion("right", "wrong", "first")
    assert opinion.swap() == _opinion("wrong", "right", "second")
    assert _opinion("right", "right", "tie").swap().better == "tie"
