"""Which answers a judge model sees: the tuned model's beside another's, question by question.

The other is a subject of the same exam (base, passage, step-40) or the tuned model of another Run
on the same Dataset, by its number: run-3. It asks nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gemma_garage.errors import BadInput, DatasetError
from gemma_garage.infer.exam import TOO_LONG
from gemma_garage.infer.exam_result import (
    BASE_SUBJECT,
    PASSAGE_SUBJECT,
    TUNED_SUBJECT,
    Answer,
    ExamRow,
    exam_table,
    order_subjects,
)
from gemma_garage.opinion_records import Pair
from gemma_garage.schema import Run
from gemma_garage.store import Store

RUN = "run-"  # and the number of another Run


@dataclass(frozen=True, slots=True)
class ExamPair:
    """A question of the exam with the two answers that are held side by side."""

    row: ExamRow
    before: Answer
    after: Answer

    @property
    def pair(self) -> Pair:
        row = self.row
        return Pair(row.question, row.expected, row.evidence, self.before.text, self.after.text)


def list_opponents(store: Store, run: Run) -> list[str]:
    """Whose answers can stand beside the tuned model's; nobody's before that has some."""
    subjects = store.exam_subjects(run.dataset_id)
    mine = subjects.get(run.id, set())
    if TUNED_SUBJECT not in mine:
        return []
    others = [
        f"{RUN}{other.number}"
        for other in store.runs(run.project_id)
        if other.id != run.id and TUNED_SUBJECT in subjects.get(other.id, ())
    ]
    return [*order_subjects(mine - {TUNED_SUBJECT}), *others]


def name_side(against: str) -> str:
    """A side in words, in the middle of a sentence."""
    names = {
        BASE_SUBJECT: "the base",
        PASSAGE_SUBJECT: "the base with the passage",
        TUNED_SUBJECT: "the tuned model",
    }
    return names.get(against, against.replace("-", " "))


def require_pairs(store: Store, run: Run, against: str) -> list[ExamPair]:
    """As `find_pairs`. BadInput: nobody with answers is called so; DatasetError: there are no two
    answers to one question."""
    known = list_opponents(store, run)
    pairs = find_pairs(store, run, against)
    if known and against not in known:
        raise BadInput(
            f"Run {run.number} cannot be judged against “{against}”; there are answers of "
            f"{', '.join(known)}. Choose one of them, or run the exam of the other first."
        )
    if not pairs:
        raise DatasetError(
            f"There are no two answers to judge: no question of the exam has been answered by run "
            f"{run.number} and by {name_side(against)}. Run the exam first."
        )
    return pairs


def find_pairs(store: Store, run: Run, against: str) -> list[ExamPair]:
    """The questions that both have answered, in the order of the exam."""
    rows = exam_table(store, run.id)
    theirs = _list_answers(store, run, rows, against)
    pairs = [
        ExamPair(row, theirs[row.question_id], row.answers[TUNED_SUBJECT])
        for row in rows
        if row.question_id in theirs and TUNED_SUBJECT in row.answers
    ]
    return [pair for pair in pairs if TOO_LONG not in (pair.before.text, pair.after.text)]


def _list_answers(
    store: Store, run: Run, rows: Sequence[ExamRow], against: str
) -> dict[int, Answer]:
    subject = against
    if against.startswith(RUN):
        numbers = {f"{RUN}{other.number}": other.id for other in store.runs(run.project_id)}
        if against not in numbers:
            return {}
        rows, subject = exam_table(store, numbers[against]), TUNED_SUBJECT
    return {row.question_id: row.answers[subject] for row in rows if subject in row.answers}
