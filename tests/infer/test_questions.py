"""Own questions come in whatever file people have; a bad line is named."""

from pathlib import Path

import pytest

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.infer.questions import Question, add_own_questions, read_questions
from gemma_garage.schema import Dataset

TWO = [Question("Who built it?", "Jürgen"), Question("When, exactly?", "1998")]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "a.jsonl",
            '{"question": "Who built it?", "answer": "Jürgen"}\n\n'
            '{"Answer": 1998, "QUESTION": "When, exactly?", "more": []}\n'.encode(),
        ),
        ("a.csv", 'Question,Answer\nWho built it?,Jürgen\n"When, exactly?",1998\n'.encode()),
        ("bom.csv", "﻿question;answer\r\nWho built it?;Jürgen\r\nWhen, exactly?;1998\r\n".encode()),
        ("a.tsv", "answer\tquestion\nJürgen\tWho built it?\n1998\tWhen, exactly?".encode()),
        (
            "latin.csv",
            'question,answer\nWho built it?,Jürgen\n"When, exactly?",1998\n'.encode("latin-1"),
        ),
        (
            "excel.csv",
            "question\tanswer\nWho built it?\tJürgen\nWhen, exactly?\t1998\n".encode("utf-16"),
        ),
        ("ends.csv", 'question,answer\nWho built it?,Jürgen,,\n"When, exactly?",1998,\n'.encode()),
        ("a.txt", 'question,answer\nWho built it?,Jürgen\n"When, exactly?",1998\n'.encode()),
        (
            "a.json",
            '[{"question": "Who built it?", "answer": "Jürgen"},\n'
            '{"question": "When, exactly?", "answer": "1998"}]'.encode(),
        ),
    ],
)
def test_reads_usual_files(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert read_questions(tmp_path / name) == TWO


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"question": "Q", "answer": "A"}\n{"question": "Q2"', "Line 2 of a.jsonl"),
        ("a.jsonl", '{"question": "Q", "answer": ""}', "Line 1 of a.jsonl has no answer"),
        ("a.jsonl", '"text"', "Line 1 .* no object"),
        ("a.jsonl", '{"question": ["Q"], "answer": "A"}', "Line 1 .* has no question"),
        ("a.csv", "question,answer\nQ,A\nQ2\n", "Line 3 of a.csv has no answer"),
        ("a.jsonl", '{"question": "a \\ud800 b", "answer": "A"}', "Line 1 .* half of a character"),
        ("a.jsonl", '{"question": "Q", "answer": ' + "9" * 5_000 + "}", "too many digits"),
        ("a.jsonl", '{"a":' * 100_000, "Line 1 .* nested too deep"),
        ("a.json", "[" * 100_000, "nested too deep"),
        ("a.csv", "question,answer\nWhat?,It costs 5, not 6\n", "Line 2 .* has more cells"),
        ("a.csv", "ask,reply\nQ,A\n", "columns ask, reply; needed are question and answer"),
        ("a.csv", "", "columns .none."),
        ("a.jsonl", "\n", "has no question with an answer"),
        ("a.csv", "question,answer\n", "has no question with an answer"),
    ],
)
def test_names_what_is_wrong(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        read_questions(tmp_path / name)


def test_a_line_separator_within_a_text_ends_no_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"question": "Q\u2028?", "answer": "A"}\r\n', encoding="utf-8")
    assert read_questions(file) == [Question("Q\u2028?", "A")]


def test_good_lines_are_kept_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"question": "Q", "answer": "A"}\nnonsense\n{"q": "R", "a": "B"}\n', "utf-8")
    assert read_questions(file, skip_bad=True) == [Question("Q", "A"), Question("R", "B")]
    file.write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no question with an answer"):
        read_questions(file, skip_bad=True)


def test_a_missing_or_binary_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_questions(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="cannot be read"):
        read_questions(tmp_path)
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(BadInput):
        read_questions(tmp_path / "a.csv")


def test_adds_each_question_once(garage: Garage, dataset: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("question,answer\nWho?,Anna\nwho? ,Anna\nWhen?,Monday\n", encoding="utf-8")
    before = len(garage.store.exam_questions(dataset.id))
    assert add_own_questions(garage, dataset.id, file) == 2
    assert add_own_questions(garage, dataset.id, file) == 0
    added = garage.store.exam_questions(dataset.id)[before:]
    assert [(row.kind, row.question, row.answer) for row in added] == [
        ("own", "Who?", "Anna"),
        ("own", "When?", "Monday"),
    ]


def test_adds_nothing_from_a_file_with_a_bad_line(
    garage: Garage, dataset: Dataset, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("question,answer\nWho?,Anna\nWhen?,\n", encoding="utf-8")
    before = len(garage.store.exam_questions(dataset.id))
    with pytest.raises(BadInput, match="Line 3"):
        add_own_questions(garage, dataset.id, file)
    assert len(garage.store.exam_questions(dataset.id)) == before
