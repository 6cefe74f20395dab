"""The review's handlers, on a real store."""

from dataclasses import replace
from typing import Any

import gradio as gr
import pytest

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Document, Example
from gemma_garage.ui import bulk, facets, passage, reviewing, shown
from gemma_garage.ui.view import View, read_ticked, read_view, write_view
from tests.ui.filled import EVIL, SENTENCE, Filled, fill_project

VIEW, TABLE, PAGER, BACK, FORTH, PASSAGE, QUESTION, ANSWER, ACCEPT, PANEL = range(reviewing.DRAWN)


@pytest.fixture
def filled(garage: Garage) -> Filled:
    return fill_project(garage, examples=60)


def at(filled: Filled, selected: int | None = None, page: int = 0, **wanted: Any) -> str:
    """A view whose page is the filled project's own, unless a filter is given."""
    ids = () if wanted else filled.examples[page * 50 : page * 50 + 50]
    return write_view(View(filled.project, Filter(**wanted), page, selected, tuple(ids)))


def row(garage: Garage, example_id: int) -> Example:
    return garage.store.get(Example, example_id)


def click(**data: Any) -> gr.EventData:
    return gr.EventData(None, {key: str(value) for key, value in data.items()})


def test_rows_are_paged_by_the_store_and_escaped(garage: Garage, filled: Filled) -> None:
    drawn = reviewing.draw_page(garage, filled.project, "")
    view = read_view(drawn[VIEW], filled.project)
    assert drawn[TABLE].count("<li ") == shown.PAGE_ROWS
    assert "1–50 of 60" in drawn[PAGER]
    assert (view.page, view.selected) == (0, filled.examples[0])
    assert (drawn[BACK].interactive, drawn[FORTH].interactive) == (False, True)
    assert "<img" not in drawn[TABLE]
    assert "&lt;img" in drawn[TABLE]
    drawn = reviewing.draw_page(garage, filled.project, drawn[VIEW], turn=1)
    assert read_view(drawn[VIEW], filled.project).page == 1
    assert drawn[TABLE].count("<li ") == 10
    assert "51–60 of 60" in drawn[PAGER]


def test_a_page_past_the_end_becomes_the_last(garage: Garage, filled: Filled) -> None:
    drawn = reviewing.draw_page(garage, filled.project, at(filled, page=9))
    assert read_view(drawn[VIEW], filled.project).page == 1
    assert (drawn[BACK].interactive, drawn[FORTH].interactive) == (True, False)


def test_the_fields_and_the_counts_narrow_together(garage: Garage, filled: Filled) -> None:
    def total(view: str, *fields: Any) -> int:
        drawn = reviewing.change_filter(garage, filled.project, view, *fields)
        wanted = read_view(drawn[VIEW], filled.project).filter
        return shown.find_shown(garage, filled.project, wanted, 0).total

    everything = ("", "as read", 0, "", 0, 1)
    rejected = at(filled, page=1, statuses=("rejected",))
    assert total(rejected, "(7)", *everything[1:]) == 0
    assert total(rejected, "(6)", *everything[1:]) == 1
    # A field that was left as it was turns no page back.
    same = reviewing.change_filter(garage, filled.project, rejected, *everything)
    assert same == (gr.skip(),) * (reviewing.DRAWN + 4)
    assert total(at(filled), " changed  (7) ", *everything[1:]) == 1
    of_one = (everything[0], "newest first", filled.documents[0], *everything[3:])
    assert total(at(filled), *of_one) == 30
    assert total(at(filled), "", "as read", 0, "local", 0, 1) == 60
    assert total(at(filled), "", "as read", 0, "", 0.1, 1) == 0  # none of them has a score
    assert total(at(filled, lowest=0.5), "", "as read", 0, "", None, None) == 60


