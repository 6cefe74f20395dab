"""Handlers of the exam's section: the leak check, who can be asked, own questions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import DatasetError
from gemma_garage.exam_leaks import check_leaks
from gemma_garage.garage import Garage
from gemma_garage.infer.exam_result import (
    BASE_SUBJECT,
    PASSAGE_SUBJECT,
    TUNED_SUBJECT,
    ExamRow,
    exam_table,
)
from gemma_garage.infer.kinds import OWN, REASONING, TITLES
from gemma_garage.infer.questions import add_own_questions, add_question
from gemma_garage.infer.report import name_subject
from gemma_garage.infer.subjects import USUAL_SUBJECTS, list_checkpoints
from gemma_garage.ui.exam_runs import say_kind
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import CSV_GUARD, draw_tick, say_count
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
    title = "Proof" if row.evidence else "Other answers"
    return Markup("<details><summary>{}</summary>{}</details>").format(
        title, Markup("").join(lines)
    )


def draw_files(run_id: int) -> Markup:
    """Links to the answers, as CSV and as a report."""
    link = Markup('<a class="download" href="/files/runs/{}/exam.{}" download>{}</a>')
    return Markup('<p class="hint">Take it away: {} · {}. {}</p>').format(
        link.format(run_id, "csv", "every answer (CSV)"),
        link.format(run_id, "html", "a report to read (HTML)"),
        CSV_GUARD,
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
        return gr.Dropdown(choices=[], value=[], multiselect=True, visible=False)
    steps = [] if found[0].config.get("method") == "full" else list_checkpoints(garage, found[0])
    known = [BASE_SUBJECT, PASSAGE_SUBJECT, *steps, TUNED_SUBJECT]
    kept = [subject for subject in chosen or () if subject in known]
    return gr.Dropdown(
        choices=[(name_subject(subject), subject) for subject in known],
        value=kept or list(USUAL_SUBJECTS),
        multiselect=True,
        visible=True,
    )


def add_own(
    garage: Garage, project_id: int, run_id: int | None, question: str, answer: str
) -> tuple[str, str, str, str]:
    """Add a typed question to the exam of the Run's Dataset; empties the fields."""
    run = own_run(garage, project_id, run_id)
    added = add_question(garage, run.dataset_id, question or "", answer or "")
    if added:
        tell("The question is in the exam. Run the exam again to ask it.")
    else:
        tell("The exam asks this already.")
    return "", "", *_draw_added(garage, project_id, run_id)


def add_file(
    garage: Garage, project_id: int, run_id: int | None, file: str | None
) -> tuple[str, str]:
    """Add the questions of an uploaded file to the exam of the Run's Dataset."""
    run = own_run(garage, project_id, run_id)
    if file:
        try:
            added = add_own_questions(garage, run.dataset_id, Path(file))
        finally:
            Path(file).unlink(missing_ok=True)
        if added:
            tell(f"{say_count(added, 'question')} added. Press “Run the exam again”.")
        else:
            tell("The exam asks all of these already.")
    return _draw_added(garage, project_id, run_id)


def _draw_added(garage: Garage, project_id: int, run_id: int | None) -> tuple[str, str]:
    return draw_leaks(garage, project_id, run_id), draw_own(garage, project_id, run_id)


def draw_own(garage: Garage, project_id: int, run_id: int | None) -> str:
    """How many questions are the user's own, how they went, and how many wait to be asked."""
    found = find_run(garage, project_id, run_id)
    rows = exam_table(garage.store, found[0].id) if found else []
    lines = []
    for kind in (OWN, REASONING):
        of_kind = [row for row in rows if row.kind == kind]
        asked = [row for row in of_kind if TUNED_SUBJECT in row.answers]
        if asked:
            lines.append(f"{TITLES[kind]}: {say_kind(kind, asked)}.")
        if len(of_kind) > len(asked):
            waiting = say_count(len(of_kind) - len(asked), "question")
            lines.append(f"{TITLES[kind]}: {waiting} not asked yet. Press “Run the exam again”.")
    return str(Markup("<p class='hint'>{}</p>").format(" ".join(lines))) if lines else ""
