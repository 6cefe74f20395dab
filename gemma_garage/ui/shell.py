"""The page: the frame around the four tabs, and the clock that keeps it true.

`build_page` lays out and wires; `page_options` is what Gradio 6 wants at the mount (theme, css,
head). The server mounts it; nothing here listens on a port or decides who may enter.
"""

from importlib import resources
from typing import Any

import gradio as gr

from gemma_garage.garage import Garage
from gemma_garage.ui import frame, pulse, terms
from gemma_garage.ui.compare_tab import build_compare_tab
from gemma_garage.ui.data_tab import build_data_tab
from gemma_garage.ui.export_tab import build_export_tab
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.train_tab import build_train_tab

REMEMBERED = "gemma-garage-project"


def build_page(garage: Garage) -> gr.Blocks:
    """The whole page over this garage, ready to be mounted."""
    with gr.Blocks(title="Gemma Garage", analytics_enabled=False) as page:
        # 1 Frame
        with gr.Row(elem_id="top", equal_height=True):
            gr.HTML("<h1>Gemma Garage</h1>", min_width=170, elem_id="brand")
            project = gr.Dropdown(
                [], label="Project", elem_id="project", scale=2, min_width=180, container=False
            )
            new = gr.Button("New project", size="sm", min_width=110, elem_id="project-new")
            machine = gr.HTML(elem_id="machine", min_width=200)
        with gr.Row(visible=False, elem_id="project-form") as form:
            name = gr.Textbox(
                show_label=False,
                placeholder="Name of the new project",
                container=False,
                max_lines=1,
                elem_id="project-name",
                scale=3,
            )
            create = gr.Button("Create", size="sm", min_width=90, elem_id="project-create")
        remembered = gr.BrowserState(None, storage_key=REMEMBERED, secret=REMEMBERED)
        # Keys live in the browser: a server that was restarted has nothing to forget, and a
        # `gr.State` fires no `.change` for handlers that skip the queue.
        keys = {part: gr.Textbox("", visible="hidden") for part in pulse.PARTS}
        seen, stoppable = gr.Textbox("", visible="hidden"), gr.Number(None, visible="hidden")

        # 2 Tabs
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            changes = {part: key.change for part, key in keys.items()}
            desk = Desk(garage, page, project, tabs, changes, keys)
            with gr.Tab("Data", id="data", render_children=True) as data:
                data_terms, data_tick = build_data_tab(desk)
            with gr.Tab("Train", id="train", render_children=True) as train:
                train_terms, train_tick, run = build_train_tab(desk)
            with gr.Tab("Compare", id="compare", render_children=True) as compare:
                build_compare_tab(desk)
            with gr.Tab("Export", id="export", render_children=True) as export:
                build_export_tab(desk)

        # 3 Status, from every tab
        with gr.Row(elem_id="status", visible=False) as bar:
            status = gr.HTML(elem_id="status-line", scale=5)
            stop = gr.Button("Stop", size="sm", variant="stop", min_width=80, elem_id="status-stop")

        # 4 The clock: one cheap question, and only what changed is drawn
        clock = gr.Timer(pulse.POLL_EVERY_S)
        shown = [project, run]
        beats = [seen, *keys.values()]
        desk.listen(clock.tick, pulse.tick, [*shown, seen], beats, quick=True)
        for trigger in (project.change, run.change):
            desk.listen(trigger, pulse.beat, shown, beats, quick=True)
        desk.redraw("frame", frame.draw_tabs, [project], [data, train, compare, export])
        desk.redraw("frame", frame.draw_status, [project], [bar, status, stop, stoppable])
        desk.listen(stop.click, frame.stop_job, [project, stoppable])

        # 5 Projects
        desk.listen(page.load, frame.restore, [remembered], [project, machine], quick=True)
        desk.listen(project.change, frame.remember, [project], [remembered], quick=True)
        new.click(lambda: gr.Row(visible=True), outputs=form, queue=False, api_visibility="private")
        for trigger in (create.click, name.submit):
            desk.listen(trigger, frame.add_project, [name], [project, form, name])

        # 6 The terms, shown in two tabs and accepted once
        for tick in (data_tick, train_tick):
            desk.listen(tick.input, terms.accept, [tick], [data_terms, train_terms])
        desk.wire()
    return page


def page_options() -> dict[str, Any]:
    """Theme, css and head for `mount_gradio_app`: system fonts, one accent, nothing external."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    accent = gr.themes.colors.teal
    theme = gr.themes.Default(
        primary_hue=accent,
        secondary_hue=accent,
        neutral_hue=gr.themes.colors.stone,
        font=fonts,
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
        spacing_size=gr.themes.sizes.spacing_md,
    ).set(
        body_background_fill="#f7f6f3",
        body_background_fill_dark="#171614",
        button_primary_background_fill="#0f766e",
        button_primary_background_fill_hover="#115e59",
        button_primary_background_fill_dark="#0f766e",
        button_primary_background_fill_hover_dark="#115e59",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
        button_large_text_size="*text_md",
        button_border_width="1px",
        button_small_text_weight="400",
        color_accent="#0f766e",
        slider_color="#0f766e",
        loader_color="#0f766e",
        checkbox_background_color_selected="#0f766e",
        checkbox_background_color_selected_dark="#0f766e",
        checkbox_border_color_selected="#0f766e",
        checkbox_border_color_selected_dark="#0f766e",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="#f0eeea",
        button_secondary_border_color="#cfc9c0",
        button_secondary_border_color_dark="#57534e",
        button_primary_border_color="#0f766e",
        button_primary_border_color_dark="#0f766e",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1f1d1b",
        input_background_fill="#ffffff",
    )
    return {"theme": theme, "css": _read("style.css"), "head": _script(_read("keys.js"))}


def _read(name: str) -> str:
    return (resources.files("gemma_garage.ui") / name).read_text(encoding="utf-8")


def _script(source: str) -> str:
    return f"<script>{source}</script>"
