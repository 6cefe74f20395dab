"""The review's handlers, on a real store."""

import gradio as gr
import pytest

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Example
from gemma_garage.ui import reviewing, shown
from tests.ui.filled import EVIL, SENTENCE, Filled, fill_project

ALL = ("all", "", 0, "", 0)


@pytest.fixture
def filled(garage: Garage) -> Filled:
    return fill_project(garage, examples=60)


def test_rows_are_paged_by_the_store_and_escaped(garage: Garage, filled: Filled) -> None:
    table, pager, page, selected, back, forth, *_ = reviewing.draw_page(
        garage, filled.project, *ALL, None
    )
    assert table.count("<li ") == shown.PAGE_ROWS
    assert "1–50 of 60" in pager
    assert (page, selected) == (0, filled.examples[0])
    assert (back.interactive, forth.interactive) == (False, True)
    assert "<img" not in table
    assert "&lt;img" in table
    table, pager, page, *_ = reviewing.draw_page(garage, filled.project, *ALL, None, turn=1)
    assert (page, table.count("<li ")) == (1, 10)
    assert "51–60 of 60" in pager


def test_a_page_past_the_end_becomes_the_last(garage: Garage, filled: Filled) -> None:
    _, _, page, _, back, forth, *_ = reviewing.draw_page(
        garage, filled.project, "all", "", 0, "", 9, None
    )
    assert page == 1
    assert (back.interactive, forth.interactive) == (True, False)


def test_filters_narrow_by_status_reason_document_and_words(garage: Garage, filled: Filled) -> None:
    def total(*filters: object) -> int:
        return shown.find_shown(garage, filled.project, *filters, 0).total  # type: ignore[arg-type]

    assert total("rejected", "", 0, "") == 12
    assert total("rejected", "vague", 0, "") == 12
    assert total("rejected", "duplicate", 0, "") == 0
    assert total("all", "", 0, "(7)") == 1
    assert (
        total("all", "", filled.documents[0], "") + total("all", "", filled.documents[1], "") == 60
    )


def test_the_passage_shows_its_evidence_marked_and_nothing_of_it_is_a_tag(
    garage: Garage, filled: Filled
) -> None:
    passage, question, answer, panel = reviewing.draw_example(
        garage, filled.project, filled.examples[0]
    )
    assert '<mark class="evidence">' in passage
    assert "<img" not in passage
    assert (question, answer) == (EVIL, EVIL)
    assert panel.visible


def test_accepting_rejecting_and_editing_move_on_to_the_next_row(
    garage: Garage, filled: Filled
) -> None:
    first, second = filled.examples[0], filled.examples[1]

    def judge(example_id: int, question: str, answer: str, verdict: str) -> int:
        drawn = reviewing.judge(garage, filled.project, *ALL, example_id, question, answer, verdict)
        return int(drawn[3])

    def row(example_id: int) -> Example:
        return garage.store.get(Example, example_id)

    assert judge(first, EVIL, EVIL, "rejected") == second
    assert (row(first).status, row(first).reason) == ("rejected", reviewing.BY_HAND)
    judge(first, EVIL, EVIL, "accepted")
    assert (row(first).status, row(first).reason) == ("accepted", "")
    # Accepting changed texts keeps the change.
    judge(second, "How often?", "yearly", "accepted")
    assert (row(second).question, row(second).status) == ("How often?", "edited")
    assert row(second).before[0]["answer"] == "every 500 hours"
    with pytest.raises(BadInput, match="answer is empty"):
        judge(second, "How often?", " ", "edited")
    with pytest.raises(BadInput, match="as they were"):
        judge(second, "How often?", "yearly", "edited")


def test_all_shown_means_the_page_shown(garage: Garage, filled: Filled) -> None:
    reviewing.judge_shown(garage, filled.project, *ALL, None, "rejected")
    counts = garage.store.count_examples(filled.project)
    assert counts["rejected", reviewing.BY_HAND] == shown.PAGE_ROWS


def test_a_row_of_another_project_is_refused(garage: Garage, filled: Filled) -> None:
    other = garage.store.ensure_project("Other").id
    example_id = filled.examples[0]
    with pytest.raises(NotFound, match="another project"):
        reviewing.draw_example(garage, other, example_id)
    with pytest.raises(NotFound, match="another project"):
        reviewing.judge(garage, other, *ALL, example_id, "q", "a", "rejected")
    with pytest.raises(NotFound, match="another project"):
        click = gr.EventData(None, {"id": str(example_id), "act": ""})
        reviewing.select_row(garage, other, *ALL, None, click)
    assert garage.store.get(Example, example_id).status == "accepted"


def test_counts_are_told_by_status_and_reason(garage: Garage, filled: Filled) -> None:
    line, reasons, documents, body = shown.draw_counts(garage, filled.project)
    assert "48 accepted · 12 rejected (vague 12)" in line
    assert ("vague", "vague") in reasons.choices
    assert len(documents.choices) == 4
    assert body.visible
    assert SENTENCE not in line


def test_the_texts_change_together_with_the_selection_and_only_then(
    garage: Garage, filled: Filled
) -> None:
    first, second = filled.examples[:2]
    moved = reviewing.step_row(garage, filled.project, *ALL, first, 1)
    assert moved[3] == second
    assert moved[7] == garage.store.get(Example, second).question
    stayed = reviewing.draw_page(garage, filled.project, *ALL, second)
    # Someone may be typing there, or may have moved on since this was asked.
    assert stayed[3] == gr.skip()
    assert stayed[6:] == (gr.skip(),) * 4
