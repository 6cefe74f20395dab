"""What an exam found: one row for each question with every subject's answer, and the totals.

It reads stored answers; asking and grading are in `exam.py` and `grade.py`, what the totals mean
in `verdict.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gemma_garage.alike.sums import passes_leniently, passes_strictly
from gemma_garage.exam_score import Score
from gemma_garage.infer.kinds import HEADLINE, LATER, OWN
from gemma_garage.schema import Run
from gemma_garage.store import Store

BASE_SUBJECT, PASSAGE_SUBJECT, TUNED_SUBJECT = "base", "passage", "tuned"
SUBJECTS = (BASE_SUBJECT, TUNED_SUBJECT)
CHECKPOINT = "step-"  # and the number of the step


@dataclass(frozen=True, slots=True)
class Answer:
    """What one subject said, and whether it passed."""

    text: str
    correct: bool


@dataclass(frozen=True, slots=True)
class ExamSummary:
    """The exam, each question answered by base and tuned. `kinds`: (base, tuned) by kind.

    `base` and `tuned` count the paraphrases of trained facts; what was held back from training or
    has no answer is in `kinds` only (where an exam has nothing else, that is counted). The user's
    own questions count apart; None: there are none, or not all are answered yet.
    """

    base: Score
    tuned: Score
    own_base: Score | None
    own_tuned: Score | None
    kinds: dict[str, tuple[Score, Score]]


@dataclass(frozen=True, slots=True)
class ExamRow:
    """One question with the answers by subject; a subject that was not asked yet is not in."""

    question_id: int
    question: str
    kind: str
    expected: str
    evidence: str
    answers: Mapping[str, Answer]

    @property
    def base_answer(self) -> str | None:
        return self.answers[BASE_SUBJECT].text if BASE_SUBJECT in self.answers else None

    @property
    def base_correct(self) -> bool | None:
        return self.answers[BASE_SUBJECT].correct if BASE_SUBJECT in self.answers else None

    @property
    def tuned_answer(self) -> str | None:
        return self.answers[TUNED_SUBJECT].text if TUNED_SUBJECT in self.answers else None

    @property
    def tuned_correct(self) -> bool | None:
        return self.answers[TUNED_SUBJECT].correct if TUNED_SUBJECT in self.answers else None


def exam_table(store: Store, run_id: int) -> list[ExamRow]:
    """Every question of the Run's exam, in the order of the exam. Raises NotFound."""
    run = store.get(Run, run_id)
    answers: dict[int, dict[str, Answer]] = {}
    for result, _ in store.exam_results(run_id):
        answered = answers.setdefault(result.question_id, {})
        answered[result.subject] = Answer(result.answer, result.correct)
    return [
        ExamRow(
            question.id,
            question.question,
            question.kind,
            question.answer,
            question.evidence,
            answers.get(question.id, {}),
        )
        for question in store.exam_questions(run.dataset_id)
    ]


def summarise_exam(store: Store, run_id: int) -> ExamSummary | None:
    """The totals; None until every question that was frozen with the Dataset is answered by both.

    A kind that came later (everyday questions, the user's own) counts once all of it is answered.
    """
    rows = exam_table(store, run_id)
    exam = [row for row in rows if row.kind not in LATER]
    own = [row for row in rows if row.kind == OWN]
    if not _is_answered(exam) or not (exam or (own and _is_answered(own))):
        return None
    kinds = {}
    for kind in dict.fromkeys(row.kind for row in rows if row.kind != OWN):
        asked = [row for row in rows if row.kind == kind]
        if _is_answered(asked):
            kinds[kind] = _count(asked)
    base, tuned = _count([row for row in exam if row.kind == HEADLINE] or exam)
    own_base, own_tuned = _count(own) if own and _is_answered(own) else (None, None)
    return ExamSummary(base, tuned, own_base, own_tuned, kinds)


def count_subject(rows: Sequence[ExamRow], subject: str) -> Score:
    """The score of one subject over those of `rows` that it has answered."""
    graded = [row.answers[subject].correct for row in rows if subject in row.answers]
    return Score(sum(graded), len(graded))


def count_unasked(rows: Sequence[ExamRow], kind: str, subject: str) -> int:
    """How many questions of the kind the subject has not answered yet."""
    return sum(row.kind == kind and subject not in row.answers for row in rows)


def count_reasoning(rows: Sequence[ExamRow], subject: str) -> tuple[Score, Score]:
    """Both figures of sums in words over those of `rows` that the subject has answered: strict
    form, last number."""
    given = [(row.answers[subject].text, row.expected) for row in rows if subject in row.answers]
    strict, lenient = (
        Score(sum(passes(answer, expected) for answer, expected in given), len(given))
        for passes in (passes_strictly, passes_leniently)
    )
    return strict, lenient


def list_subjects(rows: Sequence[ExamRow]) -> list[str]:
    """The subjects with an answer, in the order of `order_subjects`."""
    return order_subjects({subject for row in rows for subject in row.answers})


def order_subjects(found: Collection[str]) -> list[str]:
    """Base, passage, the checkpoints by step, tuned."""
    steps = sorted(
        (name for name in found if name.startswith(CHECKPOINT)),
        key=lambda name: int(name.removeprefix(CHECKPOINT)),
    )
    ordered = [BASE_SUBJECT, PASSAGE_SUBJECT, *steps, TUNED_SUBJECT]
    return [subject for subject in ordered if subject in found]


def _is_answered(rows: Sequence[ExamRow]) -> bool:
    return all(subject in row.answers for row in rows for subject in SUBJECTS)


def _count(rows: Sequence[ExamRow]) -> tuple[Score, Score]:
    return count_subject(rows, BASE_SUBJECT), count_subject(rows, TUNED_SUBJECT)
