"""The usual shapes are recognised, and every row becomes what will be trained."""

import json
from typing import Any

import pytest

from gemma_garage.augment.rows.mapping import MappedRow, Mapping, apply_mapping, list_answers, say
from gemma_garage.augment.rows.shapes import recognise
from gemma_garage.errors import ConfigError

SAID = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Ho"},
    {"role": "user", "content": "How hot?"},
    {"role": "assistant", "content": "90 °C"},
]
SHAREGPT = [{"from": "human", "value": "How hot?"}, {"from": "gpt", "value": "90 °C"}]
PAIR = MappedRow("How hot?", "90 °C")
KNOWN: list[tuple[str, dict[str, Any], MappedRow]] = [
    ("question/answer", {"id": 7, "Question": "How hot?", "Answer": "90 °C"}, PAIR),
    ("question/answer", {"question": "How hot?", "context": "", "answers": {"text": ["90 °C", "90"],
     "answer_start": [3, 3]}}, PAIR),
    ("prompt/completion", {"prompt": "How hot?", "completion": " 90 °C\n"}, PAIR),
    ("preferences", {"prompt": "How hot?", "chosen": [{"role": "user", "content": "How hot?"},
     {"role": "assistant", "content": "90 °C"}], "rejected": []}, PAIR),
    ("preferences", {"prompt": "How hot?", "chosen": "90 °C", "rejected": "Very."},
     MappedRow("How hot?", "90 °C", worse="Very.")),
    ("preferences", {"prompt": "How hot?", "chosen": [*SAID[3:]], "rejected": [SAID[3],
     {"role": "assistant", "content": "Very."}]}, MappedRow("How hot?", "90 °C", worse="Very.")),
    ("prompt/completion", {"prompt": SAID[:4], "completion": SAID[4:]},
     MappedRow("How hot?", "90 °C", SAID[:3])),
    ("instruction/input/output", {"instruction": "Sum up.", "input": "A. B.", "output": "AB"},
     MappedRow("Sum up.\n\nA. B.", "AB")),
    ("instruction/input/output", {"instruction": "How hot?", "input": "", "output": "90 °C"}, PAIR),
    ("instruction/input/output", {"instruction": "How hot?", "context": "", "response": "90 °C",
     "category": "qa"}, PAIR),
    ("conversations (messages)", {"messages": SAID}, MappedRow("How hot?", "90 °C", SAID[:3])),
    ("conversations (messages)", {"messages": json.dumps(SAID), "prompt": "Hi"},
     MappedRow("How hot?", "90 °C", SAID[:3])),
    ("ShareGPT conversations", {"conversations": SHAREGPT, "system": "Be brief."},
     MappedRow("How hot?", "90 °C", SAID[:1])),
    ("text", {"text": "The pump is hot."}, MappedRow(text="The pump is hot.")),
    ("text", {"id": 3, "text": "The pump is hot.", "meta": {"a": 1}},
     MappedRow(text="The pump is hot.")),
    ("question and answer", {"system_prompt": "Be brief.", "query": "How hot?",
     "response": "90 °C"}, MappedRow("How hot?", "90 °C", SAID[:1])),
    ("question and answer", {"Frage": "How hot?", "Antwort": "90 °C"}, PAIR),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "row", "expected"), KNOWN)
def test_a_known_shape_is_recognised_with_certainty(
    shape: str, row: dict[str, Any], expected: MappedRow
) -> None:
    found = recognise([row] * 3)
    assert (found.shape, found.is_sure) == (shape, True)
    assert apply_mapping(found.mapping, row) == expected


@pytest.mark.parametrize(
    ("row", "question", "answer"),
    [
        ({"nr": "1", "What": "Is it hot?", "Said": "Yes, it is"}, "What", "Said"),
        ({"left": "some words", "right": "some longer words"}, "left", "right"),
    ],
)
def test_an_unknown_shape_is_guessed_and_left_to_the_user(
    row: dict[str, Any], question: str, answer: str
) -> None:
    found = recognise([row] * 3)
    assert not found.is_sure
    assert (found.mapping.question, found.mapping.answer) == (question, answer)


def test_known_names_over_empty_columns_are_no_certainty() -> None:
    rows = [{"question": "Is it?", "answer": ""}] * 9 + [{"question": "Is it?", "answer": "yes"}]
    assert not recognise(rows).is_sure
    assert recognise([]).mapping == Mapping()


def test_each_answer_of_a_conversation_is_trained_once_with_what_was_said_before() -> None:
    row = apply_mapping(Mapping(turns="messages"), {"messages": SAID})
    parts = list(list_answers(row))
    assert [(part.question, part.answer, part.turns) for part in parts] == [
        ("Hi", "Ho", SAID[:1]),
        ("How hot?", "90 °C", SAID[:3]),
    ]


@pytest.mark.parametrize(
    ("messages", "problem", "question"),
    [
        ([*SAID, {"role": "user", "content": "And now?"}], "", "How hot?"),
        ([SAID[1], {"role": "user", "content": "you"}, SAID[2]], "", "Hi\n\nyou"),
        ([SAID[2], *SAID[1:3]], "roles", "Hi"),
        ([SAID[1], SAID[2], SAID[0], SAID[3], SAID[4]], "roles", None),
        ([SAID[1], {"role": "tool", "content": "42"}, SAID[2]], "roles", None),
        ([SAID[1]], "empty", "Hi"),
        ([SAID[1], {"role": "assistant", "content": "  "}], "empty", "Hi"),
        ([], "empty", ""),
        ("no list at all", "empty", ""),
    ],
)
def test_what_is_wrong_with_a_conversation_is_said(
    messages: object, problem: str, question: str | None
) -> None:
    row = apply_mapping(Mapping(turns="m"), {"m": messages})
    assert row.problem == problem
    assert question is None or row.question == question


def test_content_in_parts_and_odd_characters_become_plain_text() -> None:
    parts = [{"type": "text", "text": "A\u200b"}, {"type": "image"}, {"type": "text", "text": "B"}]
    said = [{"role": "user", "content": parts}, {"role": "assistant", "content": "\ud800x"}]
    row = apply_mapping(Mapping(turns="m"), {"m": said})
    assert (row.question, row.answer) == ("A\n\nB", "\ufffdx")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""), (True, "True"), (4.0, "4"), (4.5, "4.5"), (7, "7"), ("  a\r\nb ", "a\nb"),
        (["", "first", "second"], "first"), ({"text": ["a"]}, "a"), ({"a": 1}, '{"a": 1}'),
    ],
)  # fmt: skip
def test_what_a_cell_says(value: object, said: str) -> None:
    assert say(value) == said


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (Mapping(question="q"), "column of the answer too"),
        (Mapping(answer="a"), "column of the question too"),
        (Mapping(question="q", answer="a", text="q"), "chosen are question “q”, answer “a”, text"),
        (Mapping(), "No column is chosen yet"),
        (Mapping(text="gone"), "no column “gone”; there are q, a"),
    ],
)
def test_a_mapping_says_one_thing_with_columns_that_are_there(
    mapping: Mapping, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        mapping.check(["q", "a"])
