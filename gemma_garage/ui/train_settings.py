"""The Train tab before Start: base, data and effort; what it will take; every setting by group."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.train.config import TrainConfig, list_groups
from gemma_garage.ui import estimate, terms, trained_rows, training
from gemma_garage.ui.controls import build_control
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.settings_files import build_files

RESIZING = ("method", "objective")  # settings that the others are sized by


@dataclass(frozen=True)
class TrainSettings:
    """The components that Start needs, and the notice of the terms with its tick."""

    base: gr.Dropdown
    dataset: gr.Dropdown
    start: gr.Button
    controls: list[Any]
    fits: gr.HTML
    notice: gr.Column
    accepted: gr.Checkbox


def build_train_settings(desk: Desk) -> TrainSettings:
    """Lay out and wire all that comes before Start."""
    choices, first = training.list_choices()
    gr.HTML(draw_heading(1, "Teach", "a base model, with a dataset of yours"))
    with gr.Row(equal_height=False):
        base = gr.Dropdown(
            choices, value=first, label="Base model", elem_id="train-base", min_width=220
        )
        dataset = gr.Dropdown([], label="Dataset", elem_id="train-dataset", min_width=220)
        effort = gr.Radio(
            training.EFFORTS,
            value="balanced",
            label="Effort",
            elem_id="train-effort",
            min_width=260,
        )
    fits = gr.HTML(elem_id="train-fits")
    notice, accepted = terms.build_notice("train")
    with gr.Row(elem_classes="tools"):
        start = gr.Button("Start", variant="primary", elem_id="train-start", min_width=140)
    with gr.Accordion("Rows as trained on", open=False, elem_id="train-rows") as rows:
        shown_rows = gr.HTML(elem_id="train-rows-shown")
    by_name: dict[str, Any] = {}
    with gr.Accordion("Advanced: all settings", open=False, elem_id="train-advanced"):
        gr.HTML(
            Markup(
                "<p class='hint'>Sized for this base, this machine and this dataset. Choosing "
                "another one above, or another way to train, sizes them anew.</p>"
            )
        )
        for group, names in list_groups().items():
            gr.HTML(Markup("<h3 class='group'>{}</h3>").format(group))
            with gr.Row(equal_height=False, elem_classes="settings"):
                for name in names:
                    if name in estimate.SETTINGS:
                        by_name[name] = build_control(name, TrainConfig.model_fields[name])
        controls = [by_name[name] for name in estimate.SETTINGS]
        for control in controls:
            # Gradio's own refusal is a bare "Error", at each key; TrainConfig says what is allowed.
            if isinstance(control, gr.Number):
                control.minimum = control.maximum = None
        taken = build_files(desk, base, controls)
    with gr.Accordion("Base models that do not fit this machine", open=False):
        gr.HTML(training.draw_unusable())

    _wire(desk, base, dataset, effort, fits, notice, by_name, controls, taken)
    asked = [desk.project, base, dataset, *controls]
    desk.listen(rows.expand, trained_rows.draw_rows, asked, [shown_rows], shows_work=True)
    return TrainSettings(base, dataset, start, controls, fits, notice, accepted)


def _wire(
    desk: Desk,
    base: gr.Dropdown,
    dataset: gr.Dropdown,
    effort: gr.Radio,
    fits: gr.HTML,
    notice: gr.Column,
    by_name: dict[str, Any],
    controls: list[Any],
    taken: Any,
) -> None:
    """Sizing when something is chosen, the estimate when a setting is changed."""
    chosen = [desk.project, base, dataset, effort]
    wish = [by_name[name] for name in RESIZING]
    sized = [fits, notice, *controls]
    # Another base decides by itself how it is best trained here. `input`: a base that comes with
    # settings from a file must keep these settings.
    for trigger in (base.input, desk.page.load):
        desk.listen(trigger, training.size_settings, chosen, sized, quick=True)
    for trigger in (dataset.change, effort.change, *(control.input for control in wish)):
        desk.listen(trigger, training.size_settings, [*chosen, *wish], sized, quick=True)
    asked = [desk.project, base, dataset, *controls]
    for name, control in by_name.items():
        if name not in RESIZING:
            desk.listen(control.input, estimate.draw_estimate, asked, [fits], quick=True)
    desk.listen(taken.then, estimate.draw_estimate, asked, [fits], quick=True)
    desk.redraw("datasets", training.draw_dataset_choices, [desk.project, dataset], [dataset])
