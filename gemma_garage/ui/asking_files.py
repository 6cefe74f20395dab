"""A file of prompts in Compare: start it, how far it is, a page of its answers, files to keep."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput
from gemma_garage.exam_score import Score, say_interval, say_share
from gemma_garage.garage import Garage
from gemma_garage.infer.batch import KIND, own_batch, submit_batch
from gemma_garage.infer.batch_file import FORMATS
from gemma_garage.schema import ACTIVE, RESUMABLE, BatchRow, Job
from gemma_garage.ui.asking import read_drawing
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import (
    CSV_GUARD,
    draw_badge,
    draw_bar,
    draw_empty,
    draw_table,
    draw_tick,
    say_count,
    shorten,
)
from gemma_garage.ui.pulse import Desk, find_job

PAGE_ROWS = 25
MOST_BROKEN = 10


def submit(
    garage: Garage,
    project_id: int,
    names: Sequence[str] | None,
    file: str | None,
    system: str,
    schema: str,
    *drawn: Any,
) -> tuple[None, int]:
    """Queue the file; empties the field, and goes to the first page."""
    if not file:
        raise BadInput(f"There is no file. Drop one of {', '.join(FORMATS)} first.")
    submit_batch(
        garage,
        project_id,
        names or (),
        Path(file),
        drawing=read_drawing(*drawn),
        system=system or "",
        schema=schema or "",
    )
    tell("The prompts are queued. Their answers appear below as they come.")
    return None, 1


def draw_batch(garage: Garage, project_id: int, page: float | None) -> tuple[Any, ...]:
    """The newest batch: how far, totals, what is broken, a page of answers; Stop and Resume."""
    job = find_job(garage, project_id, KIND)
    if job is None:
        empty = draw_empty(
            "TXT with a prompt in each line; CSV or JSONL with prompt and, if you know the right "
            "answers, reference. Up to 10,000 prompts, asked of those chosen above."
        )
        hidden = gr.Button(visible=False)
        return str(empty), "", "", gr.Row(visible=False), hidden, hidden
    total, answered, broken = garage.store.count_batch(job.id)
    pages = max(1, -(-total // PAGE_ROWS))
    number = min(max(1, int(page or 1)), pages)
    rows = garage.store.batch_rows(job.id, (number - 1) * PAGE_ROWS, PAGE_ROWS)
    head = _draw_head(job, total, answered, broken)
    if job.status not in ACTIVE and answered:
        head += _draw_totals(job) + _draw_files(job)
    head += _draw_broken(garage, job, broken)
    return (
        str(head),
        str(_draw_rows(job, rows)),
        str(Markup('<p class="pager">Page {} of {}</p>').format(number, pages)),
        gr.Row(visible=pages > 1),
        gr.Button(visible=job.status in ACTIVE),
        gr.Button(visible=job.status in RESUMABLE),
    )


def turn(garage: Garage, page: float | None, *, by: int) -> int:
    return max(1, int(page or 1) + by)


def stop(garage: Garage, project_id: int) -> None:
    """Stop the newest batch; what is answered is kept."""
    garage.jobs.stop(_own(garage, project_id).id)


def resume(garage: Garage, project_id: int) -> None:
    """Go on with the newest batch where it was."""
    garage.jobs.resume(_own(garage, project_id).id)


def _own(garage: Garage, project_id: int) -> Job:
    job = find_job(garage, project_id, KIND)
    return own_batch(garage, project_id, job.id if job else 0)


def _draw_head(job: Job, total: int, answered: int, broken: int) -> Markup:
    bar = draw_bar(job.fraction, job.title) if job.status == "running" else ""
    return Markup("<p><strong>{}</strong> {} {} of {} answered{}</p>{}{}").format(
        job.title,
        draw_badge(job.status),
        f"{answered:,}",
        f"{total - broken:,}",
        f", {broken:,} cannot be asked" if broken else "",
        bar,
        Markup("<p class='problem'>{}</p>").format(job.error)
        if job.error and job.status == "failed"
        else "",
    )


def _draw_totals(job: Job) -> Markup:
    rows = []
    for total in job.result.get("totals", ()):
        right, valid = (
            Score(total["right"], total["graded"]),
            Score(total["valid"], total["checked"]),
        )
        if right.total or valid.total:
            rows.append(
                (
                    Markup("<strong>{}</strong>").format(total["title"]),
                    f"{say_share(right)} {say_interval(right)}" if right.total else "–",
                    "–" if total["f1"] is None else f"{total['f1']:.2f}",
                    say_share(valid) if valid.total else "–",
                )
            )
    if not rows:
        return Markup("")
    return draw_table(("Who", "Right", "Mean F1", "Meets the schema"), rows, "Totals of the file")


def _draw_files(job: Job) -> Markup:
    link = Markup('<a class="download" href="/files/batches/{}.{}" download>{}</a>')
    return Markup('<p class="hint">Take it away: {} · {}. {}</p>').format(
        link.format(job.id, "csv", "CSV"), link.format(job.id, "jsonl", "JSONL"), CSV_GUARD
    )


def _draw_broken(garage: Garage, job: Job, broken: int) -> Markup:
    if not broken:
        return Markup("")
    rows = garage.store.batch_rows(job.id, 0, MOST_BROKEN, broken=True)
    listed = Markup("").join(
        Markup("<li>Prompt {}: {}</li>").format(row.number, row.problem) for row in rows
    )
    more = f" (the first {MOST_BROKEN}; all are in the files)" if broken > MOST_BROKEN else ""
    return Markup("<details><summary>{} cannot be asked{}</summary><ul>{}</ul></details>").format(
        say_count(broken, "prompt"), more, listed
    )


def _draw_rows(job: Job, rows: Sequence[BatchRow]) -> Markup:
    names, titles = job.payload["names"], job.payload["titles"]
    table = [
        (
            f"{row.number:,}",
            shorten(row.prompt, 160) or "(empty)",
            *(_draw_cell(row, name) for name in names),
        )
        for row in rows
    ]
    return draw_table(("No.", "Prompt", *(titles[name] for name in names)), table, job.title)


def _draw_cell(row: BatchRow, name: str) -> Markup:
    if row.problem:
        return Markup("<span class='problem'>cannot be asked</span>")
    answer = row.answers.get(name)
    if answer is None:
        return Markup("…")
    marks = Markup("")
    if answer["matches"] is not None:
        marks += Markup("{} <small>F1 {:.2f}</small> ").format(
            draw_tick(answer["matches"]), answer["f1"]
        )
    if answer["problems"]:
        marks += Markup("<small class='problem'>{}</small> ").format(answer["problems"][0])
    return marks + Markup("{}").format(shorten(answer["text"], 240) or "(it says nothing)")


def build_files_section(
    desk: Desk, who: Any, system: Any, schema: Any, drawn: Sequence[Any]
) -> None:
    """Lay the section out within what is open now."""
    with gr.Row(equal_height=False):
        file = gr.File(
            label="TXT, CSV or JSONL",
            file_types=list(FORMATS),
            height=110,
            elem_id="batch-file",
            scale=2,
        )
        with gr.Column(min_width=200):
            start = gr.Button("Ask all of them", elem_id="batch-start")
            halt = gr.Button("Stop", size="sm", visible=False, elem_id="batch-stop")
            onward = gr.Button("Resume", size="sm", visible=False, elem_id="batch-resume")
    head = gr.HTML(elem_id="batch-head")
    rows = gr.HTML(elem_id="batch-rows")
    page = gr.Number(1, visible="hidden")
    with gr.Row(elem_classes="tools", visible=False) as paging:
        back = gr.Button("‹ Page", size="sm", min_width=70, elem_id="batch-back")
        pager = gr.HTML(elem_id="batch-pager")
        forth = gr.Button("Page ›", size="sm", min_width=70, elem_id="batch-forth")

    shown = [head, rows, pager, paging, halt, onward]
    desk.listen(
        start.click, submit, [desk.project, who, file, system, schema, *drawn], [file, page]
    )
    desk.redraw("batch", draw_batch, [desk.project, page], shown)
    desk.listen(page.change, draw_batch, [desk.project, page], shown, quick=True)
    for pressed, by in ((back, -1), (forth, 1)):
        desk.listen(pressed.click, turn, [page], [page], fixed={"by": by}, quick=True)
    desk.listen(halt.click, stop, [desk.project])
    desk.listen(onward.click, resume, [desk.project])
