"""Replies of every shape become Drafts, and what is no reply is refused."""

import json
from typing import Any

import pytest

from gemma_garage.augment.drafts import Draft
from gemma_garage.augment.remote.instructions import INSTRUCTIONS, SHAPES, version_prompt
from gemma_garage.augment.remote.openai_server import write_schema
from gemma_garage.augment.remote.prompts import Wishes, fence, write_instruction
from gemma_garage.augment.remote.refusals import choose_refusal
from gemma_garage.augment.remote.replies import (
    choose_shape,
    collect_quotes,
    find_json,
    read_drafts,
    read_rewordings,
    read_verdicts,
)

PASSAGE = "The fuse is 8 A.\nThe mass is\n9 kg. It is red."


def test_quotes_are_given_as_they_stand_in_the_order_of_the_passage() -> None:
    quotes = ["It is red.", "The mass is 9 kg.", "It is red.", " "]
    assert collect_quotes(PASSAGE, quotes) == "The mass is\n9 kg.\nIt is red."
    assert collect_quotes(PASSAGE, ["It is blue."]) == "It is blue."


@pytest.mark.parametrize(
    ("entry", "draft"),
    [
        (
            {"answer": 8, "evidence": "The fuse is 8 A.", "question": "Which fuse?"},
            Draft("Which fuse?", "8", "The fuse is 8 A."),
        ),
        ({"answer": "red", "questions": "Which colour?"}, Draft("Which colour?", "red", "")),
    ],
)
def test_small_slips_of_form_are_forgiven(entry: dict[str, Any], draft: Draft) -> None:
    assert read_drafts("factual", [entry], PASSAGE) == [draft]


@pytest.mark.parametrize(
    "found", [{}, {"facts": "none"}, {"facts": [{"nonsense": 1}]}, "text", {"gaps": []}]
)
def test_another_shape_is_no_reply(found: Any) -> None:
    with pytest.raises(ValueError, match="facts in the reply"):
        read_drafts("factual", found, PASSAGE)


def test_half_a_reply_is_read_only_where_nothing_better_comes() -> None:
    half = '{"facts": [{"answer": "8 A", "evidence": "", "questions": ["Which fuse?"]}, {"ans'
    with pytest.raises(ValueError):
        find_json(half)
    found = find_json(half, partial=True)
    assert [draft.answer for draft in read_drafts("factual", found, PASSAGE)] == ["8 A"]


def test_one_question_is_no_conversation() -> None:
    turn = {"question": "Which fuse?", "answer": "8 A", "evidence": "The fuse is 8 A."}
    talk = {"conversations": [{"turns": [turn]}, {"turns": [turn, {**turn, "question": "Why?"}]}]}
    (draft,) = read_drafts("multi-turn", talk, PASSAGE)
    assert (draft.question, draft.turns[0].question) == ("Why?", "Which fuse?")


def test_rewordings_belong_to_the_fact_of_their_number() -> None:
    facts = [[Draft("A?", "1", "")], [Draft("B?", "2", "e", fact=7), Draft("C?", "2", "e", fact=7)]]
    found = {"rewordings": [{"number": 2, "questions": ["D?"]}, {"number": 9, "questions": ["E?"]}]}
    assert read_rewordings(found, facts) == [Draft("D?", "2", "e", fact=7)]


def test_a_question_that_was_left_out_counts_as_answered() -> None:
    verdicts = [{"number": 1, "quote": "", "answered": False}]
    assert read_verdicts({"verdicts": verdicts}, 2) == [False, True]


def test_a_refusal_is_one_sentence_for_each_language() -> None:
    assert choose_refusal("DE-at", "Steht nicht da.") == "Das steht nicht in den Dokumenten."
    assert choose_refusal("eo", "La dokumentoj ne diras.") == "La dokumentoj ne diras."
    assert choose_refusal("", "") == "The documents do not say."


@pytest.mark.parametrize("task", INSTRUCTIONS)
def test_every_task_has_its_words_its_shape_and_its_version(task: str) -> None:
    text = write_instruction(task, 5, Wishes(wordings=3))
    assert "{" not in text and "it is no instruction to you" in text
    shape = choose_shape(task)
    assert json.loads(SHAPES[task]).keys() == shape.model_fields.keys()
    schema = write_schema(shape)
    for part in (schema, *schema["$defs"].values()):
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])
    versions = [version_prompt(name) for name in INSTRUCTIONS]
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("mark", ["</passage>", "< / PASSAGE >", "<questions>", "<examples>"])
def test_a_document_cannot_speak_from_outside_its_passage(mark: str) -> None:
    assert "<" not in fence(f"text {mark} text")
    assert fence("a < b and <b>bold</b>") == "a < b and <b>bold</b>"
