"""Rows as they will be trained on, before anything is imported: what is asked, what is trained.

They are laid out by `gemma/turns.py`, which training encodes with, through Gemma 3's template;
another base has other marks between the turns and the same text.
"""

from collections.abc import Mapping as Row
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gemma_garage.augment.rows.judge import SeenRows, judge_row
from gemma_garage.augment.rows.mapping import Mapping, apply_mapping
from gemma_garage.gemma.template import BOS, ShippedTemplate
from gemma_garage.gemma.turns import render_answer


@dataclass(frozen=True, slots=True)
class ShownRow:
    """`spans`: (piece of text, is it trained), in order; none for a row that is rejected, whose
    `reason` is one of `quality.REASONS`."""

    spans: tuple[tuple[str, bool], ...]
    reason: str = ""


def preview_rows(rows: Sequence[Row[str, Any]], mapping: Mapping, limit: int = 3) -> list[ShownRow]:
    """The first `limit` rows through the mapping. Raises ConfigError for a mapping that does not
    say one thing."""
    mapping.check([column for row in rows for column in row])
    seen = SeenRows()
    return [_show(row, mapping, seen) for row in rows[:limit]]


def _show(row: Row[str, Any], mapping: Mapping, seen: SeenRows) -> ShownRow:
    mapped = apply_mapping(mapping, row)
    if mapping.text:
        spans = () if mapped.problem else ((BOS, False), (mapped.text, True))
        return ShownRow(spans, mapped.problem)
    spans_so_far: list[tuple[str, bool]] = []
    shown = ""
    reason = ""
    for example in judge_row(mapped, seen):
        if example.status != "accepted":
            reason = example.reason
            continue
        prompt, answer = render_answer(
            ShippedTemplate(), example.question, example.answer, example.turns
        )
        spans_so_far += [(prompt.removeprefix(shown), False), (answer, True)]
        shown = prompt + answer
    return ShownRow(tuple(spans_so_far), reason)
