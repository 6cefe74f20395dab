"""Handlers of the Data tab's imports: what the rows of a file are, how they will look in training,
and what to do with them; and which part of a dataset on the Hub to take.

The page shows one waiting Document at a time, the oldest; the choice goes to `import_rows`.
"""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.import_rows import add_hub_rows, look_up
from gemma_garage.augment.quality import REASONS
from gemma_garage.augment.rows.hub_rows import read_address
from gemma_garage.augment.rows.importing import WAITING, read_waiting, submit_import
from gemma_garage.augment.rows.mapping import Mapping
from gemma_garage.augment.rows.preview import ShownRow, preview_rows
from gemma_garage.augment.rows.shapes import Recognised
from gemma_garage.errors import BadInput, GarageError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Document
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import say_count
from gemma_garage.ui.sources import draw_documents

KINDS = {  # what the rows are → the fields of a Mapping that say so
    "pair": ("question", "context", "answer", "worse", "system"),
    "turns": ("turns", "system"),
    "text": ("text",),
}
KIND_CHOICES = [
    ("Questions and answers", "pair"),
    ("Conversations", "turns"),
    ("Running text", "text"),
]
MODE_CHOICES = [
    ("Train on them as they are", "as-is"),
    ("Write more from them", "augment"),
    ("Both", "both"),
]
FIELDS = tuple(Mapping.model_fields)
PREVIEW_ROWS = 3
_SHOWN_CHARACTERS = 1_200  # of one piece of a row
_NOTHING = ("–", "")


def draw_panel(garage: Garage, project_id: int, shown: int | None) -> tuple[Any, ...]:
    """The form for the oldest Document that waits; untouched while it shows that one already.

    In this order: panel, shown id, about, kind, the three rows of fields, the fields, mode,
    preview.
    """
    document = next(
        (row for row in garage.store.documents(project_id) if row.status == WAITING), None
    )
    if document is None:
        hidden = (gr.Column(visible=False), None)
        return (*hidden, *(gr.skip() for _ in range(7 + len(FIELDS))))
    if document.id == shown:
        return tuple(gr.skip() for _ in range(9 + len(FIELDS)))
    sample, found = read_waiting(garage, document)
    kind = _find_kind(found.mapping)
    columns = [str(column) for column in document.details.get("columns", [])]
    chosen = found.mapping.model_dump()
    return (
        gr.Column(visible=True),
        document.id,
        str(_draw_about(document, found)),
        kind,
        *_show_fields(kind),
        *(
            gr.Dropdown(
                choices=[_NOTHING, *((column, column) for column in columns)],
                value=chosen[name],
                visible=kind != "text" or name != "system",
            )
            for name in FIELDS
        ),
        gr.Radio(value="as-is", visible=kind != "text"),
        str(_draw_rows(sample, found.mapping)),
    )


def choose_kind(
    garage: Garage, project_id: int, document_id: int | None, kind: str, *columns: str
) -> tuple[Any, ...]:
    """Show the fields of this kind of rows: the three rows of fields, system, mode, preview."""
    preview = show_preview(garage, project_id, document_id, kind, *columns)
    talks = kind != "text"  # a text has no system turn, and always becomes passages
    return (*_show_fields(kind), gr.Dropdown(visible=talks), gr.Radio(visible=talks), preview)


def show_preview(
    garage: Garage, project_id: int, document_id: int | None, kind: str, *columns: str
) -> str:
    """The first rows as they will be trained on with these columns, or what is still missing."""
    document = _find(garage, project_id, document_id)
    sample, _ = read_waiting(garage, document)
    return str(_draw_rows(sample, read_mapping(kind, columns)))


def start(
    garage: Garage, project_id: int, document_id: int | None, kind: str, mode: str, *columns: str
) -> tuple[Any, ...]:
    """Queue the import with this choice; the list of documents, and the form for the next one."""
    document = _find(garage, project_id, document_id)
    mapping = read_mapping(kind, columns)
    mapping.check(document.details.get("columns", []))
    submit_import(garage, document.id, mapping=mapping, mode=mode)  # type: ignore[arg-type]
    return draw_documents(garage, project_id), *draw_panel(garage, project_id, None)


def read_mapping(kind: str, columns: Sequence[str]) -> Mapping:
    """What the fields say; those of another kind do not count."""
    chosen = dict(zip(FIELDS, columns, strict=True))
    return Mapping(**{name: chosen[name] or "" for name in KINDS[kind]})


