"""The text of a Document beside the page: cut by the server, marked, with what cleaning did."""

from typing import Any

import gradio as gr
import pytest

from gemma_garage.augment.reading.parsed import TEXT_FILE
from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Document
from gemma_garage.ui import reader, sources
from tests.ui.filled import EVIL, Filled, fill_project

PLACE = "The proving words <b>stand</b> here."
TEXT = "line of the text\n" * 1_000 + PLACE + "\n" + "another line\n" * 1_000


@pytest.fixture
def filled(garage: Garage) -> Filled:
    filled = fill_project(garage, examples=2)
    folder = garage.workspace.document(filled.documents[0])
    (folder / TEXT_FILE).write_text(TEXT, encoding="utf-8")
    return filled


def press(document_id: Any, start: Any = 0, end: Any = 0) -> gr.EventData:
    return gr.EventData(None, {"id": str(document_id), "start": str(start), "end": str(end)})


def test_a_place_is_shown_marked_with_what_stands_around_it(garage: Garage, filled: Filled) -> None:
    start = TEXT.index(PLACE)
    event = press(filled.documents[0], start, start + len(PLACE))
    panel, head, text, _, document, at = reader.open_text(garage, filled.project, event)
    assert panel.visible
    assert "manual.pdf" in head
    assert '<mark class="evidence">The proving words &lt;b&gt;stand&lt;/b&gt; here.</mark>' in text
    assert start - reader.LEAD - 300 <= at <= start - reader.LEAD
    assert TEXT[at - 1] == "\n"
    assert len(text) < reader.WINDOW + 500
    assert document == filled.documents[0]


def test_the_link_leads_to_the_page_of_the_marked_place(garage: Garage, filled: Filled) -> None:
    start = TEXT.index(PLACE)
    first = garage.store.find_chunk(filled.documents[0], start)
    assert first is not None
    for number, chunk in enumerate(garage.store.chunks(filled.project)):
        garage.store.update(Chunk, chunk.id, start=number, page=1, breaks=[100, start - 20])
    head = reader.open_text(
        garage, filled.project, press(filled.documents[0], start, start + len(PLACE))
    )[1]
    assert "from page 2" in head
    assert "#page=3" in head


def test_turning_stays_inside_of_the_text(garage: Garage, filled: Filled) -> None:
    first = reader.turn_text(garage, filled.project, filled.documents[0], 0, -1)
    assert first[-1] == 0
    last = reader.turn_text(garage, filled.project, filled.documents[0], len(TEXT), 1)
    assert len(TEXT) - reader.WINDOW <= last[-1] < len(TEXT)
    assert f"of {len(TEXT):,}" in last[1]


def test_what_cleaning_did_is_shown_before_and_after(garage: Garage, filled: Filled) -> None:
    samples = [
        {"before": EVIL, "after": "mended", "page": 3},
        {"before": "Page 7", "after": "", "page": None},
    ]
    cleaning = {"hyphenation": {"count": 41, "samples": samples}}
    garage.store.update(Document, filled.documents[0], cleaning=cleaning, details={"title": EVIL})
    drawn = reader.open_text(garage, filled.project, press(filled.documents[0]))
    assert "What cleaning changed: 41 places" in drawn[3]
    assert "41 times, 2 of them here" in drawn[3]
    assert "<ins>mended</ins>" in drawn[3]
    assert "left out" in drawn[3]
    assert "<img" not in drawn[1] + drawn[3]


def test_a_document_of_another_project_is_not_read(garage: Garage, filled: Filled) -> None:
    other = garage.store.ensure_project("Other").id
    with pytest.raises(NotFound, match="another project"):
        reader.open_text(garage, other, press(filled.documents[0]))
    with pytest.raises(NotFound, match="another project"):
        reader.turn_text(garage, other, filled.documents[0], 0, 1)
    with pytest.raises(NotFound, match="is not there"):
        reader.open_text(garage, filled.project, press(filled.documents[1]))
    with pytest.raises(BadInput, match="place"):
        reader.open_text(garage, filled.project, press("1; DROP"))


def test_the_list_of_documents_leads_to_texts_that_are_there(
    garage: Garage, filled: Filled
) -> None:
    listed = sources.draw_documents(garage, filled.project)
    assert listed.count("data-read=") == 2  # the third could not be read
