"""The exams of all Runs of a project in one table, each figure with how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gemma_garage.exam_score import say_interval, say_share
from gemma_garage.garage import Garage
from gemma_garage.infer.exam_result import (
    TUNED_SUBJECT,
    ExamRow,
    count_reasoning,
    count_subject,
    count_unasked,
    exam_table,
    list_subjects,
)
from gemma_garage.infer.kinds import REASONING, TITLES
from gemma_garage.infer.report import measure_subject, name_subject
from gemma_garage.schema import Dataset
from gemma_garage.ui.format import draw_empty, draw_table


@dataclass(frozen=True, slots=True)
class _Line:
    """One subject of one Run. `kinds`: what it reached in each; `exam`: which questions it was."""

    run: int
    exam: int
    subject: str
    kinds: dict[str, str]
    f1: float
    declined: int


def draw_runs(garage: Garage, project_id: int) -> str:
    """Of every Run's exam, newest first, each subject: its share in every kind, F1, refusals.

    Runs on one version of the dataset were asked the same questions; the version stands beside.
    """
    lines = _list_lines(garage, project_id)
    if not lines:
        return str(draw_empty("When runs are examined, their exams are side by side here."))
    seen = {kind for line in lines for kind in line.kinds}
    kinds = [kind for kind in TITLES if kind in seen]
    table = [
        (
            Markup("<strong>{}</strong>").format(f"Run {line.run}")
            if line.subject == TUNED_SUBJECT
            else f"Run {line.run}",
            f"version {line.exam}",
            name_subject(line.subject),
            *(line.kinds.get(kind, "–") for kind in kinds),
            f"{line.f1:.2f}",
            f"{line.declined:,}",
        )
        for line in lines
    ]
    headers = ("Run", "Dataset", "Asked", *(TITLES[kind] for kind in kinds), "Mean F1", "Declined")
    hint = Markup(
        "<p class='hint'>All runs of this project, in brackets where the true share lies (95 %). "
        "Runs on one version of the dataset have the same questions.</p>"
    )
    return str(hint + draw_table(headers, table, "The exams of all runs of this project"))


def say_kind(kind: str, rows: Sequence[ExamRow], subject: str = TUNED_SUBJECT) -> str:
    """What one subject reached in one kind; `rows` are those it has answered."""
    if kind != REASONING:
        score = count_subject(rows, subject)
        return f"{say_share(score)} of {len(rows)} {say_interval(score)}"
    strict, lenient = (
        f"{say_share(score)} {say_interval(score)}" for score in count_reasoning(rows, subject)
    )
    return f"of {len(rows)}: strict form {strict}, last number {lenient}"


def _say_unasked(count: int) -> str:
    """The shortest are asked first, so the share of an exam that was stopped is none of all."""
    return f", {count:,} not asked yet" if count else ""


def _list_lines(garage: Garage, project_id: int) -> list[_Line]:
    lines = []
    for run in garage.store.runs(project_id):
        rows = exam_table(garage.store, run.id)
        subjects = list_subjects(rows)
        if not subjects:
            continue
        version = garage.store.get(Dataset, run.dataset_id).version
        # Tuned first: it is what one looks for; the others in their usual order.
        for subject in sorted(subjects, key=lambda name: name != TUNED_SUBJECT):
            asked = [row for row in rows if subject in row.answers]
            kinds = {
                kind: say_kind(kind, [row for row in asked if row.kind == kind], subject)
                + _say_unasked(count_unasked(rows, kind, subject))
                for kind in {row.kind for row in asked}
            }
            f1, declined = measure_subject(asked, subject)
            lines.append(_Line(run.number, version, subject, kinds, f1, declined))
    return lines
