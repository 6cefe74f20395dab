"""Contradictions between passages are found, one pair for two facts, and change nothing."""

from gemma_garage.augment.quality.contradictions import _find_pairs, find_contradictions
from gemma_garage.garage import Garage
from gemma_garage.schema import Example
from tests.augment.shelf import add_text

COLOURS = "scarlet olive amber teal ivory coral indigo maroon khaki lilac ochre russet".split()
THINGS = (
    "lever hinge gasket spindle bracket pulley sleeve washer flange bushing gauge nozzle clamp "
    "rivet piston"
).split()


def add_rows(garage: Garage, *rows: tuple[int | None, int, str, str]) -> None:
    garage.store.add_examples(
        [
            Example(project_id=1, chunk_id=c, fact=f, question=q, answer=a, status="accepted")
            for c, f, q, a in rows
        ]
    )


def test_two_documents_that_disagree(garage: Garage) -> None:
    add_text(garage, "manual.pdf", ["The fuse is 8 A.", "The lid is grey."])
    add_text(garage, "leaflet.pdf", ["The fuse is 9 A.", "The base is green."])
    add_rows(
        garage,
        (1, 0, "What is the fuse of the pump rated at?", "8 amperes"),
        (1, 0, "Which rating has the fuse of the pump?", "8 amperes"),
        (2, 1, "What colour is the lid?", "grey"),
        (3, 0, "Which rating does the pump's fuse have?", "9 amperes"),
        (3, 0, "What is the fuse of the pump rated at?", "9 A"),
        (4, 1, "What colour is the base?", "green"),
    )
    found = find_contradictions(garage, 1)
    assert [pair.example_ids for pair in found] == [(1, 4)]
    assert found[0].why == "“8 amperes” (manual.pdf), but “9 amperes” (leaflet.pdf)"
    assert garage.store.count_examples(1) == {("accepted", ""): 6}


def test_what_agrees_or_asks_for_something_else_is_no_contradiction(garage: Garage) -> None:
    add_text(garage, "one.pdf", ["a", "b"])
    add_text(garage, "two.pdf", ["c", "d"])
    add_rows(
        garage,
        (1, 0, "When was the Salter Bridge opened?", "3 May 1931"),
        (3, 0, "When was the Salter Bridge opened?", "in 1931"),
        (1, 1, "How long is the Salter Bridge?", "212 m"),
        (3, 1, "How long is the Mill Bridge?", "96 m"),
        (2, 2, "What is the maximum load?", "12 t"),
        (4, 2, "What is the minimum load?", "1 t"),
        (1, 3, "What is in the kit?", "a brush"),
        (1, 4, "What is in the kit?", "a rag"),
    )
    assert find_contradictions(garage, 1) == []


def test_rows_without_a_passage_and_rejected_ones(garage: Garage) -> None:
    add_text(garage, "one.pdf", ["a"])
    add_rows(
        garage,
        (1, 0, "Who designed the Salter Bridge?", "Marta Voss"),
        (None, 0, "Who designed the Salter Bridge?", "Ilan Brode"),
    )
    (found,) = find_contradictions(garage, 1)
    assert found.example_ids == (2, 1) or found.example_ids == (1, 2)
    assert "Marta Voss" in found.why and "without a passage" in found.why
    garage.store.update(Example, 1, status="rejected")
    assert find_contradictions(garage, 1) == []


def test_many_rows_with_one_frame_are_looked_through_in_bounded_steps(garage: Garage) -> None:
    add_text(garage, "one.pdf", ["a", "b"])
    things = [f"{colour} {thing}" for colour in COLOURS for thing in THINGS]
    add_rows(
        garage,
        *(
            (1 + at % 2, at, f"What is the width of the {name}?", f"{at} mm")
            for at, name in enumerate(things)
        ),
        (1, 999, f"What is the width of the {things[7]}?", "1000 mm"),
    )
    rows, _ = garage.store.examples(1)
    pairs = sum(1 for _ in _find_pairs(rows, None))
    assert pairs < 60 * len(rows) < len(rows) ** 2 / 2
    (found,) = find_contradictions(garage, 1)
    assert "7 mm" in found.why and "1000 mm" in found.why
