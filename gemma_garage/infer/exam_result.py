"""What an exam found: totals by subject and kind, and one row for each question.

It reads stored answers; asking and grading are in `exam.py` and `grade.py`.
"""

import math
from dataclasses import dataclass

from gemma_garage.schema import Run
from gemma_garage.store import Store

BASE_SUBJECT, TUNED_SUBJECT = "base", "tuned"
SUBJECTS = (BASE_SUBJECT, TUNED_SUBJECT)
OWN_KIND = "own"
HEADLINE_KIND = "paraphrase"  # trained facts in new words: what "knows your documents" means
_Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Score:
    """How many of how many are right."""

    correct: int
    total: int

    @property
    def share(self) -> float:
        return self.correct / self.total if self.total else 0.0

    def interval(self) -> tuple[float, float]:
        """Where the true share lies, with 95 % confidence (Wilson's interval, 1927)."""
        if not self.total:
            return 0.0, 1.0
        n, share, z2 = self.total, self.share, _Z95**2
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)


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
    """One question with both answers; None: not asked yet."""

    question_id: int
    question: str
    kind: str
    expected: str
    base_answer: str | None
    base_correct: bool | None
    tuned_answer: str | None
    tuned_correct: bool | None


def exam_table(store: Store, run_id: int) -> list[ExamRow]:
    """Every question of the Run's exam, in the order of the exam. Raises NotFound."""
    run = store.get(Run, run_id)
    answers = {(r.question_id, r.subject): r for r, _ in store.exam_results(run_id)}
    rows = []
    for question in store.exam_questions(run.dataset_id):
        base = answers.get((question.id, BASE_SUBJECT))
        tuned = answers.get((question.id, TUNED_SUBJECT))
        rows.append(
            ExamRow(
                question.id,
                question.question,
                question.kind,
                question.answer,
                base.answer if base else None,
                base.correct if base else None,
                tuned.answer if tuned else None,
                tuned.correct if tuned else None,
            )
        )
    return rows


def summarise_exam(store: Store, run_id: int) -> ExamSummary | None:
    """The totals; None until every question but the user's own was answered by both."""
    rows = exam_table(store, run_id)
    exam = [row for row in rows if row.kind != OWN_KIND]
    own = [row for row in rows if row.kind == OWN_KIND]
    if not _is_answered(exam) or not (exam or (own and _is_answered(own))):
        return None
    kinds = {
        kind: _count([row for row in exam if row.kind == kind])
        for kind in dict.fromkeys(row.kind for row in exam)
    }
    base, tuned = _count([row for row in exam if row.kind == HEADLINE_KIND] or exam)
    own_base, own_tuned = _count(own) if own and _is_answered(own) else (None, None)
    return ExamSummary(base, tuned, own_base, own_tuned, kinds)


def _is_answered(rows: list[ExamRow]) -> bool:
    return all(row.base_correct is not None and row.tuned_correct is not None for row in rows)


def _count(rows: list[ExamRow]) -> tuple[Score, Score]:
    return (
        Score(sum(bool(row.base_correct) for row in rows), len(rows)),
        Score(sum(bool(row.tuned_correct) for row in rows), len(rows)),
    )
