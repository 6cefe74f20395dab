"""The Gemma terms: shown before a model under them is first used, and remembered once accepted.

The acceptance is one small file in the home, because it is the person's on this machine and not
a project's. The text and its address are those of `gemma/starter.py`.
"""

from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.gemma.starter import GEMMA_TERMS, GEMMA_TERMS_URL
from gemma_garage.schema import now
from gemma_garage.workspace import write_whole


def has_accepted(garage: Garage) -> bool:
    return garage.workspace.accepted_terms.exists()


def accept(garage: Garage, ticked: bool) -> tuple[Any, Any]:
    """Remember the tick; the notice disappears from both tabs that show it."""
    if ticked and not has_accepted(garage):
        with write_whole(garage.workspace.accepted_terms) as path:
            path.write_text(f"{GEMMA_TERMS_URL} accepted {now()}\n", encoding="utf-8")
    hidden = gr.Column(visible=not has_accepted(garage))
    return hidden, hidden


def require_accepted(garage: Garage) -> None:
    """Raise BadInput until the terms are accepted."""
    if not has_accepted(garage):
        raise BadInput(
            "This model is under the Gemma Terms of Use, and they are not accepted yet. Read the "
            "notice and tick the box beside it, then press the button again."
        )


def build_notice(place: str) -> tuple[gr.Column, gr.Checkbox]:
    """The notice with its checkbox; `place` tells the two copies apart."""
    with gr.Column(visible=False, elem_id=f"{place}-terms", elem_classes="notice") as notice:
        gr.HTML(
            Markup(
                "<p><strong>Before the first use of a Gemma model.</strong> {} "
                '<a href="{}" target="_blank" rel="noopener">Read the terms</a></p>'
            ).format(GEMMA_TERMS, GEMMA_TERMS_URL)
        )
        tick = gr.Checkbox(
            label="I have read and accept the Gemma Terms of Use",
            value=False,
            container=False,
            elem_id=f"{place}-accept-terms",
        )
    return notice, tick
