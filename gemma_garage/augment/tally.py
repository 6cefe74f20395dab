"""Counts of one generation, for the line of progress and the Job's result."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from gemma_garage.augment.quality.reasons import REASONS
from gemma_garage.schema import Example

GOOD = ("accepted", "generated")


def say_spoiled(spoiled: Mapping[str, int]) -> str:
    """What became of requests without a usable reply, in a sentence; "" when there are none."""
    total = sum(spoiled.values())
    if not total:
        return ""
    why = "; ".join(f"{REASONS.get(reason, reason)}: {count}" for reason, count in spoiled.items())
    what = "1 request has" if total == 1 else f"{total:,} requests have"
    them = "it is" if total == 1 else "they are"
    return f"{what} no usable reply ({why}); {them} made again next time."


class Tally:
    """What was asked, what came, and why rows were rejected. `target`: rows wanted in all, `there`:
    those of them that are there. `gave_nothing`: requests that found nothing to ask about;
    `spoiled`: those without a usable reply, by reason. Neither are rows."""

    def __init__(self, target: int | None = None) -> None:
        self.target, self.there = target, 0
        self.skipped = 0
        self.steps = self.done = 0  # of the round under way
        self.asked = 0
        self.accepted = 0
        self.reasons: Counter[str] = Counter()
        self.gave_nothing = 0
        self.spoiled: Counter[str] = Counter()
        self.short = ""  # why the target was not reached
        self.usage: dict[str, Any] = {}
        self._chunks: set[int] = set()

    @property
    def rows_left(self) -> int | None:
        return None if self.target is None else max(self.target - self.there, 0)

    @property
    def reached(self) -> bool:
        return self.rows_left == 0

    @property
    def fraction(self) -> float:
        done = self.done / self.steps if self.steps else 0.0
        return done if self.target is None else max(self.there / self.target, 0.0)

    def begin(self, steps: int) -> None:
        """A round of so many steps."""
        self.steps, self.done = steps, 0

    def count(self, examples: Iterable[Example], chunk_id: int | None = None) -> None:
        """What one step gave: rows, or a note of why there are none."""
        self.done += 1
        self.asked += 1
        if chunk_id is not None:
            self._chunks.add(chunk_id)
        rows = 0
        notes: list[str] = []
        for row in examples:
            if not row.question:
                notes.append(row.reason)
                continue
            rows += 1
            if row.status in GOOD:
                self.accept(1)
            else:
                self.reasons[row.reason] += 1
        spoiled = [reason for reason in notes if reason != "no-facts"]
        self.spoiled.update(spoiled)
        self.gave_nothing += not rows and not spoiled

    def take_back(self, rows: int) -> None:
        """Rows that were over the limit are wanted after all."""
        self.reasons["limit"] -= min(rows, self.reasons["limit"])
        self.reasons += Counter()  # drops what is zero
        self.accept(rows)

    def accept(self, rows: int) -> None:
        self.accepted += rows
        self.there += rows

    def describe(self) -> str:
        rows = f"{self.accepted} accepted"
        if self.target is not None:
            rows = f"{self.there} of {self.target} rows"
        rejected = self.reasons.total()
        lost = f", {self.spoiled.total()} without a usable reply" if self.spoiled else ""
        place = f"Passage {min(self.done, self.steps)} of {self.steps}"
        return f"{place}: {rows}, {rejected} rejected{lost}"

    def as_dict(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            "chunks": len(self._chunks),
            "skipped": self.skipped,
            "asked": self.asked,
            "produced": self.accepted + self.reasons.total(),
            "accepted": self.accepted,
            "rejected": self.reasons.total(),
            "reasons": dict(self.reasons),
            "gave_nothing": self.gave_nothing,
            "spoiled": dict(self.spoiled),
        }
        if self.target is not None:
            values |= {"target": self.target, "rows": self.there}
        if self.short:
            values["short"] = self.short
        return values | ({"usage": self.usage} if self.usage else {})
