"""The line that says what a run will take: memory, time and disk, and of what it consists.

It follows every setting. What is wrong with the settings stands in its place.
"""

from typing import Any

from markupsafe import Markup

from gemma_garage.errors import GarageError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset, Run
from gemma_garage.train.config import TrainConfig, make_config
from gemma_garage.train.plan import Plan, compare_estimate, plan_run
from gemma_garage.ui.controls import list_fields, read_controls
from gemma_garage.ui.format import say_duration

SETTINGS = list_fields(TrainConfig, leave_out=("base_model",))
PART_WORDS = {
    "program": "the program",
    "base": "the base model",
    "trained": "what is trained",
    "activations": "the rows at work",
    "loss": "the loss",
}


def read_settings(base_id: str, settings: tuple[Any, ...]) -> TrainConfig:
    """The config that the controls say. ConfigError."""
    return make_config({"base_model": base_id} | read_controls(TrainConfig, SETTINGS, settings))


def own_dataset(garage: Garage, project_id: int, dataset_id: int) -> Dataset:
    """The Dataset, if it is one of this project. Raises NotFound."""
    dataset = garage.store.get(Dataset, dataset_id)
    if dataset.project_id != project_id:
        raise NotFound("This dataset belongs to another project. Reload the page.")
    return dataset


def draw_estimate(
    garage: Garage, project_id: int, base_id: str, dataset_id: int | None, *settings: Any
) -> str:
    """What a run with the settings as they stand will take."""
    if dataset_id is None:
        return str(Markup('<p class="hint">No dataset yet: freeze one in Data.</p>'))
    own_dataset(garage, project_id, dataset_id)
    try:
        plan = plan_run(garage, dataset_id, read_settings(base_id, settings))
    except GarageError as error:  # settings are typed one after the other: no toast at each
        return str(Markup('<p class="problem">{}</p>').format(error))
    return str(draw_plan(plan))


def draw_plan(plan: Plan) -> Markup:
    """The line, its parts beneath, and the licence of the base."""
    config, need, pace = plan.config, plan.need, plan.pace
    kind = "GPU memory" if plan.machine.kind == "cuda" else "memory"
    takes = f"about {need.memory_gb:.1f} of {need.available_gb:.0f} GB {kind}"
    took = f"about {say_duration(pace.seconds)}"
    facts = [
        "the time is that of an earlier run" if pace.measured else "the time is reckoned",
        f"{need.disk_gb:.1f} GB of disk",
        f"{pace.steps:,} updates over {plan.rows.rows:,} rows, {config.batch_size} at a time"
        + (f", {config.accumulation} times an update" if config.accumulation > 1 else ""),
    ]
    if plan.download_gb:
        facts.append(f"{plan.download_gb:.1f} GB to download the first time")
    parts = Markup(" · ").join(
        Markup("{} {:.1f} GB").format(PART_WORDS[name], size)
        for name, size in need.parts.items()
        if size >= 0.05
    )
    return Markup(
        '<p class="{}">{} {} · {}</p><p class="hint">{} · <a href="{}" target="_blank" '
        'rel="noopener">{}</a></p><p class="hint">Memory: {}</p>'
    ).format(
        "fits" if need.fits else "problem",
        "fits:" if need.fits else "does not fit: needs",
        takes,
        took,
        " · ".join(facts),
        plan.base.licence.url,
        plan.base.licence.name,
        parts,
    )


def say_held(run: Run) -> str:
    """`1.9 GB (estimated 1.8) · 4 min (estimated 5 min)`, once a run has ended; else nothing."""
    held = compare_estimate(run)
    said = []
    if "memory_gb" in held:
        estimated, measured = held["memory_gb"]
        said.append(f"{measured:.1f} GB at most (estimated {estimated:.1f})")
    if "seconds" in held:
        estimated, measured = held["seconds"]
        said.append(f"{say_duration(measured)} (estimated {say_duration(estimated)})")
    return " · ".join(said)
