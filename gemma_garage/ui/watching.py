"""Handlers of the Train tab's lower part: what a Run does now, stage by stage; all Runs.

They read the store only; a Run that is going on in another browser looks the same here.
"""

import math
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.garage import Garage
from gemma_garage.gemma.device import detect_machine
from gemma_garage.infer.exam import summarise_exam
from gemma_garage.jobs import find_silence_s
from gemma_garage.schema import ACTIVE, Dataset, Job, Run
from gemma_garage.train.answers import choose_probe
from gemma_garage.train.stages import read_shares
from gemma_garage.ui.controlling import find_turn
from gemma_garage.ui.estimate import say_held
from gemma_garage.ui.format import (
    draw_badge,
    draw_bar,
    draw_empty,
    draw_table,
    say_duration,
    say_score,
    say_when,
    shorten,
)
from gemma_garage.ui.pulse import jobs_of_runs

SHOWN_ANSWERS = 6
TENSORBOARD = (
    '<iframe src="/tensorboard/" title="TensorBoard" class="tensorboard" loading="lazy"></iframe>'
)


def find_run(garage: Garage, project_id: int, run_id: int | None) -> tuple[Run, Job | None] | None:
    """The Run with its Job; None when it is not (or no longer) one of this project."""
    return next((both for both in jobs_of_runs(garage, project_id) if both[0].id == run_id), None)


def draw_live(garage: Garage, project_id: int, run_id: int | None) -> tuple[str, str, str, Any]:
    """The stages, what is happening now, the watched answers, and all that a Run opens."""
    found = find_run(garage, project_id, run_id)
    if found is None:
        empty = draw_empty(
            "When a run trains, its progress, its loss and its log are here, and at the end how "
            "much it knows. Choose a base model and a dataset above and press Start."
        )
        return "", str(empty), "", gr.Column(visible=False)
    run, job = found
    return (
        str(_draw_stages(garage, run, job)),
        str(_draw_now(garage, run, job)),
        str(_draw_answers(garage, run)),
        gr.Column(visible=True),
    )


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
                _draw_state(garage, job),
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


def say_busy(values: dict[str, Any]) -> str:
    """`processor 97 % · memory 3.9 of 24 GB` and the GPU where there is one."""
    parts = [
        f"processor {values['cpu_percent']:.0f} %",
        f"memory {values['ram_used_gb']:.1f} of {values['ram_total_gb']:.0f} GB",
    ]
    if "gpu_percent" in values:
        parts.append(f"GPU {values['gpu_percent']:.0f} %")
    if "vram_used_gb" in values:
        parts.append(f"GPU memory {values['vram_used_gb']:.1f} of {values['vram_total_gb']:.0f} GB")
    if "temperature_c" in values:
        parts.append(f"{values['temperature_c']:.0f} °C")
    if "power_w" in values:
        parts.append(f"{values['power_w']:.0f} W")
    return " · ".join(parts)


def _draw_state(garage: Garage, job: Job | None) -> Markup:
    if job is None:
        return Markup("–")
    place, waiting = find_turn(garage, job)
    turn = f" {place} of {waiting}" if place else ""
    paused = " paused" if job.wish == "pause" else ""
    return Markup("{}{}{}").format(draw_badge(job.status), turn, paused)


def _draw_stages(garage: Garage, run: Run, job: Job | None) -> Markup:
    """Queued, preparing data, formatting, loading, training, saving, examining: a bar each."""
    if job is None:
        return Markup("")
    exam = next(
        (
            other
            for other in garage.store.jobs(project_id=run.project_id, kind="exam", limit=500)
            if other.payload.get("run_id") == run.id
        ),
        None,
    )
    place, waiting = find_turn(garage, job)
    queued = f"Queued, {place} of {waiting}" if waiting > 1 else "Queued"
    done = job.status == "finished"
    steps = [(queued, 0.0 if job.status == "queued" else 1.0)]
    steps += [(stage.title, 1.0 if done else share) for stage, share in read_shares(job.fraction)]
    steps.append(("Examining", exam.fraction if exam else 0.0))
    now = next((number for number, (_, share) in enumerate(steps) if share < 1), None)
    going = job.status in ACTIVE or (exam is not None and exam.status in ACTIVE)
    items = Markup("").join(
        Markup('<li class="{}"{}><span>{}</span>{}</li>').format(
            "done" if share >= 1 else "now" if going and number == now else "later",
            Markup(' aria-current="step"') if going and number == now else "",
            title,
            draw_bar(share, title),
        )
        for number, (title, share) in enumerate(steps)
    )
    return Markup('<ol class="stages">{}</ol>').format(items)


