"""What a Run knows: the verdict in large letters, and every exam question with both answers."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.infer.exam import (
    ExamSummary,
    Score,
    exam_table,
    submit_exam,
    summarise_exam,
)
from gemma_garage.schema import ACTIVE, Job, Run
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import draw_bar, draw_empty, draw_table, draw_tick, say_score
from gemma_garage.ui.training import own_run
from gemma_garage.ui.watching import find_run

MOST_QUESTIONS = 200
KIND_WORDS = {
    "own": "your own",
    "paraphrase": "other wording",
    "unseen": "fact not trained",
    "unanswerable": "no answer in the documents",
}

OTHER_KINDS = {
    "unseen": "Passages held back from training",
    "unanswerable": "Questions your documents do not answer",
}


def draw_verdict(garage: Garage, project_id: int, run_id: int | None) -> tuple[str, Any]:
    """The large line, as measured; the way on to Compare once the Run has learned."""
    found = find_run(garage, project_id, run_id)
    if found is None:
        return "", gr.Button(visible=False)
    run, _ = found
    onward = gr.Button(visible=run.adapter is not None, variant="primary")
    exam = _find_exam(garage, run)
    if exam is not None and exam.status in ACTIVE:
        line = Markup("<div class='verdict'><p>The exam is on. {}</p>{}</div>")
        return str(
            line.format(exam.stage or "It waits for its turn.", draw_bar(exam.fraction))
        ), onward
    summary = summarise_exam(garage.store, run.id)
    if summary is not None:
        return str(_draw_summary(summary)), onward
    if run.adapter is None:
        return "", onward
    told = exam.error if exam is not None and exam.error else "Press “Run the exam again” below."
    return str(Markup("<p class='problem'>There is no exam result. {}</p>").format(told)), onward


def draw_questions(garage: Garage, project_id: int, run_id: int | None) -> tuple[str, Any]:
    """Every exam question with its right answer and both models' answers."""
    found = find_run(garage, project_id, run_id)
    if found is None:
        return "", gr.Button(visible=False)
    run, _ = found
    button = gr.Button(visible=run.adapter is not None)
    asked = [row for row in exam_table(garage.store, run.id) if row.tuned_answer is not None]
    if not asked:
        return str(draw_empty("The exam follows when the run has ended.")), button
    # Own questions first: they are what this person wanted to know.
    asked.sort(key=lambda row: row.kind != "own")
    rows = [
        (
            row.question,
            row.expected,
            _draw_answer(row.tuned_answer, row.tuned_correct),
            _draw_answer(row.base_answer, row.base_correct),
            KIND_WORDS.get(row.kind, row.kind),
        )
        for row in asked[:MOST_QUESTIONS]
    ]
    headers = ("Question", "Right answer", "Tuned", "Base", "Kind")
    table = draw_table(headers, rows, "Exam questions with both answers", kind="exam")
    if len(asked) > MOST_QUESTIONS:
        table += Markup("<p class='hint'>The first {} of {:,} questions.</p>").format(
            MOST_QUESTIONS, len(asked)
        )
    return str(table), button


def examine_again(garage: Garage, project_id: int, run_id: int | None) -> None:
    """Queue the exam of this Run once more."""
    run = own_run(garage, project_id, run_id)
    if run.adapter is None:
        raise BadInput(f"Run {run.number} has no adapter yet. The exam needs a run that has ended.")
    submit_exam(garage, run.id)
    tell("The exam is queued. Its result replaces the one shown.")


def _find_exam(garage: Garage, run: Run) -> Job | None:
    jobs = garage.store.jobs(project_id=run.project_id, kind="exam", limit=500)
    return next((job for job in jobs if job.payload.get("run_id") == run.id), None)


def _draw_summary(summary: ExamSummary) -> Markup:
    own = Markup("")
    if summary.own_tuned is not None and summary.own_base is not None:
        own = Markup("<p>Your own questions: <strong>{}</strong> {} — before: {}</p>").format(
            say_score(summary.own_tuned.correct, summary.own_tuned.total),
            _say_interval(summary.own_tuned),
            say_score(summary.own_base.correct, summary.own_base.total),
        )
    own = _draw_other_kinds(summary) + own
    if not summary.tuned.total:
        return Markup("<div class='verdict'>{}</div>").format(own)
    return Markup(
        "<div class='verdict'><h2>{}: <strong>{}</strong></h2><p>{} — before: {}</p>{}</div>"
    ).format(
        "Knows your documents" if "paraphrase" in summary.kinds else "Questions it never saw",
        say_score(summary.tuned.correct, summary.tuned.total),
        _say_interval(summary.tuned),
        say_score(summary.base.correct, summary.base.total),
        own,
    )


def _draw_other_kinds(summary: ExamSummary) -> Markup:
    """What is not about trained facts: a line each, beside the headline."""
    lines = Markup("<p>{}: <strong>{}</strong> {} — before: {}</p>")
    return Markup("").join(
        lines.format(
            OTHER_KINDS[kind],
            say_score(tuned.correct, tuned.total),
            _say_interval(tuned),
            say_score(base.correct, base.total),
        )
        for kind, (base, tuned) in summary.kinds.items()
        if kind in OTHER_KINDS and len(summary.kinds) > 1
    )


def _say_interval(score: Score) -> str:
    low, high = score.interval()
    return f"({low * 100:.0f}–{high * 100:.0f} % with 95 % confidence)"


def _draw_answer(answer: str | None, correct: bool | None) -> Markup:
    if answer is None or correct is None:
        return Markup("–")
    return Markup("{} {}").format(draw_tick(correct), answer or "(nothing)")
