"""What each gate let through, counted from the rows as they are."""

from gemma_garage.augment.quality.count import count_gates
from gemma_garage.augment.quality.reasons import GATES, JUDGED, NOTES, REASONS, label_reason
from gemma_garage.garage import Garage
from gemma_garage.schema import Example


def add_rows(garage: Garage, status: str, reason: str, count: int, **values: float) -> None:
    garage.store.add_examples(
        [
            Example(project_id=1, question="Q?", answer="A", status=status, reason=reason, **values)
            for _ in range(count)
        ]
    )


def test_each_gate_counts_what_came_to_it(garage: Garage) -> None:
    assert {gate.passed for gate in count_gates(garage.store, 1)} == {0}
    add_rows(garage, "accepted", "", 5)
    add_rows(garage, "edited", "", 1)
    add_rows(garage, "rejected", "evidence", 3)
    add_rows(garage, "rejected", "duplicate", 2)
    add_rows(garage, "rejected", "by hand", 1)
    add_rows(garage, "rejected", "no-facts", 9)  # a note about a passage, no row
    gates = {gate.gate: gate for gate in count_gates(garage.store, 1)}
    assert (gates["vague"].passed, gates["vague"].rejected) == (12, 0)
    assert (gates["evidence"].passed, gates["evidence"].rejected) == (9, 3)
    assert (gates["number"].passed, gates["number"].rejected) == (9, 0)
    assert (gates["duplicate"].passed, gates["duplicate"].rejected) == (7, 2)
    assert gates["evidence"].meaning == REASONS["evidence"]
    assert "answerable" not in gates and "ungrounded" not in gates


def test_the_judge_counts_only_what_it_judged(garage: Garage) -> None:
    add_rows(garage, "accepted", "", 10)
    add_rows(garage, "accepted", "", 4, score=1.0)
    add_rows(garage, "rejected", "irrelevant", 1, score=0.5)
    add_rows(garage, "rejected", "ungrounded", 2, score=0.75)
    gates = {gate.gate: gate for gate in count_gates(garage.store, 1)}
    assert (gates["duplicate"].passed, gates["duplicate"].rejected) == (17, 0)
    assert (gates["irrelevant"].passed, gates["irrelevant"].rejected) == (6, 1)
    assert (gates["ungrounded"].passed, gates["ungrounded"].rejected) == (4, 2)
    assert gates["dependent"].passed == 4


def test_every_reason_has_a_plain_label() -> None:
    labels = [label_reason(reason) for reason in REASONS]
    assert len(set(labels)) == len(REASONS) and not any("-" in label for label in labels)
    assert label_reason("by hand") == "by hand"


def test_every_reason_belongs_to_a_gate_or_is_a_note() -> None:
    assert {*GATES, *NOTES, *JUDGED.values(), "limit"} == set(REASONS)
