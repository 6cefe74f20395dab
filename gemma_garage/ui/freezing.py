"""Handlers of the Data tab's last section: freezing, own exam questions, the next step.

What a version looks like and where it goes is in `versions.py`.
"""

from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.held_back import SUGGESTED_SHARE
from gemma_garage.errors import DatasetError
from gemma_garage.garage import Garage
from gemma_garage.infer.questions import add_own_questions
from gemma_garage.schema import ACTIVE, Dataset
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import draw_empty, draw_table, say_count, say_when
from gemma_garage.ui.pulse import find_job


def freeze_dataset(garage: Garage, project_id: int, hold_back: bool = False) -> str:
    """Freeze the accepted Examples as the next version, with its exam.

    `hold_back`: some passages are kept from training, for questions about unseen text.
    """
    share = SUGGESTED_SHARE if hold_back else 0.0
    dataset = freeze(garage, project_id, unseen_share=share)
    tell(f"Dataset {dataset.version} is frozen: {say_dataset(dataset)}.")
    return draw_datasets(garage, project_id)


def take_questions(garage: Garage, project_id: int, file: str | None) -> str:
    """Add the user's own exam questions to the newest Dataset."""
    datasets = garage.store.datasets(project_id)
    if not datasets:
        raise DatasetError(
            "Own exam questions belong to a dataset, and there is none yet. Freeze one first."
        )
    if file:
        added = add_own_questions(garage, datasets[0].id, Path(file))
        Path(file).unlink(missing_ok=True)
        tell(f"{say_count(added, 'question')} of your own; they are graded apart.")
    return draw_datasets(garage, project_id)


def say_dataset(dataset: Dataset) -> str:
    counts = dataset.counts
    parts = [f"{counts.get('train', 0):,} to train on", f"{counts.get('exam', 0):,} in the exam"]
    if counts.get("unseen"):
        parts.append(f"{counts['unseen']:,} on unseen text")
    if counts.get("unanswerable"):
        parts.append(f"{counts['unanswerable']:,} without an answer")
    return " · ".join(parts)


def draw_datasets(garage: Garage, project_id: int) -> str:
    """The frozen Datasets, newest first."""
    datasets = garage.store.datasets(project_id)
    if not datasets:
        return str(
            draw_empty(
                "Freezing keeps the accepted Examples as a dataset that no longer changes, and "
                "sets an exam aside that training never sees."
            )
        )
    rows = []
    for dataset in datasets:
        questions = garage.store.exam_questions(dataset.id)
        own = sum(question.kind == "own" for question in questions)
        rows.append(
            (
                Markup("<strong>{}</strong>").format(f"Version {dataset.version}"),
                say_dataset(dataset),
                say_count(own, "question") if own else "–",
                say_when(dataset.created),
            )
        )
    return str(draw_table(("Dataset", "Rows", "Your own", "Frozen"), rows, "Frozen datasets"))


def find_next(garage: Garage, project_id: int) -> str:
    """What to do next in Data: "sample", "generate", "freeze", "train", or "" while it works."""
    documents = garage.store.documents(project_id)
    if not documents:
        return "sample"
    writing = find_job(garage, project_id, "generate")
    if writing is not None and writing.status in ACTIVE:
        return ""
    counts = garage.store.count_examples(project_id)
    if not any(status in ("accepted", "edited") for status, _ in counts):
        return "generate" if any(row.status == "ready" for row in documents) else ""
    datasets = garage.store.datasets(project_id)
    if not datasets or (writing and writing.finished and writing.finished > datasets[0].created):
        return "freeze"
    return "train"


def draw_next(garage: Garage, project_id: int) -> tuple[Any, ...]:
    """Exactly one primary button: sample, generate, freeze or train."""
    step = find_next(garage, project_id)

    def variant(name: str) -> str:
        return "primary" if step == name else "secondary"

    frozen = bool(garage.store.datasets(project_id))
    return (
        gr.Button(variant=variant("sample")),
        gr.Button(variant=variant("generate")),
        gr.Button(variant=variant("freeze"), interactive=step in ("freeze", "train")),
        gr.Button(variant=variant("train"), visible=frozen),
        gr.UploadButton(visible=frozen),
    )
