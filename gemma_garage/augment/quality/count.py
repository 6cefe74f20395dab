"""What each gate let through and what it held back, for the page and the commands."""

from dataclasses import dataclass

from gemma_garage.augment.quality.reasons import GATES, JUDGED, NOTES, REASONS
from gemma_garage.store import Store

# Reasons that only rows of a certain sort can be rejected for: the others never came to that gate.
_OF_SOME = ("roles", "off-topic", "answerable", "unchecked")


@dataclass(frozen=True, slots=True)
class GateCount:
    """One gate. `gate`: its reason, one of `REASONS`; `meaning`: what it rejects, in plain words.
    `passed`: rows that came to it and went on."""

    gate: str
    meaning: str
    passed: int
    rejected: int


def count_gates(store: Store, project_id: int) -> list[GateCount]:
    """Every gate in the order in which it is asked, also those that rejected nothing.

    A row that was rejected passed all gates before. Not counted: notes about passages that gave
    nothing, and what a person rejected by hand passed every gate. The judge's four come last, and
    count only rows that were judged.
    """
    counts = store.count_examples(project_id)
    rejected: dict[str, int] = {}
    rows = 0
    for (status, reason), count in counts.items():
        if reason in NOTES:
            continue
        rows += count
        if status == "rejected":
            rejected[reason] = rejected.get(reason, 0) + count
    found: list[GateCount] = []
    left = rows
    for gate in GATES:
        held = rejected.get(gate, 0)
        left -= held
        if held or gate not in _OF_SOME:
            found.append(GateCount(gate, REASONS[gate], left, held))
    scored = store.count_scored(project_id)
    if scored:
        for gate in JUDGED.values():
            held = rejected.get(gate, 0)
            scored -= held
            found.append(GateCount(gate, REASONS[gate], max(scored, 0), held))
    return found
