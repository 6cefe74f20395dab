"""The Train tab: what to teach, what happens, what it knows then. Layout and wiring only."""

import gradio as gr

from gemma_garage.ui import training
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.run_section import build_run_section
from gemma_garage.ui.train_settings import build_train_settings


def build_train_tab(desk: Desk) -> tuple[gr.Column, gr.Checkbox, gr.Dropdown]:
    """Lay out the tab; gives the notice of the terms, its tick, and the picker of the shown Run."""
    before = build_train_settings(desk)
    run = build_run_section(desk)
    desk.listen(
        before.start.click,
        training.start,
        [desk.project, before.base, before.dataset, *before.controls],
        [run],
    )
    desk.redraw(("runs", "datasets"), training.draw_start, [desk.project], [before.start])
    return before.notice, before.accepted, run
