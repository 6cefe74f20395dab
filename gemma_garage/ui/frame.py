"""Handlers of the frame: projects, the machine, the tabs' labels, the line of status.

They read the store and give component updates; layout and wiring are in `shell.py`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.infer.exam import summarise_exam
from gemma_garage.schema import ACTIVE, RESUMABLE, Job
from gemma_garage.ui.format import (
    draw_badge,
    draw_bar,
    say_count,
    say_duration,
    say_score,
    shorten,
)
from gemma_garage.ui.pulse import find_job

LONGEST_PROJECT_NAME = 80


def restore(garage: Garage, remembered: int | None) -> tuple[Any, str]:
    """A fresh page: the project it showed last, or the one with work going on; the machine."""
    projects = garage.store.projects()
    ids = [project.id for project in projects]
    busy = [job.project_id for job in garage.store.jobs(statuses=ACTIVE)]
    candidates = [remembered, *busy, *reversed(ids)]
    chosen = next(project_id for project_id in candidates if project_id in ids)
    return gr.Dropdown(choices=_project_choices(garage), value=chosen), draw_machine()


def draw_machine() -> str:
    """`CPU · 2 cores · 24 GB`: what this garage has to work with."""
    from gemma_garage.gemma.device import detect_machine

    machine = detect_machine()
    parts = [machine.name or machine.kind.upper(), say_count(machine.cores, "core")]
    parts.append(f"{machine.ram_gb:.0f} GB memory")
    if machine.vram_gb:
        parts.append(f"{machine.vram_gb:.0f} GB on the GPU")
    return str(Markup('<p class="machine">{}</p>').format(" · ".join(parts)))


def add_project(garage: Garage, name: str) -> tuple[Any, Any, str]:
    """Make a project and show it. Keeps what was typed if the name cannot be used."""
    name = " ".join((name or "").split())
    if not 1 <= len(name) <= LONGEST_PROJECT_NAME:
        raise BadInput(
            f"A project's name has 1 to {LONGEST_PROJECT_NAME} characters; this one has "
            f"{len(name)}. Type another one."
        )
    if any(project.name == name for project in garage.store.projects()):
        raise BadInput(
            f"There is already a project “{name}”. Choose it above, or type another name."
        )
    project = garage.store.ensure_project(name)
    return (
        gr.Dropdown(choices=_project_choices(garage), value=project.id),
        gr.Row(visible=False),
        "",
    )


def draw_tabs(garage: Garage, project_id: int) -> tuple[Any, ...]:
    """The four tabs with their state in the label."""
    counts = garage.store.count_examples(project_id)
    accepted = sum(n for (status, _), n in counts.items() if status in ("accepted", "edited"))
    documents = len(garage.store.documents(project_id))
    exports = len(garage.store.exports(project_id))
    labels = ["Data", "Train", "Compare", "Export"]
    if accepted:
        labels[0] = f"Data · {accepted:,} accepted"
    elif documents:
        labels[0] = f"Data · {say_count(documents, 'document')}"
    running = garage.store.jobs(project_id=project_id, kind="train", statuses=("running",))
    training = running[0] if running else find_job(garage, project_id, "train")
    if training is not None and training.status == "running":
        labels[1] = f"Train · running {training.fraction:.0%}".replace("%", " %")
    elif training is not None and training.status == "finished":
        summary = summarise_exam(garage.store, int(training.payload.get("run_id", 0)))
        if summary is not None:
            score = say_score(summary.tuned.correct, summary.tuned.total)
            labels[1] = f"Train · knows {score}"
    elif training is not None and training.status in ("queued", "interrupted", "stopped"):
        labels[1] = (
            "Train · waiting" if training.status == "queued" else f"Train · {training.status}"
        )
    if exports:
        labels[3] = f"Export · {exports}"
    return tuple(gr.Tab(label=label) for label in labels)


def draw_status(garage: Garage, project_id: int) -> tuple[Any, str, Any, int | None]:
    """The line that is there while something runs or waits: its text, Stop, the Job Stop is for."""
    active = sorted(garage.store.jobs(statuses=ACTIVE), key=_importance)
    if not active:
        return gr.Row(visible=False), "", gr.Button(visible=False), None
    job = active[0]
    mine = job.project_id == project_id
    title = shorten(job.title, 70) + ("" if mine else " (another project)")
    left = say_left(garage, job)
    line = Markup(
        '<div class="status" role="status"><strong>{}</strong> {}<span>{}</span>{}<span>{}</span>'
        "</div>"
    ).format(
        title,
        draw_badge("queued") if job.status == "queued" else "",
        " · ".join(part for part in (shorten(job.stage, 80), left) if part),
        draw_bar(job.fraction, job.title) if job.status == "running" else "",
        f"{len(active) - 1} more" if len(active) > 1 else "",
    )
    return gr.Row(visible=True), str(line), gr.Button(visible=mine), job.id if mine else None


def draw_job(garage: Garage, job: Job | None, draw_result: Callable[[Any], Markup]) -> Markup:
    """How far a Job is; of one that has ended what went wrong, and what `draw_result` makes of its
    result."""
    if job is None:
        return Markup("")
    if job.status in ACTIVE:
        return Markup("<p>{} {} <span class='hint'>{}</span></p>{}").format(
            draw_badge(job.status), job.stage, say_left(garage, job), draw_bar(job.fraction)
        )
    told = draw_result(job.result)
    if job.status in RESUMABLE:
        error = job.error or "What was done until then is kept. Resume goes on from there."
        return Markup("<p class='problem'>{} {}</p>{}").format(draw_badge(job.status), error, told)
    return told


def stop_job(garage: Garage, project_id: int, job_id: int | None) -> None:
    """Ask the Job to stop, if it is one of this project."""
    job = garage.store.get(Job, job_id)
    if job.project_id != project_id:
        raise NotFound("This work belongs to another project. Open that project to stop it.")
    garage.jobs.stop(job.id)


def say_left(garage: Garage, job: Job) -> str:
    """`4 min left`, or nothing while that cannot be known."""
    if job.status != "running" or job.started is None or " left" in job.stage:
        return ""
    if job.kind == "train" and "run_id" in job.payload:
        known = garage.store.last_values(int(job.payload["run_id"])).get("eta_s")
        return "" if known is None else f"{say_duration(known)} left"
    elapsed_s = (datetime.now(UTC) - datetime.fromisoformat(job.started)).total_seconds()
    if job.fraction < 0.03 or elapsed_s < 3:
        return ""
    return f"{say_duration(elapsed_s * (1 - job.fraction) / job.fraction)} left"


def _project_choices(garage: Garage) -> list[tuple[str, int]]:
    return [(project.name, project.id) for project in garage.store.projects()]


def _importance(job: Job) -> tuple[bool, bool, int]:
    return (job.status != "running", job.lane != "gpu", job.id)
