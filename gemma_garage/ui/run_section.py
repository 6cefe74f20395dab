"""The Train tab's lower half: one run, what happens in it and what it knows. Layout and wiring."""

import gradio as gr

from gemma_garage.ui import (
    comparing_runs,
    controlling,
    curves,
    run_log,
    training,
    verdict,
    watching,
)
from gemma_garage.ui.exam_section import build_exam_section
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.judge_section import build_judge_section
from gemma_garage.ui.pulse import Desk


def build_run_section(desk: Desk) -> tuple[gr.Dropdown, gr.Button]:
    """Lay the section out; gives the picker of the shown Run, and the button for its settings."""
    # 1 The run, its stages, its buttons
    gr.HTML(draw_heading(2, "Run"))
    run = gr.Dropdown([], label="Shown run", visible=False, elem_id="train-run")
    stages = gr.HTML(elem_id="train-stages")
    score = gr.HTML(elem_id="train-verdict")
    with gr.Row(elem_classes="tools"):
        resume = gr.Button("Resume", visible=False, elem_id="train-resume", min_width=100)
        pause = gr.Button("Pause", visible=False, elem_id="train-pause", min_width=90)
        stop = gr.Button("Stop", visible=False, variant="stop", elem_id="train-stop", min_width=90)
        earlier = gr.Button("Earlier", visible=False, elem_id="train-earlier", min_width=90)
        later = gr.Button("Later", visible=False, elem_id="train-later", min_width=90)
        to_compare = gr.Button(
            "Compare →", visible=False, elem_id="train-to-compare", min_width=140
        )
        reuse = gr.Button("Use its settings", visible=False, elem_id="train-reuse", min_width=140)
        again = gr.Button("Run again", visible=False, elem_id="train-clone", min_width=100)
        remove = gr.Button("Delete …", visible=False, elem_id="train-delete", min_width=90)
    with gr.Row(visible=False, elem_id="train-sure", elem_classes="card") as sure:
        doomed = gr.HTML(elem_id="train-doomed")
        really = gr.Button("Delete", variant="stop", elem_id="train-really", min_width=90)
        keep = gr.Button("Keep", elem_id="train-keep", min_width=90)

    # 2 Now, and the curve
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=280):
            now = gr.HTML(elem_id="train-now")
            answers = gr.HTML(elem_id="train-answers")
        with gr.Column(scale=3, min_width=300):
            curve = gr.LinePlot(
                x="step",
                y="value",
                color="series",
                x_title="step",
                height=300,
                visible=False,
                elem_id="train-curve",
            )
            with gr.Row(elem_classes="curve-settings", equal_height=False):
                measure = gr.Dropdown(
                    curves.list_measures(), value="loss", label="Shown", min_width=130
                )
                beside = gr.Dropdown([], label="Beside", multiselect=True, min_width=150)
                smoothing = gr.Slider(
                    0, curves.MOST_SMOOTHING, value=0, step=0.02, label="Smooth", min_width=130
                )
                logarithmic = gr.Checkbox(label="Logarithmic", min_width=110)

    # 3 What a run opens
    with gr.Column(visible=False) as more:
        with gr.Accordion("Each question", open=False, elem_id="train-questions"):
            build_exam_section(desk, run)
        with gr.Accordion("A judge model beside the grade", open=False, elem_id="train-judge"):
            build_judge_section(desk, run)
        with gr.Accordion("Log", open=False, elem_id="train-log-panel") as panel:
            with gr.Row(elem_classes="filters"):
                level = gr.Dropdown(
                    run_log.LEVEL_CHOICES, value="debug", label="Level", min_width=130
                )
                stage = gr.Dropdown(
                    run_log.STAGE_CHOICES, value=run_log.EVERYTHING, label="Stage", min_width=130
                )
                search = gr.Textbox(
                    label="Search", max_lines=1, min_width=150, elem_id="train-log-search"
                )
            log = gr.HTML(max_height=380, elem_id="train-log")
        with gr.Accordion("TensorBoard", open=False, elem_id="train-tensorboard") as board:
            frame = gr.HTML()
        with gr.Accordion("Runs side by side", open=False, elem_id="train-beside"):
            comparison = gr.HTML(elem_id="train-comparison")
        with gr.Accordion("All runs", open=False, elem_id="train-all"):
            runs = gr.HTML(elem_id="train-runs")
    is_open = gr.Checkbox(False, visible="hidden")

    # Wiring: the shown run
    project = desk.project
    shown = [project, run]
    desk.redraw("runs", training.show_newest_run, shown, [run])
    desk.changes["run"] = run.change
    buttons = [pause, stop, resume, earlier, later, reuse, again, remove]
    desk.redraw(("runs", "live", "run"), controlling.draw_controls, shown, buttons)
    desk.redraw(("runs", "exam", "run"), verdict.draw_verdict, shown, [score, to_compare])
    live = [stages, now, answers, more]
    desk.redraw(("live", "exam", "run"), watching.draw_live, shown, live)
    desk.redraw("runs", watching.draw_runs, [project], [runs])

    # Wiring: what is done with it
    desk.listen(stop.click, controlling.stop, shown)
    desk.listen(pause.click, controlling.pause, shown)
    desk.listen(resume.click, controlling.resume, shown)
    desk.listen(earlier.click, controlling.move, shown, fixed={"by": -1})
    desk.listen(later.click, controlling.move, shown, fixed={"by": 1})
    desk.listen(again.click, controlling.clone, shown, [run])
    desk.listen(remove.click, controlling.ask_delete, shown, [sure, doomed])
    desk.listen(really.click, controlling.delete, shown, [sure, run])
    for trigger in (keep.click, run.change):
        trigger(lambda: gr.Row(visible=False), outputs=sure, queue=False, api_visibility="private")
    to_compare.click(
        lambda: gr.Tabs(selected="compare"),
        outputs=desk.tabs,
        queue=False,
        api_visibility="private",
    )

    # Wiring: the curve, and runs beside it
    drawn = [*shown, measure, smoothing, logarithmic, beside]
    desk.redraw(("runs", "run"), comparing_runs.list_others, [*shown, beside], [beside])
    desk.redraw(("curve", "run"), curves.draw_curve, drawn, [curve])
    for trigger in (measure.input, smoothing.release, logarithmic.input, beside.change):
        desk.listen(trigger, curves.draw_curve, drawn, [curve], quick=True)
    compared = [*shown, beside]
    desk.listen(beside.change, comparing_runs.draw_comparison, compared, [comparison], quick=True)
    desk.redraw(("runs", "run"), comparing_runs.draw_comparison, compared, [comparison])

    # Wiring: the log, read only while its panel is open
    filtered = [*shown, is_open, level, stage, search]
    desk.redraw(("live", "run"), run_log.draw_log, filtered, [log])
    for trigger in (level.input, stage.input, search.submit, search.blur, is_open.change):
        desk.listen(trigger, run_log.draw_log, filtered, [log], quick=True)
    panel.expand(lambda: True, outputs=is_open, queue=False, api_visibility="private")
    panel.collapse(lambda: False, outputs=is_open, queue=False, api_visibility="private")
    board.expand(watching.open_tensorboard, outputs=frame, queue=False, api_visibility="private")
    return run, reuse
