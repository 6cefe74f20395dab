"""Handlers of the buttons under a run: pause, stop, go on, its turn, clone, delete."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import GEMMA_LICENCE, find_base
from gemma_garage.schema import ACTIVE, RESUMABLE, Job
from gemma_garage.train.delete import delete_run, measure_run
from gemma_garage.train.run import clone_run, pause_run, resume_run, stop_run
from gemma_garage.ui import terms
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import say_count, say_size
from gemma_garage.ui.training import draw_run_choices, own_run


def stop(garage: Garage, project_id: int, run_id: int | None) -> None:
    stop_run(garage, own_run(garage, project_id, run_id).id)


def pause(garage: Garage, project_id: int, run_id: int | None) -> None:
    pause_run(garage, own_run(garage, project_id, run_id).id)


def resume(garage: Garage, project_id: int, run_id: int | None) -> None:
    resume_run(garage, own_run(garage, project_id, run_id).id)


def move(garage: Garage, project_id: int, run_id: int | None, by: int) -> None:
    """Give a waiting Run an earlier (-1) or a later (1) turn."""
    run = own_run(garage, project_id, run_id)
    if run.job_id is None or not garage.store.swap_queued(run.job_id, by):
        raise BadInput(f"Run {run.number} has no {'earlier' if by < 0 else 'later'} turn to take.")


def clone(garage: Garage, project_id: int, run_id: int | None) -> Any:
    """Queue a Run with the same settings and Dataset, and show it."""
    run = own_run(garage, project_id, run_id)
    if find_base(run.base_model).licence == GEMMA_LICENCE:
        terms.require_accepted(garage)
    return draw_run_choices(garage, project_id, clone_run(garage, run.id))


def ask_delete(garage: Garage, project_id: int, run_id: int | None) -> tuple[Any, str]:
    """What would go and what that frees, before it is done."""
    run = own_run(garage, project_id, run_id)
    held = measure_run(garage, run.id)
    parts = ["its metrics and its exam"]
    parts += [say_count(held.checkpoints, "checkpoint")] if held.checkpoints else []
    parts += ["what it has learned"] if held.has_result else []
    parts += [say_count(held.exports, "export")] if held.exports else []
    line = Markup("<p>Delete <strong>run {}</strong> with {}? That frees {}.</p>")
    return gr.Row(visible=True), str(
        line.format(run.number, ", ".join(parts), say_size(held.size_bytes))
    )


def delete(garage: Garage, project_id: int, run_id: int | None) -> tuple[Any, Any]:
    run = own_run(garage, project_id, run_id)
    held = delete_run(garage, run.id)
    tell(f"Run {run.number} is deleted; {say_size(held.size_bytes)} are free again.")
    return gr.Row(visible=False), draw_run_choices(garage, project_id, None)


def draw_controls(garage: Garage, project_id: int, run_id: int | None) -> tuple[Any, ...]:
    """Pause, Stop, Resume, Earlier, Later, Use its settings, Run again, Delete, as the shown Run
    allows."""
    try:
        run = own_run(garage, project_id, run_id)
    except NotFound:
        return tuple(gr.Button(visible=False) for _ in range(8))
    job = garage.store.get(Job, run.job_id) if run.job_id is not None else None
    status = job.status if job else "interrupted"
    paused = job is not None and job.wish == "pause"
    place, waiting = find_turn(garage, job)
    return (
        gr.Button(visible=status in ACTIVE and not paused),
        gr.Button("Cancel" if status == "queued" else "Stop", visible=status in ACTIVE),
        gr.Button(
            "Go on" if paused else "Resume",
            visible=paused or (job is not None and status in RESUMABLE),
            variant="primary",
        ),
        gr.Button(visible=place > 1),
        gr.Button(visible=0 < place < waiting),
        gr.Button(visible=True),
        gr.Button(visible=True),
        gr.Button(visible=status not in ACTIVE),
    )


def find_turn(garage: Garage, job: Job | None) -> tuple[int, int]:
    """(its turn, how many wait); the turn counts from 1 and is 0 for a Job that does not wait."""
    if job is None or job.status != "queued":
        return 0, 0
    waiting = [row.id for row in garage.store.queued_jobs(job.lane)]
    return (waiting.index(job.id) + 1 if job.id in waiting else 0), len(waiting)
