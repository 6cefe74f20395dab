"""Does the exam ask what training was told in the same words? Of the stored questions.

Freezing looks at the questions it sets itself; those that are added later (the user's own, the
everyday ones) are looked at here. The page, the commands, the reports and the cards ask it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemma_garage.errors import DatasetError
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset

UNSEEN = "unseen"  # the kind of exam question that asks a fact held back from training
_TRAIN, _TEXT = "train.jsonl", "text.jsonl"  # of a frozen Dataset's folder


@dataclass(frozen=True, slots=True)
class Leak:
    """A question whose answer proves little, and why."""

    question_id: int
    question: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """`rows`: training rows that were looked at; 0 where the Dataset's files are gone."""

    questions: int
    rows: int
    leaks: tuple[Leak, ...]


def check_leaks(garage: Garage, dataset_id: int) -> LeakCheck:
    """Look for exam questions that are trained, and for held-back facts that are. DatasetError:
    a damaged file."""
    dataset = garage.store.get(Dataset, dataset_id)
    folder = garage.workspace.absolute(dataset.path)
    rows = [*_read_rows(folder / _TRAIN), *_read_rows(folder / _TEXT)]
    asked = {fold_question(text) for row in rows for text in _list_asked(row)}
    told = "\n".join(fold_question(text) for row in rows for text in _list_told(row))
    questions = garage.store.exam_questions(dataset.id)
    leaks = []
    for question in questions:
        reason = ""
        if fold_question(question.question) in asked:
            reason = "trained in the same words"
        elif question.kind == UNSEEN and (proof := fold_question(question.evidence)):
            reason = "its proof stands in a training row" if proof in told else ""
        if reason:
            leaks.append(Leak(question.id, question.question, reason))
    return LeakCheck(len(questions), len(rows), tuple(leaks))


def find_leaks(garage: Garage, dataset_id: int) -> dict[int, str] | None:
    """Why a question of the exam proves little, by its id. None: the training rows are gone or
    damaged; what is taken away is whole without them, and says that nobody could look."""
    try:
        check = check_leaks(garage, dataset_id)
    except DatasetError:
        return None
    return {leak.question_id: leak.reason for leak in check.leaks} if check.rows else None


def read_trained_questions(garage: Garage, dataset: Dataset) -> set[str]:
    """The folded questions of the training rows; none where the files are gone."""
    path = garage.workspace.absolute(dataset.path) / _TRAIN
    return {fold_question(text) for row in _read_rows(path) for text in _list_asked(row)}


def fold_question(text: str) -> str:
    """Letters and digits alone, in small letters: equal for the same words."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _read_rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise DatasetError(
                    f"Line {number} of {path.name} is damaged ({error.msg}), so it cannot be said "
                    "what was trained. Freeze the examples again."
                ) from error


def _list_asked(row: dict[str, Any]) -> Iterator[str]:
    yield str(row.get("question") or "")
    for turn in row.get("turns") or ():
        if turn.get("role") == "user":
            yield str(turn.get("content"))


def _list_told(row: dict[str, Any]) -> Iterator[str]:
    for name in ("question", "answer", "evidence", "text"):
        yield str(row.get(name) or "")
