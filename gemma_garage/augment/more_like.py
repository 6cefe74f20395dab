"""From few rows to many: rows like those that are given, written from no passage.

Nothing proves such a row, so none is accepted by itself: it is stored to be looked at. Asked in
waves, each of which knows the questions of those before. The wave is kept as the row's `fact`, so a
killed Job goes on with the wave it was in, at no cost for what was answered.
"""

import random
from collections import Counter
from collections.abc import Sequence

from gemma_garage.augment.drafts import Ask, Draft, Passage
from gemma_garage.augment.errand import Errand, read_row
from gemma_garage.augment.judging import judge_without_passage, leave_note, make_example
from gemma_garage.augment.quality import Duplicates
from gemma_garage.augment.tally import say_spoiled
from gemma_garage.errors import DatasetError
from gemma_garage.schema import Example

MIN_SEEDS = 3
_SEEDS_PER_ASK = 8
_ROWS_PER_ASK = 10
_MOST_KNOWN = 60
_MOST_WAVES = 100
_EMPTY_WAVES = 2  # in a row, until it is taken that there is nothing new


def choose_seed_rows(rows: Sequence[Example], chosen: Sequence[int] | None) -> list[Example]:
    """Of the accepted `rows` those to continue: the chosen ones, else those that no passage belongs
    to, else all. Raises DatasetError when they are too few to show a kind."""
    rows = [row for row in rows if not row.turns]
    if chosen is not None:
        seeds = [row for row in rows if row.id in chosen]
    else:
        seeds = [row for row in rows if row.chunk_id is None] or list(rows)
    if len(seeds) < MIN_SEEDS:
        raise DatasetError(
            f"There are {len(seeds)} accepted example rows to continue; at least {MIN_SEEDS} are "
            "needed to show what they have in common. Import or accept more."
        )
    return seeds


def write_more(errand: Errand) -> None:
    """Waves of asks until the target is reached or nothing new comes."""
    tally = errand.tally
    rows = [row for row in errand.find_rows() if row.id <= errand.newest]
    seeds = choose_seed_rows(rows, errand.request.seed_example_ids)
    kind = Counter(row.kind for row in seeds).most_common(1)[0][0]
    written = _find_written(errand)
    tally.there = sum(row.status in ("accepted", "edited", "generated") for row in written)
    duplicates = errand.find_duplicates()
    there = {(row.question, row.answer) for row in written}
    wave = max((row.fact for row in written), default=0)
    empty = 0
    while not tally.reached and wave < _MOST_WAVES and empty < _EMPTY_WAVES:
        before = tally.there
        known = [row.question for row in _find_loose(errand) if row.id <= errand.newest]
        known += [row.question for row in _find_written(errand) if row.fact < wave]
        asks = _make_asks(errand, seeds, known, kind, wave)
        _write_wave(errand, asks, wave, duplicates, there)
        errand.progress.check()
        empty = 0 if tally.there > before else empty + 1
        wave += 1
    if tally.rows_left:
        why = say_spoiled(tally.spoiled) or (
            "the model gave nothing new any more. Give it more or other examples, or an "
            "instruction that widens what they are about."
        )
        tally.short = f"{tally.there} of {tally.target} rows: {why}"


def _make_asks(
    errand: Errand, seeds: Sequence[Example], known: Sequence[str], kind: str, wave: int
) -> list[Ask]:
    left = errand.tally.rows_left or 0
    count = min(-(-left // _ROWS_PER_ASK), errand.request.threads)
    asks = []
    for number in range(count):
        dice = random.Random(f"{wave} {number}")  # the same after a crash
        shown = dice.sample(list(seeds), min(_SEEDS_PER_ASK, len(seeds)))
        asks.append(
            Ask(
                # Kept replies are those of this project alone, as the rows are.
                Passage("", title=f"project {errand.project_id}"),
                (kind,),
                _ROWS_PER_ASK,
                tuple(known[-_MOST_KNOWN:]),
                wave * 1_000 + number,
                tuple(read_row(row) for row in shown),
                "more",
            )
        )
    return asks


def _write_wave(
    errand: Errand,
    asks: Sequence[Ask],
    wave: int,
    duplicates: Duplicates,
    there: set[tuple[str, str]],
) -> None:
    tally = errand.tally
    tally.begin(len(asks))
    replies = errand.generator.write(asks, should_stop=errand.should_stop, on_notice=errand.report)
    for _, drafts in replies:
        examples: list[Example] = []
        for draft in drafts:
            if draft.question and (draft.question, draft.answer) in there:
                continue
            there.add((draft.question, draft.answer))
            examples.append(_judge(errand, draft, wave, duplicates, examples))
        errand.garage.store.add_examples([row for row in examples if row.question])
        tally.count(examples)
        errand.report()


def _judge(
    errand: Errand,
    draft: Draft,
    wave: int,
    duplicates: Duplicates,
    earlier: Sequence[Example],
) -> Example:
    if not draft.question:
        return leave_note(draft.reason, draft.kind)
    left = errand.tally.rows_left
    reason = judge_without_passage(draft)
    if not reason and duplicates.has(draft.question, draft.answer):
        reason = "duplicate"
    if not reason and left is not None and sum(not row.reason for row in earlier) >= left:
        reason = "limit"
    if not reason:
        duplicates.add(draft.question, draft.answer)
    row = make_example(draft, reason)
    row.project_id, row.fact, row.origin = errand.project_id, wave, errand.generator.name
    if not reason:
        row.status = "generated"
    return row


def _find_written(errand: Errand) -> list[Example]:
    """What this Job has written so far."""
    return [
        row for row in _find_loose(errand) if row.id > errand.newest and row.document_id is None
    ]


def _find_loose(errand: Errand) -> list[Example]:
    """Rows that no passage belongs to, in the order of writing."""
    rows, _ = errand.garage.store.examples(errand.project_id)
    return sorted((row for row in rows if row.chunk_id is None), key=lambda row: row.id)
