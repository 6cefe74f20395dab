"""The gates for an imported row, which has no passage to be checked against."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from gemma_garage.augment.rows.mapping import MappedRow, list_answers
from gemma_garage.schema import Example

MAX_CHARACTERS = 20_000  # question, answer and turns; about 5,000 tokens, more than is trained
KIND = "imported"


class SeenRows:
    """The rows so far. One is the same only if it says the same word for word, but for case and
    white space: two rows that differ in a number or a sign are two."""

    def __init__(self, examples: Iterable[Example] = ()) -> None:
        self._keys = {_make_key(row.question, row.answer, row.turns) for row in examples}

    def add(self, row: MappedRow) -> bool:
        """Remember the row; False if it was there already."""
        key = _make_key(row.question, row.answer, row.turns)
        is_new = key not in self._keys
        self._keys.add(key)
        return is_new


def judge_row(row: MappedRow, seen: SeenRows) -> list[Example]:
    """The Examples of one row, each accepted or rejected with its reason; one for each answer of
    a conversation, up to the first that is too long."""
    examples: list[Example] = []
    for part in [row] if row.problem else list_answers(row):
        reason = part.problem
        if not reason and _count_characters(part) > MAX_CHARACTERS:
            reason = "too-long"
        if not reason and not seen.add(part):
            reason = "duplicate"
        examples.append(
            Example(
                question=part.question,
                answer=part.answer,
                turns=list(part.turns),
                worse=part.worse,
                kind=KIND,
                status="rejected" if reason else "accepted",
                reason=reason,
            )
        )
        if reason == "too-long":  # what follows has all of this before it
            break
    return examples


def _count_characters(row: MappedRow) -> int:
    said = sum(len(turn["content"]) for turn in row.turns)
    return said + len(row.question) + len(row.answer) + len(row.worse)


def _make_key(question: str, answer: str, turns: Sequence[Any]) -> bytes:
    told = [question, answer, *(str(turn.get("content")) for turn in turns or ())]
    folded = [" ".join(text.casefold().split()) for text in told]
    return hashlib.blake2b(json.dumps(folded).encode(), digest_size=16).digest()
