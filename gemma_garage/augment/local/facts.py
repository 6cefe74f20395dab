"""Find the answers a text holds: the spans of each statement that somebody would ask for.

Answers come before questions, so that every fact is covered and every answer stands in the text.
Rules only, no model: quantities with their unit and qualifier, times, codes, names, colours,
causes and consequences, short noun phrases, table cells. The lists are English; in another
language the numbers, names, codes and cells are still found. It asks no question.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gemma_garage.augment.local.amounts import Span, find_amounts
from gemma_garage.augment.local.answer_sorts import starts_with_place
from gemma_garage.augment.local.context import find_subject
from gemma_garage.augment.local.fact_patterns import CLAUSES, FUNCTION
from gemma_garage.augment.local.faults import is_lamp
from gemma_garage.augment.local.hours import find_hours
from gemma_garage.augment.local.names import count_names, find_names
from gemma_garage.augment.local.phrases import find_phrases
from gemma_garage.augment.local.scales import is_scale
from gemma_garage.augment.local.upkeep import is_interval
from gemma_garage.augment.sentences import Statement

_CLAUSE_RANKS = {"meaning": (1, 2), "finding": (3, 3)}  # rank, fewest words
_MIN_REPLY, _MAX_REPLY = 3, 25  # words; "Yes." alone is learnt for every such question


@dataclass(frozen=True, slots=True)
class Fact:
    """An answer in its place: `statement` is an index, `start` and `end` lie in its text.

    `kind` steers which questions are asked: quantity, time, name, code, colour, thing, clause,
    cell, opening, closing, or reply (to a question in the text). The lower `rank`, the likelier
    somebody asks for it.
    """

    statement: int
    answer: str
    start: int
    end: int
    kind: str
    rank: int


def find_facts(statements: Sequence[Statement], subject: str = "") -> list[Fact]:
    """Return the facts of `statements`, in their order; `subject` (the title) is no answer."""
    common = count_names(statements)
    known = {word.lower() for word in re.findall(r"\w+", subject)}
    facts: list[Fact] = []
    for index, statement in enumerate(statements):
        if statement.text.endswith("?") or statement.text.endswith("?”"):
            continue
        facts += [
            Fact(index, statement.text[start:end], start, end, kind, 0)
            for start, end, kind in find_hours(statement)
        ]
        if statement.cells:
            facts += _find_cells(index, statement)
            continue
        text = statement.text
        found = [*find_amounts(text), *_find_clauses(text), *find_phrases(text)]
        found += find_names(text, common, known, len(statements))
        chosen = _choose(index, text, found, known)
        facts += chosen or _choose(index, text, list(_find_subject(text)), known)
        if statement.question and _MIN_REPLY <= len(text.split()) <= _MAX_REPLY:
            facts.append(Fact(index, text.rstrip("."), 0, len(text.rstrip(".")), "reply", 0))
    return _drop_commonplaces(facts, statements)


def _drop_commonplaces(facts: list[Fact], statements: Sequence[Statement]) -> list[Fact]:
    """Leave out noun phrases whose last word stands all over the text ("the machine"), unless
    they say where something is ("inside the water tank")."""
    counts: Counter[str] = Counter()
    for statement in statements:
        counts.update(set(re.findall(r"[\w'’-]+", statement.text.lower())))
    limit = max(4, len(statements) // 15)
    return [
        fact
        for fact in facts
        if fact.kind != "thing"
        or starts_with_place(fact.answer)
        or counts[fact.answer.lower().split()[-1]] < limit
    ]


def _find_cells(index: int, statement: Statement) -> Iterable[Fact]:
    """A row's cells are facts; so is its name, where the header tells what the names are."""
    wide = (len(statement.cells) > 2 and statement.cells[0][0]) or is_lamp(statement.cells)
    wide = wide or is_interval(statement.cells) or is_scale(statement.cells)
    places = statement.place_cells()
    for number, ((_, value), at) in enumerate(zip(statement.cells, places, strict=True)):
        if (number > 0 or wide) and len(value) <= 90 and re.search(r"\w", value):
            yield Fact(index, value, at, at + len(value), "cell", 0)


def _find_subject(text: str) -> Iterable[Span]:
    """What a sentence without a value is about: "[A wall charger] is not included"."""
    subject = find_subject(text)
    more = re.match(r"\s(?:is|are|may|can|must|should|will|cannot)\b(.+)", text[len(subject) :])
    if subject and more and len(more[1].split()) > 1:
        yield 0, len(subject), "thing", 5


def _find_clauses(text: str) -> Iterable[Span]:
    for name, pattern in CLAUSES:
        for match in pattern.finditer(text):
            end = match.end(1)
            cut = re.search(
                r",? (?:and it|so|but|which|because|usually)\b|, | and (?=it |has |you )",
                match.group(1),
            )
            if cut:
                end = match.start(1) + cut.start()
            rank, fewest = _CLAUSE_RANKS.get(name, (2, 3))
            if fewest <= len(text[match.start(1) : end].split()) <= 12:
                yield match.start(1), end, "clause", rank


def _choose(index: int, text: str, spans: Sequence[Span], known: set[str]) -> list[Fact]:
    """Keep the best spans, best rank and longest first, in the order of the text.

    Two may share words only where one is a clause with a value in it, or a thing with its colour
    or number.
    """
    best: list[Span] = []
    for span in sorted(spans, key=lambda span: (span[3], span[0] - span[1])):
        start, end, _, _ = span
        answer = text[start:end]
        if any(s < end and start < e and not _may_share((s, e, k, r), span) for s, e, k, r in best):
            continue
        words = [word.lower() for word in re.findall(r"\w+", answer)]
        if not words or all(word in known or word in FUNCTION for word in words):
            continue
        if end - start > 0.8 * len(text) and len(text.split()) > 4:
            continue
        best.append(span)
    return [
        Fact(index, text[start:end].strip(), start, end, kind, rank)
        for start, end, kind, rank in sorted(best)
    ]


def _may_share(kept: Span, new: Span) -> bool:
    kind, rank = new[2:]
    if kind == "clause":
        # What a sign means is asked whole, even if a value is in it.
        return kept[2] != "clause" and (kept[3] != 0 or rank == 1)
    if kept[2] == "clause":
        return kind != "thing" or rank == 3  # a place, or by whom
    holds = new[0] <= kept[0] and kept[1] <= new[1]
    return kind == "thing" and rank < 4 and kept[2] in ("colour", "quantity") and holds
