"""Runs side by side: the settings that differ, what was measured, the exam."""

import math
from collections.abc import Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.garage import Garage
from gemma_garage.infer.exam import summarise_exam
from gemma_garage.schema import Dataset, Run
from gemma_garage.train.config import TrainConfig
from gemma_garage.train.differences import list_differences
from gemma_garage.ui.curves import MOST_BESIDE
from gemma_garage.ui.format import draw_empty, draw_table, say_duration, say_score
from gemma_garage.ui.training import own_run


def list_others(garage: Garage, project_id: int, run_id: int | None, kept: list[int] | None) -> Any:
    """The other Runs of the project, to be put beside the shown one; what is chosen stays."""
    others = [run for run in garage.store.runs(project_id) if run.id != run_id]
    known = {run.id for run in others}
    return gr.Dropdown(
        choices=[(f"Run {run.number}", run.id) for run in others],
        value=[chosen for chosen in kept or [] if chosen in known],
        multiselect=True,
        visible=bool(others) and run_id is not None,
    )


def draw_comparison(
    garage: Garage, project_id: int, run_id: int | None, beside: Sequence[int] | None
) -> str:
    """A column for each Run. Raises NotFound for a Run of another project."""
    if run_id is None or not beside:
        return str(
            draw_empty(
                "Choose other runs beside the chart: what differs in their settings, their losses "
                "and their exams is shown here side by side."
            )
        )
    chosen = [run_id, *(other for other in beside if other != run_id)][: 1 + MOST_BESIDE]
    runs = [own_run(garage, project_id, each) for each in chosen]
    rows: list[tuple[Any, ...]] = [
        (
            "Dataset",
            *(f"version {garage.store.get(Dataset, run.dataset_id).version}" for run in runs),
        ),
        *(
            (_name_field(name), *(_say_value(value) for value in values))
            for name, values in list_differences([run.config for run in runs])
        ),
        ("Steps", *(_say_value(run.result.get("steps")) for run in runs)),
        ("Loss at the end", *(_say_loss(run, "loss") for run in runs)),
        ("Loss on held-out rows", *(_say_loss(run, "eval_loss") for run in runs)),
        ("Exam", *(_say_exam(garage, run) for run in runs)),
        ("Took", *(_say_time(run) for run in runs)),
    ]
    headers = ("", *(f"Run {run.number}" for run in runs))
    return str(draw_table(headers, rows, "Runs side by side", kind="beside"))


def _name_field(name: str) -> str:
    field = TrainConfig.model_fields.get(name)
    return Markup("{} <small>{}</small>").format(field.title, name) if field else name


def _say_value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value is None else str(value)


def _say_loss(run: Run, name: str) -> str:
    value = run.result.get(name)
    known = isinstance(value, (int, float)) and math.isfinite(value)
    return f"{value:.4f}" if known else "–"


def _say_exam(garage: Garage, run: Run) -> str:
    summary = summarise_exam(garage.store, run.id)
    return say_score(summary.tuned.correct, summary.tuned.total) if summary else "–"


def _say_time(run: Run) -> str:
    return say_duration(run.result["seconds"]) if "seconds" in run.result else "–"
