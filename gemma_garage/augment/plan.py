"""Which Chunks are asked for what next, and how many facts each may give.

A Chunk remembers what it was asked (`Chunk.asked`), so a plan made again after a crash holds what
is left. With a target, a plan that did not reach it is followed by another, of what gave something
before, until nothing is left to ask.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gemma_garage.augment.drafts import (
    COMPARISON,
    FACTUAL,
    MULTI_TURN,
    SUMMARY,
    UNANSWERABLE,
    WHY,
    Ask,
    Draft,
)
from gemma_garage.augment.material import Material
from gemma_garage.augment.request import GenerateRequest
from gemma_garage.schema import Chunk

MAX_ROUNDS = 6  # how often one Chunk is asked for one kind
# How many facts of each kind there are to be for each other: most of them facts, few refusals.
_WEIGHTS = {FACTUAL: 6, WHY: 3, COMPARISON: 1, SUMMARY: 1, MULTI_TURN: 1, UNANSWERABLE: 1}


@dataclass(frozen=True, slots=True)
class Task:
    """One ask about one Chunk. `names`: by kind, under which it is remembered as done."""

    chunk: Chunk
    ask: Ask
    names: Mapping[str, str]

    @property
    def limit(self) -> int | None:
        return self.ask.facts


def plan_tasks(
    material: Material,
    request: GenerateRequest,
    *,
    rows_left: int | None = None,
    known: Mapping[tuple[int, str], Sequence[str]] | None = None,
    seeds: Sequence[Draft] = (),
) -> tuple[list[Task], int]:
    """The tasks to do next, and how many Chunks have nothing left to ask.

    Kinds of a local generator are asked together, of a remote one each by itself. `rows_left`:
    rows that are still wanted where the request has a target. `known`: by Chunk id and kind the
    questions that are there; a Chunk that gave something is asked again with them when nothing
    else is left and a target is not reached.
    """
    groups = [request.kinds] if not request.is_remote else [(kind,) for kind in request.kinds]
    fresh = [
        (chunk, tuple(kind for kind in kinds if kind not in chunk.asked), 1)
        for kinds in groups
        for chunk in material.chunks
    ]
    open_pairs = [(chunk, kinds, turn) for chunk, kinds, turn in fresh if kinds]
    skipped = len(material.chunks) - len({chunk.id for chunk, _, _ in open_pairs})
    if not open_pairs and rows_left is not None and request.is_remote:
        open_pairs = [
            (chunk, (kind,), turn)
            for kind in request.kinds
            for chunk in material.chunks
            if (turn := _next_turn(chunk, kind))
        ]
    limits = _limit(open_pairs, material.chunks, request, rows_left)
    tasks = []
    for (chunk, kinds, turn), limit in zip(open_pairs, limits, strict=True):
        if limit == 0:
            continue
        there = (known or {}).get((chunk.id, kinds[0]), ()) if turn > 1 else ()
        ask = Ask(material.passage(chunk), kinds, limit, tuple(there), turn, tuple(seeds))
        tasks.append(Task(chunk, ask, {kind: name_task(kind, turn) for kind in kinds}))
    # What a provider always spoils must not keep the rest from its turn.
    tasks.sort(key=lambda task: any(name in task.chunk.spoiled for name in task.names.values()))
    return tasks, skipped


def name_task(kind: str, turn: int) -> str:
    return kind if turn == 1 else f"{kind}:{turn}"


def spread(total: int, count: int) -> list[int]:
    """`total` over `count` places, evenly."""
    return [(at + 1) * total // count - at * total // count for at in range(count)]


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """`total` by weight, whole numbers, largest remainders first."""
    exact = [total * weight / sum(weights) for weight in weights]
    shares = [math.floor(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda at: (shares[at] - exact[at], at))
    for at in order[: total - sum(shares)]:
        shares[at] += 1
    return shares


def _next_turn(chunk: Chunk, kind: str) -> int:
    """The turn to ask next; 0 when the last one gave nothing or there were enough."""
    turns = [turn for turn in range(1, MAX_ROUNDS + 1) if name_task(kind, turn) in chunk.asked]
    last = max(turns, default=0)
    if not last or last == MAX_ROUNDS or not chunk.asked[name_task(kind, last)]:
        return 0
    return last + 1


def _limit(
    pairs: Sequence[tuple[Chunk, tuple[str, ...], int]],
    chunks: Sequence[Chunk],
    request: GenerateRequest,
    rows_left: int | None,
) -> list[int | None]:
    """Facts that each pair may give; None for all.

    `max_facts` is spread over all chosen Chunks, done or not, so that a resumed Job gives every
    Chunk the same share as before; what a target still wants over what is still to be asked.
    """
    if request.max_facts is None and rows_left is None:
        return [None] * len(pairs)
    kinds = list(dict.fromkeys(pair[1][0] for pair in pairs))
    if rows_left is not None:
        facts = math.ceil(rows_left / request.wordings)
        shares = share_out(facts, [_WEIGHTS[kind] for kind in kinds]) if kinds else []
        places = {
            kind: iter(spread(share, sum(pair[1][0] == kind for pair in pairs)))
            for kind, share in zip(kinds, shares, strict=True)
        }
        return [next(places[pair[1][0]]) for pair in pairs]
    order = {chunk.id: at for at, chunk in enumerate(chunks)}
    asked: tuple[str, ...] = request.kinds if request.is_remote else request.kinds[:1]
    amounts = dict(
        zip(asked, share_out(request.max_facts or 0, [_WEIGHTS[k] for k in asked]), strict=True)
    )
    evenly = {kind: spread(amount, len(chunks)) for kind, amount in amounts.items()}
    first = request.kinds[0]
    return [evenly[pair[1][0] if request.is_remote else first][order[pair[0].id]] for pair in pairs]
