"""Choose which wordings are kept for the exam and for evaluation, and which are trained.

A fact is what Examples of one chunk, one fact number and one answer share. The exam takes a
wording only where enough others of the same fact stay in training, evenly over the chunks, and
never one whose words stand in a training row. Pure functions over rows; same seed, same choice.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gemma_garage.augment.normalise import normalise_question
from gemma_garage.schema import Example

MIN_EXAM = 30
MAX_EXAM = 60  # so that the exam takes at most about a minute on two cores
_BARE_ANSWERS = frozenset({"yes", "no", "true", "false"})  # guessed right half the time


@dataclass(slots=True)
class Split:
    """The rows of a Dataset. `repeated`: Examples left out because another says the same."""

    train: list[Example]
    eval: list[Example]
    exam: list[Example]
    repeated: int


def hold_out(
    examples: Sequence[Example], *, exam_share: float, eval_share: float, seed: int
) -> Split:
    """Split accepted Examples into training, evaluation and exam.

    The exam aims at `exam_share` of the Examples, at least 30 and at most 60: one wording of
    every fact with three or more, evenly over the chunks, and a second one of facts with five or
    more where that gives fewer than 30. Where no fact has three wordings, two are enough.
    """
    rows = _drop_repeated(examples)
    facts = _group_facts(rows)
    rng = random.Random(seed)
    asked: dict[str, int] = defaultdict(int)
    for row in rows:
        asked[normalise_question(row.question)] += 1

    def is_unique(row: Example) -> bool:
        return asked[normalise_question(row.question)] == 1

    exam: list[Example] = []
    if exam_share > 0:
        wanted = min(max(round(exam_share * len(rows)), MIN_EXAM), MAX_EXAM)
        fewest = 3 if any(len(fact) >= 3 for fact in facts) else 2
        exam = _take(facts, wanted, fewest, rng, lambda row: is_unique(row) and not _is_bare(row))
        if len(exam) < MIN_EXAM:
            more = min(wanted, MIN_EXAM) - len(exam)
            exam += _take(facts, more, 4, rng, lambda row: is_unique(row) and not _is_bare(row))
    wanted_eval = round(eval_share * len(rows))
    held = _take(facts, wanted_eval, 3, rng, is_unique) if wanted_eval else []
    out = {id(row) for row in [*exam, *held]}
    train = [row for row in rows if id(row) not in out]
    return Split(train, held, exam, len(examples) - len(rows))


def find_overlap(split: Split) -> set[str]:
    """Normalised questions that stand both in the exam or evaluation and in training: none."""
    trained = {normalise_question(row.question) for row in split.train}
    exam = {normalise_question(row.question) for row in split.exam}
    held = {normalise_question(row.question) for row in split.eval}
    return ((exam | held) & trained) | (exam & held)


def _drop_repeated(examples: Sequence[Example]) -> list[Example]:
    seen: set[tuple[str, str]] = set()
    kept = []
    for row in examples:
        key = (normalise_question(row.question), normalise_question(row.answer))
        if all(key) and key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


def _group_facts(rows: Sequence[Example]) -> list[list[Example]]:
    """Wordings by fact. A written-by-hand Example without a chunk is a fact of its own."""
    groups: dict[tuple[object, ...], list[Example]] = defaultdict(list)
    for row in rows:
        place = ("own", row.id) if row.chunk_id is None else (row.chunk_id, row.fact)
        groups[(*place, normalise_question(row.answer))].append(row)
    return list(groups.values())


def _take(
    facts: Sequence[list[Example]],
    wanted: int,
    fewest: int,
    rng: random.Random,
    may_take: Callable[[Example], bool],
) -> list[Example]:
    """Take (and remove) up to `wanted` wordings, one a fact that still has `fewest`, going round
    the chunks so that none is examined more than its neighbours."""
    by_chunk: dict[int | None, list[list[Example]]] = defaultdict(list)
    for fact in facts:
        if len(fact) >= fewest:
            by_chunk[fact[0].chunk_id].append(fact)
    for waiting in by_chunk.values():
        rng.shuffle(waiting)
    order = list(by_chunk)
    rng.shuffle(order)
    taken: list[Example] = []
    while order and len(taken) < wanted:
        for chunk_id in list(order):
            waiting = by_chunk[chunk_id]
            while waiting:
                fact = waiting.pop()
                choice = [row for row in fact if may_take(row)]
                if choice:
                    row = rng.choice(choice)
                    fact.remove(row)
                    taken.append(row)
                    break
            if not waiting:
                order.remove(chunk_id)
            if len(taken) == wanted:
                break
    return taken


def _is_bare(row: Example) -> bool:
    return normalise_question(row.answer) in _BARE_ANSWERS
