"""How the page reaches a model elsewhere: keys, addresses, models, and a person's yes to sending.

Keys go from a password field into the memory of this process (`garage.settings`) and nowhere
else: not into the store, a log or a Job. Layout of the fields, and what becomes of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.settings import Settings


@dataclass(frozen=True, slots=True)
class Access:
    """What a person said, in the order of its components: `Leaving.may_leave`, `Places.access`."""

    may_leave: bool
    gemini_key: str
    gemini_model: str
    openai_url: str
    openai_model: str
    openai_key: str

    def type_over(self, settings: Settings) -> Settings:
        """The settings with what was typed over what the environment says."""
        return type_over(
            settings,
            gemini_key=self.gemini_key,
            gemini_model=self.gemini_model,
            openai_url=self.openai_url,
            openai_model=self.openai_model,
            openai_key=self.openai_key,
        )


ACCESS = len(Access.__slots__)


def type_over(settings: Settings, **typed: str | None) -> Settings:
    """The settings with what was typed over what the environment says; empty changes nothing."""
    given = {name: text.strip() for name, text in typed.items() if (text or "").strip() and text}
    return replace(settings, **given)  # type: ignore[arg-type]


def allow(
    garage: Garage, access: Access, say_leaving: Callable[[Settings], Markup], instead: str
) -> None:
    """Take what was typed, if the user allows what would then leave the machine. `instead`: what
    else can be done. Raises BadInput."""
    settings = access.type_over(garage.settings)
    leaving = say_leaving(settings)
    if leaving and not access.may_leave:
        raise BadInput(f"{leaving.striptags()} Tick the box below to allow it, or {instead}.")
    garage.settings = settings


@dataclass(frozen=True, slots=True)
class Places:
    """The fields of both places, each in a row that is shown where it is meant."""

    gemini: gr.Row
    openai: gr.Row
    gemini_model: gr.Textbox
    url: gr.Textbox
    model: gr.Textbox
    access: list[Any]


def build_places(settings: Settings, place: str) -> Places:
    """The rows with keys, models and the address; `place` tells copies on the page apart."""
    with gr.Row(visible=False) as gemini:
        gemini_key = gr.Textbox(
            label="Gemini key",
            type="password",
            max_lines=1,
            placeholder="set in the environment" if settings.gemini_key else "",
            info="Kept in memory only.",
            elem_id=f"{place}-gemini-key",
        )
        gemini_model = gr.Textbox(label="Model", value=settings.gemini_model, max_lines=1)
    with gr.Row(visible=False) as openai:
        url = gr.Textbox(
            label="Address",
            value=settings.openai_url or "http://127.0.0.1:11434/v1",
            info="Ollama, vLLM, LM Studio, llama.cpp … (OpenAI-compatible)",
            max_lines=1,
            elem_id=f"{place}-openai-url",
        )
        model = gr.Textbox(label="Model", value=settings.openai_model or "", max_lines=1)
        key = gr.Textbox(
            label="Key",
            type="password",
            max_lines=1,
            placeholder="set in the environment" if settings.openai_key else "",
            info="If the server wants one. Kept in memory only.",
        )
    access = [gemini_key, gemini_model, url, model, key]
    return Places(gemini, openai, gemini_model, url, model, access)


@dataclass(frozen=True, slots=True)
class Leaving:
    """The notice that says what goes where, with the tick that allows it."""

    notice: gr.Column
    destination: gr.HTML
    may_leave: gr.Checkbox


def build_leaving(place: str) -> Leaving:
    """The notice, hidden until something would leave this machine."""
    with gr.Column(visible=False, elem_id=f"{place}-leaving", elem_classes="notice") as notice:
        destination = gr.HTML()
        may_leave = gr.Checkbox(
            label="Yes, send it there",
            value=False,
            container=False,
            elem_id=f"{place}-may-leave",
        )
    return Leaving(notice, destination, may_leave)


def draw_leaving(leaving: Markup) -> tuple[Any, str, Any]:
    """Show what leaves, and take an earlier yes back; hide the notice when nothing does."""
    shown = gr.Column(visible=bool(leaving))
    return shown, str(Markup("<p>{}</p>").format(leaving)), gr.Checkbox(value=False)
