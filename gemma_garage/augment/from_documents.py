"""Examples from the Chunks of documents: asked, judged and stored Chunk by Chunk.

Each step's rows and the mark that it is done are written at once, so stopped, failed or killed work
goes on where it was. A target is reached exactly, by asking again where there was something, or the
tally says why it was not.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from gemma_garage.augment.drafts import UNANSWERABLE, Draft
from gemma_garage.augment.errand import Errand, find_place
from gemma_garage.augment.judging import judge_drafts
from gemma_garage.augment.material import Material, find_material, open_retriever
from gemma_garage.augment.plan import Task, plan_tasks
from gemma_garage.augment.quality import REASONS, Duplicates
from gemma_garage.augment.retrieve import Retriever
from gemma_garage.augment.tally import say_spoiled
from gemma_garage.schema import Example

log = logging.getLogger(__name__)


def write_from_documents(errand: Errand) -> None:
    """Ask until nothing is left or the target is reached. Raises what the generator raises, and
    Stopped when the user asked for it."""
    request, tally = errand.request, errand.tally
    seeds = errand.find_seeds()
    duplicates = errand.find_duplicates()
    retriever = None
    if UNANSWERABLE in request.kinds:
        retriever = open_retriever(errand.garage, errand.project_id)
    first = True
    lost: set[tuple[int, str]] = set()
    while True:
        material = find_material(errand.garage, errand.project_id, request.document_ids)
        rows = _find_rows(errand, material)
        if request.target is not None:
            tally.there = sum(row.status in ("accepted", "edited") for row in rows)
            _take_back(errand, rows, duplicates)
            if tally.reached:
                break
        tasks, skipped = plan_tasks(
            material,
            request,
            rows_left=tally.rows_left,
            known=_list_known(rows),
            seeds=seeds,
        )
        if first:
            tally.skipped = skipped
        tasks = [task for task in tasks if not lost & _name_places(task)]
        if not tasks or (not first and request.target is None):
            break
        lost |= _write(errand, tasks, duplicates, retriever, _count_facts(rows))
        errand.progress.check()
        first = False
    if tally.rows_left:
        tally.short = _explain(errand)


def _write(
    errand: Errand,
    tasks: Sequence[Task],
    duplicates: Duplicates,
    retriever: Retriever | None,
    next_fact: dict[int, int],
) -> set[tuple[int, str]]:
    """One round; the places that could not be had, which are not marked as done."""
    lost: set[tuple[int, str]] = set()
    request, tally = errand.request, errand.tally
    tally.begin(len(tasks))
    generator = errand.generator
    errand.report(tally.describe())  # the model is loaded; its first replies may take a minute
    replies = generator.write(
        [task.ask for task in tasks], should_stop=errand.should_stop, on_notice=errand.report
    )
    for index, drafts in replies:
        task = tasks[index]
        chunk = task.chunk
        examples = judge_drafts(
            [replace(draft, fact=draft.fact + next_fact[chunk.id]) for draft in drafts],
            task.ask.passage,
            duplicates,
            limit=task.limit,
            translated=bool(request.language.strip()),
            rows=tally.rows_left,
            chunk_id=chunk.id,
            kind=task.ask.kinds[0],
            retriever=retriever,
        )
        if spoiled := _find_spoiled(drafts):
            lost |= _name_places(task)
            errand.garage.store.note_spoiled(chunk.id, dict.fromkeys(task.names.values(), spoiled))
            tally.count(examples, chunk.id)
            errand.report()
            continue
        rows = [row for row in examples if row.question]
        for row in rows:
            row.project_id, row.chunk_id = errand.project_id, chunk.id
            row.origin = errand.generator.name
            next_fact[chunk.id] = max(next_fact[chunk.id], row.fact + 1)
        good = [row for row in rows if row.status == "accepted" or row.reason == "limit"]
        asked = {name: sum(row.kind == kind for row in good) for kind, name in task.names.items()}
        stored = errand.garage.store.add_asked_examples(chunk.id, asked, rows)
        if not stored:
            log.info("chunk %d was removed or done by another job", chunk.id)
        tally.count(rows if stored else (), chunk.id)
        errand.report()
        if tally.reached and not request.is_remote:
            break
    return lost


def _name_places(task: Task) -> set[tuple[int, str]]:
    return {(task.chunk.id, name) for name in task.names.values()}


def _find_spoiled(drafts: Sequence[Draft]) -> str:
    """The reason why there is no usable reply; "" where there is one."""
    return next((draft.reason for draft in drafts if draft.reason and not draft.question), "")


def _find_rows(errand: Errand, material: Material) -> list[Example]:
    ids = {chunk.id for chunk in material.chunks}
    rows, _ = errand.garage.store.examples(errand.project_id)
    return [row for row in rows if row.chunk_id in ids]


def _count_facts(rows: Sequence[Example]) -> dict[int, int]:
    """By Chunk id the number that the next fact gets."""
    numbers: dict[int, int] = defaultdict(int)
    for row in rows:
        if row.chunk_id is not None:
            numbers[row.chunk_id] = max(numbers[row.chunk_id], row.fact + 1)
    return numbers


def _list_known(rows: Sequence[Example]) -> dict[tuple[int, str], list[str]]:
    """By Chunk and kind one question of each fact that is there, good or not."""
    known: dict[tuple[int, str], dict[int, str]] = defaultdict(dict)
    for row in rows:
        if row.chunk_id is not None and row.question:
            known[row.chunk_id, row.kind].setdefault(row.fact, row.question)
    return {place: list(facts.values()) for place, facts in known.items()}


def _take_back(errand: Errand, rows: Sequence[Example], duplicates: Duplicates) -> None:
    """Rows that were good but over a share are what comes first when more are wanted."""
    left = errand.tally.rows_left or 0
    spare = [row for row in rows if row.status == "rejected" and row.reason == "limit"]
    spare.sort(key=lambda row: (row.fact, row.chunk_id or 0, row.id))
    ids: list[int] = []
    for row in spare:
        if len(ids) == left:
            break
        if not duplicates.has(row.question, row.answer, find_place(row)):
            duplicates.add(row.question, row.answer, find_place(row))
            ids.append(row.id)
    if ids:
        errand.garage.store.take_back_limit(ids)
        errand.tally.take_back(len(ids))


def _explain(errand: Errand) -> str:
    """Why there are fewer rows than were wanted, and what can be done."""
    tally = errand.tally
    reasons = "; ".join(
        f"{count}: {REASONS.get(reason, reason)}" for reason, count in tally.reasons.most_common(3)
    )
    lost = f" {tally.reasons.total()} were rejected ({reasons})." if reasons else ""
    if tally.spoiled:
        return f"{tally.there} of {tally.target} rows: {say_spoiled(tally.spoiled)}{lost}"
    more = "Add documents, choose more kinds or more wordings"
    more += "." if errand.request.is_remote else ", or let Gemini or another server ask for more."
    return (
        f"{tally.there} of {tally.target} rows: the documents gave nothing new any more.{lost} "
        f"{more}"
    )
