"""A page of Examples by any filter, and verdicts and edits that can be taken back exactly."""

from dataclasses import replace
from typing import Any

import pytest

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.example_filter import Filter, fold_text
from gemma_garage.garage import Garage
from gemma_garage.review_records import LEVELS
from gemma_garage.schema import Chunk, Document, Example, Review
from gemma_garage.store import Store

REASONS = {1: "vague", 4: "evidence", 7: "vague"}


@pytest.fixture
def store(garage: Garage) -> Store:
    """Project 2 with documents 1 (a passage, 8 Examples) and 2 (rows 0 to 3 of a file)."""
    store = garage.store
    project_id = store.ensure_project("Pumps").id
    for number, name in enumerate(("a.pdf", "rows.csv")):
        store.add(
            Document(
                project_id=project_id,
                name=name,
                sha256=f"{number:064}",
                format="pdf",
                size_bytes=1,
                path="",
            )
        )
    store.finish_document(
        1, [Chunk(document_id=1, number=0, text="Text.", start=0, end=5, page=3, tokens=2)]
    )
    rows = [
        Example(
            project_id=project_id,
            chunk_id=1,
            question=f"Question {number}?",
            answer=f"100% of {number}",
            evidence="Ölwechsel alle 500 Stunden" if number == 2 else "",
            kind="why" if number % 2 else "factual",
            fact=7 - number,
            score=None if number == 3 else number / 10,
            status="rejected" if number in REASONS else "generated",
            reason=REASONS.get(number, ""),
            scores={"evidence": 1.0},
        )
        for number in range(8)
    ]
    rows += [
        Example(
            project_id=project_id,
            document_id=2,
            question="Row?",
            answer="Yes",
            fact=number,
            origin="rows.csv",
            status="accepted",
        )
        for number in range(4)
    ]
    store.add_examples(rows)
    return store


PROJECT = 2


def ids(store: Store, **wanted: Any) -> list[int]:
    rows, total = store.examples(PROJECT, Filter(**wanted), limit=50)
    assert total == len(rows) == store.count_matching(PROJECT, Filter(**wanted))
    assert [row.id for row in store.examples(PROJECT, Filter(**wanted))[0]] == [r.id for r in rows]
    return [row.id for row in rows]


def test_each_part_of_a_filter_narrows_and_all_of_them_together(store: Store) -> None:
    assert len(ids(store)) == 12
    assert sorted(ids(store, statuses=("rejected",))) == [2, 5, 8]
    assert sorted(ids(store, reasons=("vague",))) == [2, 8]
    assert sorted(ids(store, kinds=("why",))) == [2, 4, 6, 8]
    assert ids(store, origins=("rows.csv",)) == [9, 10, 11, 12]
    assert sorted(ids(store, document_id=1)) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert ids(store, document_id=2) == [9, 10, 11, 12]
    assert sorted(ids(store, lowest=0.2, highest=0.4)) == [3, 5]
    assert ids(store, ids=(3, 99)) == [3]
    assert ids(store, ids=()) == []
    assert ids(store, kinds=("why",), reasons=("vague",), highest=0.2) == [2]
    assert store.count_matching(1, Filter(ids=(3,))) == 0  # another project's


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("question 1?", [2]),
        ("QUESTION  1?", [2]),
        ("ölwechsel", [3]),
        ("OLWECHSEL ALLE", [3]),
        ("100%", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("1_0", []),
        ("0? 100%", []),  # not across two fields
        ("   ", list(range(1, 13))),
    ],
)
def test_search_sees_words_and_no_wildcards(store: Store, search: str, found: list[int]) -> None:
    assert sorted(ids(store, search=search)) == found


def test_orders_are_whole_and_scores_that_are_missing_come_last(store: Store) -> None:
    of_chunk = {"document_id": 1}
    assert ids(store, **of_chunk) == [8, 7, 6, 5, 4, 3, 2, 1]  # by fact
    assert ids(store, **of_chunk, order="newest") == [8, 7, 6, 5, 4, 3, 2, 1]
    assert ids(store, **of_chunk, order="doubtful") == [1, 2, 3, 5, 6, 7, 8, 4]
    assert ids(store, **of_chunk, order="sure") == [8, 7, 6, 5, 3, 2, 1, 4]


def test_pages_hold_each_row_once(store: Store) -> None:
    for order in ("reading", "doubtful", "sure", "newest"):
        wanted = Filter(order=order)  # type: ignore[arg-type]
        pages = [store.examples(PROJECT, wanted, offset=at, limit=5) for at in (0, 5, 10, 15)]
        assert [total for _, total in pages] == [12] * 4
        assert [len(rows) for rows, _ in pages] == [5, 5, 2, 0]
        assert {row.id for rows, _ in pages for row in rows} == set(range(1, 13))


def test_pages_by_score_go_on_with_rows_that_have_none(store: Store) -> None:
    """All of a page from the scored rows, some of it, none of it; with a filter, and a search."""
    for order in ("doubtful", "sure"):
        for more in ({}, {"kinds": ("factual",)}, {"search": "question"}, {"lowest": 0.2}):
            wanted = Filter(order=order, **more)  # type: ignore[arg-type]
            whole = [row.id for row in store.examples(PROJECT, wanted)[0]]
            for size in (1, 3, 7):
                pages = [
                    store.examples(PROJECT, wanted, offset=at, limit=size)
                    for at in range(0, len(whole) + size, size)
                ]
                assert [row.id for rows, _ in pages for row in rows] == whole
                assert {total for _, total in pages} == {len(whole)}


