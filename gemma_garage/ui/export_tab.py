"""The Export tab: the adapter as a file, or on the Hugging Face Hub. Layout, wiring, handlers.

Files leave through the app's own route `/files/<export id>`, which checks who asks; nothing is
returned from a handler. The Hub token goes from its field into memory and is kept nowhere.
"""

from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import GarageError
from gemma_garage.export.adapter import submit_pack
from gemma_garage.export.push import submit_push
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.infer.answerers import name_base
from gemma_garage.infer.exam import summarise_exam
from gemma_garage.schema import ACTIVE, Export, Run
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import (
    draw_badge,
    draw_bar,
    draw_empty,
    draw_heading,
    draw_table,
    say_score,
    say_size,
    say_when,
)
from gemma_garage.ui.pulse import Desk, find_job
from gemma_garage.ui.training import own_run
from gemma_garage.ui.watching import find_run

KIND_WORDS = {"adapter": "Adapter (zip)", "hub": "Hugging Face Hub"}


def draw_learned(garage: Garage, project_id: int, chosen: int | None) -> Any:
    """The Runs that have an adapter; the chosen one stays, else the newest."""
    runs = [run for run in garage.store.runs(project_id) if run.adapter]
    choices = [(f"Run {run.number} · {name_base(run)}", run.id) for run in runs]
    known = [run.id for run in runs]
    value = chosen if chosen in known else (known[0] if known else None)
    return gr.Dropdown(choices=choices, value=value, interactive=bool(runs))


def draw_chosen(garage: Garage, project_id: int, run_id: int | None) -> tuple[str, Any, Any]:
    """What this Run is worth and under which licence it goes; the two buttons."""
    found = find_run(garage, project_id, run_id)
    if found is None:
        empty = draw_empty(
            "When a run has ended, take its adapter away here, or push it to the Hugging Face Hub."
        )
        return str(empty), gr.Button(interactive=False), gr.Button(interactive=False)
    run, _ = found
    summary = summarise_exam(garage.store, run.id)
    exam = (
        f"exam: {say_score(summary.tuned.correct, summary.tuned.total)}"
        if summary
        else "no exam yet"
    )
    return (
        str(Markup('<p class="hint">{} · licence: {}</p>').format(exam, _draw_licence(run))),
        gr.Button(interactive=True),
        gr.Button(interactive=True),
    )


def make_adapter(garage: Garage, project_id: int, run_id: int | None) -> str:
    """Queue the zip of the Run's adapter."""
    submit_pack(garage, own_run(garage, project_id, run_id).id)
    return draw_work(garage, project_id)


def push(
    garage: Garage,
    project_id: int,
    run_id: int | None,
    name: str,
    private: bool,
    update: bool,
    token: str,
) -> tuple[str, str]:
    """Queue the push to the Hub. The token field is emptied once it is on its way."""
    run = own_run(garage, project_id, run_id)
    submit_push(garage, run.id, (name or "").strip(), private, token, overwrite=update)
    tell("The push is on its way. Its link appears below.")
    return draw_work(garage, project_id), ""


def draw_work(garage: Garage, project_id: int) -> str:
    """The newest export or push while it runs, or why it failed."""
    job = find_job(garage, project_id, "export", "push")
    if job is None or job.status == "finished":
        return ""
    if job.status in ACTIVE:
        return str(
            Markup("<p>{} {} {}</p>{}").format(
                job.title, draw_badge(job.status), job.stage, draw_bar(job.fraction)
            )
        )
    return str(
        Markup('<p class="problem">{} {} {}</p>').format(
            job.title, draw_badge(job.status), job.error or ""
        )
    )


def draw_exports(garage: Garage, project_id: int) -> str:
    """Everything that was taken away, newest first, with its link."""
    rows = [
        (
            Markup("<strong>{}</strong>").format(_name_kind(export, run)),
            f"Run {run.number}",
            say_size(export.size_bytes) if export.size_bytes else "–",
            say_when(export.created),
            _draw_link(export),
        )
        for export, run in garage.store.exports(project_id)
    ]
    if not rows:
        return str(draw_empty("Nothing was exported yet. What you make will be listed here."))
    return str(draw_table(("What", "From", "Size", "When", ""), rows, "Exports of this project"))


def _name_kind(export: Export, run: Run) -> str:
    if export.kind == "adapter" and run.config.get("method") == "full":
        return "Whole model (zip)"
    return KIND_WORDS.get(export.kind, export.kind)


def _draw_link(export: Export) -> Markup:
    if export.path:
        return Markup('<a class="download" href="/files/{}" download>Download</a>').format(
            export.id
        )
    if export.url and export.url.startswith("https://"):
        return Markup('<a href="{0}" target="_blank" rel="noopener">{0}</a>').format(export.url)
    return Markup("–")


def _draw_licence(run: Run) -> Markup:
    try:
        licence = find_base(run.base_model).licence
    except GarageError:
        return Markup("that of {}").format(run.base_model)
    return Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(
        licence.url, licence.name
    )


def build_export_tab(desk: Desk) -> None:
    """Lay out the tab."""
    project = desk.project
    run = gr.Dropdown([], label="Run", elem_id="export-run")
    chosen = gr.HTML(elem_id="export-chosen")
    with gr.Row(equal_height=False):
        with gr.Column(min_width=280, elem_classes="card"):
            gr.HTML(
                draw_heading("↓", "What was learned (zip)")
                + Markup(
                    "<p class='hint'>With a model card. An adapter is small and loads with PEFT on "
                    "top of its base model; a run that trained every weight gives a whole model."
                    "</p>"
                )
            )
            make = gr.Button("Make the zip", variant="primary", elem_id="export-make")
        with gr.Column(min_width=280, elem_classes="card"):
            gr.HTML(
                draw_heading("↑", "Hugging Face Hub")
                + Markup(
                    "<p class='hint'>The same files as a repository of your account; the exam's "
                    "questions and answers are among them.</p>"
                )
            )
            name = gr.Textbox(
                label="Repository",
                placeholder="pump-manual-gemma",
                max_lines=1,
                elem_id="export-name",
            )
            token = gr.Textbox(
                label="Token with write access",
                type="password",
                max_lines=1,
                placeholder="set in the environment" if desk.garage.settings.hub_token else "",
                info="Kept in memory only.",
                elem_id="export-token",
            )
            private = gr.Checkbox(value=True, label="Private: only you can see it")
            update = gr.Checkbox(value=False, label="Update the repository if it exists already")
            send = gr.Button("Push", elem_id="export-push")
    work = gr.HTML(elem_id="export-work")
    exports = gr.HTML(elem_id="export-list")

    desk.redraw("runs", draw_learned, [project, run], [run])
    desk.changes["exported"] = run.change
    desk.redraw(("runs", "exported"), draw_chosen, [project, run], [chosen, make, send])
    desk.listen(make.click, make_adapter, [project, run], [work])
    desk.listen(send.click, push, [project, run, name, private, update, token], [work, token])
    desk.redraw("exports", draw_exports, [project], [exports])
    desk.redraw("exports", draw_work, [project], [work])
