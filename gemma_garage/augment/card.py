"""The card of a Dataset: what is in it, what is not, and what was checked.

A frozen Dataset keeps the card of its day in `card.json`. It draws nothing (`ui/dataset_card.py`)
and changes nothing.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gemma_garage.augment.count_tokens import count_row, open_counter
from gemma_garage.augment.cues import CUE_KIND
from gemma_garage.augment.dataset_files import (
    CARD,
    EVAL,
    EXAM,
    PREFERENCES,
    TEXT,
    TRAIN,
    find_folder,
    read_files,
)
from gemma_garage.augment.leaks import find_leaks
from gemma_garage.augment.quality.reasons import REASONS
from gemma_garage.augment.texts import key_statements
from gemma_garage.errors import NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Dataset

ACCEPTED = ("accepted", "edited")
LISTED_PASSAGES = 200
PREVIEW_CHARACTERS = 240
NOT_ASKED, IN_VAIN, TO_LOOK_AT = "not asked about", "nothing found to ask about", "to look at"


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the rows are: (tokens, rows of that length), ascending. `counted_by`: "tokenizer",
    or "estimate" where there is none on this machine yet."""

    counted_by: str
    rows: tuple[tuple[int, int], ...]

    @property
    def total(self) -> int:
        return sum(tokens * count for tokens, count in self.rows)

    @property
    def longest(self) -> int:
        return self.rows[-1][0] if self.rows else 0

    @property
    def median(self) -> int:
        half, seen = sum(count for _, count in self.rows) / 2, 0
        for tokens, count in self.rows:
            seen += count
            if seen >= half:
                return tokens
        return 0

    def count_over(self, limit_tokens: int) -> int:
        """Rows with more tokens than that."""
        return sum(count for tokens, count in self.rows if tokens > limit_tokens)


@dataclass(frozen=True, slots=True)
class EmptyPassage:
    """A Chunk that no accepted Example comes from, and why."""

    chunk_id: int
    document: str
    page: int | None
    heading: str
    reason: str
    preview: str


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """What a Dataset holds. `version` None: what is accepted now, not frozen yet.

    `rows`: by part (train, cues, eval, text, exam; preferences are rows of train too). `kinds`:
    trained rows by kind, `exam_kinds` those of the exam. Of `chunks` passages `covered` gave
    accepted Examples, `held_back` are kept from training; `empty` lists the first of the
    `uncovered` ones. `duplicates`: left out because another row says the same. `rejected`: Examples
    by reason. `leaks`: what is examined and yet trained; None before freezing, when there is no
    exam to check.
    """

    version: int | None
    rows: dict[str, int]
    kinds: dict[str, int]
    exam_kinds: dict[str, int]
    lengths: Lengths
    chunks: int
    covered: int
    held_back: int
    uncovered: int
    empty: tuple[EmptyPassage, ...]
    duplicates: int
    rejected: dict[str, int]
    leaks: tuple[str, ...] | None

    def as_dict(self) -> dict[str, Any]:
        """The card as JSON takes it, with what is derived from the lengths."""
        lengths = asdict(self.lengths) | {
            "total": self.lengths.total,
            "longest": self.lengths.longest,
            "median": self.lengths.median,
        }
        return asdict(self) | {"lengths": lengths}


def describe_dataset(garage: Garage, project_id: int, dataset_id: int | None = None) -> DatasetCard:
    """The card of a frozen Dataset, or of what is accepted now.

    Raises NotFound (no such Dataset in this project), DatasetError (its files are gone).
    """
    if dataset_id is None:
        return _describe_accepted(garage, project_id)
    dataset = garage.store.get(Dataset, dataset_id)
    if dataset.project_id != project_id:
        raise NotFound("This dataset belongs to another project. Reload the page.")
    folder = find_folder(garage, dataset)
    kept = _read_card(folder / CARD, dataset.version)
    if kept is not None:
        # A card of before these were counted says nothing of them.
        preferences = int(dataset.counts.get("preferences", 0))
        return replace(kept, rows=kept.rows | {"preferences": preferences})
    # Frozen before there were cards: what was rejected or held back then is not known any more.
    held = {int(number) for number in dataset.settings.get("held_chunks", ())}
    return describe_files(
        garage,
        project_id,
        read_files(folder),
        held_chunks=held,
        repeated=int(dataset.counts.get("repeated", 0)),
        version=dataset.version,
    )