def test_counts_filter_when_they_are_pressed(garage: Garage, filled: Filled) -> None:
    counts, documents, origins, _, body = facets.draw_facets(garage, filled.project, "")
    assert "accepted <b>48</b>" in counts
    assert "vague <b>12</b>" in counts
    assert SENTENCE not in counts
    assert len(documents.choices) == 4
    assert ("local", "local") in origins.choices
    assert body.visible

    def press(view: str, act: str, name: str) -> tuple[Filter, str]:
        drawn = reviewing.press_count(garage, filled.project, view, click(act=act, id=name))
        return read_view(drawn[VIEW], filled.project).filter, drawn[-1]

    wanted, counts = press(at(filled, statuses=("accepted", "edited")), "reason", "vague")
    assert wanted == Filter(reasons=("vague",))
    assert 'data-act="reason" data-id="vague" aria-pressed="true"' in counts
    assert 'data-id="all" aria-pressed="false"' in counts
    assert press(at(filled, reasons=("vague",)), "reason", "vague")[0] == Filter()
    wanted, _ = press(at(filled, reasons=("vague",), kinds=("why",)), "status", "accepted")
    assert wanted == Filter(statuses=("accepted", "edited"), kinds=("why",))
    with pytest.raises(BadInput, match="no count"):
        press(at(filled), "status", "<b>")
    cleared = reviewing.clear_filter(garage, filled.project, at(filled, search="oil"))
    assert read_view(cleared[VIEW], filled.project).filter == Filter()
    assert cleared[-6:] == ("", "as read", 0, "", 0, 1)


def test_a_view_from_the_browser_is_checked(garage: Garage, filled: Filled) -> None:
    kept = View(filled.project, Filter(search="oil", order="sure"), 2, 7, (6, 7))
    assert read_view(write_view(kept), filled.project) == kept
    assert read_view(write_view(kept), filled.project + 1) == View(filled.project + 1)
    negative = write_view(replace(kept, page=-3, filter=Filter(ids=(1,))))
    assert read_view(negative, filled.project) == View(filled.project, Filter(), 0, 7, (6, 7))
    for broken in ("{", '{"project_id": 1, "filter": {"order": "upward"}}', "[" * 30_000):
        with pytest.raises(BadInput, match="Reload"):
            read_view(broken, filled.project)
    assert read_ticked("3,15") == (3, 15)
    assert read_ticked("") == ()
    for broken in ("3,", "3;4", "-1", ",".join(["1"] * 10_001)):
        with pytest.raises(BadInput, match="ticked"):
            read_ticked(broken)


def test_the_passage_shows_its_evidence_marked_and_nothing_of_it_is_a_tag(
    garage: Garage, filled: Filled
) -> None:
    garage.store.update(
        Example,
        filled.examples[0],
        turns=[{"role": "user", "content": EVIL}, {"role": "assistant", "content": "Yes."}],
        scores={"evidence": 1, "relevant": True, EVIL: {"grounded": 0.5}},
        score=0.75,
    )
    drawn, question, answer, _, panel = passage.draw_example(
        garage, filled.project, filled.examples[0]
    )
    assert '<mark class="evidence">' in drawn
    assert "<img" not in drawn
    assert "score 0.75" in drawn
    assert "grounded 0.50" in drawn
    assert "<b>Model</b> Yes." in drawn
    document = filled.documents[0]
    assert f'href="/files/documents/{document}#page=1"' in drawn
    assert f'data-read="{document}" data-from="0" data-to="72"' in drawn
    assert (question, answer) == (EVIL, EVIL)
    assert panel.visible


def test_the_passage_names_the_page_of_its_evidence_and_not_the_one_it_begins_on(
    garage: Garage, filled: Filled
) -> None:
    chunk = garage.store.get(Example, filled.examples[0]).chunk_id
    garage.store.update(Chunk, chunk, breaks=[5, 100])
    garage.store.update(Example, filled.examples[0], evidence="Keep the pump dry.")
    drawn = passage.draw_example(garage, filled.project, filled.examples[0])[0]
    assert ", page 3" in drawn
    assert f'href="/files/documents/{filled.documents[0]}#page=3"' in drawn


def test_a_row_of_a_file_names_its_row_and_a_row_by_hand_no_source(
    garage: Garage, filled: Filled
) -> None:
    garage.store.update(Document, filled.documents[0], format="csv", name="rows.csv")
    of_file, by_hand = (
        garage.store.add(
            Example(
                project_id=filled.project, question="Q?", answer="A", fact=41, document_id=document
            )
        ).id
        for document in (filled.documents[0], None)
    )
    drawn = passage.draw_example(garage, filled.project, of_file)[0]
    assert "Row 42 of <b>rows.csv</b>" in drawn
    assert f'href="/files/documents/{filled.documents[0]}" download' in drawn
    assert "No passage" in passage.draw_example(garage, filled.project, by_hand)[0]


