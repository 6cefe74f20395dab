"""Generation, section 2 of the Data tab: who writes what, from what, and what it will cost.

Layout and wiring only; the handlers are in `generation.py` and `cost.py`.
"""

from typing import Any

import gradio as gr

from gemma_garage.augment.generate import GenerateRequest, choose_default_generator
from gemma_garage.ui import cost, generation, judging, terms, wishes
from gemma_garage.ui.access import build_leaving, build_places
from gemma_garage.ui.controls import build_control
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.pulse import Desk


def build_writing(desk: Desk) -> tuple[gr.Button, gr.Column, gr.Checkbox]:
    """Lay out the section; gives Generate, and the notice of the terms with its tick."""
    settings, project = desk.garage.settings, desk.project
    gr.HTML(draw_heading(2, "Examples", "questions with answers, written from your documents"))
    with gr.Row(equal_height=False):
        generator = gr.Radio(
            wishes.GENERATORS,
            value=choose_default_generator(settings),
            label="Written by",
            info="The first one needs no key and no network.",
            elem_id="data-generator",
            scale=2,
            min_width=300,
        )
        controls = {name: _build_wish(name) for name in ("target", "wordings")}
    places = build_places(settings, "data")
    controls["kinds"] = gr.CheckboxGroup(
        wishes.list_kinds("local"),
        value=list(GenerateRequest.model_fields["kinds"].default),
        label="Kinds of questions",
        elem_id="setting-kinds",
    )
    with gr.Row(visible=False) as wished:
        controls |= {name: _build_wish(name) for name in ("style", "language")}
    with gr.Row(visible=False) as told:
        controls["instruction"] = _build_wish("instruction")
    with gr.Accordion("More", open=False, elem_id="data-more"):
        controls["mode"] = gr.Radio(
            wishes.MODES,
            value="documents",
            label="From",
            info="Rows like others are to be looked at before they are trained on: no passage "
            "proves them.",
            elem_id="setting-mode",
        )
        with gr.Row(equal_height=False):
            controls["judged_by"] = gr.Dropdown(
                wishes.JUDGES,
                value="none",
                label="Judged by",
                info="Looks at each row beside its passage: does the answer follow, is it to the "
                "point, can the question stand alone? Take another model than the writer.",
                elem_id="setting-judged_by",
                min_width=300,
            )
            judge_now = gr.Button(
                "Judge the rows that are there",
                visible=False,
                size="sm",
                scale=0,
                min_width=200,
                elem_id="data-judge",
            )
        with gr.Row():
            more = ("max_facts", "answer_wordings", "threads")
            controls |= {name: _build_wish(name) for name in more}
    notice, accepted = terms.build_notice("data")
    leaving = build_leaving("data")
    with gr.Row(elem_classes="tools"):
        generate = gr.Button("Generate", elem_id="data-generate", min_width=140)
        preview = gr.Button("Preview on three passages", elem_id="data-preview", min_width=180)
        stop = gr.Button("Stop", visible=False, variant="stop", min_width=100)
        resume = gr.Button("Resume", visible=False, min_width=100, elem_id="data-resume")
    expected = gr.HTML(elem_id="data-estimate")
    progress = gr.HTML(elem_id="data-progress")
    previewed = gr.HTML(elem_id="data-previewed")

    fields = [places.gemini, places.openai, wished, told, controls["kinds"], notice]
    fields += [leaving.notice, leaving.destination, leaving.may_leave, judge_now]
    access = [leaving.may_leave, *places.access]
    fielded = [controls[name] for name in wishes.WISHES]
    shown = [progress, generate, preview, stop, resume]
    chosen = [generator, places.url, *(controls[name] for name in ("kinds", "mode", "judged_by"))]
    switches = (generator, controls["mode"], controls["judged_by"])
    for trigger in (places.url.blur, *(switch.change for switch in switches)):
        desk.listen(trigger, generation.choose_generator, chosen, fields, quick=True)
    asked = [project, generator, *access, *fielded]
    desk.listen(generate.click, generation.start, asked, [*shown, previewed])
    judged = [project, controls["judged_by"], *access, controls["threads"]]
    desk.listen(judge_now.click, judging.judge_rows, judged)
    desk.listen(preview.click, generation.preview, asked, [previewed], shows_work=True)
    desk.listen(stop.click, generation.stop, [project], shown)
    desk.listen(resume.click, generation.resume, [project, *access], shown)
    desk.redraw(("documents", "examples", "writing"), generation.draw_progress, [project], shown)
    models = [places.gemini_model, places.url, places.model]
    wanted = [project, generator, *models, *fielded]
    desk.redraw(("documents", "examples"), cost.draw_estimate, wanted, [expected])
    uncounted = ("style", "language", "instruction")
    counted = [control for name, control in controls.items() if name not in uncounted]
    for control in (generator, *models, *counted):
        desk.listen(control.change, cost.draw_estimate, wanted, [expected], quick=True)
    desk.listen(desk.page.load, generation.choose_generator, chosen, fields, quick=True)
    return generate, notice, accepted


def _build_wish(name: str) -> Any:
    return build_control(name, GenerateRequest.model_fields[name])
