"""JSON, JSON Lines and YAML: wherever the rows stand, and whatever else stands there."""

import json
from pathlib import Path

import pytest

from gemma_garage.augment.rows import read as reading
from gemma_garage.augment.rows.cells import to_plain
from gemma_garage.augment.rows.mapping import apply_mapping
from gemma_garage.augment.rows.shapes import recognise
from gemma_garage.errors import DocumentError
from tests.augment.rows.shelf import read, write

ROW = {"question": "How much?", "answer": "4"}


@pytest.mark.parametrize(
    "value",
    [
        [ROW],
        {"data": [ROW]},
        {"version": "1.1", "rows": [ROW], "authors": [{"name": "a"}]},
        {"summary": "A pump.", "qa_pairs": [ROW]},
        {"question": ["How much?"], "answer": ["4"]},
        {"question": {"0": "How much?"}, "answer": {"0": "4"}},
        ROW,
        {"How much?": "4"},
    ],
)
def test_the_rows_of_json_are_found(tmp_path: Path, value: object) -> None:
    rows, _ = read(write(tmp_path / "a.json", json.dumps(value)))
    assert rows == [ROW]


SQUAD = {
    "context": "The moon is 384,400 km away.",
    "qas": [{"question": "How far?", "answers": [{"text": "384,400 km", "answer_start": 12}]}],
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"version": "1", "data": [{"title": "Moon", "paragraphs": [SQUAD]}]}),
        json.dumps([SQUAD]),
        json.dumps(SQUAD),
        json.dumps({"title": "Moon", "paragraphs": [SQUAD]}),
        json.dumps(SQUAD) + "\n" + json.dumps(SQUAD),
    ],
)
def test_questions_beside_their_passage_are_rows(tmp_path: Path, text: str) -> None:
    rows, _ = read(write(tmp_path / "a.json", text))
    found = recognise(rows)
    assert found.is_sure
    mapped = apply_mapping(found.mapping, rows[0])
    assert mapped.question.startswith("How far?")
    assert mapped.answer == "384,400 km"


def test_a_file_of_settings_is_no_conversation(tmp_path: Path) -> None:
    text = "name: Pump\nmax_pressure: 5 bar\nparts:\n  - seal\n  - rotor\n"
    rows, _ = read(write(tmp_path / "pump.yaml", text))
    assert not recognise(rows).is_sure
    said = "turns:\n  - What is worn?\n  - The seal.\n"
    rows, _ = read(write(tmp_path / "said.yaml", said))
    assert recognise(rows).is_sure
    assert apply_mapping(recognise(rows).mapping, rows[0]).answer == "The seal."


def test_of_several_answers_the_first_is_taken() -> None:
    row = {"question": "Which part is worn?", "answers": ["the seal", "the rotor"]}
    mapped = apply_mapping(recognise([row]).mapping, row)
    assert (mapped.question, mapped.answer, mapped.turns) == (
        "Which part is worn?",
        "the seal",
        [],
    )


