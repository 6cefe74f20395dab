"""Handlers of the Train tab's lower part: what a Run does now, its curve, its log, all Runs.

They read the store only; a Run that is going on in another browser looks the same here.
"""

import math
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.garage import Garage
from gemma_garage.gemma.device import Usage, detect_machine, read_usage
from gemma_garage.infer.exam import summarise_exam
from gemma_garage.schema import ACTIVE, Dataset, Job, Metric, Run
from gemma_garage.train import logs
from gemma_garage.train.logs import read_log
from gemma_garage.ui.format import (
    draw_badge,
    draw_bar,
    draw_empty,
    draw_table,
    say_duration,
    say_score,
    say_when,
)
from gemma_garage.ui.pulse import jobs_of_runs

MOST_POINTS = 1_000
LOG_LINES = 60
SERIES = (("loss", "training"), ("eval_loss", "held out"))
TENSORBOARD = (
    '<iframe src="/tensorboard/" title="TensorBoard" class="tensorboard" loading="lazy"></iframe>'
)


def find_run(garage: Garage, project_id: int, run_id: int | None) -> tuple[Run, Job | None] | None:
    """The Run with its Job; None when it is not (or no longer) one of this project."""
    return next((both for both in jobs_of_runs(garage, project_id) if both[0].id == run_id), None)


def draw_live(garage: Garage, project_id: int, run_id: int | None) -> tuple[str, Any, str, Any]:
    """What is happening now, the loss curve, the end of the log, and all that a Run opens."""
    found = find_run(garage, project_id, run_id)
    if found is None:
        empty = draw_empty(
            "When a run trains, its progress, its loss and its log are here, and at the end how "
            "much it knows. Choose a base model and a dataset above and press Start."
        )
        return str(empty), gr.LinePlot(visible=False), "", gr.Column(visible=False)
    run, job = found
    metrics = garage.store.metrics(run.id)
    return (
        str(_draw_now(garage, run, job, metrics)),
        gr.LinePlot(value=make_curve(metrics), visible=bool(metrics)),
        str(Markup('<pre class="log">{}</pre>').format("\n".join(_tail(garage, run)))),
        gr.Column(visible=True),
    )


def make_curve(metrics: Any) -> Any:
    """A table of step, loss and series, at most `MOST_POINTS` rows in all."""
    import pandas  # type: ignore[import-untyped]

    rows = [
        {"step": metric.step, "loss": float(metric.values[name]), "series": series}
        for name, series in SERIES
        for metric in _thin([row for row in metrics if _is_number(row.values.get(name))])
    ]
    return pandas.DataFrame(rows, columns=["step", "loss", "series"])


def draw_runs(garage: Garage, project_id: int) -> str:
    """All Runs of the project: base, data, state, exam, time."""
    rows = []
    for run, job in jobs_of_runs(garage, project_id):
        summary = summarise_exam(garage.store, run.id)
        dataset = garage.store.get(Dataset, run.dataset_id)
        config = run.config
        rows.append(
            (
                Markup("<strong>{}</strong>").format(f"Run {run.number}"),
                draw_badge(job.status) if job else "–",
                run.base_model,
                f"version {dataset.version}",
                f"rank {config.get('rank', '?')}, rate {config.get('learning_rate', 0):g}, "
                f"{config.get('epochs', 0):g} passes",
                say_score(summary.tuned.correct, summary.tuned.total) if summary else "–",
                say_duration(run.result["seconds"]) if "seconds" in run.result else "–",
                say_when(run.created),
            )
        )
    if not rows:
        return str(draw_empty("No runs yet."))
    headers = ("Run", "State", "Base model", "Dataset", "Settings", "Exam", "Took", "Started")
    return str(draw_table(headers, rows, "Runs of this project"))


def open_tensorboard() -> str:
    """The frame, made only when its part of the page is opened."""
    return TENSORBOARD


def say_usage(usage: Usage) -> str:
    """`CPU 97 % · 3.9 of 24 GB` and the GPU where there is one."""
    parts = [
        f"processor {usage.cpu_percent:.0f} %",
        f"memory {usage.ram_used_gb:.1f} of {usage.ram_total_gb:.0f} GB",
    ]
    if usage.gpu_percent is not None:
        parts.append(f"GPU {usage.gpu_percent:.0f} %")
    if usage.vram_used_gb is not None and usage.vram_total_gb:
        parts.append(f"GPU memory {usage.vram_used_gb:.1f} of {usage.vram_total_gb:.0f} GB")
    return " · ".join(parts)


def _draw_now(garage: Garage, run: Run, job: Job | None, metrics: Any) -> Markup:
    status = job.status if job else "interrupted"
    last: dict[str, Any] = {}
    for metric in metrics:  # evaluation rows lack the speed: keep the last value of each name
        last |= metric.values
    step = metrics[-1].step if metrics else 0
    facts: list[tuple[str, str]] = []
    if metrics:
        facts.append(("step", f"{step:,} of {last.get('total', step):,}"))
        if _is_number(last.get("loss")):
            facts.append(("loss", f"{last['loss']:.3f}"))
        if _is_number(last.get("tokens_per_second")):
            facts.append(("speed", f"{last['tokens_per_second']:,.0f} tokens/s"))
    if status == "running" and _is_number(last.get("eta_s")):
        facts.append(("left", f"about {say_duration(last['eta_s'])}"))
    elif "elapsed_s" in last:
        facts.append(("took", say_duration(last["elapsed_s"])))
    if status in ACTIVE:
        facts.append(("on", detect_machine().name))
        facts.append(("busy", say_usage(read_usage())))
    listed = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in facts
    )
    stage = job.stage.partition(":")[0] if job and status in ACTIVE else ""
    problem = (
        Markup('<p class="problem">{}</p>').format(job.error)
        if job and job.error and status != "finished"
        else Markup("")
    )
    bar = draw_bar(job.fraction if job else 0.0) if status in ACTIVE else Markup("")
    return Markup("<p>{} {} {}</p>{}{}<dl class='facts'>{}</dl>").format(
        Markup("<strong>{}</strong>").format(f"Run {run.number}"),
        draw_badge(status),
        stage,
        bar,
        problem,
        listed,
    )


def _tail(garage: Garage, run: Run) -> list[str]:
    entries = read_log(garage.workspace.run(run.id) / logs.NAME, limit=LOG_LINES)
    return [
        f"{entry['at'][11:19]}  {entry['stage']:<10}  {entry['message']}" for entry in entries
    ] or ["The log is empty so far."]


def _thin(rows: list[Metric]) -> list[Metric]:
    """Every n-th row and always the last, so that half of `MOST_POINTS` is enough."""
    most = MOST_POINTS // len(SERIES)
    if len(rows) <= most:
        return rows
    stride = math.ceil(len(rows) / (most - 1))
    return [*rows[:-1:stride], rows[-1]]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
