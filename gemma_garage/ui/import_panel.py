"""Imports, part of the Data tab's sources: a dataset from the Hub, and the form for rows that
wait. Layout and wiring only."""

from typing import Any

import gradio as gr

from gemma_garage.augment.rows.extract import MAX_ROWS
from gemma_garage.augment.rows.hub_rows import DEFAULT_ROWS
from gemma_garage.augment.rows.mapping import Mapping
from gemma_garage.ui import importing
from gemma_garage.ui.pulse import Desk


def build_import_panel(desk: Desk, documents: gr.HTML) -> None:
    """Lay out below the list of `documents`, and wire."""
    project = desk.project

    # 1 From the Hub
    with gr.Accordion("Import a dataset from Hugging Face", open=False, elem_id="data-hub"):
        with gr.Row(equal_height=True):
            address = gr.Textbox(
                label="Name or address",
                placeholder="owner/name, or https://huggingface.co/datasets/owner/name",
                info="Only the rows you ask for are fetched; no code of it is run.",
                max_lines=1,
                scale=4,
                min_width=280,
                elem_id="data-hub-address",
            )
            look = gr.Button("Look it up", elem_id="data-hub-look", min_width=110, scale=1)
        about = gr.HTML()
        parts = gr.Textbox("", visible="hidden")
        with gr.Row(equal_height=True, visible=False) as choice:
            config = gr.Dropdown([], label="Config", min_width=140)
            split = gr.Dropdown([], label="Split", min_width=140)
            count = gr.Number(
                DEFAULT_ROWS,
                label="How many rows",
                minimum=1,
                maximum=MAX_ROWS,
                precision=0,
                min_width=120,
            )
            fetch = gr.Button("Fetch", elem_id="data-hub-fetch", min_width=100)

    # 2 Rows that wait for a choice
    shown = gr.Number(None, precision=0, visible="hidden")
    with gr.Column(visible=False, elem_id="data-import", elem_classes="card") as panel:
        told = gr.HTML(elem_id="data-import-about")
        kind = gr.Radio(
            importing.KIND_CHOICES,
            value="pair",
            label="What the rows are",
            elem_id="data-import-kind",
        )
        fields: dict[str, Any] = {}
        rows = []
        for name, own in (
            ("pair", ("question", "context", "answer", "worse")),
            ("turns", ("turns",)),
        ):
            with gr.Row(visible=name == "pair", elem_id=f"data-import-{name}") as row:
                fields |= {field: _build_field(field) for field in own}
            rows.append(row)
        with gr.Row(visible=False, elem_id="data-import-text") as row:
            fields["text"] = _build_field("text")
        rows.append(row)
        fields["system"] = _build_field("system")
        preview = gr.HTML(elem_id="data-import-preview")
        mode = gr.Radio(
            importing.MODE_CHOICES,
            value="as-is",
            label="What to do with them",
            elem_id="data-import-mode",
        )
        with gr.Row(elem_classes="tools"):
            start = gr.Button("Import", elem_id="data-import-start", min_width=140)

    # 3 Wiring
    columns = [fields[name] for name in importing.FIELDS]
    drawn = [panel, shown, told, kind, *rows, *columns, mode, preview]
    desk.redraw("documents", importing.draw_panel, [project, shown], drawn)
    desk.listen(
        kind.input,
        importing.choose_kind,
        [project, shown, kind, *columns],
        [*rows, fields["system"], mode, preview],
        quick=True,
    )
    for field in columns:
        desk.listen(
            field.input,
            importing.show_preview,
            [project, shown, kind, *columns],
            [preview],
            quick=True,
        )
    desk.listen(
        start.click,
        importing.start,
        [project, shown, kind, mode, *columns],
        [documents, *drawn],
        shows_work=True,
    )
    for trigger in (look.click, address.submit):
        desk.listen(
            trigger,
            importing.look_up_dataset,
            [address],
            [choice, about, config, split, parts],
            shows_work=True,
        )
    desk.listen(config.input, importing.choose_config, [parts, config], [split], quick=True)
    desk.listen(
        fetch.click,
        importing.take_dataset,
        [project, address, config, split, count],
        [documents],
        shows_work=True,
    )


def _build_field(name: str) -> gr.Dropdown:
    about = Mapping.model_fields[name]
    return gr.Dropdown(
        [("–", "")],
        value="",
        label=about.title,
        info=about.description,
        min_width=160,
        elem_id=f"data-import-{name}-column",
    )
