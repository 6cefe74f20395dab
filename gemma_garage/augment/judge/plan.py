"""Which rows still have to be judged, passage by passage."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gemma_garage.augment.drafts import UNANSWERABLE
from gemma_garage.augment.judge.request import JudgeRequest
from gemma_garage.augment.material import Material, find_material
from gemma_garage.augment.remote.judge import ROWS_A_CALL, Case
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Example

_STATUSES = ("accepted", "edited", "generated")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one call is about: the rows of a case, in its order."""

    case: Case
    rows: tuple[Example, ...]


def plan_batches(garage: Garage, project_id: int, request: JudgeRequest) -> tuple[list[Batch], int]:
    """Rows still to be judged, passage by passage, and how many have no passage."""
    rows, _ = garage.store.examples(project_id, statuses=_STATUSES)
    material = find_material(garage, project_id, request.document_ids)
    chunks = {chunk.id: chunk for chunk in material.chunks}
    by_chunk: dict[int, list[Example]] = defaultdict(list)
    without = 0
    for row in rows:
        if row.chunk_id is None:
            without += 1
        elif row.chunk_id in chunks and not _is_judged(row) and row.kind != UNANSWERABLE:
            by_chunk[row.chunk_id].append(row)
    return [
        batch
        for chunk_id, group in by_chunk.items()
        for batch in _cut(group, chunks[chunk_id], material)
    ], without


def _cut(rows: Sequence[Example], chunk: Chunk, material: Material) -> Iterator[Batch]:
    passage = material.passage(chunk)
    for first in range(0, len(rows), ROWS_A_CALL):
        some = tuple(rows[first : first + ROWS_A_CALL])
        yield Batch(Case(passage, tuple((_ask(row), row.answer) for row in some)), some)


def _ask(row: Example) -> str:
    """The question with what was said before it, where it ends a conversation."""
    said = [f"{turn['role']}: {turn['content']}" for turn in row.turns]
    return " / ".join([*said, row.question])


def _is_judged(row: Example) -> bool:
    return row.scores.get("wording") == key_wording(row)


def key_wording(row: Example) -> str:
    return hashlib.sha256(f"{row.question}\n{row.answer}".encode()).hexdigest()[:12]


def count_origins(garage: Garage, project_id: int) -> Counter[str]:
    """By generator how many of the rows it wrote."""
    counts: Counter[str] = Counter()
    for (status, _, _, origin), count in garage.store.count_facets(project_id).items():
        if status in _STATUSES:
            counts[origin] += count
    return counts
