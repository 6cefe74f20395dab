"""Handlers of the Data tab's generation: who writes, what leaves the machine, start and stop."""

from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.destination import describe_destination, say_what_leaves
from gemma_garage.augment.generate import GenerateRequest, preview_generate, submit_generate
from gemma_garage.augment.quality.reasons import label_reason
from gemma_garage.errors import NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import ACTIVE, RESUMABLE, Job
from gemma_garage.settings import Settings
from gemma_garage.ui import terms
from gemma_garage.ui.access import ACCESS, Access, allow, draw_leaving
from gemma_garage.ui.cost import draw_result
from gemma_garage.ui.format import draw_badge, draw_table, shorten
from gemma_garage.ui.frame import draw_job
from gemma_garage.ui.pulse import find_job
from gemma_garage.ui.wishes import list_kinds, make_request


def say_leaving(
    settings: Settings, generator: str, url: str, mode: str = "documents", judge: str = "none"
) -> Markup:
    """What goes where; empty when nothing leaves this machine."""
    # A copy that is not checked: only who writes, from what and who judges is told yet.
    said = {"generator": generator, "mode": mode, "judged_by": judge}
    request = GenerateRequest().model_copy(update=said)
    settings = replace(settings, openai_url=(url or "").strip() or None)
    destination = describe_destination(request, settings)
    if destination is None:
        return Markup("")
    return Markup(
        "{} <strong>leaves this machine</strong> and goes to <strong>{}</strong>."
    ).format(say_what_leaves(request), destination)


def choose_generator(
    garage: Garage, generator: str, url: str, kinds: list[str], mode: str, judge: str
) -> tuple[Any, ...]:
    """Show what this generator can do, where the text goes, and the terms if they are needed."""
    leaving = say_leaving(garage.settings, generator, url, mode, judge)
    remote = generator != "local"
    offered = list_kinds(generator)
    kept = [name for _, name in offered if name in kinds] or [name for _, name in offered][:1]
    info = "" if remote else "Gemini or another server write more kinds."
    return (
        gr.Row(visible="gemini" in (generator, judge)),
        gr.Row(visible="openai" in (generator, judge)),
        gr.Row(visible=remote),
        gr.Row(visible=remote),
        gr.CheckboxGroup(choices=offered, value=kept, info=info),
        gr.Column(visible=not remote and not terms.has_accepted(garage)),
        *draw_leaving(leaving),
        gr.Button(visible=judge != "none"),
    )


def start(
    garage: Garage,
    project_id: int,
    generator: str,
    *typed: Any,
) -> tuple[Any, ...]:
    """Queue the generation for all ready Documents. What was asked already is left out. `typed`:
    the fields of Access, then the wishes."""
    request = make_request(generator, typed[ACCESS:])
    allow_request(garage, request, Access(*typed[:ACCESS]))
    submit_generate(garage, project_id, request)
    return (*draw_progress(garage, project_id), "")


def preview(
    garage: Garage,
    project_id: int,
    generator: str,
    *typed: Any,
) -> str:
    """What three passages would give. Nothing is stored but the replies, which are used again."""
    request = make_request(generator, typed[ACCESS:])
    allow_request(garage, request, Access(*typed[:ACCESS]))
    parts = []
    for found in preview_generate(garage, project_id, request):
        rows = [
            (
                row.question or "–",
                row.answer or "–",
                Markup("{} {}").format(draw_badge(row.status), label_reason(row.reason)),
            )
            for row in found.examples
        ]
        place = found.chunk.heading or shorten(found.chunk.text, 80)
        parts.append(draw_table(("Question", "Answer", ""), rows, f"Preview: {place}"))
    return str(Markup("").join(parts))


def resume(garage: Garage, project_id: int, *typed: Any) -> tuple[Any, ...]:
    """Go on with the Chunks that have no Examples yet, with the generator they were begun with.

    A restarted process has forgotten the key, so it is read from its field again.
    """
    job = _newest(garage, project_id)
    request = GenerateRequest.model_validate(job.payload["request"])
    allow_request(garage, request, Access(*typed))
    garage.jobs.resume(job.id)
    return draw_progress(garage, project_id)


def stop(garage: Garage, project_id: int) -> tuple[Any, ...]:
    """Stop the project's generation; what was written until then stays."""
    garage.jobs.stop(_newest(garage, project_id).id)
    return draw_progress(garage, project_id)


def draw_progress(garage: Garage, project_id: int) -> tuple[str, Any, Any, Any, Any]:
    """How far the generation is; Generate, Preview, Stop and Resume."""
    job = find_job(garage, project_id, "generate")
    status = job.status if job else ""
    return (
        str(draw_job(garage, job, draw_result)),
        gr.Button(visible=status not in ACTIVE),
        gr.Button(visible=status not in ACTIVE),
        gr.Button(visible=status in ACTIVE),
        gr.Button(visible=status in RESUMABLE),
    )


def allow_request(garage: Garage, request: GenerateRequest, access: Access) -> None:
    """Take what was typed, if the user allows what would then leave the machine and the terms of
    the local model are accepted. Raises BadInput."""

    def say(settings: Settings) -> Markup:
        url = settings.openai_url or ""
        return say_leaving(settings, request.generator, url, request.mode, request.judged_by)

    if not request.is_remote and request.mode == "documents":
        terms.require_accepted(garage)
    allow(garage, access, say, "let Gemma on this machine write, and nobody judge")


def _newest(garage: Garage, project_id: int) -> Job:
    job = find_job(garage, project_id, "generate")
    if job is None:
        raise NotFound("Nothing was generated in this project yet. Press Generate.")
    return job
