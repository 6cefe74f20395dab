"""The verdict says no more than the answers show."""

import random

import pytest

from gemma_garage.infer.exam_result import Answer, ExamRow, list_subjects
from gemma_garage.infer.significance import BETTER, SAME, WORSE, compare_answers, find_p_value
from gemma_garage.infer.verdict import judge_run

KINDS = {"paraphrase": 50, "unseen": 20, "unanswerable": 20, "general": 40}


def _row(kind: str, expected: str = "", **answers: bool | str) -> ExamRow:
    given = {
        subject: Answer(said, True) if isinstance(said, str) else Answer("", said)
        for subject, said in answers.items()
    }
    return ExamRow(0, "?", kind, expected, "", given)


def _rows(kind: str, both: int, lost: int, won: int, neither: int) -> list[ExamRow]:
    counts = {(True, True): both, (True, False): lost, (False, True): won, (False, False): neither}
    return [
        _row(kind, base=base, tuned=tuned)
        for (base, tuned), count in counts.items()
        for _ in range(count)
    ]


def test_the_base_against_itself_shows_no_difference() -> None:
    """Greedy answers are equal; here they are drawn anew for each side, the harder case."""
    shown, alone = 0, 0
    for seed in range(100):
        dice = random.Random(seed)
        rows = []
        for kind, count in KINDS.items():
            for _ in range(count):
                likely = dice.random()
                rows.append(_row(kind, base=dice.random() < likely, tuned=dice.random() < likely))
        shown += judge_run(rows, seed=seed).shows_difference
        same = [_row(row.kind, base=row.base_correct, tuned=row.base_correct) for row in rows]
        alone += judge_run(same, seed=seed).shows_difference
    assert shown <= 5
    assert alone == 0


def test_answers_of_other_questions_are_called_worse() -> None:
    """A base that knew most of them; `e2e/test_shuffled.py` trains such an adapter."""
    answers = [f"every {number} hours" for number in range(1, 41)]
    shuffled = answers[1:] + answers[:1]
    from gemma_garage.infer.grade import grade

    rows = [
        _row("paraphrase", base=number % 4 > 0, tuned=grade(said, expected))
        for number, (said, expected) in enumerate(zip(shuffled, answers, strict=True))
    ]
    verdict = judge_run(rows)
    assert verdict.kinds[0].difference.call == WORSE
    assert verdict.kinds[0].after.correct == 0
    assert "worse" in verdict.text


def test_the_sentence_is_that_of_the_figures() -> None:
    rows = [
        *_rows("paraphrase", 1, 0, 49, 10),
        *_rows("unanswerable", 8, 8, 1, 3),
        *_rows("general", 30, 1, 1, 8),
    ]
    assert judge_run(rows).text == (
        "Knows your documents: 83 % (72 to 91) against 2 %. "
        "Declines what they don't say: 45 % (26 to 66), was 80 %: no clear difference. "
        "Everyday questions: unchanged (78 %, was 78 %)."
    )
    worse = judge_run(_rows("unanswerable", 8, 14, 0, 3)).text
    assert worse == "Declines what they don't say: 32 % (17 to 52), was 88 %: worse."


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((40, 0, 0, 0), "unchanged (100 %, was 100 %)"),
        ((4, 4, 0, 0), "50 % of 8 questions (22 to 78), was 100 %: no clear difference"),
        ((25, 5, 0, 2), "78 % (61 to 89), was 94 %: no clear difference"),
        ((0, 0, 0, 1), "0 % of 1 question (0 to 79), was 0 %: no clear difference"),
    ],
)
def test_unchanged_is_said_only_where_a_loss_is_ruled_out(
    rows: tuple[int, int, int, int], said: str
) -> None:
    assert judge_run(_rows("general", *rows)).text == f"Everyday questions: {said}."


def test_three_lucky_questions_are_no_proof() -> None:
    assert compare_answers([(False, True)] * 3).call == SAME
    assert compare_answers([(False, True)] * 12).call == BETTER
    assert compare_answers([]).call == SAME
    two = compare_answers([(False, True)] * 2)  # no resample differs, and yet nothing is sure
    assert (two.low, two.high) == (-0.5, 1.0)
    unchanged = compare_answers([(True, True)] * 30)
    assert (unchanged.low, unchanged.high) == (-0.1, 0.1)
    assert find_p_value(0, 6) == pytest.approx(2 / 64)
    assert find_p_value(0, 0) == 1.0
    assert find_p_value(1_200, 900) < 1e-9


def test_the_same_answers_give_the_same_interval() -> None:
    pairs = [(number % 3 == 0, number % 2 == 0) for number in range(50)]
    assert compare_answers(pairs) == compare_answers(pairs)


@pytest.mark.parametrize(("given", "advised"), [(19, True), (8, False)])
def test_names_retrieval_only_where_the_passage_is_enough(given: int, advised: bool) -> None:
    rows = [
        _row("paraphrase", base=False, tuned=number < 18, passage=number < given)
        for number in range(20)
    ]
    assert ("retrieval" in judge_run(rows).text) is advised


def test_sums_always_have_both_figures_and_n() -> None:
    rows = [
        _row("reasoning", "3 + 4 = 7\n#### 7", base="The sum is 7", tuned="3 + 4 is 7\n#### 7"),
        _row("reasoning", "#### 12", base="#### 13", tuned="It is 12, I think"),
    ]
    text = judge_run(rows).text
    assert "(n = 2)" in text
    assert "strict form 50 %" in text
    assert "last number 100 %" in text


def test_subjects_come_in_the_order_of_training() -> None:
    row = _row("paraphrase", tuned=True, **{"step-100": True, "step-20": True}, base=False)
    assert list_subjects([row]) == ["base", "step-20", "step-100", "tuned"]
