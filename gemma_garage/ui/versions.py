"""Handlers of the frozen Datasets: which one is looked at, its card, its push to the Hub.

Every id that comes from the browser is held against the project before it is used. A token goes
from its field into the Job's memory and nowhere else.
"""

from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.card import describe_dataset
from gemma_garage.augment.diff import compare_datasets
from gemma_garage.augment.publish import submit_publish
from gemma_garage.errors import DatasetError, GarageError
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import default_base
from gemma_garage.gemma.device import detect_machine
from gemma_garage.schema import ACTIVE, Dataset
from gemma_garage.train.sizing import count_rows, size_config
from gemma_garage.ui.dataset_card import draw_card, draw_diff, draw_downloads, draw_nothing
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import draw_badge, draw_bar, say_count
from gemma_garage.ui.pulse import find_job

UNFROZEN = 0  # among the versions: what is accepted now
UNFROZEN_WORDS = "What is accepted now (not frozen)"


def draw_versions(garage: Garage, project_id: int) -> Any:
    """The versions to look at, the newest first and chosen."""
    datasets = garage.store.datasets(project_id)
    choices = [(f"Version {dataset.version}", dataset.id) for dataset in datasets]
    return gr.Dropdown(
        choices=[*choices, (UNFROZEN_WORDS, UNFROZEN)], value=datasets[0].id if datasets else None
    )


def draw_look(garage: Garage, project_id: int, chosen: int | None) -> tuple[str, str, str, Any]:
    """Card, difference to the version before, downloads, and whether it can be pushed."""
    if chosen == UNFROZEN:
        card = describe_dataset(garage, project_id)
        return str(draw_card(card, _find_limit(card.rows))), "", "", gr.Button(interactive=False)
    found = _find(garage, project_id, chosen)
    if found is None:
        return str(draw_nothing()), "", "", gr.Button(interactive=False)
    dataset, before = found
    try:
        card = describe_dataset(garage, project_id, dataset.id)
        diff = compare_datasets(garage, before.id, dataset.id) if before else None
    except GarageError as error:
        # Drawn by itself, so nobody would see it raised.
        problem = Markup("<p class='problem'>{}</p>").format(error)
        return str(problem), "", "", gr.Button(interactive=False)
    return (
        str(draw_card(card, _find_limit(dataset.counts))),
        str(draw_diff(diff)) if diff else "",
        str(draw_downloads(dataset.id)),
        gr.Button(interactive=True),
    )


def publish(
    garage: Garage,
    project_id: int,
    chosen: int | None,
    name: str,
    licence: str | None,
    private: bool,
    update: bool,
    token: str,
) -> tuple[str, str]:
    """Queue the push of the version to the Hub; its token field is emptied."""
    found = _find(garage, project_id, chosen)
    if found is None:
        raise DatasetError("Only a frozen dataset can be pushed. Freeze one, or choose a version.")
    submit_publish(
        garage,
        found[0].id,
        (name or "").strip(),
        licence=licence or "",
        private=private,
        token=token,
        overwrite=update,
    )
    tell("The push is on its way. Its link appears below.")
    return "", draw_publishing(garage, project_id)


def draw_publishing(garage: Garage, project_id: int) -> str:
    """The newest push of a Dataset: how far it is, its link, or why it failed."""
    job = find_job(garage, project_id, "publish")
    if job is None:
        return ""
    if job.status in ACTIVE:
        line = Markup("<p>{} {} {}</p>{}")
        return str(
            line.format(job.title, draw_badge(job.status), job.stage, draw_bar(job.fraction))
        )
    if job.status != "finished":
        line = Markup("<p class='problem'>{} {} {}</p>")
        return str(line.format(job.title, draw_badge(job.status), job.error or ""))
    url = str(job.result.get("url", ""))
    link = (
        Markup('<a href="{0}" target="_blank" rel="noopener">{0}</a>').format(url)
        if url.startswith("https://")
        else Markup("{}").format(url)
    )
    seen = "private" if job.result.get("private") else "public"
    rows = say_count(int(job.result.get("rows", 0)), "row")
    return str(Markup("<p>{}: {}, {}, {}</p>").format(job.title, rows, seen, link))


def _find(
    garage: Garage, project_id: int, chosen: int | None
) -> tuple[Dataset, Dataset | None] | None:
    """The project's Dataset of that id and the version before it."""
    datasets = garage.store.datasets(project_id)
    for place, dataset in enumerate(datasets):
        if dataset.id == chosen:
            return dataset, datasets[place + 1] if place + 1 < len(datasets) else None
    return None


def _find_limit(counts: dict[str, Any]) -> int:
    """The longest row, in tokens, that Train would suggest here."""
    machine = detect_machine()
    return size_config(default_base(machine).id, machine, count_rows(counts)).max_length_tokens