def test_accepting_rejecting_and_editing_move_on_to_the_next_row(
    garage: Garage, filled: Filled
) -> None:
    first, second = filled.examples[0], filled.examples[1]

    def judge(example_id: int, question: str, answer: str, verdict: str) -> int | None:
        view = at(filled, example_id)
        drawn = reviewing.judge(garage, filled.project, view, question, answer, verdict)
        return read_view(drawn[VIEW], filled.project).selected

    assert judge(first, EVIL, EVIL, "rejected") == second
    assert (row(garage, first).status, row(garage, first).reason) == ("rejected", "by hand")
    taken_back = passage.draw_example(garage, filled.project, first)[3]
    assert taken_back.value == "Take back (a)"
    judge(first, EVIL, EVIL, "accepted")
    assert (row(garage, first).status, row(garage, first).reason) == ("accepted", "")
    # Accepting changed texts keeps the change.
    judge(second, "How often?", "yearly", "accepted")
    assert (row(garage, second).question, row(garage, second).status) == ("How often?", "edited")
    assert row(garage, second).before[0]["answer"] == "every 500 hours"
    with pytest.raises(BadInput, match="answer is empty"):
        judge(second, "How often?", " ", "accepted")
    with pytest.raises(BadInput, match="as they were"):
        judge(second, "How often?", "yearly", "edited")


def test_an_earlier_wording_is_shown_and_taken_back(garage: Garage, filled: Filled) -> None:
    example_id = filled.examples[1]
    garage.store.edit_example(example_id, question=EVIL, answer="never")
    garage.store.edit_example(example_id, answer="always")
    drawn = passage.draw_example(garage, filled.project, example_id)[0]
    assert "Earlier wordings (2)" in drawn
    assert "<img" not in drawn
    event = click(act="restore", id=1, of=example_id)
    after = reviewing.restore_wording(garage, filled.project, at(filled, example_id), event)
    assert after[ANSWER] == "never"
    assert "Earlier wordings (3)" in after[PASSAGE]


def test_undo_goes_back_over_several_actions_and_shows_them(garage: Garage, filled: Filled) -> None:
    first, second = filled.examples[:2]
    with pytest.raises(BadInput, match="nothing to take back"):
        reviewing.undo(garage, filled.project, "")
    reviewing.judge(garage, filled.project, at(filled, first), "New?", "yes", "edited")
    reviewing.judge(garage, filled.project, at(filled, second), "", "", "rejected")
    assert facets.draw_undo(garage, filled.project).value == "Undo: rejected 1 (u)"
    drawn = reviewing.undo(garage, filled.project, at(filled, filled.examples[9]))
    assert read_view(drawn[VIEW], filled.project).selected == second
    assert row(garage, second).status == "accepted"
    drawn = reviewing.undo(garage, filled.project, drawn[VIEW])
    assert drawn[QUESTION] == EVIL
    assert row(garage, first).before == []


def test_steps_go_on_over_the_ends_of_pages(garage: Garage, filled: Filled) -> None:
    ids = filled.examples

    def step(selected: int, page: int, by: int) -> tuple[int, int | None]:
        drawn = reviewing.step_row(garage, filled.project, at(filled, selected, page), by)
        view = read_view(drawn[VIEW], filled.project) if isinstance(drawn[VIEW], str) else None
        return (view.page, view.selected) if view else (page, selected)

    assert step(ids[49], 0, 1) == (1, ids[50])
    assert step(ids[50], 1, -1) == (0, ids[49])
    assert step(ids[59], 1, 1) == (1, ids[59])
    assert step(ids[0], 0, -1) == (0, ids[0])
    # A verdict on the last row of a page, whether it leaves the list or not.
    drawn = reviewing.judge(garage, filled.project, at(filled, ids[49]), "Q", "A", "rejected")
    assert read_view(drawn[VIEW], filled.project).selected == ids[50]
    assert read_view(drawn[VIEW], filled.project).page == 1


def many(
    garage: Garage, filled: Filled, target: str, verdict: str, ticked: str = "", **wanted: Any
) -> tuple[Any, ...]:
    return bulk.judge_many(garage, filled.project, at(filled, **wanted), target, ticked, verdict)


def test_the_page_and_the_ticked_rows_are_judged_at_once(garage: Garage, filled: Filled) -> None:
    many(garage, filled, "page", "rejected")  # the 50 rows that the view holds
    counts = garage.store.count_examples(filled.project)
    assert counts["rejected", "by hand"] == 39  # eleven of the page had been rejected by a gate
    other = fill_project(garage, "Other")
    mine, theirs = filled.examples[0], other.examples[0]
    many(garage, filled, "ticked", "accepted", f"{mine},{theirs}")
    assert row(garage, mine).status == "accepted"
    many(garage, filled, "ticked", "rejected", f"{mine},{theirs}")
    assert (row(garage, mine).status, row(garage, theirs).status) == ("rejected", "accepted")
    with pytest.raises(BadInput, match="No row is ticked"):
        many(garage, filled, "ticked", "accepted")
    with pytest.raises(BadInput, match="Nothing is shown"):
        many(garage, filled, "page", "accepted", search="no such words")
    with pytest.raises(BadInput, match="no verdict"):
        many(garage, filled, "page", "generated")


