"""Freeze the accepted Examples of a project into a Dataset with its exam.

Writes train.jsonl (with cues), eval.jsonl, text.jsonl, exam.jsonl, preferences.jsonl (where there
are any) and card.json whole, the rows of the store last.
Freezing changes no Example: the same project can be frozen again, as the next version.
"""

import json
from collections.abc import Sequence
from typing import Any

from gemma_garage.augment.card import describe_files
from gemma_garage.augment.cues import write_cues
from gemma_garage.augment.dataset_files import (
    CARD,
    EVAL,
    EXAM,
    PREFERENCES,
    TEXT,
    TRAIN,
    fingerprint_files,
    write_files,
)
from gemma_garage.augment.drafts import UNANSWERABLE
from gemma_garage.augment.held_back import HeldBack, hold_back
from gemma_garage.augment.holdout import (
    PARAPHRASE,
    UNSEEN,
    Split,
    drop_repeated,
    hold_out,
)
from gemma_garage.augment.leaks import find_leaks
from gemma_garage.augment.local.sound import shorten_subject, shorten_title
from gemma_garage.augment.locate import find_page
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.texts import collect_texts
from gemma_garage.errors import BadInput, ConfigError, DatasetError
from gemma_garage.garage import Garage
from gemma_garage.gemma.turns import check_turns
from gemma_garage.schema import Chunk, Dataset, Example, ExamQuestion
from gemma_garage.workspace import write_folder

MIN_EXAMPLES = 12
Row = dict[str, Any]


def freeze(
    garage: Garage,
    project_id: int,
    *,
    exam_share: float = 0.2,
    eval_share: float = 0.0,
    unseen_share: float = 0.0,
    seed: int = 0,
) -> Dataset:
    """Make the project's next Dataset from its accepted and edited Examples.

    `exam_share` of the Examples (30 to 60 questions where there are enough facts with several
    wordings; 0 for no exam) become the exam, `eval_share` the evaluation split, the others are
    trained, with `cues` beside them. `unseen_share` of the passages are held back whole, and the
    exam asks about them too (kind `unseen`).
    `counts` has train, cues, eval, text, preferences, exam (paraphrases), unseen, unanswerable,
    documents, chunks, held_chunks, held_back (rows neither trained nor examined), repeated.
    Raises DatasetError (too few Examples or passages), ConfigError (shares), MachineError (disk).
    """
    shares = {"exam_share": exam_share, "eval_share": eval_share, "unseen_share": unseen_share}
    if not all(0 <= share <= 0.5 for share in shares.values()):
        raise ConfigError(
            f"The exam share is {exam_share:.2f}, the evaluation share {eval_share:.2f} and the "
            f"share held back {unseen_share:.2f}; each must lie between 0 and 0.5. Lower them."
        )
    examples, _ = garage.store.examples(project_id, statuses=("accepted", "edited"))
    unique, repeated = drop_repeated(examples)
    if len(unique) < MIN_EXAMPLES:
        raise DatasetError(_explain_too_few(garage, project_id, len(unique)))
    chunks = _find_chunks(garage, project_id, unique)
    held = hold_back(unique, chunks, share=unseen_share, seed=seed)
    split = hold_out(held.shown, exam_share=exam_share, eval_share=eval_share, seed=seed)
    files, questions = _make_rows(split, held, chunks, _Places(garage, project_id, chunks), seed)
    leaks = find_leaks(files, held.statements)
    if leaks:
        raise DatasetError(
            f"{len(leaks)} exam questions stand in the training rows too (such as {leaks[0]!r}), "
            "so the exam would prove nothing. Nothing was frozen; reject or reword them in Data."
        )
    card = describe_files(
        garage, project_id, files, held_chunks=held.chunk_ids, repeated=repeated
    ).as_dict()
    dataset = Dataset(
        project_id=project_id,
        version=0,  # the store gives it the next one
        path="",
        counts=_count(files, split, held, chunks)
        | {"documents": _count_documents(unique, chunks), "repeated": repeated},
        fingerprint=fingerprint_files(files),
        settings=shares | {"seed": seed, "held_chunks": sorted(held.chunk_ids)},
    )

    def write() -> None:
        for line, question in zip(files[EXAM], questions, strict=True):
            line["id"] = question.id
        folder = garage.workspace.dataset(dataset.id)
        with write_folder(folder) as temporary:
            write_files(temporary, files)
            text = json.dumps(card, ensure_ascii=False)
            (temporary / CARD).write_text(text, encoding="utf-8", newline="\n")
        dataset.path = garage.workspace.relative(folder)

    return garage.store.add_dataset(dataset, questions, write)


