"""The judge beside the exam of the shown Run: the form, the estimate, what it found.

Layout and wiring; the handlers are in `opinions.py`.
"""

import gradio as gr

from gemma_garage.infer.judge.rubric import LONGEST_CHARACTERS, RUBRIC
from gemma_garage.ui import opinions
from gemma_garage.ui.access import build_leaving, build_places
from gemma_garage.ui.pulse import Desk


def build_judge_section(desk: Desk, run: gr.Dropdown) -> None:
    """Lay the section out within the panel that is open now."""
    with gr.Column(visible=False) as form:
        with gr.Row(equal_height=False):
            judge = gr.Radio(
                opinions.JUDGES,
                value=opinions.choose_default_judge(desk.garage.settings),
                label="Judged by",
                info="A large model reads both answers to each question, twice with the sides "
                "exchanged. It changes no grade and no verdict.",
                elem_id="judge-by",
                scale=2,
                min_width=280,
            )
            against = gr.Dropdown(
                [],
                value=None,
                label="The tuned model against",
                elem_id="judge-against",
                min_width=200,
            )
        places = build_places(desk.garage.settings, "judge")
        rubric = gr.Textbox(
            RUBRIC,
            label="Rubric",
            info="What is right, partly right and wrong. Change it as you like.",
            lines=6,
            max_lines=14,
            max_length=LONGEST_CHARACTERS,
            elem_id="judge-rubric",
        )
        leaving = build_leaving("judge")
        with gr.Row(elem_classes="tools"):
            ask = gr.Button("Ask the judge", min_width=140, elem_id="judge-ask")
            stop = gr.Button("Stop", visible=False, variant="stop", min_width=100)
            resume = gr.Button("Resume", visible=False, min_width=100, elem_id="judge-resume")
        expected = gr.HTML(elem_id="judge-estimate")
    found = gr.HTML(elem_id="judge-found")

    # Wiring
    shown = [desk.project, run]
    access = [leaving.may_leave, *places.access]
    wanted = [*shown, judge, against, rubric]
    drawn = [found, ask, stop, resume]
    desk.redraw(("runs", "run"), opinions.fill_form, [*shown, against], [form, against])
    desk.redraw("run", opinions.fill_rubric, shown, [rubric])
    desk.redraw(("judging", "runs", "run"), opinions.draw_judging, shown, drawn)
    fields = [places.gemini, places.openai]
    fields += [leaving.notice, leaving.destination, leaving.may_leave]
    for trigger in (judge.change, places.url.blur, desk.page.load):
        desk.listen(trigger, opinions.choose_judge, [judge, places.url], fields, quick=True)
    reckoned = [*wanted, places.gemini_model, places.url, places.model]
    models = (places.gemini_model, places.url, places.model)
    for trigger in (judge.change, against.change, rubric.blur, *(one.blur for one in models)):
        desk.listen(trigger, opinions.draw_estimate, reckoned, [expected], quick=True)
    desk.redraw(("runs", "run"), opinions.draw_estimate, reckoned, [expected])
    desk.listen(ask.click, opinions.ask, [*wanted, *access])
    desk.listen(stop.click, opinions.stop, shown)
    desk.listen(resume.click, opinions.resume, [*shown, *access])
