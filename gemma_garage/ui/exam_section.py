"""The exam of the shown Run: who is asked, own questions, every answer, all Runs, files to keep.

Layout and wiring; handlers are in `exam_answers.py`, `exam_runs.py` and `verdict.py`.
"""

import gradio as gr

from gemma_garage.ui import exam_answers, exam_runs, verdict
from gemma_garage.ui.pulse import Desk


def build_exam_section(desk: Desk, run: gr.Dropdown) -> None:
    """Lay the section out within the panel that is open now."""
    leaks = gr.HTML(elem_id="train-leaks")
    with gr.Row(elem_classes="filters"):
        shown_kind = gr.Dropdown(
            exam_answers.FILTERS, value="all", label="Shown questions", min_width=170
        )
        # A run has up to a dozen checkpoints, too many to tick. Custom values: a checkpoint that is
        # gone meanwhile is told in words.
        subjects = gr.Dropdown(
            [],
            label="Who is asked",
            multiselect=True,
            allow_custom_value=True,
            elem_id="train-subjects",
            scale=3,
            min_width=300,
        )
        examine = gr.Button("Run the exam again", size="sm", elem_id="train-examine")
    questions = gr.HTML(max_height=560, elem_id="train-exam")
    with gr.Row(elem_classes="filters"):
        question = gr.Textbox(
            label="A question of your own",
            max_lines=2,
            elem_id="exam-question",
            scale=3,
            min_width=220,
        )
        right = gr.Textbox(
            label="Its right answer", max_lines=2, elem_id="exam-answer", scale=2, min_width=180
        )
        add = gr.Button("Add to the exam", size="sm", elem_id="exam-add")
        file = gr.UploadButton(
            "Add a file (CSV, JSONL)",
            file_types=[".csv", ".jsonl"],
            size="sm",
            elem_id="exam-add-file",
        )
    own = gr.HTML(elem_id="exam-own")
    runs = gr.HTML(elem_id="train-exam-runs")

    # Wiring
    shown = [desk.project, run]
    drawn = [*shown, shown_kind]
    parts = ("runs", "exam", "run")
    desk.redraw(parts, verdict.draw_questions, drawn, [questions, examine])
    desk.redraw(("runs", "run"), exam_answers.draw_leaks, shown, [leaks])
    desk.redraw(("runs", "run"), exam_answers.list_choices, [*shown, subjects], [subjects])
    desk.redraw(parts, exam_answers.draw_own, shown, [own])
    desk.redraw("runs", exam_runs.draw_runs, [desk.project], [runs])
    desk.listen(shown_kind.input, verdict.draw_questions, drawn, [questions, examine], quick=True)
    desk.listen(examine.click, verdict.examine_again, [*shown, subjects])
    told = [leaks, own]
    desk.listen(
        add.click, exam_answers.add_own, [*shown, question, right], [question, right, *told]
    )
    desk.listen(file.upload, exam_answers.add_file, [*shown, file], told, shows_work=True)
