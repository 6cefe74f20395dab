"""The chart of a run: one measure, smoothed or on a logarithmic axis, beside that of other runs.

At most `MOST_POINTS` points in all; it is drawn again only when a step or a choice changed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.schema import Run
from gemma_garage.ui.training import own_run

MOST_POINTS = 1_000
MOST_BESIDE = 5
MOST_SMOOTHING = 0.98
# Told apart in light and dark, and by people who see colours otherwise (after Okabe and Ito).
COLOURS = ("#0f8577", "#d55e00", "#0072b2", "#cc79a7", "#e69f00", "#56b4e9", "#8a8178", "#7c3aed")

Point = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Measure:
    """`series`: the stored name and what it is called; the first is what other runs show."""

    title: str
    axis: str
    series: tuple[tuple[str, str], ...]
    of_machine: bool = False


MEASURES = {
    "loss": Measure("Loss", "loss", (("loss", "training"), ("eval_loss", "held out"))),
    "accuracy": Measure(
        "Accuracy",
        "share that is right",
        (
            ("token_accuracy", "tokens, training"),
            ("eval_token_accuracy", "tokens, held out"),
            ("eval_recall", "questions, held out"),
        ),
    ),
    "learning_rate": Measure("Learning rate", "learning rate", (("learning_rate", "rate"),)),
    "grad_norm": Measure("Gradient norm", "gradient norm", (("grad_norm", "norm"),)),
    "speed": Measure("Speed", "tokens per second", (("tokens_per_second", "tokens/s"),)),
    "busy": Measure(
        "Processor and GPU",
        "% busy",
        (("cpu_percent", "processor"), ("gpu_percent", "GPU")),
        of_machine=True,
    ),
    "memory": Measure(
        "Memory",
        "GB",
        (
            ("ram_used_gb", "memory"),
            ("process_ram_gb", "this garage"),
            ("vram_used_gb", "GPU memory"),
        ),
        of_machine=True,
    ),
    "heat": Measure(
        "GPU heat and power",
        "°C and W",
        (("temperature_c", "°C"), ("power_w", "W")),
        of_machine=True,
    ),
}


def list_measures() -> list[tuple[str, str]]:
    return [(measure.title, name) for name, measure in MEASURES.items()]


def draw_curve(
    garage: Garage,
    project_id: int,
    run_id: int | None,
    measure: str,
    smoothing: float,
    logarithmic: bool,
    beside: Sequence[int] | None,
) -> Any:
    """The chart of the shown Run. Raises BadInput, NotFound for a Run of another project."""
    if run_id is None or garage.store.get(Run, run_id).project_id != project_id:
        return gr.LinePlot(visible=False)
    if measure not in MEASURES:
        raise BadInput(f"There is no measure {measure!r}. Choose one of {', '.join(MEASURES)}.")
    chosen = MEASURES[measure]
    others = [own_run(garage, project_id, other) for other in beside or [] if other != run_id]
    lines = collect_lines(garage, run_id, chosen, others[:MOST_BESIDE])
    table = make_table(lines, smoothing or 0.0, bool(logarithmic))
    names = list(lines)
    return gr.LinePlot(
        value=table,
        visible=bool(len(table)),
        y_title=f"log₁₀ of {chosen.axis}" if logarithmic else chosen.axis,
        color_map=dict(zip(names, COLOURS, strict=False)),
        colors_in_legend=names,
        label=chosen.title,
    )


def collect_lines(
    garage: Garage, run_id: int, measure: Measure, others: Sequence[Run]
) -> dict[str, list[Point]]:
    """The points of each line by its name, thinned so that all together are few enough."""
    most = MOST_POINTS // (len(measure.series) + len(others))
    lines = {
        label: points
        for name, label in measure.series
        if (points := _read_points(garage, run_id, name, measure.of_machine, most))
    }
    for other in others:
        name, _ = measure.series[0]
        points = _read_points(garage, other.id, name, measure.of_machine, most)
        if points:
            lines[f"run {other.number}"] = points
    return lines


def make_table(lines: dict[str, list[Point]], smoothing: float, logarithmic: bool) -> Any:
    """The chart's data: step, value, series. On a logarithmic axis only what is above zero."""
    import pandas  # type: ignore[import-untyped]

    rows = []
    for series, points in lines.items():
        for step, value in smooth(points, min(max(smoothing, 0.0), MOST_SMOOTHING)):
            if not logarithmic:
                rows.append((step, value, series))
            elif value > 0:
                rows.append((step, math.log10(value), series))
    return pandas.DataFrame(rows, columns=["step", "value", "series"])


def smooth(points: Sequence[Point], weight: float) -> list[Point]:
    """A running mean that forgets: `weight` of it is kept at each point, without a pull towards
    zero at its beginning."""
    mean, kept, smoothed = 0.0, 1.0, []
    for step, value in points:
        mean = weight * mean + (1 - weight) * value
        kept *= weight
        smoothed.append((step, mean / (1 - kept)))
    return smoothed


def thin(points: Sequence[Point], most: int) -> list[Point]:
    """Every n-th point, and always the last."""
    if len(points) <= most:
        return list(points)
    stride = math.ceil(len(points) / (most - 1))
    return [*points[:-1:stride], points[-1]]


def _read_points(
    garage: Garage, run_id: int, name: str, of_machine: bool, most: int
) -> list[Point]:
    rows: Any = (
        garage.store.readings(run_id)
        if of_machine
        else garage.store.metrics(run_id, most=MOST_POINTS)
    )
    found = [(row.step, float(row.values[name])) for row in rows if _is_number(row.values, name)]
    return thin(found, most)


def _is_number(values: dict[str, Any], name: str) -> bool:
    value = values.get(name)
    return isinstance(value, (int, float)) and math.isfinite(value)
