"""What a Run knows: the verdict in large letters, and every exam question with both answers."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.alike.sums import passes_strictly
from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.infer.exam import (
    ExamSummary,
    exam_table,
    submit_exam,
    submit_usual_exam,
    summarise_exam,
)
from gemma_garage.infer.exam_result import BASE_SUBJECT, TUNED_SUBJECT, ExamRow
from gemma_garage.infer.judge.findings import read_findings, say_finding
from gemma_garage.infer.kinds import REASONING
from gemma_garage.infer.report import name_subject
from gemma_garage.infer.subjects import USUAL_SUBJECTS
from gemma_garage.infer.verdict import judge_checkpoints, judge_run
from gemma_garage.schema import ACTIVE, Job, Run
from gemma_garage.ui.exam_answers import choose_rows, draw_files, draw_more
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
    "general": "everyday",
    "reasoning": "sum in words",
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
        line = Markup("<div class='verdict'><p>The exam is on. {}</p>{}</div>").format(
            exam.stage or "It waits for its turn.", draw_bar(exam.fraction)
        )
        before = summarise_exam(garage.store, run.id)
        return str(line + (_draw_summary(garage, run, before) if before else "")), onward
    summary = summarise_exam(garage.store, run.id)
    if summary is not None:
        return str(_draw_summary(garage, run, summary)), onward
    if run.adapter is None:
        return "", onward
    told = exam.error if exam is not None and exam.error else "Press “Run the exam again” below."
    return str(Markup("<p class='problem'>There is no exam result. {}</p>").format(told)), onward


def draw_questions(
    garage: Garage, project_id: int, run_id: int | None, wanted: str = "all"
) -> tuple[str, Any]:
    """The exam questions that `wanted` shows, with right answer, both answers and the proof."""
    found = find_run(garage, project_id, run_id)
    if found is None:
        return "", gr.Button(visible=False)
    run, _ = found
    button = gr.Button(visible=run.adapter is not None)
    asked = [row for row in exam_table(garage.store, run.id) if row.tuned_answer is not None]
    if not asked:
        return str(draw_empty("The exam follows when the run has ended.")), button
    chosen = choose_rows(asked, wanted)
    # Own questions first: they are what this person wanted to know.
    chosen.sort(key=lambda row: row.kind != "own")
    rows = [
        (
            row.question,
            Markup("{}{}").format(row.expected, draw_more(row)),
            _draw_answer(row, TUNED_SUBJECT),
            _draw_answer(row, BASE_SUBJECT),
            KIND_WORDS.get(row.kind, row.kind),
        )
        for row in chosen[:MOST_QUESTIONS]
    ]
    headers = ("Question", "Right answer", "Tuned", "Base", "Kind")
    table = draw_table(headers, rows, "Exam questions with both answers", kind="exam")
    if len(chosen) > MOST_QUESTIONS:
        table += Markup("<p class='hint'>The first {} of {:,} questions.</p>").format(
            MOST_QUESTIONS, len(chosen)
        )
    return str(table + draw_files(run.id)), button


def examine_again(
    garage: Garage, project_id: int, run_id: int | None, subjects: Sequence[str] = ()
) -> None:
    """Queue the exam of this Run once more, of these subjects or of the usual ones."""
    run = own_run(garage, project_id, run_id)
    if run.adapter is None:
        raise BadInput(f"Run {run.number} has no adapter yet. The exam needs a run that has ended.")
    if not subjects or set(subjects) == set(USUAL_SUBJECTS):
        submit_usual_exam(garage, run.id)
    else:
        submit_exam(garage, run.id, subjects)
    tell("The exam is queued. Its result replaces the one shown.")


def _find_exam(garage: Garage, run: Run) -> Job | None:
    jobs = garage.store.jobs(project_id=run.project_id, kind="exam", limit=500)
    return next((job for job in jobs if job.payload.get("run_id") == run.id), None)


def _draw_summary(garage: Garage, run: Run, summary: ExamSummary) -> Markup:
    """The headline in large figures, then the whole verdict, sentence by sentence."""
    rows = exam_table(garage.store, run.id)
    verdict = judge_run(rows)
    told = Markup("").join(Markup("<p>{}</p>").format(kind.sentence) for kind in verdict.kinds)
    if verdict.advice:
        told += Markup("<p><strong>{}</strong></p>").format(verdict.advice)
    for subject, found in judge_checkpoints(rows).items():
        told += Markup("<p class='hint'>{}: {}</p>").format(name_subject(subject), found.text)
    for finding in read_findings(garage.store, run.id)[:1]:
        told += Markup("<p class='hint'>A judge model beside it: {}</p>").format(
            say_finding(finding)
        )
    if not summary.tuned.total:
        return Markup("<div class='verdict'>{}</div>").format(told)
    return Markup("<div class='verdict'><h2>{}: <strong>{}</strong></h2>{}</div>").format(
        "Knows your documents" if "paraphrase" in summary.kinds else "Questions it never saw",
        say_score(summary.tuned.correct, summary.tuned.total),
        told,
    )


def _draw_answer(row: ExamRow, subject: str) -> Markup:
    answer = row.answers.get(subject)
    if answer is None:
        return Markup("–")
    tick, text = draw_tick(answer.correct), answer.text or "(nothing)"
    if row.kind != REASONING:
        return Markup("{} {}").format(tick, text)
    strict = draw_tick(passes_strictly(answer.text, row.expected))
    return Markup("{}<p class='hint'>last number {} · strict form {}</p>").format(
        text, tick, strict
    )
