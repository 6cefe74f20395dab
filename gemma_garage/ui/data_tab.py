"""The Data tab: sources, generation, review, dataset. Layout and wiring only."""

from typing import Any

import gradio as gr

from gemma_garage.augment.generate import GenerateRequest, choose_default_generator
from gemma_garage.ui import freezing, generation, sources, terms
from gemma_garage.ui.controls import build_control
from gemma_garage.ui.dataset_section import build_dataset_section
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.import_panel import build_import_panel
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.reader import build_reader
from gemma_garage.ui.review import SEND_ID, build_review


def build_data_tab(desk: Desk) -> tuple[gr.Column, gr.Checkbox]:
    """Lay out the tab; gives the notice of the terms and its tick, which Train has too."""
    settings, project = desk.garage.settings, desk.project

    # 1 Sources
    about = "PDF, Word, PowerPoint, text, Markdown; rows from CSV, JSON, YAML, Excel or Parquet"
    gr.HTML(draw_heading(1, "Sources", about))
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=280):
            files = gr.File(
                file_count="multiple",
                file_types=sources.FILE_TYPES,
                label=f"Drop files here (up to {settings.max_upload_mb} MB each)",
                height=140,
                elem_id="data-files",
            )
        with gr.Column(scale=2, min_width=240):
            sample = gr.Button("Try the sample manual", elem_id="data-sample")
            password = gr.Textbox(
                label="Password of an encrypted PDF",
                info="Type it before you drop the file. It is not kept.",
                type="password",
                max_lines=1,
                elem_id="data-password",
            )
    documents = gr.HTML(js_on_load=SEND_ID, elem_id="data-documents")
    build_import_panel(desk, documents)

    # 2 Examples
    gr.HTML(draw_heading(2, "Examples", "questions with answers, written from your documents"))
    with gr.Row(equal_height=False):
        generator = gr.Radio(
            generation.GENERATORS,
            value=choose_default_generator(settings),
            label="Written by",
            info="The first one needs no key and no network.",
            elem_id="data-generator",
            scale=2,
            min_width=300,
        )
        controls = {name: _build_wish(name) for name in ("wordings", "max_facts")}
    with gr.Row(visible=False) as gemini:
        gemini_key = gr.Textbox(
            label="Gemini key",
            type="password",
            max_lines=1,
            placeholder="set in the environment" if settings.gemini_key else "",
            info="Kept in memory only.",
            elem_id="data-gemini-key",
        )
        gemini_model = gr.Textbox(label="Model", value=settings.gemini_model, max_lines=1)
    with gr.Row(visible=False) as openai:
        url = gr.Textbox(
            label="Address",
            value=settings.openai_url or "http://127.0.0.1:11434/v1",
            info="Ollama, vLLM, LM Studio, llama.cpp … (OpenAI-compatible)",
            max_lines=1,
            elem_id="data-openai-url",
        )
        model = gr.Textbox(label="Model", value=settings.openai_model or "", max_lines=1)
        key = gr.Textbox(
            label="Key",
            type="password",
            max_lines=1,
            placeholder="set in the environment" if settings.openai_key else "",
            info="If the server wants one. Kept in memory only.",
        )
    with gr.Row(visible=False) as wished:
        controls |= {name: _build_wish(name) for name in ("style", "language")}
    notice, accepted = terms.build_notice("data")
    with gr.Column(visible=False, elem_id="data-leaving", elem_classes="notice") as leaving:
        destination = gr.HTML()
        may_leave = gr.Checkbox(
            label="Yes, send the text of my documents there",
            value=False,
            container=False,
            elem_id="data-may-leave",
        )
    with gr.Row(elem_classes="tools"):
        generate = gr.Button("Generate", elem_id="data-generate", min_width=140)
        stop = gr.Button("Stop", visible=False, variant="stop", min_width=100)
        resume = gr.Button("Resume", visible=False, min_width=100, elem_id="data-resume")
    expected = gr.HTML(elem_id="data-estimate")
    progress = gr.HTML(elem_id="data-progress")

    # 3 Review
    build_review(desk)
    build_reader(desk)

    # 4 Dataset
    freeze, to_train, questions = build_dataset_section(desk)

    # Wiring: sources
    listed = [documents]
    desk.listen(
        files.upload,
        sources.take_files,
        [project, files, password],
        [files, documents],
        shows_work=True,
    )
    desk.listen(sample.click, sources.take_sample, [project], listed, shows_work=True)
    desk.listen(documents.click, sources.act_on_document, [project, password], listed)
    desk.redraw("documents", sources.draw_documents, [project], listed)

    # Wiring: generation
    fields = [gemini, openai, wished, notice, leaving, destination, may_leave]
    access = [may_leave, gemini_key, gemini_model, url, model, key]
    wishes = [controls[name] for name in generation.WISHES]
    shown = [progress, generate, stop, resume]
    for trigger in (generator.change, url.blur):
        desk.listen(trigger, generation.choose_generator, [generator, url], fields, quick=True)
    desk.listen(
        generate.click,
        generation.start,
        [project, generator, *access, *wishes],
        shown,
    )
    desk.listen(stop.click, generation.stop, [project], shown)
    desk.listen(resume.click, generation.resume, [project, *access], shown)
    desk.redraw(("documents", "examples", "writing"), generation.draw_progress, [project], shown)
    asked = [project, generator, *wishes]
    desk.redraw(("documents", "examples"), generation.draw_estimate, asked, [expected])
    for control in (generator, *wishes[:2]):
        desk.listen(control.change, generation.draw_estimate, asked, [expected], quick=True)

    # Wiring: the one primary button
    desk.redraw(
        ("documents", "examples", "datasets"),
        freezing.draw_next,
        [project],
        [sample, generate, freeze, to_train, questions],
    )
    desk.listen(desk.page.load, generation.choose_generator, [generator, url], fields, quick=True)
    return notice, accepted


def _build_wish(name: str) -> Any:
    return build_control(name, GenerateRequest.model_fields[name])
