"""The Data tab: sources, generation, review, dataset. Layout and wiring only."""

import gradio as gr

from gemma_garage.ui import freezing, refused, sources
from gemma_garage.ui.checks import build_checks
from gemma_garage.ui.dataset_section import build_dataset_section
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.import_panel import build_import_panel
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.reader import build_reader
from gemma_garage.ui.review import SEND_ID, build_review
from gemma_garage.ui.writing import build_writing

REFUSED = "gemma-garage-refused"


def build_data_tab(desk: Desk) -> tuple[gr.Column, gr.Checkbox]:
    """Lay out the tab; gives the notice of the terms and its tick, which Train has too."""
    settings, project = desk.garage.settings, desk.project

    # 1 Sources
    about = (
        "PDF, Word, PowerPoint, web pages, e-books, pictures, text; rows from CSV, JSON, Excel or "
        "Parquet; or a ZIP of them"
    )
    gr.HTML(draw_heading(1, "Sources", about))
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=280):
            files = gr.File(
                file_count="multiple",
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
            ocr = gr.Radio(
                sources.PICTURE_READERS,
                value="local",
                label="Scanned pages and pictures are read by",
                info="Google gets the pages that are pictures, and nothing else of the file.",
                visible=bool(settings.gemini_key),
                elem_id="data-ocr",
            )
    not_taken = gr.HTML(js_on_load=SEND_ID, elem_id="data-refused")
    documents = gr.HTML(js_on_load=SEND_ID, elem_id="data-documents")
    noted = gr.BrowserState(None, storage_key=REFUSED, secret=REFUSED)
    build_import_panel(desk, documents)

    # 2 Examples
    generate, notice, accepted = build_writing(desk)

    # 3 Review
    build_review(desk)
    build_checks(desk)
    build_reader(desk)

    # 4 Dataset
    freeze, to_train, questions = build_dataset_section(desk)

    # Wiring: sources
    listed = [documents]
    desk.listen(
        files.upload,
        sources.take_files,
        [project, files, password, ocr],
        [files, documents, noted],
        shows_work=True,
    )
    desk.listen(sample.click, sources.take_sample, [project], [*listed, noted], shows_work=True)
    desk.listen(not_taken.click, refused.dismiss_refused, [project], [noted])
    desk.listen(noted.change, refused.draw_refused, [project, noted], [not_taken], quick=True)
    desk.redraw("documents", refused.draw_refused, [project, noted], [not_taken])
    desk.listen(documents.click, sources.act_on_document, [project, password], listed)
    desk.redraw("documents", sources.draw_documents, [project], listed)

    # Wiring: the one primary button
    desk.redraw(
        ("documents", "examples", "datasets"),
        freezing.draw_next,
        [project],
        [sample, generate, freeze, to_train, questions],
    )
    return notice, accepted