def _draw_now(garage: Garage, run: Run, job: Job | None) -> Markup:
    status = job.status if job else "interrupted"
    facts = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact)
        for fact in _list_facts(garage, run, status)
    )
    detail = job.stage if job and status in ACTIVE else ""
    return Markup("<p>{} {} {}</p>{}<dl class='facts'>{}</dl>").format(
        Markup("<strong>{}</strong>").format(f"Run {run.number}"),
        draw_badge("paused" if job and job.wish == "pause" else status),
        detail if ": step " not in detail else "",
        _draw_problem(job),
        facts,
    )


def _draw_problem(job: Job | None) -> Markup:
    if job is None:
        return Markup("")
    silent_s = find_silence_s(job)
    if silent_s is not None:
        return Markup('<p class="problem" role="alert">{}</p>').format(
            f"No sign of life for {say_duration(silent_s)}. If it stays so, start Gemma Garage "
            "anew: the run goes on from its last checkpoint."
        )
    if job.error and job.status != "finished":
        return Markup('<p class="problem">{}</p>').format(job.error)
    return Markup("")


def _list_facts(garage: Garage, run: Run, status: str) -> list[tuple[str, str]]:
    last = garage.store.last_values(run.id)
    facts: list[tuple[str, str]] = []

    def add(title: str, name: str, form: str) -> None:
        if _is_number(last.get(name)):
            facts.append((title, form.format(last[name])))

    if last:
        facts.append(("step", f"{last['step']:,} of {last.get('total', last['step']):,}"))
    add("loss", "loss", "{:.3f}")
    add("loss, held out", "eval_loss", "{:.3f}")
    if _is_number(last.get("token_accuracy")):
        facts.append(("tokens right", f"{last['token_accuracy']:.0%}".replace("%", " %")))
    if _is_number(last.get("eval_recall")):
        facts.append(("held-out answers", f"{last['eval_recall']:.0%}".replace("%", " %")))
    add("learning rate", "learning_rate", "{:.2g}")
    add("gradient norm", "grad_norm", "{:.2g}")
    speed = [
        f"{last[name]:,.{0 if last[name] >= 10 else 1}f} {unit}"
        for name, unit in (
            ("tokens_per_second", "tokens/s"),
            ("examples_per_second", "rows/s"),
            ("steps_per_second", "steps/s"),
        )
        if _is_number(last.get(name))
    ]
    if speed:
        facts.append(("speed", " · ".join(speed)))
    if status == "running" and _is_number(last.get("eta_s")):
        facts.append(("left", f"about {say_duration(last['eta_s'])}"))
    elif _is_number(last.get("elapsed_s")):
        facts.append(("took", say_held(run) or say_duration(last["elapsed_s"])))
    if status in ACTIVE:
        facts.append(("on", detect_machine().name))
        reading = garage.store.last_reading(run.id)
        if reading is not None:
            facts.append(("busy", say_busy(reading.values)))
    return facts


def _draw_answers(garage: Garage, run: Run) -> Markup:
    """The watched question and how its answer changed."""
    answers = garage.store.answers(run.id)
    if not answers:
        return Markup("")
    folder = garage.workspace.absolute(garage.store.get(Dataset, run.dataset_id).path)
    question = choose_probe(run.config.get("probe_prompt", ""), folder)
    # One line an answer, from when it was first given.
    changes = [
        (step, text)
        for number, (step, text) in enumerate(answers)
        if number == 0 or text != answers[number - 1][1]
    ]
    shown = (
        changes if len(changes) <= SHOWN_ANSWERS else [changes[0], *changes[1 - SHOWN_ANSWERS :]]
    )
    lines = Markup("").join(
        Markup("<div><dt>step {:,}</dt><dd>{}</dd></div>").format(
            step, shorten(text, 200) or "(nothing)"
        )
        for step, text in shown
    )
    return Markup(
        "<div class='answers'><p>Asked while it trains: <strong>{}</strong></p>"
        "<dl class='facts'>{}</dl></div>"
    ).format(shorten(question, 200), lines)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
