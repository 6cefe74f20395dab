"""One Example as it is judged: why it is as it is, the passage with its evidence, its history.

It draws; what the buttons in it do is in `reviewing.py` and `reader.py`.
"""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.locate import find_evidence, page_at
from gemma_garage.augment.quality.reasons import REASONS
from gemma_garage.errors import NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Document, Example
from gemma_garage.ui.evidence import mark_spans
from gemma_garage.ui.format import STATUS_WORDS, draw_badge, say_when, shorten

NOT_QUOTED = {
    "alike": "The quote is not there word for word; what is like it is marked.",
    "answer": "The quote is not in this passage; only the answer is marked.",
    "": "Neither quote nor answer stand in this passage word for word.",
}
ROLES = {"user": "User", "assistant": "Model", "model": "Model", "system": "Instruction"}


def own_example(garage: Garage, project_id: int, example_id: int | None) -> Example:
    """The Example, if it is one of this project. Raises NotFound."""
    example = garage.store.get(Example, example_id)
    if example.project_id != project_id:
        raise NotFound(f"Example {example_id} belongs to another project. Reload the page.")
    return example


def draw_example(garage: Garage, project_id: int, selected: int | None) -> tuple[Any, ...]:
    """The passage; question and answer to edit; the button that accepts; the panel itself."""
    if selected is None:
        return "", "", "", gr.Button("Accept (a)"), gr.Column(visible=False)
    example = own_example(garage, project_id, selected)
    drawn = (
        _draw_state(example)
        + _draw_turns(example)
        + _draw_source(garage, example)
        + _draw_scores(example.scores)
        + _draw_history(example)
    )
    word = "Take back (a)" if example.status == "rejected" else "Accept (a)"
    return (
        str(drawn),
        example.question,
        example.answer,
        gr.Button(word),
        gr.Column(visible=True),
    )


def draw_original(document: Document, page: int | None) -> Markup:
    """A link to the file as it was given: a PDF opens at the page, others are downloaded."""
    if document.format != "pdf":
        return Markup('<a href="/files/documents/{}" download>Download the file</a>').format(
            document.id
        )
    return Markup(
        '<a href="/files/documents/{}{}" target="_blank" rel="noopener">Open the PDF{}</a>'
    ).format(document.id, f"#page={page}" if page else "", f" at page {page}" if page else "")


def draw_reading(document: Document, word: str, start: int = 0, end: int = 0) -> Markup:
    """A button that opens the Document's text at these characters (see `reader.py`)."""
    return Markup(
        '<button type="button" class="link" data-read="{}" data-from="{}" data-to="{}" '
        'aria-label="{}: {}">{}</button>'
    ).format(document.id, start, end, word, document.name, word)


def _draw_state(example: Example) -> Markup:
    why = example.reason
    if why in REASONS:
        why = REASONS[why]
    about = [part for part in (why, example.kind, f"by {example.origin}") if part]
    if example.score is not None:
        about.append(f"score {example.score:.2f}")
    return Markup('<p data-open="{}" class="state">{} {}</p>').format(
        example.id, draw_badge(example.status), " · ".join(about)
    )


def _draw_turns(example: Example) -> Markup:
    turns = [turn for turn in example.turns if isinstance(turn, Mapping)]
    if not turns:
        return Markup("")
    said = Markup("").join(
        Markup("<li><b>{}</b> {}</li>").format(
            ROLES.get(str(turn.get("role")), str(turn.get("role"))), str(turn.get("content", ""))
        )
        for turn in turns
    )
    return Markup('<p class="hint">Said before:</p><ol class="turns">{}</ol>').format(said)


def _draw_source(garage: Garage, example: Example) -> Markup:
    if example.chunk_id is None:
        return _draw_row_source(garage, example)
    chunk = garage.store.get(Chunk, example.chunk_id)
    document = garage.store.get(Document, chunk.document_id)
    spans, kind = find_evidence(chunk.text, example.evidence, example.answer)
    start, end = (spans[0][0], spans[-1][1]) if spans else (0, 0)
    page = page_at(chunk, start)
    note = Markup("")
    if kind != "evidence" and (example.evidence or kind == ""):
        quoted = f" Quoted: “{shorten(example.evidence, 300)}”" if example.evidence else ""
        note = Markup('<p class="hint">{}{}</p>').format(NOT_QUOTED[kind], quoted)
    return Markup(
        '<p class="hint source"><span><b>{}</b>{}{}</span> {} {}</p>{}'
        '<blockquote class="passage" tabindex="0">{}</blockquote>'
    ).format(
        document.name,
        f", page {page}" if page else "",
        f" · {chunk.heading}" if chunk.heading else "",
        draw_original(document, page),
        draw_reading(document, "Show in the text", chunk.start + start, chunk.start + end),
        note,
        mark_spans(chunk.text, spans, kind),
    )


def _draw_row_source(garage: Garage, example: Example) -> Markup:
    if example.document_id is None:
        return Markup('<p class="hint">No passage belongs to it.</p>')
    document = garage.store.get(Document, example.document_id)
    return Markup('<p class="hint source"><span>Row {} of <b>{}</b></span> {}</p>').format(
        f"{example.fact + 1:,}", document.name, draw_original(document, None)
    )


def _draw_scores(scores: Mapping[str, Any]) -> Markup:
    if not scores:
        return Markup("")
    cells = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, _say_score(value))
        for name, value in scores.items()
    )
    return Markup('<dl class="scores" aria-label="Scores by gate">{}</dl>').format(cells)


def _say_score(value: Any) -> str:
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, (int, float)):
        return f"{value:.2f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_say_score(one)}" for name, one in value.items())
    return "–" if value is None else shorten(str(value), 80)


def _draw_history(example: Example) -> Markup:
    if not example.before:
        return Markup("")
    entries = Markup("").join(
        _draw_earlier(example, number) for number in reversed(range(len(example.before)))
    )
    return Markup(
        '<details class="history"><summary>Earlier wordings ({})</summary>{}</details>'
    ).format(len(example.before), entries)


def _draw_earlier(example: Example, number: int) -> Markup:
    earlier: Mapping[str, Any] = example.before[number]
    changed = [
        Markup("<p><b>{}</b> {}</p>").format(label, earlier[name])
        for name, label in (("question", "Q"), ("answer", "A"), ("evidence", "Evidence"))
        if name in earlier
    ]
    return Markup(
        '<div class="earlier"><small>{}, until {}</small>{}'
        '<button type="button" class="link" data-act="restore" data-id="{}" '
        'data-of="{}">Take this back</button></div>'
    ).format(
        STATUS_WORDS.get(str(earlier.get("status")), str(earlier.get("status", ""))),
        say_when(str(earlier["at"])) if "at" in earlier else "an edit",
        Markup("").join(changed),
        number,
        example.id,
    )
