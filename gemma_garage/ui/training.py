"""Handlers of the Train tab's upper part: what to train, on what, how hard; start."""

from typing import Any, TypeGuard

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import (
    GEMMA_LICENCE,
    default_base,
    find_base,
    list_bases,
)
from gemma_garage.gemma.device import detect_machine
from gemma_garage.infer.answerers import name_base
from gemma_garage.schema import ACTIVE, RESUMABLE, Job, Run
from gemma_garage.train.plan import size_run
from gemma_garage.train.run import start_run
from gemma_garage.train.sizing import EFFORTS as KNOWN_EFFORTS
from gemma_garage.train.sizing import Effort
from gemma_garage.ui import terms
from gemma_garage.ui.estimate import SETTINGS, draw_estimate, own_dataset, read_settings
from gemma_garage.ui.format import draw_empty, draw_table
from gemma_garage.ui.freezing import say_dataset
from gemma_garage.ui.pulse import jobs_of_runs

EFFORTS = [("Quick", "quick"), ("Balanced", "balanced"), ("Thorough", "thorough")]


def list_choices() -> tuple[list[tuple[str, str]], str]:
    """The base models this machine can train, and the one to start with."""
    machine = detect_machine()
    usable = [(base.title, base.id) for base, method, _ in list_bases(machine) if method]
    return usable, default_base(machine).id


def draw_unusable() -> str:
    """The base models this machine cannot train, each with the reason."""
    rows = [
        (base.title, Markup("{}").format(reason))
        for base, method, reason in list_bases(detect_machine())
        if method is None
    ]
    if not rows:
        return str(draw_empty("This machine can train every base model of the catalogue."))
    return str(
        draw_table(("Base model", "Why not here"), rows, "Base models this machine lacks for")
    )


def draw_dataset_choices(garage: Garage, project_id: int, chosen: int | None) -> Any:
    """The project's Datasets; the chosen one stays, else the newest is chosen."""
    datasets = garage.store.datasets(project_id)
    choices = [(f"Version {row.version} · {say_dataset(row)}", row.id) for row in datasets]
    known = [dataset_id for _, dataset_id in choices]
    newest = known[0] if known else None
    # A version frozen a moment ago is what one wants to train on next.
    keep = chosen in known and chosen == newest
    return gr.Dropdown(choices=choices, value=chosen if keep else newest)


def size_settings(
    garage: Garage,
    project_id: int,
    base_id: str,
    dataset_id: int | None,
    effort: str,
    method: str | None = None,
    objective: str = "answers",
) -> tuple[Any, ...]:
    """What the run will take, the notice of the terms, and the settings sized for this base,
    machine and data, and for `method` (None: the best here) and `objective`. ConfigError."""
    base = find_base(base_id)
    if dataset_id is not None:
        own_dataset(garage, project_id, dataset_id)
    notice = gr.Column(visible=base.licence == GEMMA_LICENCE and not terms.has_accepted(garage))
    config = size_run(
        garage,
        base.id,
        dataset_id,
        read_effort(effort),
        method=method,  # type: ignore[arg-type]  # another word is refused by TrainConfig
        objective=objective,  # type: ignore[arg-type]
    )
    said = config.model_dump()
    values = [said[name] for name in SETTINGS]
    line = draw_estimate(garage, project_id, base.id, dataset_id, *values)
    return (line, notice, *values)


def read_effort(said: str) -> Effort:
    """The effort by its name. Raises BadInput for any other."""
    for effort in KNOWN_EFFORTS:
        if effort == said:
            return effort
    raise BadInput(f"There is no effort {said!r}. Choose one of {', '.join(KNOWN_EFFORTS)}.")


def start(
    garage: Garage,
    project_id: int,
    base_id: str,
    dataset_id: int | None,
    *settings: Any,
) -> Any:
    """Start a Run with the settings as they stand, and show it."""
    if dataset_id is None:
        raise BadInput("There is no dataset to train on. Freeze one in the Data tab first.")
    own_dataset(garage, project_id, dataset_id)
    if find_base(base_id).licence == GEMMA_LICENCE:
        terms.require_accepted(garage)
    run_id = start_run(garage, project_id, dataset_id, read_settings(base_id, settings))
    return draw_run_choices(garage, project_id, run_id)


def draw_run_choices(garage: Garage, project_id: int, chosen: int | None) -> Any:
    """The project's Runs; the chosen one stays, else the newest is chosen."""
    runs = garage.store.runs(project_id)
    choices = [(f"Run {run.number} · {name_base(run)}", run.id) for run in runs]
    known = [run.id for run in runs]
    value = chosen if chosen in known else (known[0] if known else None)
    return gr.Dropdown(choices=choices, value=value, visible=bool(runs))


def show_newest_run(garage: Garage, project_id: int, chosen: int | None) -> Any:
    """As `draw_run_choices`, but a Run that is going on wins, then the next that waits."""
    runs = jobs_of_runs(garage, project_id)
    active = [(job.status == "queued", job.place, run.id) for run, job in runs if _is_active(job)]
    return draw_run_choices(garage, project_id, min(active)[2] if active else chosen)


def draw_start(garage: Garage, project_id: int) -> Any:
    """Start, which queues while something trains; primary until something was learned."""
    runs = jobs_of_runs(garage, project_id)
    busy = any(_is_active(job) for _, job in runs)
    waits = any(job and job.status in RESUMABLE for _, job in runs[:1])
    ready = bool(garage.store.datasets(project_id))
    first = ready and not busy and not waits and not any(run.adapter for run, _ in runs)
    return gr.Button(
        "Add to the queue" if busy else "Start",
        interactive=ready,
        variant="primary" if first else "secondary",
    )


def _is_active(job: Job | None) -> TypeGuard[Job]:
    return job is not None and job.status in ACTIVE


def own_run(garage: Garage, project_id: int, run_id: int | None) -> Run:
    """The Run, if it is one of this project. Raises NotFound."""
    run = garage.store.get(Run, run_id)
    if run.project_id != project_id:
        raise NotFound(f"Run {run.number} belongs to another project. Reload the page.")
    return run
