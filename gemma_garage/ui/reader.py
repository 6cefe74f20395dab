"""The text of a Document as it was read, beside the page: a place in it, and what cleaning did.

It opens from any button made by `passage.draw_reading`. Texts are long: the server cuts out the
part that is shown. Nothing is changed here.
"""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.ingest import read_text
from gemma_garage.augment.locate import page_at
from gemma_garage.augment.reading.cleaning import RULES
from gemma_garage.augment.reading.parsed import says_something
from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Document
from gemma_garage.ui.evidence import mark_spans
from gemma_garage.ui.format import draw_table, say_count, shorten
from gemma_garage.ui.passage import draw_original
from gemma_garage.ui.pulse import Desk

WINDOW = 6_000  # characters shown at once
LEAD = 1_200  # characters before the place that was asked for
# Clicks on [data-read] anywhere on the page come to the one HTML component that runs this.
OPEN = """
document.addEventListener('click', (event) => {
  const hit = event.target.closest('[data-read]');
  if (!hit || !element.isConnected) return;
  const {read, from, to} = hit.dataset;
  trigger('click', {id: read, start: from || '0', end: to || '0'});
});
"""
SHOW_MARK = """
const show = (tries) => {
  const mark = element.querySelector('mark');
  const box = element.querySelector('.reading');
  // The text comes before the panel that was closed is laid out.
  if (box && !box.clientHeight && tries) { setTimeout(() => show(tries - 1), 50); return; }
  // The box is what the mark's place is counted from.
  if (box) box.scrollTop = mark ? Math.max(0, mark.offsetTop - box.clientHeight / 3) : 0;
};
watch('value', () => show(40));
show(40); // the first text was there before this ran
"""


def open_text(garage: Garage, project_id: int, event: gr.EventData) -> tuple[Any, ...]:
    """A button was pressed: show its Document at its place."""
    try:
        document_id, start, end = int(event.id), int(event.start), int(event.end)
    except ValueError as error:
        raise BadInput("That place in the text could not be read. Reload the page.") from error
    return _draw(garage, project_id, document_id, start - LEAD if start else 0, (start, end))


def turn_text(
    garage: Garage, project_id: int, document_id: int | None, at: int | None, by: int
) -> tuple[Any, ...]:
    """The part after (`by` 1) or before (-1) the one that begins at character `at`."""
    start = int(at or 0) + by * WINDOW
    return _draw(garage, project_id, int(document_id or 0), start, (0, 0))


def close_text() -> tuple[Any, ...]:
    return gr.Column(visible=False), "", "", "", None, 0


def draw_cleaning(document: Document) -> Markup:
    """What cleaning did to the text, rule by rule, with samples of before and after."""
    if not document.cleaning:
        return Markup('<p class="hint">Cleaning had nothing to mend in it.</p>')
    total = sum(int(account["count"]) for account in document.cleaning.values())
    rules = Markup("").join(
        _draw_rule(document, rule, account) for rule, account in document.cleaning.items()
    )
    return Markup(
        "<details class='cleaning'><summary>What cleaning changed: {}</summary>{}</details>"
    ).format(say_count(total, "place"), rules)


def _draw_rule(document: Document, rule: str, account: Mapping[str, Any]) -> Markup:
    rows = [
        (
            Markup("<del>{}</del>").format(sample["before"]),
            Markup("<ins>{}</ins>").format(sample["after"])
            if sample["after"]
            else Markup('<span class="hint">left out</span>'),
            sample.get("page") or "–",
        )
        for sample in account["samples"]
    ]
    count = int(account["count"])
    more = f", {len(rows)} of them here" if count > len(rows) else ""
    title = RULES.get(rule, rule)
    return Markup("<h4>{} <small>{}{}</small></h4>{}").format(
        title,
        say_count(count, "time"),
        more,
        draw_table(("Before", "After", "Page"), rows, title),
    )


def _draw(
    garage: Garage, project_id: int, document_id: int, start: int, marked: tuple[int, int]
) -> tuple[Any, ...]:
    """The panel, its head, the text, the cleaning; then what it shows: Document and character."""
    document = garage.store.get(Document, document_id)
    if document.project_id != project_id:
        raise NotFound("This document belongs to another project. Reload the page.")
    text = read_text(garage, document_id)
    start = _settle(text, start)
    end = min(len(text), start + WINDOW)
    spans = []
    if start <= marked[0] < marked[1]:
        spans = [(marked[0] - start, min(marked[1], end) - start)]
    first = _find_page(garage, document_id, start)
    page = _find_page(garage, document_id, marked[0]) if spans else first
    place = f"characters {start + 1:,}–{end:,} of {len(text):,}" if text else "no text"
    details = " · ".join(
        shorten(str(document.details[name]), 200)
        for name in ("title", "author")
        if says_something(str(document.details.get(name) or ""))
    )
    head = Markup('<h3>{}</h3><p class="hint">{}{}{} {}</p>').format(
        document.name,
        f"{details} · " if details else "",
        f"from page {first} · " if first else "",
        place,
        draw_original(document, page),
    )
    body = Markup('<div class="reading" tabindex="0">{}</div>').format(
        mark_spans(text[start:end], spans, "evidence")
    )
    cleaning = draw_cleaning(document)
    return gr.Column(visible=True), str(head), str(body), str(cleaning), document_id, start


def _find_page(garage: Garage, document_id: int, at: int) -> int | None:
    chunk = garage.store.find_chunk(document_id, at)
    return page_at(chunk, at - chunk.start) if chunk else None


def _settle(text: str, start: int) -> int:
    """A start inside the text, at the beginning of a line where one is near."""
    start = max(0, min(start, len(text) - WINDOW // 2))
    line = text.rfind("\n", max(0, start - 300), start) + 1
    return line if start and line else start


def build_reader(desk: Desk) -> None:
    """Lay out the panel and the door to it."""
    door = gr.HTML(js_on_load=OPEN, elem_id="reader-door")
    with gr.Column(visible=False, elem_id="reader") as panel:
        with gr.Row(elem_classes="tools"):
            head = gr.HTML(elem_id="reader-head")
            close = gr.Button("Close (Esc)", size="sm", min_width=110, elem_id="reader-close")
        text = gr.HTML(js_on_load=SHOW_MARK, elem_id="reader-text")
        with gr.Row(elem_classes="tools"):
            back = gr.Button("‹ Before", size="sm", min_width=90, elem_id="reader-back")
            forth = gr.Button("After ›", size="sm", min_width=90, elem_id="reader-forth")
        cleaning = gr.HTML(elem_id="reader-cleaning")
    document = gr.Number(None, precision=0, visible="hidden")
    at = gr.Number(0, precision=0, visible="hidden")
    drawn = [panel, head, text, cleaning, document, at]
    desk.listen(door.click, open_text, [desk.project], drawn)
    for button, by in ((back, -1), (forth, 1)):
        desk.listen(button.click, turn_text, [desk.project, document, at], drawn, fixed={"by": by})
    for trigger in (close.click, desk.project.change):
        trigger(close_text, outputs=drawn, queue=False, api_visibility="private")
