"""Two versions held against each other."""

import pytest

from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.diff import DiffRow, compare_datasets
from gemma_garage.errors import BadInput
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset, Example
from tests.augment.test_dataset import fill


def test_the_same_rows_are_no_change(garage: Garage) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)
    one, two = freeze(garage, 1), freeze(garage, 1)
    diff = compare_datasets(garage, one.id, two.id)
    assert diff.same and (diff.before, diff.after) == (1, 2)
    assert diff.added == diff.removed == diff.changed == ()


def test_added_removed_and_edited_rows_are_told_apart(garage: Garage) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)
    one = freeze(garage, 1, exam_share=0)
    garage.store.edit_example(1, answer="another answer")
    garage.store.review_examples(1, Filter(ids=(2,)), "rejected", "vague")
    new = Example(project_id=1, chunk_id=1, question="New?", answer="Yes, new", status="accepted")
    garage.store.add_examples([new])
    two = freeze(garage, 1, exam_share=0)
    diff = compare_datasets(garage, one.id, two.id)
    assert not diff.same
    assert diff.added == (DiffRow("train", "New?", "Yes, new", "factual"),)
    assert [row.question for row in diff.removed] == ["How is item 0 of unit 1 specified?"]
    (changed,) = diff.changed
    assert (changed.before.answer, changed.after.answer) == ("0 by 1", "another answer")
    back = compare_datasets(garage, two.id, one.id)
    assert (back.added, back.removed) == (diff.removed, diff.added)
    assert diff.as_dict()["changed"][0]["after"]["answer"] == "another answer"


def test_a_row_that_moved_to_the_exam_is_told_apart(garage: Garage) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)
    one, two = freeze(garage, 1, exam_share=0), freeze(garage, 1)
    diff = compare_datasets(garage, one.id, two.id)
    assert diff.added == diff.removed == diff.changed == ()
    assert len(diff.moved) == two.counts["exam"]
    assert {(row.before.part, row.after.part) for row in diff.moved} == {("train", "exam")}


def test_the_same_words_generated_anew_are_the_same_row(garage: Garage) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)
    one = freeze(garage, 1, exam_share=0)
    rows, _ = garage.store.examples(1)
    first = rows[0]
    garage.store.delete(Example, first.id)
    again = Example(
        project_id=1,
        chunk_id=first.chunk_id,
        question=first.question,
        answer=first.answer,
        evidence=first.evidence,
        status="accepted",
    )
    garage.store.add_examples([again])
    two = freeze(garage, 1, exam_share=0)
    assert one.fingerprint != two.fingerprint  # it has another id
    assert compare_datasets(garage, one.id, two.id).same


def test_text_held_back_is_counted(garage: Garage) -> None:
    fill(garage, chunks=10, facts=4, wordings=4)
    one, two = freeze(garage, 1), freeze(garage, 1, unseen_share=0.1)
    diff = compare_datasets(garage, one.id, two.id)
    assert (diff.texts_added, diff.texts_removed) == (0, 2)


def test_versions_of_two_projects_are_not_compared(garage: Garage) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)
    one = freeze(garage, 1)
    other = garage.store.ensure_project("Other").id
    two = garage.store.add(Dataset(project_id=other, version=1, path="", fingerprint="0"))
    with pytest.raises(BadInput, match="different projects"):
        compare_datasets(garage, one.id, two.id)