def test_counts_are_by_status_reason_kind_and_origin(store: Store) -> None:
    assert store.count_facets(PROJECT)["rejected", "vague", "why", "local"] == 2
    assert store.count_examples(PROJECT) == {
        ("generated", ""): 5,
        ("accepted", ""): 4,
        ("rejected", "vague"): 2,
        ("rejected", "evidence"): 1,
    }


def picture(store: Store) -> list[dict[str, Any]]:
    """Every column of every row, and what the search finds."""
    rows, _ = store.examples(PROJECT, Filter(order="newest"))
    names = [column.name for column in Example.__table__.columns]
    found = {word: ids(store, search=word) for word in ("better", "question", "jährlich")}
    return [{name: getattr(row, name) for name in names} for row in rows] + [found]


def test_every_action_is_undone_exactly_last_in_first_out(store: Store) -> None:
    pictures = [picture(store)]
    store.review_examples(PROJECT, Filter(), "accepted")
    pictures.append(picture(store))
    store.edit_example(2, question="Better?", answer="jährlich")
    pictures.append(picture(store))
    store.review_examples(PROJECT, Filter(kinds=("why",)), "rejected", "by hand")
    pictures.append(picture(store))
    store.restore_wording(2, 0)
    actions = []
    while pictures:
        undone = store.undo_review(PROJECT)
        assert undone is not None
        actions.append((undone.action, undone.changed, undone.left))
        assert picture(store) == pictures.pop()
    assert actions == [("restored", 1, 0), ("rejected", 4, 0), ("edited", 1, 0), ("accepted", 8, 0)]
    assert store.undo_review(PROJECT) is None
    assert store.find_undoable(PROJECT) is None


def test_a_verdict_leaves_alone_what_has_it_and_what_has_no_texts(store: Store) -> None:
    note = store.add(
        Example(project_id=PROJECT, question="", answer="", status="rejected", reason="no-facts")
    )
    store.edit_example(1, answer="mended")
    done = store.review_examples(PROJECT, Filter(), "accepted")
    assert (done.changed, done.left) == (7, 6)  # left: four accepted, one edited, the note
    assert store.get(Example, 1).status == "edited"
    assert store.get(Example, note.id).reason == "no-facts"
    store.review_examples(PROJECT, Filter(ids=(1, 2)), "rejected", "by hand")
    again = store.review_examples(PROJECT, Filter(ids=(1, 2)), "rejected", "vague")
    assert again.changed == 0
    assert store.get(Example, 2).reason == "by hand"
    assert store.find_undoable(PROJECT) is not None
    assert store.find_undoable(PROJECT)[1:] == ("rejected", 2)  # type: ignore[index]


def test_another_number_than_was_confirmed_changes_nothing(store: Store) -> None:
    before = picture(store)
    with pytest.raises(BadInput, match=r"11 Examples were to be rejected.* finds 12"):
        store.review_examples(PROJECT, Filter(), "rejected", expected=11)
    assert picture(store) == before
    assert store.review_examples(PROJECT, Filter(), "rejected", expected=12).changed == 9


def test_verdict_and_undo_stay_within_their_project(store: Store) -> None:
    store.review_examples(1, Filter(), "rejected", "by hand")
    store.review_examples(1, Filter(ids=(1, 2)), "accepted")
    assert store.undo_review(1) is None
    assert store.get(Example, 1).status == "generated"


def test_an_edit_keeps_the_wording_before_and_gives_it_back(store: Store) -> None:
    store.edit_example(2, question="Better?")
    store.edit_example(2, question="Best?", answer="42")
    row = store.get(Example, 2)
    assert (row.question, row.answer, row.status, row.reason) == ("Best?", "42", "edited", "")
    assert [entry["question"] for entry in row.before] == ["Question 1?", "Better?"]
    assert row.before[0]["status"] == "rejected"
    store.restore_wording(2, 0)
    row = store.get(Example, 2)
    assert (row.question, row.status, row.reason) == ("Question 1?", "rejected", "vague")
    assert [entry["question"] for entry in row.before] == ["Question 1?", "Better?", "Best?"]
    with pytest.raises(NotFound, match="3 earlier wordings"):
        store.restore_wording(2, 3)
    with pytest.raises(NotFound, match="not there any more"):
        store.edit_example(99, question="?")


def test_rows_that_were_removed_stay_removed_when_an_action_is_undone(store: Store) -> None:
    store.review_examples(PROJECT, Filter(), "rejected", "by hand")
    store.delete(Document, 2)
    undone = store.undo_review(PROJECT)
    assert undone is not None
    assert (undone.changed, undone.left) == (5, 4)
    assert store.count_matching(PROJECT, Filter()) == 8


def test_old_reviews_are_forgotten_and_their_ids_not_given_again(store: Store) -> None:
    for number in range(LEVELS + 5):
        store.edit_example(3, answer=f"version {number}")
    with store._read() as session:
        assert session.query(Review).count() == LEVELS
    newest = store.find_undoable(PROJECT)
    assert newest is not None
    store.undo_review(PROJECT)
    store.edit_example(3, answer="another")
    following = store.find_undoable(PROJECT)
    assert following is not None
    assert following[0] == newest[0] + 1


def test_text_is_folded_for_the_search() -> None:
    assert fold_text("  Café\n Größe\u00a0ﬁx ") == "cafe grosse fix"
    assert replace(Filter(), search="x") != Filter()
