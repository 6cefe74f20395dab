"""New wordings of the questions of accepted rows: paraphrase expansion.

Answer, evidence, Chunk and fact stay those of the row. A killed Job goes on by asking the same
again, which costs nothing, and leaving out what is there.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gemma_garage.augment.drafts import Ask, Draft, Passage
from gemma_garage.augment.errand import Errand, find_place, read_row
from gemma_garage.augment.judging import judge_rewording, leave_note, make_example
from gemma_garage.augment.material import Material, find_material
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.quality import Duplicates
from gemma_garage.augment.tally import say_spoiled
from gemma_garage.schema import Example

_FACTS_PER_ASK = 12


@dataclass(frozen=True, slots=True)
class _Batch:
    """Facts reworded in one go; `facts[n]` is what Drafts with fact n belong to."""

    ask: Ask
    facts: list[list[Example]]


def reword_rows(errand: Errand) -> None:
    """Ask once for every fact, until all are done or the target is reached."""
    request, tally = errand.request, errand.tally
    material = find_material(errand.garage, errand.project_id, request.document_ids)
    rows = errand.find_rows()
    batches = list(_make_batches(errand, rows, material))
    tally.there = len(rows) if request.target is not None else 0
    tally.begin(len(batches))
    if tally.reached or not batches:
        return
    there = {(row.chunk_id, normalise_question(row.question)) for row in _find_all(errand)}
    duplicates = errand.find_duplicates()
    replies = errand.generator.write(
        [batch.ask for batch in batches], should_stop=errand.should_stop, on_notice=errand.report
    )
    for index, drafts in replies:
        batch = batches[index]
        examples = list(_judge(errand, batch, drafts, duplicates, there))
        errand.garage.store.add_examples([row for row in examples if row.question])
        tally.count(examples, batch.facts[0][0].chunk_id)
        errand.report()
        if tally.reached and not request.is_remote:
            break
    errand.progress.check()
    if tally.rows_left:
        why = say_spoiled(tally.spoiled) or (
            "every accepted question was reworded once. Run it again for more, or ask for more "
            "wordings."
        )
        tally.short = f"{tally.there} of {tally.target} rows: {why}"


def _make_batches(errand: Errand, rows: Sequence[Example], material: Material) -> Iterator[_Batch]:
    """Rows as they were when this was asked for, Chunk by Chunk, a dozen facts at a time."""
    chunks = {chunk.id: chunk for chunk in material.chunks}
    chosen = errand.request.seed_example_ids
    places: dict[int | None, dict[tuple[object, ...], list[Example]]] = defaultdict(dict)
    for row in rows:
        if row.id > errand.newest or row.turns or (chosen is not None and row.id not in chosen):
            continue
        if row.chunk_id is None:
            places[None].setdefault((row.id,), []).append(row)
        elif row.chunk_id in chunks:
            key = (row.fact, normalise_question(row.answer))
            places[row.chunk_id].setdefault(key, []).append(row)
    for chunk_id, found in places.items():
        passage = Passage("") if chunk_id is None else material.passage(chunks[chunk_id])
        facts = list(found.values())
        for first in range(0, len(facts), _FACTS_PER_ASK):
            part = facts[first : first + _FACTS_PER_ASK]
            examples = tuple(
                read_row(row, number) for number, fact in enumerate(part) for row in fact
            )
            kinds = (part[0][0].kind,)
            yield _Batch(Ask(passage, kinds, examples=examples, sort="reword"), part)


def _judge(
    errand: Errand,
    batch: _Batch,
    drafts: Sequence[Draft],
    duplicates: Duplicates,
    there: set[tuple[int | None, str]],
) -> Iterator[Example]:
    passage = batch.ask.passage if batch.ask.passage.text else None
    left = errand.tally.rows_left
    for draft in drafts:
        if not draft.question:
            yield leave_note(draft.reason, draft.kind)
            continue
        source = batch.facts[draft.fact][0]
        place = (source.chunk_id, normalise_question(draft.question))
        if place in there:
            continue
        there.add(place)
        original = [row.question for row in batch.facts[draft.fact]]
        reason = judge_rewording(draft, original, passage)
        if not reason and duplicates.has(draft.question, draft.answer, find_place(source)):
            reason = "duplicate"
        if not reason and left == 0:
            reason = "limit"
        if not reason:
            duplicates.add(draft.question, draft.answer, find_place(source))
            left = None if left is None else left - 1
        row = make_example(draft, reason)
        row.project_id, row.chunk_id = errand.project_id, source.chunk_id
        row.document_id, row.fact, row.origin = (
            source.document_id,
            source.fact,
            errand.generator.name,
        )
        yield row


def _find_all(errand: Errand) -> Sequence[Example]:
    return errand.garage.store.examples(errand.project_id)[0]
