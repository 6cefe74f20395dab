"""Handlers of the Data tab's generation: who writes, what leaves the machine, start and stop.

Keys go from a password field into the memory of this process (`garage.settings`) and nowhere
else: not into the store, a log or a Job.
"""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.generate import GenerateRequest, estimate, submit_generate
from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import ACTIVE, RESUMABLE, Job
from gemma_garage.ui import terms
from gemma_garage.ui.controls import read_controls
from gemma_garage.ui.format import (
    draw_badge,
    draw_bar,
    draw_empty,
    say_count,
    say_duration,
    say_number,
)
from gemma_garage.ui.frame import say_left
from gemma_garage.ui.pulse import find_job

GENERATORS = [
    ("Gemma on this machine", "local"),
    ("Gemini", "gemini"),
    ("Another server", "openai"),
]
WISHES = ("wordings", "max_facts", "style", "language")  # fields of GenerateRequest on the page
NEAR_HOSTS = ("localhost", "127.0.0.1", "::1")


def say_destination(generator: str, url: str) -> str:
    """Where the documents' text goes; empty when it stays on this machine."""
    if generator == "gemini":
        return "Google (the Gemini API)"
    if generator == "openai":
        url = (url or "").strip()
        host = urlsplit(url if "//" in url else f"//{url}").hostname
        return "" if host in NEAR_HOSTS else (host or "the server you name")
    return ""


def choose_generator(garage: Garage, generator: str, url: str) -> tuple[Any, ...]:
    """Show the fields of this generator, where the text goes, and the terms if they are needed."""
    destination = say_destination(generator, url)
    remote = generator != "local"
    return (
        gr.Row(visible=generator == "gemini"),
        gr.Row(visible=generator == "openai"),
        gr.Row(visible=remote),
        gr.Column(visible=not remote and not terms.has_accepted(garage)),
        gr.Column(visible=bool(destination)),
        str(
            Markup(
                "<p>The text of your documents <strong>leaves this machine</strong> and goes to "
                "<strong>{}</strong>.</p>"
            ).format(destination)
        ),
        gr.Checkbox(value=False),
    )


def start(
    garage: Garage,
    project_id: int,
    generator: str,
    may_leave: bool,
    gemini_key: str,
    gemini_model: str,
    url: str,
    model: str,
    key: str,
    *wishes: Any,
) -> tuple[Any, ...]:
    """Queue the generation for all ready Documents. Chunks that have Examples are left out."""
    _allow(garage, generator, url, may_leave)
    _use_access(garage, gemini_key, gemini_model, url, model, key)
    request = _make_request(generator, wishes)
    submit_generate(garage, project_id, request)
    return draw_progress(garage, project_id)


def resume(
    garage: Garage,
    project_id: int,
    may_leave: bool,
    gemini_key: str,
    gemini_model: str,
    url: str,
    model: str,
    key: str,
) -> tuple[Any, ...]:
    """Go on with the Chunks that have no Examples yet, with the generator they were begun with.

    A restarted process has forgotten the key, so it is read from its field again.
    """
    job = _newest(garage, project_id)
    generator = GenerateRequest.model_validate(job.payload["request"]).generator
    _allow(garage, generator, url, may_leave)
    _use_access(garage, gemini_key, gemini_model, url, model, key)
    garage.jobs.resume(job.id)
    return draw_progress(garage, project_id)


def stop(garage: Garage, project_id: int) -> tuple[Any, ...]:
    """Stop the project's generation; what was written until then stays."""
    garage.jobs.stop(_newest(garage, project_id).id)
    return draw_progress(garage, project_id)


def draw_progress(garage: Garage, project_id: int) -> tuple[str, Any, Any, Any]:
    """How far the generation is; Generate, Stop and Resume."""
    job = find_job(garage, project_id, "generate")
    status = job.status if job else ""
    return (
        str(_draw_state(garage, job)),
        gr.Button(visible=status not in ACTIVE),
        gr.Button(visible=status in ACTIVE),
        gr.Button(visible=status in RESUMABLE),
    )


def draw_estimate(garage: Garage, project_id: int, generator: str, *wishes: Any) -> str:
    """What Generate would do and take: passages, questions, minutes, tokens."""
    chunks = garage.store.chunks(project_id)
    if not chunks:
        text = "When a document is read, questions and answers are written from it here."
        return str(draw_empty(text))
    # An estimate needs none of the wishes that can be refused.
    values = read_controls(GenerateRequest, WISHES[:2], wishes[:2])
    request = GenerateRequest(generator=generator, **values)
    expected = estimate(garage, project_id, request)
    parts = [say_count(expected.chunks, "passage") + " to ask about"]
    if expected.skipped:
        parts.append(f"{expected.skipped:,} have their Examples")
    if expected.chunks:
        parts.append(f"about {say_duration(expected.minutes * 60)}")
        if expected.calls:
            parts.append(f"{say_number(expected.prompt_tokens)} tokens to send")
            parts.append(f"about {say_number(expected.reply_tokens)} to receive")
        else:
            parts.append("no cost, nothing leaves this machine")
    return str(Markup("<p class='hint'>{}</p>").format(" · ".join(parts)))


def _allow(garage: Garage, generator: str, url: str, may_leave: bool) -> None:
    destination = say_destination(generator, url)
    if destination and not may_leave:
        raise BadInput(
            f"The text of your documents would be sent to {destination}. Choose that generator "
            "and tick its box to allow it, or let Gemma on this machine write."
        )
    if generator == "local":
        terms.require_accepted(garage)


def _use_access(
    garage: Garage, gemini_key: str, gemini_model: str, url: str, model: str, key: str
) -> None:
    """Take what was typed over what the environment says; an empty field changes nothing."""
    typed = {
        "gemini_key": gemini_key,
        "gemini_model": gemini_model,
        "openai_url": url,
        "openai_model": model,
        "openai_key": key,
    }
    given = {name: text.strip() for name, text in typed.items() if text and text.strip()}
    garage.settings = replace(garage.settings, **given)  # type: ignore[arg-type]


def _make_request(generator: str, wishes: tuple[Any, ...]) -> GenerateRequest:
    from pydantic import ValidationError

    values = read_controls(GenerateRequest, WISHES, wishes)
    if generator == "local":
        values |= {"style": "", "language": ""}  # their fields are hidden then
    try:
        return GenerateRequest(generator=generator, **values)
    except ValidationError as error:
        first = error.errors()[0]
        name = GenerateRequest.model_fields[str(first["loc"][0])].title
        raise BadInput(f"“{name}” is {first['input']!r}: {first['msg']}. Correct it.") from error


def _draw_state(garage: Garage, job: Job | None) -> Markup:
    if job is not None and job.status in ACTIVE:
        return Markup("<p>{} {} <span class='hint'>{}</span></p>{}").format(
            draw_badge(job.status), job.stage, say_left(garage, job), draw_bar(job.fraction)
        )
    if job is not None and job.status in RESUMABLE:
        error = job.error or "What was done until then is kept. Resume goes on from there."
        return Markup("<p class='problem'>{} {}</p>").format(draw_badge(job.status), error)
    return Markup("")


def _newest(garage: Garage, project_id: int) -> Job:
    job = find_job(garage, project_id, "generate")
    if job is None:
        raise NotFound("Nothing was generated in this project yet. Press Generate.")
    return job