class _Places:
    """Where the Examples stand, for people."""

    def __init__(self, garage: Garage, project_id: int, chunks: Sequence[Chunk]) -> None:
        self._names = {row.id: row.name for row in garage.store.documents(project_id)}
        self._chunks = {chunk.id: chunk for chunk in chunks}

    def find(self, row: Example) -> tuple[str, int | None]:
        """The name of the Example's Document, and the page of its evidence."""
        chunk = self._chunks.get(row.chunk_id or 0)
        number = chunk.document_id if chunk else row.document_id
        page = find_page(chunk, row.evidence, row.answer) if chunk else None
        return self._names.get(number or 0, ""), page

    def list_subjects(self) -> dict[int, str]:
        """By chunk id what its Document is about, by the name people use."""
        titles = {
            number: chunk.heading.partition(" > ")[0] for number, chunk in self._chunks.items()
        }
        return {number: shorten_subject(shorten_title(title)) for number, title in titles.items()}


def _make_rows(
    split: Split,
    held: HeldBack,
    chunks: Sequence[Chunk],
    places: _Places,
    seed: int,
) -> tuple[dict[str, list[Row]], list[ExamQuestion]]:
    """The rows of every file, and the exam's questions in the order of their rows."""
    examined = [
        (kind, row)
        for kind, rows in (
            (PARAPHRASE, split.exam),
            (UNSEEN, held.asked),
            (UNANSWERABLE, split.unanswerable),
        )
        for row in rows
    ]
    asked = {normalise_question(row.question) for row in split.eval}
    asked |= {normalise_question(row.question) for _, row in examined}
    cues = [
        cue
        for cue in write_cues(
            [row for row in split.train if row.kind != UNANSWERABLE],
            places.list_subjects(),
            seed=seed,
        )
        if normalise_question(cue["question"]) not in asked
    ]
    preferences = [_write_preference(row) for row in split.train if row.worse]
    shown = [chunk for chunk in chunks if chunk.id not in held.chunk_ids]
    files: dict[str, list[Row]] = {
        TRAIN: [*(_write_row(row, places) for row in split.train), *cues],
        EVAL: [_write_row(row, places) for row in split.eval],
        TEXT: collect_texts(shown, held.statements),
        EXAM: [_write_row(row, places) | {"kind": kind} for kind, row in examined],
    }
    if preferences:  # a file more, so that Datasets without any keep their fingerprint
        files[PREFERENCES] = preferences
    questions = [
        ExamQuestion(
            kind=kind,
            question=row.question,
            answer=row.answer,
            evidence=row.evidence,
            chunk_id=row.chunk_id,
        )
        for kind, row in examined
    ]
    return files, questions


def _find_chunks(garage: Garage, project_id: int, examples: Sequence[Example]) -> list[Chunk]:
    """All Chunks of the Documents that the Examples come from."""
    chunks = garage.store.chunks(project_id)
    used = {row.chunk_id for row in examples}
    documents = {chunk.document_id for chunk in chunks if chunk.id in used}
    return [chunk for chunk in chunks if chunk.document_id in documents]


def _write_row(row: Example, places: _Places) -> Row:
    """What the Dataset keeps of an Example: enough to be understood when all else is gone."""
    document, page = places.find(row)
    written: Row = {
        "question": row.question,
        "answer": row.answer,
        "kind": row.kind,
        "evidence": row.evidence,
        "document": document,
        "page": page,
        "chunk_id": row.chunk_id,
        "example_id": row.id,
    }
    if row.turns:
        try:
            written["turns"] = check_turns(row.turns)
        except BadInput as error:
            raise DatasetError(
                f"The example “{row.question[:80]}” cannot be trained. {error}"
            ) from error
    return written


def _write_preference(row: Example) -> Row:
    """The question with the better and the worse answer, by the names that trainers read."""
    written: Row = {"prompt": row.question, "chosen": row.answer, "rejected": row.worse}
    if row.turns:
        written["turns"] = check_turns(row.turns)
    return written | {"example_id": row.id}


def _count(
    files: dict[str, list[Row]], split: Split, held: HeldBack, chunks: Sequence[Chunk]
) -> dict[str, int]:
    return {
        "train": len(split.train),
        "cues": len(files[TRAIN]) - len(split.train),
        "eval": len(split.eval),
        "text": len(files[TEXT]),
        "preferences": len(files.get(PREFERENCES, ())),
        "exam": len(split.exam),
        "unseen": len(held.asked),
        "unanswerable": len(split.unanswerable),
        "chunks": len(chunks),
        "held_chunks": len(held.chunk_ids),
        "held_back": len(held.left_out) + len(split.left_out),
    }


def _count_documents(rows: Sequence[Example], chunks: Sequence[Chunk]) -> int:
    imported = {row.document_id for row in rows if row.document_id is not None}
    return len(imported | {chunk.document_id for chunk in chunks})


def _explain_too_few(garage: Garage, project_id: int, left: int) -> str:
    counts: dict[str, int] = {}
    for (status, _), count in garage.store.count_examples(project_id).items():
        counts[status] = counts.get(status, 0) + count
    total = sum(counts.values())
    if total == 0:
        return (
            f"The project has no examples; a dataset needs at least {MIN_EXAMPLES}. Add a document "
            "in Data and press Generate."
        )
    return (
        f"The project has {left} different accepted examples ({counts.get('rejected', 0)} "
        f"rejected, {counts.get('generated', 0)} to look at); a dataset needs at least "
        f"{MIN_EXAMPLES}. Accept more in Data, or generate more from another document."
    )
