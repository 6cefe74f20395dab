"""The Train tab: what to teach, what happens, what it knows then. Layout and wiring only."""

import gradio as gr

from gemma_garage.ui import estimate, settings_files, training
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.run_section import build_run_section
from gemma_garage.ui.train_settings import build_train_settings


def build_train_tab(desk: Desk) -> tuple[gr.Column, gr.Checkbox, gr.Dropdown]:
    """Lay out the tab; gives the notice of the terms, its tick, and the picker of the shown Run."""
    before = build_train_settings(desk)
    run, reuse = build_run_section(desk)
    settings = [before.base, *before.controls]
    given = [desk.project, run, *settings]
    taken = desk.listen(reuse.click, settings_files.use_run, given, settings)
    asked = [desk.project, before.base, before.dataset, *before.controls]
    desk.listen(taken.then, estimate.draw_estimate, asked, [before.fits], quick=True)
    desk.listen(
        before.start.click,
        training.start,
        [desk.project, before.base, before.dataset, *before.controls],
        [run],
    )
    desk.redraw(("runs", "datasets"), training.draw_start, [desk.project], [before.start])
    return before.notice, before.accepted, run
