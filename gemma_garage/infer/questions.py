"""Exam questions of the user's own, typed or from a JSONL or CSV file with questions and answers.

Rows whose answer ends in `#### ` and a number (as GSM8K's do) are sums in words, kind `reasoning`.
They are graded apart from the exam that comes with a Dataset, and never trained on.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemma_garage.alike.sums import is_reasoning
from gemma_garage.errors import BadInput, DatasetError
from gemma_garage.garage import Garage
from gemma_garage.infer.kinds import OWN, REASONING
from gemma_garage.infer.text_file import NoJson, parse_json, read_text, split_lines
from gemma_garage.schema import Dataset, ExamQuestion

LARGEST_MB = 10
LONGEST_CHARACTERS = 2_000
_QUESTION = ("question", "q", "prompt", "frage")
_ANSWER = ("answer", "a", "expected", "completion", "antwort")
_EXPECTED = 'one question with its answer, such as {"question": "…", "answer": "…"}'


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the answer that is right."""

    question: str
    answer: str


def read_questions(path: Path, *, skip_bad: bool = False) -> list[Question]:
    """The questions of a `.jsonl` or `.csv` file, in order.

    Columns are found by name in any case (question, answer), CSV by comma, semicolon or tab, text
    as UTF-8 or else as the file seems to be encoded. A bad line raises BadInput with its number,
    or is left out with `skip_bad`; a file without any good line always raises it.
    """
    text = read_text(path, LARGEST_MB)
    rows = _read_csv(path, text) if _is_csv(path, text) else _read_jsonl(path, text)
    questions = []
    for row in rows:
        if isinstance(row, Question):
            questions.append(row)
        elif not skip_bad:
            raise row
    if not questions:
        raise DatasetError(
            f"{path.name} has no question with an answer. Write {_EXPECTED} in each line, or a "
            "CSV file with the columns question and answer."
        )
    return questions


def add_own_questions(garage: Garage, dataset_id: int, path: Path) -> int:
    """Add the questions of the file to the Dataset's exam; gives how many are new.

    A question that is already in the exam as one's own is left out. BadInput: see
    `read_questions`; then nothing is added.
    """
    return _add(garage, dataset_id, read_questions(path))


def add_question(garage: Garage, dataset_id: int, question: str, answer: str) -> int:
    """Add one that was typed; 0 if it is there already. BadInput: a part is empty or too long."""
    question, answer = question.strip(), answer.strip()
    for name, text in (("question", question), ("right answer", answer)):
        if not 1 <= len(text) <= LONGEST_CHARACTERS:
            raise BadInput(
                f"The {name} has {len(text):,} characters; 1 to {LONGEST_CHARACTERS:,} are "
                "allowed. Type both, then add the question."
            )
    return _add(garage, dataset_id, [Question(question, answer)])


def _add(garage: Garage, dataset_id: int, questions: Sequence[Question]) -> int:
    dataset = garage.store.get(Dataset, dataset_id)
    known = {
        _fold(row.question)
        for row in garage.store.exam_questions(dataset.id)
        if row.kind in (OWN, REASONING)
    }
    new = []
    for question in questions:
        if _fold(question.question) not in known:
            known.add(_fold(question.question))
            new.append(
                ExamQuestion(
                    dataset_id=dataset.id,
                    kind=REASONING if is_reasoning(question.answer) else OWN,
                    question=question.question,
                    answer=question.answer,
                )
            )
    if new:
        garage.store.add_exam_questions(new)
    return len(new)


def _is_csv(path: Path, text: str) -> bool:
    if path.suffix.lower() in (".jsonl", ".json", ".ndjson"):
        return False
    return path.suffix.lower() in (".csv", ".tsv") or not text.lstrip().startswith(("{", "["))


def _read_jsonl(path: Path, text: str) -> Iterator[Question | BadInput]:
    if text.lstrip().startswith("["):
        yield from _read_json_list(path, text)
        return
    for number, line in enumerate(split_lines(text), start=1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except NoJson as error:
            yield _complain(path, f"Line {number}", f"is no JSON ({error})")
            continue
        yield _take(path, f"Line {number}", row)


def _read_json_list(path: Path, text: str) -> Iterator[Question | BadInput]:
    try:
        rows = parse_json(text)
    except NoJson as error:
        yield _complain(path, f"Line {error.line}", f"is no JSON ({error})")
        return
    for number, row in enumerate(rows, start=1):
        yield _take(path, f"Entry {number}", row)


def _read_csv(path: Path, text: str) -> Iterator[Question | BadInput]:
    header = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text.lstrip("\n"), newline=""), delimiter=delimiter)
    names = [_fold(name or "") for name in reader.fieldnames or []]
    if not set(names) & set(_QUESTION) or not set(names) & set(_ANSWER):
        raise BadInput(
            f"The first line of {path.name} names the columns {', '.join(names) or '(none)'}; "
            "needed are question and answer. Name them so in the first line."
        )
    try:
        for row in reader:
            yield _take(path, f"Line {reader.line_num}", row)
    except csv.Error as error:
        yield _complain(path, f"Line {reader.line_num}", f"is no CSV ({error})")


def _take(path: Path, place: str, row: Any) -> Question | BadInput:
    if not isinstance(row, dict):
        return _complain(path, place, "is no object with a question and an answer")
    if any(row.get(None) or ()):
        problem = 'has more cells than the first line names: put a text with commas in "quotes"'
        return _complain(path, place, problem)
    values = {_fold(str(name)): value for name, value in row.items() if name is not None}
    found = []
    for names in (_QUESTION, _ANSWER):
        value = next((values[name] for name in names if values.get(name) is not None), None)
        if isinstance(value, (dict, list)) or value is None or not str(value).strip():
            return _complain(path, place, f"has no {names[0]}")
        if len(str(value)) > LONGEST_CHARACTERS:
            return _complain(
                path,
                place,
                f"has a {names[0]} of {len(str(value)):,} characters; {LONGEST_CHARACTERS:,} are "
                "allowed",
            )
        found.append(str(value).strip())
    return Question(*found)


def _complain(path: Path, place: str, problem: str) -> BadInput:
    return BadInput(f"{place} of {path.name} {problem}. Needed is {_EXPECTED}. Correct the line.")


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