def test_texts_and_lists_of_messages_are_rows_too(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    rows, found = read(write(tmp_path / "a.json", json.dumps(["Some text", said, 7])))
    assert rows == [{"text": "Some text"}, {"messages": said}]
    assert found["problems"] == ["entry 3: it is a number and no object"]
    one, _ = read(write(tmp_path / "one.json", json.dumps({"messages": said})))
    assert one == [{"messages": said}]


def test_a_broken_line_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [json.dumps(ROW), '{"question": "cut', "", "[1, 2]", "[" * 100_000, json.dumps(ROW)]
    rows, said = read(write(tmp_path / "a.jsonl", "\n".join(lines)))
    assert rows == [ROW, ROW]
    assert said["skipped"] == 3
    assert [problem.split(":")[0] for problem in said["problems"]] == ["line 2", "line 4", "line 5"]
    assert "not valid JSON" in said["problems"][0]


def test_json_lines_under_the_name_of_json_and_the_other_way_round(tmp_path: Path) -> None:
    lines = json.dumps(ROW) + "\n" + json.dumps(ROW) + "\n"
    assert read(write(tmp_path / "a.json", lines))[0] == [ROW, ROW]
    whole = json.dumps([ROW, ROW], indent=1)
    assert read(write(tmp_path / "a.jsonl", whole))[0] == [ROW, ROW]


def test_a_line_without_end_is_left_out_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gemma_garage.augment.rows.lines.MAX_LINE_CHARACTERS", 1_000)
    long = json.dumps({"question": "q" * 3_000_000})
    rows, said = read(write(tmp_path / "a.jsonl", f"{long}\n{json.dumps(ROW)}\n"))
    assert (rows, said["skipped"]) == ([ROW], 1)
    assert said["problems"][0].startswith("line 1: it is longer than")


def test_what_is_no_number_is_no_value(tmp_path: Path) -> None:
    text = '{"question": NaN, "answer": Infinity, "n": 3}\n{"question": null, "answer": NaN}'
    rows, said = read(write(tmp_path / "a.jsonl", text))
    assert rows == [{"question": None, "answer": None, "n": 3}]
    assert said["skipped"] == 0  # a row of nothing is a blank one


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"question": "a"}, {"quest', r"line 1, column \d+.*cut off"),
        ('[{"question": "a",}]', "not valid JSON"),
        ("[" * 100_000, "nested too deep"),
        ("7", "holds no rows: it is a number"),
        ("[]", "holds no rows"),
    ],
)
def test_broken_json_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read(write(tmp_path / "a.json", text))


def test_a_row_with_a_thousand_names_of_its_own_is_refused(tmp_path: Path) -> None:
    row = {f"c{number}": 1 for number in range(1_001)}
    with pytest.raises(DocumentError, match="1,001 columns"):
        read(write(tmp_path / "a.jsonl", json.dumps(row)))


def test_a_row_nested_too_deep_or_too_long_is_left_out(tmp_path: Path) -> None:
    deep: object = "end"
    for _ in range(30):
        deep = [deep]
    lines = [json.dumps({"a": deep}), json.dumps({"a": "x" * 1_000_000}), json.dumps(ROW)]
    rows, said = read(write(tmp_path / "a.jsonl", "\n".join(lines)))
    assert (rows, said["skipped"]) == ([ROW], 2)
    assert "deeper than 20" in said["problems"][0] and "1,000,000" in said["problems"][1]


def test_more_rows_than_wanted_are_not_written(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", (json.dumps(ROW) + "\n") * 5)
    assert [read(path, limit=wanted)[1]["more"] for wanted in (4, 5)] == [True, False]
    assert len(read(path, limit=3)[0]) == 3


def test_what_stands_for_terabytes_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_OUTPUT_MB", 0.0001)
    with pytest.raises(DocumentError, match="unpacks to more than"):
        read(write(tmp_path / "a.jsonl", (json.dumps(ROW) + "\n") * 9))


YAML = """
# a comment
- question: How much?
  answer: 4
  since: 2024-01-31
  share: .nan
- question: |
    Two
    lines
  answer: &said "yes: and no"
- {question: Again?, answer: *said}
"""


def test_yaml_gives_rows_with_plain_values(tmp_path: Path) -> None:
    rows, _ = read(write(tmp_path / "a.yaml", YAML))
    assert rows == [
        {"question": "How much?", "answer": 4, "since": "2024-01-31", "share": None},
        {"question": "Two\nlines\n", "answer": "yes: and no"},
        {"question": "Again?", "answer": "yes: and no"},
    ]
    documents = "question: a\nanswer: b\n---\nquestion: c\nanswer: d\n"
    rows, _ = read(write(tmp_path / "b.yml", documents))
    assert [row["question"] for row in rows] == ["a", "c"]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
MERGED = "a: &a {k: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{','.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "more than 5,000,000 values through its aliases"),
        (MERGED, "more than 5,000,000 values through its aliases"),
        ("&a [*a]\n", "holds itself"),
        ("- question: [unclosed\n- b", r"not valid YAML \(line 3"),
        ("- !!python/object/apply:os.system ['true']\n", "not valid YAML"),
        ("just words\n", "YAML|rows"),
        ("- ? {a: 1}\n  : b\n", "YAML|rows"),
    ],
)
def test_yaml_that_is_hostile_or_broken_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read(write(tmp_path / "a.yaml", text))


def test_a_value_that_holds_itself_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="deeper than 20"):
        to_plain(loop)
