"""Choose which wordings are kept for the exam and for evaluation, and which are trained.

A fact is what Examples of one chunk, one fact number and one answer share. The exam takes a
wording only where enough others of the same fact stay in training, evenly over the chunks, never
one whose words stand in a training row, and rather one that names what it asks for. Questions
without an answer are dealt out by fact: what is examined is trained in no wording. Pure functions
over rows; same seed, same choice.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gemma_garage.augment.drafts import COMPARISON, SUMMARY, UNANSWERABLE
from gemma_garage.augment.local.sound import list_content
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.schema import Example

PARAPHRASE, UNSEEN = "paraphrase", "unseen"  # kinds of the exam, beside `unanswerable`
MIN_EXAM = 30
MAX_EXAM = 60  # so that the exam takes at most about a minute on two cores
MAX_UNANSWERABLE = 20
PLAIN_WORDS = 2
LONGEST_GRADED_WORDS = 30  # a longer answer is never given in the very words that are expected
_UNGRADED_KINDS = frozenset({UNANSWERABLE, SUMMARY, COMPARISON})
_BARE_ANSWERS = frozenset({"yes", "no", "true", "false"})  # guessed right half the time


@dataclass(slots=True)
class Split:
    """The rows of a Dataset. `left_out`: other wordings of examined questions without an answer."""

    train: list[Example]
    eval: list[Example]
    exam: list[Example]
    unanswerable: list[Example]
    left_out: list[Example]


def hold_out(
    examples: Sequence[Example], *, exam_share: float, eval_share: float, seed: int
) -> Split:
    """Split accepted Examples into training, evaluation and exam.

    The exam aims at `exam_share` of the Examples, at least 30 and at most 60: one wording of
    every fact with three or more, evenly over the chunks, and a second one of facts with five or
    more where that gives fewer than 30. Where no fact has three wordings, two are enough. Of the
    questions without an answer, `exam_share` of the facts are examined, at most 20.
    """
    rows, _ = drop_repeated(examples)
    facts = group_facts([row for row in rows if row.kind != UNANSWERABLE and not row.turns])
    rng = random.Random(seed)
    asked = count_questions(rows)

    def is_unique(row: Example) -> bool:
        return asked[normalise_question(row.question)] == 1

    def may_take(row: Example) -> bool:
        return is_unique(row) and may_be_examined(row)

    exam: list[Example] = []
    if exam_share > 0:
        wanted = min(max(round(exam_share * len(rows)), MIN_EXAM), MAX_EXAM)
        fewest = 3 if any(len(fact) >= 3 for fact in facts) else 2
        exam = take_wordings(facts, wanted, fewest, rng, may_take)
        if len(exam) < MIN_EXAM:
            more = min(wanted, MIN_EXAM) - len(exam)
            exam += take_wordings(facts, more, 4, rng, may_take)
    wanted_eval = round(eval_share * len(rows))
    held = take_wordings(facts, wanted_eval, 3, rng, is_unique) if wanted_eval else []
    unanswerable, left_out = _deal_unanswerable(rows, exam_share, seed, is_unique)
    out = {id(row) for row in [*exam, *held, *unanswerable, *left_out]}
    train = [row for row in rows if id(row) not in out]
    return Split(train, held, exam, unanswerable, left_out)


def drop_repeated(examples: Sequence[Example]) -> tuple[list[Example], int]:
    """The Examples without empty ones and those that say the same after the same turns; and how
    many those were."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for row in examples:
        said = [normalise_question(str(turn.get("content"))) for turn in row.turns or []]
        key = (normalise_question(row.question), normalise_question(row.answer), *said)
        if key[0] and key[1] and key not in seen:
            seen.add(key)
            kept.append(row)
    return kept, len(examples) - len(kept)


def count_questions(rows: Sequence[Example]) -> Counter[str]:
    """How often each question is asked, also in the earlier turns of a conversation."""
    asked: Counter[str] = Counter()
    for row in rows:
        asked[normalise_question(row.question)] += 1
        for turn in row.turns or []:
            if turn.get("role") == "user":
                asked[normalise_question(str(turn.get("content")))] += 1
    return asked


def may_be_examined(row: Example) -> bool:
    """Can a rule tell a right answer from a wrong one, and the question stand alone?"""
    return (
        not row.turns
        and row.kind not in _UNGRADED_KINDS
        and normalise_question(row.answer) not in _BARE_ANSWERS
        and len(row.answer.split()) <= LONGEST_GRADED_WORDS
    )


def group_facts(rows: Sequence[Example]) -> list[list[Example]]:
    """Wordings by fact. An Example without a chunk is a fact of its own."""
    groups: dict[tuple[object, ...], list[Example]] = defaultdict(list)
    for row in rows:
        place = ("own", row.id) if row.chunk_id is None else (row.chunk_id, row.fact)
        groups[(*place, normalise_question(row.answer))].append(row)
    return list(groups.values())


def take_wordings(
    facts: Sequence[list[Example]],
    wanted: int,
    fewest: int,
    rng: random.Random,
    may_take: Callable[[Example], bool],
) -> list[Example]:
    """Take (and remove) up to `wanted` wordings, one a fact that still has `fewest`, going round
    the chunks so that none is examined more than its neighbours; a plain one where there is one."""
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
                    row = rng.choice([row for row in choice if _is_plain(row)] or choice)
                    fact.remove(row)
                    taken.append(row)
                    break
            if not waiting:
                order.remove(chunk_id)
            if len(taken) == wanted:
                break
    return taken


def _is_plain(row: Example) -> bool:
    """Does the question share two telling words with its evidence? With fewer it often fits other
    facts as well, and a written question is checked by no person."""
    return len(list_content(row.question, row.evidence or "")) >= PLAIN_WORDS


def _deal_unanswerable(
    rows: Sequence[Example],
    share: float,
    seed: int,
    is_unique: Callable[[Example], bool],
) -> tuple[list[Example], list[Example]]:
    """Questions without an answer for the exam, one a fact; and the other wordings of those.

    At least half of the facts stay in training: it is there that declining is learned.
    """
    facts = group_facts([row for row in rows if row.kind == UNANSWERABLE and not row.turns])
    if share <= 0 or len(facts) < 2:
        return [], []
    wanted = min(max(1, round(share * len(facts))), len(facts) // 2, MAX_UNANSWERABLE)
    # A die of its own: the choice of the other questions stays as it is without these.
    taken = take_wordings(facts, wanted, 1, random.Random(seed), is_unique)
    chosen = {(row.chunk_id, row.fact) for row in taken if row.chunk_id is not None}
    others = [row for fact in facts for row in fact if (row.chunk_id, row.fact) in chosen]
    return taken, others
