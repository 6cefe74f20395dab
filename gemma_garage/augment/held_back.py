"""Hold whole passages back, so that the exam can ask about text that training never saw.

Nothing of a passage held back is trained: not its questions, not its text, nor a sentence of it
that another passage repeats. An imported row, which has no passage, is a group of its own. It
chooses and filters; what is made of it is written by `dataset.py`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from gemma_garage.augment.holdout import (
    count_questions,
    group_facts,
    may_be_examined,
    take_wordings,
)
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.texts import key_statements
from gemma_garage.errors import DatasetError
from gemma_garage.schema import Chunk, Example

MIN_PASSAGES = 8  # below, a passage is too much of what the model is to know
SUGGESTED_SHARE = 0.05
MAX_UNSEEN = 30
Group = TypeVar("Group")


@dataclass(frozen=True, slots=True)
class HeldBack:
    """`shown`: Examples that may be trained; `asked`: the exam's questions about unseen text;
    `left_out`: neither. `statements`: keys of what the passages of `chunk_ids` say."""

    shown: list[Example]
    asked: list[Example]
    left_out: list[Example]
    chunk_ids: frozenset[int] = frozenset()
    statements: frozenset[str] = frozenset()


def hold_back(
    rows: Sequence[Example], chunks: Sequence[Chunk], *, share: float, seed: int
) -> HeldBack:
    """Hold `share` of the passages with questions back (and of the imported rows), at least one.

    Raises DatasetError when there are fewer than 8 passages with questions.
    """
    if share <= 0:
        return HeldBack(list(rows), [], [])
    passages = sorted({row.chunk_id for row in rows if row.chunk_id and may_be_examined(row)})
    imported = [row for row in rows if row.chunk_id is None and may_be_examined(row)]
    if max(len(passages), len(imported)) < MIN_PASSAGES:
        raise DatasetError(
            f"{len(passages)} passages have accepted examples; holding whole passages back needs "
            f"at least {MIN_PASSAGES}, so that the model still learns most of what you have. "
            "Freeze without holding any back, or add documents."
        )
    dice = random.Random(seed)
    chunk_ids = frozenset(_draw(dice, passages, share))
    out = {id(row) for row in _draw(dice, imported, share)}
    out |= {id(row) for row in rows if row.chunk_id in chunk_ids}
    statements = key_statements([chunk.text for chunk in chunks if chunk.id in chunk_ids])
    shared = _find_shared(chunks, chunk_ids, statements)
    shown = [row for row in rows if id(row) not in out and not _repeats(row, statements, shared)]
    asked = _ask(rows, [row for row in rows if id(row) in out], dice)
    used = {id(row) for row in (*shown, *asked)}
    left_out = [row for row in rows if id(row) not in used]
    return HeldBack(shown, asked, left_out, chunk_ids, statements)


def _find_shared(
    chunks: Sequence[Chunk], chunk_ids: frozenset[int], statements: frozenset[str]
) -> dict[int, frozenset[str]]:
    """By passage that may be trained: what it says of what is held back."""
    found = {
        chunk.id: key_statements([chunk.text]) & statements
        for chunk in chunks
        if chunk.id not in chunk_ids
    }
    return {chunk_id: shared for chunk_id, shared in found.items() if shared}


def _repeats(row: Example, statements: frozenset[str], shared: dict[int, frozenset[str]]) -> bool:
    """Does the Example say, or is it proved by, what a passage held back says?"""
    said = [row.evidence, row.answer, *(str(turn.get("content")) for turn in row.turns or [])]
    if not statements.isdisjoint(key_statements(said)):
        return True
    proof = normalise_question(row.evidence)  # may be a part of a sentence
    return bool(proof) and any(proof in whole for whole in shared.get(row.chunk_id or 0, ()))


def _draw(dice: random.Random, groups: Sequence[Group], share: float) -> list[Group]:
    if len(groups) < MIN_PASSAGES:
        return []
    return dice.sample(groups, max(1, round(share * len(groups))))


def _ask(rows: Sequence[Example], held: Sequence[Example], dice: random.Random) -> list[Example]:
    """One wording of each fact held back, whose question is asked nowhere else."""
    asked = count_questions(rows)

    def may_take(row: Example) -> bool:
        return asked[normalise_question(row.question)] == 1 and may_be_examined(row)

    return take_wordings(group_facts(held), MAX_UNSEEN, 1, dice, may_take)
