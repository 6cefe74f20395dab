"""The Train tab: what to teach, what happens, what it knows then. Layout and wiring only."""

import gradio as gr
from markupsafe import Markup

from gemma_garage.train.config import TrainConfig
from gemma_garage.ui import terms, training, verdict, watching
from gemma_garage.ui.controls import build_controls
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.pulse import Desk


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
        stop = gr.Button("Stop", visible=False, variant="stop", elem_id="train-stop", min_width=100)
        resume = gr.Button("Resume", visible=False, elem_id="train-resume", min_width=100)
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
    gr.HTML(draw_heading(2, "Run"))
    run = gr.Dropdown([], label="Shown run", visible=False, elem_id="train-run")
    score = gr.HTML(elem_id="train-verdict")
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=280):
            now = gr.HTML(elem_id="train-now")
        with gr.Column(scale=3, min_width=300):
            curve = gr.LinePlot(
                x="step",
                y="loss",
                color="series",
                x_title="step",
                y_title="loss",
                colors_in_legend=[],
                color_map={"training": "#0f8577", "held out": "#b45309"},
                label="Loss: lower is better (green: training, orange: held out)",
                height=300,
                visible=False,
                elem_id="train-curve",
            )
    with gr.Row(elem_classes="tools"):
        to_compare = gr.Button(
            "Compare →", visible=False, elem_id="train-to-compare", min_width=140
        )
    with gr.Column(visible=False) as more:
        with gr.Accordion("Each question", open=False, elem_id="train-questions"):
            questions = gr.HTML(elem_id="train-exam")
            examine = gr.Button("Run the exam again", size="sm", elem_id="train-examine")
        with gr.Accordion("Log", open=False):
            log = gr.HTML(max_height=280, autoscroll=True, elem_id="train-log")
        with gr.Accordion("TensorBoard", open=False, elem_id="train-tensorboard") as board:
            frame = gr.HTML()
        with gr.Accordion("All runs", open=False, elem_id="train-all"):
            runs = gr.HTML(elem_id="train-runs")

    # Wiring: sizing
    names = list(controls)
    sized = [fits, notice, *(controls[name] for name in names)]
    inputs = [project, base, dataset, effort]
    for trigger in (base.change, dataset.change, effort.change, page.load):
        desk.listen(trigger, training.size_settings, inputs, sized, quick=True)
    desk.redraw("datasets", training.draw_dataset_choices, [project, dataset], [dataset])

    # Wiring: start, stop, resume
    settings = [controls[name] for name in names]
    desk.listen(start.click, training.start, [project, base, dataset, *settings], [run])
    desk.listen(stop.click, training.stop, [project, run])
    desk.listen(resume.click, training.resume, [project, run])

    # Wiring: the shown run
    shown = [project, run]
    desk.redraw("runs", training.show_newest_run, shown, [run])
    desk.changes["run"] = run.change
    desk.redraw(("runs", "datasets", "run"), training.draw_buttons, shown, [start, stop, resume])
    desk.redraw(("runs", "exam", "run"), verdict.draw_verdict, shown, [score, to_compare])
    desk.redraw(("runs", "exam", "run"), verdict.draw_questions, shown, [questions, examine])
    desk.redraw(("live", "run"), watching.draw_live, shown, [now, curve, log, more])
    desk.redraw("runs", watching.draw_runs, [project], [runs])
    desk.listen(examine.click, verdict.examine_again, shown)
    board.expand(watching.open_tensorboard, outputs=frame, queue=False, api_visibility="private")
    to_compare.click(
        lambda: gr.Tabs(selected="compare"),
        outputs=desk.tabs,
        queue=False,
        api_visibility="private",
    )
    return notice, accepted, run
