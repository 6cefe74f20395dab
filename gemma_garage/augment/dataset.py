"""Freeze the accepted Examples of a project into a Dataset with its exam.

Writes train.jsonl (with cues), eval.jsonl, text.jsonl and exam.jsonl whole, the rows of the store
last.
Freezing changes no Example: the same project can be frozen again, as the next version.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gemma_garage.augment.cues import write_cues
from gemma_garage.augment.holdout import Split, find_overlap, hold_out
from gemma_garage.augment.local.sound import shorten_subject, shorten_title
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.sentences import split_statements
from gemma_garage.errors import ConfigError, DatasetError
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Dataset, Example, ExamQuestion
from gemma_garage.workspace import write_folder

MIN_EXAMPLES = 12
EXAM_KIND = "paraphrase"
_SHORTEST_TEXT = 20  # characters; shorter pieces say nothing by themselves


def freeze(
    garage: Garage,
    project_id: int,
    *,
    exam_share: float = 0.2,
    eval_share: float = 0.0,
    seed: int = 0,
) -> Dataset:
    """Make the project's next Dataset from its accepted and edited Examples.

    `exam_share` of the Examples (30 to 60 questions where there are enough facts with several
    wordings; 0 for no exam) become the exam, `eval_share` the evaluation split, the others are
    trained, with `cues` beside them. `counts` has train, cues, eval, text, exam, documents, chunks,
    repeated.
    Raises DatasetError (too few Examples), ConfigError (shares), MachineError (disk).
    """
    if not (0 <= exam_share <= 0.5 and 0 <= eval_share <= 0.5):
        raise ConfigError(
            f"The exam share is {exam_share:.2f} and the evaluation share {eval_share:.2f}; each "
            "must lie between 0 and 0.5. Lower them."
        )
    examples, _ = garage.store.examples(project_id, statuses=("accepted", "edited"))
    split = hold_out(examples, exam_share=exam_share, eval_share=eval_share, seed=seed)
    left = len(examples) - split.repeated
    if left < MIN_EXAMPLES:
        raise DatasetError(_explain_too_few(garage, project_id, left))
    overlap = find_overlap(split)
    if overlap:
        raise DatasetError(
            f"{len(overlap)} exam questions stand in the training rows too (such as "
            f"{min(overlap)!r}), so the exam would prove nothing. Nothing was frozen; reject or "
            "reword them in Data."
        )
    chunks = _find_chunks(garage, project_id, examples)
    texts = collect_texts(chunks)
    questions = [
        ExamQuestion(
            kind=EXAM_KIND,
            question=row.question,
            answer=row.answer,
            evidence=row.evidence,
            chunk_id=row.chunk_id,
        )
        for row in split.exam
    ]
    asked = {normalise_question(row.question) for row in (*split.exam, *split.eval)}
    cues = [
        cue
        for cue in write_cues(split.train, _find_subjects(chunks), seed=seed)
        if normalise_question(cue["question"]) not in asked
    ]
    files = {
        "train.jsonl": [*(_write_row(row) for row in split.train), *cues],
        "eval.jsonl": [_write_row(row) for row in split.eval],
        "text.jsonl": texts,
        "exam.jsonl": [
            {**_write_row(row), "kind": EXAM_KIND, "evidence": row.evidence} for row in split.exam
        ],
    }
    dataset = Dataset(
        project_id=project_id,
        version=0,  # the store gives it the next one
        path="",
        counts=_count(split, cues, texts, chunks),
        fingerprint=_fingerprint(files),
    )

    def write() -> None:
        for line, question in zip(files["exam.jsonl"], questions, strict=True):
            line["id"] = question.id
        folder = garage.workspace.dataset(dataset.id)
        with write_folder(folder) as temporary:
            for name, lines in files.items():
                _write_lines(temporary / name, lines)
        dataset.path = garage.workspace.relative(folder)

    return garage.store.add_dataset(dataset, questions, write)


def collect_texts(chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
    """The documents' own statements, each once: what is trained as plain text beside questions.

    A list item is led by the line that opens its list.
    """
    seen: set[str] = set()
    rows: list[dict[str, Any]] = []
    for chunk in chunks:
        for statement in split_statements(chunk.text, chunk.heading.rpartition(" > ")[2]):
            leads = statement.listed and statement.lead.endswith(":")
            text = f"{statement.lead} {statement.text}" if leads else statement.text
            key = normalise_question(text)
            if len(text) >= _SHORTEST_TEXT and key not in seen:
                seen.add(key)
                rows.append({"text": text, "heading": chunk.heading, "chunk_id": chunk.id})
    return rows


def _find_subjects(chunks: Sequence[Chunk]) -> dict[int, str]:
    """By chunk id what its Document is about, by the name people use."""
    titles = {chunk.id: chunk.heading.partition(" > ")[0] for chunk in chunks}
    return {number: shorten_subject(shorten_title(title)) for number, title in titles.items()}


def _find_chunks(garage: Garage, project_id: int, examples: Sequence[Example]) -> list[Chunk]:
    """All Chunks of the Documents that the Examples come from."""
    chunks = garage.store.chunks(project_id)
    used = {row.chunk_id for row in examples}
    documents = {chunk.document_id for chunk in chunks if chunk.id in used}
    return [chunk for chunk in chunks if chunk.document_id in documents]


def _write_row(row: Example) -> dict[str, Any]:
    return {
        "question": row.question,
        "answer": row.answer,
        "kind": row.kind,
        "chunk_id": row.chunk_id,
        "example_id": row.id,
    }


def _count(
    split: Split, cues: Sequence[object], texts: Sequence[object], chunks: Sequence[Chunk]
) -> dict[str, int]:
    return {
        "train": len(split.train),
        "cues": len(cues),
        "eval": len(split.eval),
        "text": len(texts),
        "exam": len(split.exam),
        "documents": len({chunk.document_id for chunk in chunks}),
        "chunks": len(chunks),
        "repeated": split.repeated,
    }


def _fingerprint(files: dict[str, list[dict[str, Any]]]) -> str:
    """sha256 over the rows of all files. Taken before the exam questions get their ids, so that
    the same Examples give the same fingerprint in every version."""
    digest = hashlib.sha256()
    for name, lines in files.items():
        digest.update(f"{name}\n".encode())
        for line in lines:
            digest.update(json.dumps(line, ensure_ascii=False, sort_keys=True).encode())
            digest.update(b"\n")
    return digest.hexdigest()


def _write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


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
