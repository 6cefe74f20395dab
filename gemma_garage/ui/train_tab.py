"""The Train tab: what to teach, what happens, what it knows then. Layout and wiring only."""

import gradio as gr
from markupsafe import Markup

from gemma_garage.train.config import TrainConfig
from gemma_garage.ui import terms, training
from gemma_garage.ui.controls import build_controls
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.run_section import build_run_section


def build_train_tab(desk: Desk) -> tuple[gr.Column, gr.Checkbox, gr.Dropdown]:
    """Lay out the tab; gives the notice of the terms, its tick, and the picker of the shown Run."""
    project, page = desk.project, desk.page
    choices, first = training.list_choices()

    # 1 What to teach
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
    with gr.Accordion("Advanced: all settings", open=False, elem_id="train-advanced"):
        gr.HTML(
            Markup(
                "<p class='hint'>Sized for this base, this machine and this dataset. Choosing "
                "another one above sizes them anew.</p>"
            )
        )
        with gr.Row(equal_height=False, elem_classes="settings"):
            controls = build_controls(TrainConfig, leave_out=("base_model",))
    with gr.Accordion("Base models that do not fit this machine", open=False):
        gr.HTML(training.draw_unusable())

    # 2 What happens, and what it knows then
    run = build_run_section(desk)

    # Wiring: sizing
    names = list(controls)
    sized = [fits, notice, *(controls[name] for name in names)]
    inputs = [project, base, dataset, effort]
    for trigger in (base.change, dataset.change, effort.change, page.load):
        desk.listen(trigger, training.size_settings, inputs, sized, quick=True)
    desk.redraw("datasets", training.draw_dataset_choices, [project, dataset], [dataset])

    # Wiring: start
    settings = [controls[name] for name in names]
    desk.listen(start.click, training.start, [project, base, dataset, *settings], [run])
    desk.redraw(("runs", "datasets"), training.draw_start, [project], [start])
    return notice, accepted, run