def test_all_that_is_found_is_judged_after_a_yes_to_its_number(
    garage: Garage, filled: Filled
) -> None:
    asked = many(garage, filled, "all", "accepted", statuses=("rejected",))
    question, told, yes, pending = asked[reviewing.DRAWN :]
    assert question.visible
    assert "Accept 12 Examples that the filter finds?" in told
    assert yes.value == "Accept 12"
    assert garage.store.count_examples(filled.project)["rejected", "vague"] == 12
    other = garage.store.ensure_project("Other").id
    with pytest.raises(BadInput, match="another project"):
        bulk.confirm_many(garage, other, "", pending)
    with pytest.raises(BadInput, match="no question"):
        bulk.confirm_many(garage, filled.project, "", "")
    # Under another filter the question is closed; a yes that was on its way changes nothing.
    with pytest.raises(BadInput, match="nothing was changed"):
        bulk.confirm_many(garage, filled.project, at(filled, search="(7)"), pending)
    assert garage.store.count_examples(filled.project)["rejected", "vague"] == 12
    shown = at(filled, statuses=("rejected",))
    drawn = bulk.confirm_many(garage, filled.project, shown, pending)
    assert garage.store.count_examples(filled.project) == {("accepted", ""): 60}
    assert drawn[reviewing.DRAWN].visible is False
    garage.store.undo_review(filled.project)
    assert garage.store.count_examples(filled.project)["rejected", "vague"] == 12
    garage.store.delete(Example, filled.examples[3])
    with pytest.raises(BadInput, match="12 Examples were to be accepted"):
        bulk.confirm_many(garage, filled.project, shown, pending)


def test_another_filter_closes_the_question_about_the_one_before(
    garage: Garage, filled: Filled
) -> None:
    shown = at(filled, statuses=("rejected",))
    fields: tuple[Any, ...] = ("", "as read", 0, "", None, None)
    changed = (
        reviewing.change_filter(garage, filled.project, shown, "(7)", *fields[1:]),
        reviewing.press_count(garage, filled.project, shown, click(act="status", id="all")),
        reviewing.clear_filter(garage, filled.project, shown),
    )
    for drawn in changed:
        question, told, _, pending = drawn[reviewing.DRAWN : reviewing.DRAWN + 4]
        assert (question.visible, told, pending) == (False, "", "")
    same = reviewing.change_filter(garage, filled.project, shown, *fields)
    assert same[reviewing.DRAWN] == gr.skip()  # nothing changed: it stays


def test_a_row_of_another_project_is_refused(garage: Garage, filled: Filled) -> None:
    other = garage.store.ensure_project("Other").id
    example_id = filled.examples[0]
    stolen = write_view(View(other, selected=example_id))
    with pytest.raises(NotFound, match="another project"):
        passage.draw_example(garage, other, example_id)
    with pytest.raises(NotFound, match="another project"):
        reviewing.judge(garage, other, stolen, "q", "a", "rejected")
    with pytest.raises(NotFound, match="another project"):
        reviewing.select_row(garage, other, stolen, click(id=example_id, act=""))
    with pytest.raises(NotFound, match="another project"):
        event = click(id=0, act="restore", of=example_id)
        reviewing.restore_wording(garage, other, stolen, event)
    assert row(garage, example_id).status == "accepted"


def test_the_texts_change_together_with_the_selection_and_only_then(
    garage: Garage, filled: Filled
) -> None:
    first, second = filled.examples[:2]
    moved = reviewing.step_row(garage, filled.project, at(filled, first), 1)
    assert read_view(moved[VIEW], filled.project).selected == second
    assert moved[QUESTION] == row(garage, second).question
    # The list is on the page already and marks the selected row itself.
    assert moved[TABLE:PASSAGE] == (gr.skip(),) * 4
    stayed = reviewing.draw_page(garage, filled.project, at(filled, second))
    # Someone may be typing there, or may have moved on since this was asked.
    assert stayed[VIEW] == gr.skip()
    assert stayed[PASSAGE:] == (gr.skip(),) * reviewing.DETAIL