def describe_files(
    garage: Garage,
    project_id: int,
    files: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    held_chunks: Iterable[int] = (),
    repeated: int = 0,
    version: int | None = None,
) -> DatasetCard:
    """The card of these rows, with what the project's store says of the rest."""
    chunks = garage.store.chunks(project_id)
    held = set(held_chunks)
    secret = key_statements([chunk.text for chunk in chunks if chunk.id in held])
    questions = [row for row in files[TRAIN] if row.get("kind") != CUE_KIND]
    return _make_card(
        garage,
        project_id,
        chunks,
        [*questions, *files[EVAL]],
        version=version,
        rows={
            "train": len(questions),
            "cues": len(files[TRAIN]) - len(questions),
            "eval": len(files[EVAL]),
            "text": len(files[TEXT]),
            "exam": len(files[EXAM]),
            "preferences": len(files.get(PREFERENCES, ())),
        },
        exam=files[EXAM],
        held=held,
        repeated=repeated,
        leaks=tuple(find_leaks(files, secret)),
    )


def _describe_accepted(garage: Garage, project_id: int) -> DatasetCard:
    examples, _ = garage.store.examples(project_id, statuses=ACCEPTED)
    rows = [
        {"question": row.question, "answer": row.answer, "kind": row.kind, "turns": row.turns}
        for row in examples
        if row.question.strip() and row.answer.strip()
    ]
    return _make_card(
        garage,
        project_id,
        garage.store.chunks(project_id),
        rows,
        version=None,
        rows={"accepted": len(rows)},
        exam=(),
        held=set(),
        repeated=0,
        leaks=None,
    )


def _make_card(
    garage: Garage,
    project_id: int,
    chunks: Sequence[Chunk],
    questions: Sequence[Mapping[str, Any]],
    *,
    version: int | None,
    rows: dict[str, int],
    exam: Sequence[Mapping[str, Any]],
    held: set[int],
    repeated: int,
    leaks: tuple[str, ...] | None,
) -> DatasetCard:
    count, counted_by = open_counter(garage.workspace)
    lengths = Counter(count_row(count, row) for row in questions)
    states = garage.store.count_by_chunk(project_id)
    empty = [chunk for chunk in chunks if not _is_covered(states.get(chunk.id, {}))]
    rejected: Counter[str] = Counter()
    for (status, reason), number in garage.store.count_examples(project_id).items():
        if status == "rejected":
            rejected[reason] += number
    names = {row.id: row.name for row in garage.store.documents(project_id)}
    return DatasetCard(
        version=version,
        rows=rows,
        kinds=_count_kinds(questions),
        exam_kinds=_count_kinds(exam),
        lengths=Lengths(counted_by, tuple(sorted(lengths.items()))),
        chunks=len(chunks),
        covered=len(chunks) - len(empty),
        held_back=len(held),
        uncovered=len(empty),
        empty=tuple(
            EmptyPassage(
                chunk_id=chunk.id,
                document=names.get(chunk.document_id, ""),
                page=chunk.page,
                heading=chunk.heading,
                reason=_say_why(chunk, states.get(chunk.id, {})),
                preview=" ".join(chunk.text.split())[:PREVIEW_CHARACTERS],
            )
            for chunk in empty[:LISTED_PASSAGES]
        ),
        duplicates=repeated + sum(n for reason, n in rejected.items() if "duplicate" in reason),
        rejected=dict(rejected.most_common()),
        leaks=leaks,
    )


def _count_kinds(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return dict(Counter(str(row.get("kind", "")) for row in rows).most_common())


def _is_covered(states: Mapping[tuple[str, str], int]) -> bool:
    return any(status in ACCEPTED for status, _ in states)


def _say_why(chunk: Chunk, states: Mapping[tuple[str, str], int]) -> str:
    """The reasons that its Examples were rejected for, the most frequent first, then those why
    there was no usable reply; in plain words."""
    ordered = sorted(states.items(), key=lambda item: -item[1])
    reasons = [reason or TO_LOOK_AT for (_, reason), _ in ordered]
    reasons += map(str, chunk.spoiled.values())
    if not reasons:
        return IN_VAIN if chunk.asked else NOT_ASKED
    return "; ".join(REASONS.get(reason, reason) for reason in dict.fromkeys(reasons))


def _read_card(path: Path, version: int) -> DatasetCard | None:
    """The card kept with a Dataset; None where it has none that can be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        lengths = kept.pop("lengths")
        return DatasetCard(
            **kept
            | {
                "version": version,
                "lengths": Lengths(
                    lengths["counted_by"], tuple((int(t), int(n)) for t, n in lengths["rows"])
                ),
                "empty": tuple(EmptyPassage(**passage) for passage in kept["empty"]),
                "leaks": None if kept["leaks"] is None else tuple(kept["leaks"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
