"""Handlers of the Data tab's sources: files in, their state, out again.

Reading a file is a Job; a handler only copies it in and queues that. The password of an encrypted
PDF goes from the field to the reader and is kept nowhere.
"""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.ingest import ingest_files, remove_document, submit_ingest
from gemma_garage.augment.rows.importing import WAITING
from gemma_garage.augment.transcribe import OcrName
from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import ACTIVE, Document
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import (
    draw_badge,
    draw_bar,
    draw_empty,
    draw_table,
    say_count,
    say_number,
    say_size,
)
from gemma_garage.ui.passage import draw_reading
from gemma_garage.ui.refused import note_refused

PICTURE_READERS = [("this machine", "local"), ("Gemini (sent to Google)", "gemini")]


def take_files(
    garage: Garage,
    project_id: int,
    files: Sequence[str] | None,
    password: str,
    ocr: OcrName = "local",
) -> tuple[None, str, dict[str, Any]]:
    """Copy the dropped files in and queue their reading; a bad one does not stop the others.

    The browser's copies are deleted: the documents' own folder holds them now. Gives an empty
    field, the list of Documents, and what was not taken.
    """
    refused: list[tuple[str, str]] = []
    for path in [Path(name) for name in files or []]:
        refused += _take(garage, project_id, path, password, ocr=ocr)
        if path.is_relative_to(garage.workspace.uploads):
            path.unlink(missing_ok=True)
    return None, draw_documents(garage, project_id), note_refused(project_id, refused)


def take_sample(garage: Garage, project_id: int) -> tuple[str, dict[str, Any]]:
    """The manual of an invented coffee roaster that ships with the garage."""
    with resources.as_file(resources.files("gemma_garage") / "sample" / "manual.pdf") as path:
        refused = _take(
            garage, project_id, path, "", name="Sample: coffee roaster manual.pdf", ocr="local"
        )
    return draw_documents(garage, project_id), note_refused(project_id, refused)


def act_on_document(garage: Garage, project_id: int, password: str, event: gr.EventData) -> str:
    """A button in the list: remove the document, or read it again (with the password)."""
    document = garage.store.get(Document, int(event.id))
    if document.project_id != project_id:
        raise NotFound("This document belongs to another project. Reload the page.")
    if event.act == "remove":
        remove_document(garage, document.id)
        tell(f"{document.name} is removed, with all that was made from it.")
    elif event.act == "again":
        submit_ingest(garage, document.id, password or None)
    else:
        raise BadInput(f"There is no action {event.act!r}. Reload the page.")
    return draw_documents(garage, project_id)


def draw_documents(garage: Garage, project_id: int) -> str:
    """The list of Documents with their state."""
    documents = garage.store.documents(project_id)
    if not documents:
        return str(
            draw_empty(
                "No documents yet. Drop some above, or try the sample manual to see how it goes."
            )
        )
    reading = {
        int(job.payload["document_id"]): job
        for kind in ("ingest", "import")
        for job in garage.store.jobs(project_id=project_id, kind=kind, statuses=ACTIVE)
        if "document_id" in job.payload
    }
    rows = []
    for document in documents:
        job = reading.get(document.id)
        if job is not None:
            state = Markup("{} {}").format(job.stage or "reading", draw_bar(job.fraction))
        elif document.status == "failed":
            state = Markup("{}<p class='problem'>{}</p>").format(
                draw_badge("failed"), document.error or "It could not be read."
            )
        elif document.status == "reading":
            state = Markup("{} <span class='hint'>press “read again”</span>").format(
                draw_badge("interrupted")
            )
        elif document.status == WAITING:
            state = Markup(
                "{} <span class='hint'>say below what to do with its rows</span>"
            ).format(draw_badge(WAITING))
        else:
            state = draw_badge(document.status) + _draw_rows(document)
        again = (
            _draw_action(document, "again", "Read again")
            if job is None and document.status not in ("ready", WAITING)
            else Markup("")
        )
        rows.append(
            (
                Markup("<strong>{}</strong>").format(document.name),
                state,
                f"{document.pages:,}" if document.pages else "–",
                say_number(document.characters) if document.characters else "–",
                say_size(document.size_bytes),
                _draw_text(document) + again + _draw_action(document, "remove", "Remove"),
            )
        )
    headers = ("Document", "State", "Pages", "Characters", "Size", "")
    return str(draw_table(headers, rows, "Documents of this project", kind="documents"))


def _take(
    garage: Garage,
    project_id: int,
    path: Path,
    password: str,
    *,
    name: str | None = None,
    ocr: OcrName,
) -> list[tuple[str, str]]:
    """Add one file, or all that are in a ZIP; gives those that were not taken, with the reason."""
    names = [name or path.name]
    refused = []
    for outcome in ingest_files(
        garage, project_id, [path], names=names, password=password or None, ocr=ocr
    ):
        if outcome.error is not None:
            refused.append((outcome.name, outcome.error))
        elif outcome.double_of:
            reason = f"The same content is here already, as “{outcome.double_of}”."
            refused.append((outcome.name, reason))
        elif outcome.job_id is None and outcome.document_id is not None:
            document = garage.store.get(Document, outcome.document_id)
            if document.status == "ready":
                reason = f"The same content is here already, as “{document.name}”."
                refused.append((outcome.name, reason))
    return refused


def _draw_rows(document: Document) -> Markup:
    """What became of a file of rows: `120 rows: 110 accepted, 10 rejected`."""
    details = document.details
    if "rows" not in details:
        return Markup("")
    parts = []
    if details.get("accepted") or details.get("rejected"):
        parts = [f"{details['accepted']:,} accepted", f"{details['rejected']:,} rejected"]
    if details.get("chunks"):
        parts.append(say_count(int(details["chunks"]), "passage"))
    if details.get("skipped"):
        parts.append(f"{details['skipped']:,} could not be read")
    return Markup(" <span class='hint'>{}: {}</span>").format(
        say_count(int(details["rows"]), "row"), ", ".join(parts)
    )


def _draw_text(document: Document) -> Markup:
    """The way to what was read of it, where that is a text."""
    is_read = document.status == "ready" and document.characters
    return draw_reading(document, "Text") if is_read else Markup("")


def _draw_action(document: Document, act: str, word: str) -> Markup:
    return Markup(
        '<button type="button" class="link" data-id="{}" data-act="{}" aria-label="{} {}">{}'
        "</button>"
    ).format(document.id, act, word, document.name, word)