def look_up_dataset(garage: Garage, address: str) -> tuple[Any, ...]:
    """The configs and splits of a dataset: the row to choose from, what it is, config, split."""
    if not (address or "").strip():
        raise BadInput("No dataset was named. Type owner/name, or paste the address of its page.")
    _, config, split = read_address(address)
    found = look_up(address, garage.settings.hub_token)
    chosen = found.choose(config, split)
    parts = {name: list(splits) for name, splits in found.parts.items()}
    about = Markup("<p class='hint'>{} · {}{}</p>").format(
        found.repo_id,
        say_count(len(parts), "config"),
        f" · licence: {found.licence}" if found.licence else " · its card names no licence",
    )
    return (
        gr.Row(visible=True),
        str(about),
        gr.Dropdown(choices=list(parts), value=chosen.config),
        gr.Dropdown(choices=parts[chosen.config], value=chosen.split),
        json.dumps(parts),
    )


def choose_config(garage: Garage, parts: str, config: str) -> Any:
    """The splits of this config."""
    splits = json.loads(parts or "{}").get(config) or [""]
    return gr.Dropdown(choices=splits, value="train" if "train" in splits else splits[0])


def take_dataset(
    garage: Garage, project_id: int, address: str, config: str, split: str, rows: float | None
) -> str:
    """Queue the fetching of the first rows; they wait for a choice like those of a file."""
    found = look_up(address, garage.settings.hub_token)
    source = found.choose(config or "", split or "", int(rows or 0))
    document = add_hub_rows(garage, project_id, source, found.licence)
    if document.status == "ready":
        tell(f"{document.name} is already here.")
    else:
        submit_import(garage, document.id)
    return draw_documents(garage, project_id)


def _find(garage: Garage, project_id: int, document_id: int | None) -> Document:
    document = garage.store.get(Document, document_id)
    if document.project_id != project_id:
        raise NotFound("This document belongs to another project. Reload the page.")
    if document.status != WAITING:
        raise BadInput(f"“{document.name}” waits for no choice: it is {document.status}.")
    return document


def _find_kind(mapping: Mapping) -> str:
    if mapping.text:
        return "text"
    return "turns" if mapping.turns else "pair"


def _show_fields(kind: str) -> tuple[Any, ...]:
    return tuple(gr.Row(visible=kind in kinds) for kinds in (("pair",), ("turns",), ("text",)))


def _draw_about(document: Document, found: Recognised) -> Markup:
    details = document.details
    parts = [say_count(int(details.get("rows", 0)), "row")]
    if found.is_sure:
        parts.append(f"recognised as {found.shape}")
    else:
        parts.append("of no known shape: say below what its columns are")
    if details.get("skipped"):
        parts.append(f"{details['skipped']:,} left out")
    notes = [*details.get("notes", []), *details.get("problems", [])[:5]]
    listed = Markup("").join(Markup("<li>{}</li>").format(note) for note in notes)
    return Markup("<h3>{}</h3><p>{}</p>{}").format(
        document.name,
        " · ".join(parts),
        Markup("<ul class='hint'>{}</ul>").format(listed) if notes else "",
    )


def _draw_rows(sample: Sequence[dict[str, Any]], mapping: Mapping) -> Markup:
    try:
        rows = preview_rows(sample, mapping, PREVIEW_ROWS)
    except GarageError as error:
        return Markup("<p class='problem'>{}</p>").format(error)
    if mapping.text:
        hint = "Running text is split into passages; Generate then writes questions from them."
    else:
        hint = "As Gemma 3 gets them; what is marked is trained."
    drawn = Markup("").join(_draw_row(number, row) for number, row in enumerate(rows, start=1))
    return Markup("<p class='hint'>The first {}. {}</p>{}").format(
        say_count(len(rows), "row"), hint, drawn
    )


def _draw_row(number: int, row: ShownRow) -> Markup:
    spans = Markup("").join(
        Markup("<mark>{}</mark>" if trained else "<span>{}</span>").format(_cut(text))
        for text, trained in row.spans
    )
    problem = (
        Markup("<p class='problem'>Row {}: {}.</p>").format(
            number, REASONS.get(row.reason, row.reason)
        )
        if row.reason
        else ""
    )
    shown = Markup("<blockquote class='passage'>{}</blockquote>").format(spans) if spans else ""
    return Markup("{}{}").format(shown, problem)


def _cut(text: str) -> str:
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    return f"{text[:_SHOWN_CHARACTERS]}… ({len(text):,} characters)"
