"""Handlers of the exam's section: the leak check, who can be asked, own questions, all Runs."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import DatasetError
from gemma_garage.garage import Garage
from gemma_garage.infer.exam_result import (
    BASE_SUBJECT,
    PASSAGE_SUBJECT,
    TUNED_SUBJECT,
    ExamRow,
    count_reasoning,
    count_subject,
    exam_table,
)
from gemma_garage.infer.kinds import REASONING, TITLES
from gemma_garage.infer.leaks import check_leaks
from gemma_garage.infer.questions import add_question
from gemma_garage.infer.report import measure_subject, name_subject
from gemma_garage.infer.subjects import USUAL_SUBJECTS, list_checkpoints
from gemma_garage.infer.verdict import say_share
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import draw_empty, draw_table, draw_tick, say_count
from gemma_garage.ui.training import own_run
from gemma_garage.ui.watching import find_run

FILTERS = [
    ("All", "all"),
    ("Where base and tuned differ", "differ"),
    ("Wrong after training", "wrong"),
    *((title, kind) for kind, title in TITLES.items()),
]
MOST_LEAKS = 5


def choose_rows(rows: Sequence[ExamRow], wanted: str) -> list[ExamRow]:
    """The rows that one of `FILTERS` shows."""
    if wanted == "differ":
        return [row for row in rows if row.base_correct != row.tuned_correct]
    if wanted == "wrong":
        return [row for row in rows if row.tuned_correct is False]
    return [row for row in rows if wanted in ("all", row.kind)]


def draw_more(row: ExamRow) -> Markup:
    """The evidence and what the other subjects said, to be opened."""
    lines = [
        Markup("<p><strong>{}</strong> {} {}</p>").format(
            name_subject(subject), draw_tick(answer.correct), answer.text or "(nothing)"
        )
        for subject, answer in row.answers.items()
        if subject not in (BASE_SUBJECT, TUNED_SUBJECT)
    ]
    if row.evidence:
        lines.insert(0, Markup("<blockquote class='passage'>{}</blockquote>").format(row.evidence))
    if not lines:
        return Markup("")
    return Markup("<details><summary>Proof</summary>{}</details>").format(Markup("").join(lines))


def draw_files(run_id: int) -> Markup:
    """Links to the answers, as CSV and as a report."""
    link = Markup('<a class="download" href="/files/runs/{}/exam.{}" download>{}</a>')
    return Markup('<p class="hint">Take it away: {} · {}</p>').format(
        link.format(run_id, "csv", "every answer (CSV)"),
        link.format(run_id, "html", "a report to read (HTML)"),
    )


def draw_leaks(garage: Garage, project_id: int, run_id: int | None) -> str:
    """Whether the exam asks what was trained in the same words."""
    found = find_run(garage, project_id, run_id)
    if found is None:
        return ""
    try:
        check = check_leaks(garage, found[0].dataset_id)
    except DatasetError as error:
        return str(Markup("<p class='problem'>{}</p>").format(str(error)))
    if not check.rows:
        return str(
            Markup("<p class='hint'>Leak check: the dataset's files are not there any more.</p>")
        )
    looked = f"{check.questions:,} questions against {check.rows:,} training rows"
    if not check.leaks:
        return str(Markup("<p class='hint'>Leak check: {}, none leaks.</p>").format(looked))
    listed = Markup("").join(
        Markup("<li>{}: {}</li>").format(leak.question, leak.reason)
        for leak in check.leaks[:MOST_LEAKS]
    )
    return str(
        Markup("<p class='problem'>Leak check: {}; {} prove little:</p><ul>{}</ul>").format(
            looked, say_count(len(check.leaks), "question"), listed
        )
    )


def list_choices(garage: Garage, project_id: int, run_id: int | None, chosen: list[str]) -> Any:
    """Who can be asked in this Run's exam; what was chosen stays."""
    found = find_run(garage, project_id, run_id)
    if found is None or found[0].adapter is None:
        return gr.CheckboxGroup(choices=[], value=[], visible=False)
    steps = [] if found[0].config.get("method") == "full" else list_checkpoints(garage, found[0])
    known = [BASE_SUBJECT, PASSAGE_SUBJECT, *steps, TUNED_SUBJECT]
    kept = [subject for subject in chosen or () if subject in known]
    return gr.CheckboxGroup(
        choices=[(name_subject(subject), subject) for subject in known],
        value=kept or list(USUAL_SUBJECTS),
        visible=True,
    )


def add_own(
    garage: Garage, project_id: int, run_id: int | None, question: str, answer: str
) -> tuple[str, str, str]:
    """Add a typed question to the exam of the Run's Dataset; empties the fields."""
    run = own_run(garage, project_id, run_id)
    added = add_question(garage, run.dataset_id, question or "", answer or "")
    if added:
        tell("The question is in the exam. Run the exam again to ask it.")
    else:
        tell("The exam asks this already.")
    return "", "", draw_leaks(garage, project_id, run_id)


def draw_runs(garage: Garage, project_id: int) -> str:
    """Every Run's exam: the share of each kind that the tuned model answers, F1, refusals."""
    lines = []
    seen: set[str] = set()
    for run in garage.store.runs(project_id):
        rows = [row for row in exam_table(garage.store, run.id) if TUNED_SUBJECT in row.answers]
        if not rows:
            continue
        told = {
            kind: _say_kind(kind, [row for row in rows if row.kind == kind])
            for kind in {row.kind for row in rows}
        }
        seen |= told.keys()
        f1, declined = measure_subject(rows, TUNED_SUBJECT)
        lines.append((run, told, f1, declined))
    if not lines:
        return str(draw_empty("When runs are examined, their exams are side by side here."))
    kinds = [kind for kind in TITLES if kind in seen]
    table = [
        (
            Markup("<strong>{}</strong>").format(f"Run {run.number}"),
            *(told.get(kind, "–") for kind in kinds),
            f"{f1:.2f}",
            f"{declined:,}",
        )
        for run, told, f1, declined in lines
    ]
    headers = ("Run", *(TITLES[kind] for kind in kinds), "Mean F1", "Declined")
    return str(draw_table(headers, table, "The exams of all runs of this project"))


def _say_kind(kind: str, rows: Sequence[ExamRow]) -> str:
    """What the tuned model reached in one kind; `rows` are those it has answered."""
    if kind != REASONING:
        return f"{say_share(count_subject(rows, TUNED_SUBJECT))} of {len(rows)}"
    strict, lenient = map(say_share, count_reasoning(rows, TUNED_SUBJECT))
    return f"strict form {strict}, last number {lenient} of {len(rows)}"
