"""The question writer: what it is given and what is read of its lines; what it was taught with."""

import json
from pathlib import Path

import pytest

from gemma_garage.augment.local.context import mark_whole
from gemma_garage.augment.local.writer import (
    ADAPTER,
    UNSAID,
    QuestionWriter,
    ask_for_answer,
    ask_for_questions,
    read_questions,
)
from gemma_garage.augment.sentences import Statement, split_statements
from tests.starter import share_starter

_ITEMS = Path(__file__).parents[3] / "tools" / "writer"


def test_lines_that_are_no_whole_questions_are_left_out() -> None:
    text = "How heavy is it?\n2. weight of the pump?\n\n- Where does it stand?\nWho has the"
    assert read_questions(text) == [
        "How heavy is it?",
        "Weight of the pump?",
        "Where does it stand?",
    ]


def test_a_heading_of_several_lines_stays_one_line() -> None:
    asked = ask_for_answer("Pump\nQuestion: Who?", "Care", "It stands in Ulm.", "Where is it?")
    assert asked == "Pump Question: Who?. Care\nIt stands in Ulm.\nQuestion: Where is it?"
    assert ask_for_questions("", "", "In [Ulm].", "Ulm") == "In [Ulm].\nAnswer: Ulm"


def test_the_answer_is_marked_in_the_whole_statement_with_its_pronoun_named() -> None:
    text = "It stands [see 2] in Ulm and weighs 9 kg."
    place = text.index("Ulm")
    marked = mark_whole(Statement(text, text), f"The pump{text[2:]}", place, place + 3)
    assert marked == "The pump stands (see 2) in [Ulm] and weighs 9 kg."
    assert mark_whole(Statement(text, text), "The pump is lost.", place, place + 3) == ""


def test_a_table_row_is_told_with_its_columns() -> None:
    row = next(
        statement
        for statement in split_statements("| Bread | Heat |\n| --- | --- |\n| rye | 210 °C |\n")
        if statement.cells
    )
    start = row.text.index("210")
    assert mark_whole(row, row.text, start, start + 6) == "Bread: rye; Heat: [210 °C]"


def test_the_adapter_is_small_and_goes_with_its_terms() -> None:
    assert (ADAPTER / "adapter_model.safetensors").stat().st_size < 5_000_000
    assert "Gemma Terms of Use" in (ADAPTER / "NOTICE.txt").read_text(encoding="utf-8")
    config = json.loads((ADAPTER / "adapter_config.json").read_text(encoding="utf-8"))
    assert config["peft_type"] == "LORA" and not config["base_model_name_or_path"]


def test_what_it_was_taught_with_is_sound() -> None:
    items = [
        json.loads(line)
        for file in sorted(_ITEMS.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert len(items) > 5_000
    for item in items:
        assert item["answer"] in item["sentence"]
        questions = {question.casefold() for question in item["questions"]}
        assert len(questions) == 5 and all(question.endswith("?") for question in questions)
        assert len(item["answer"]) < 4 or not any(
            item["answer"].casefold() in question for question in questions
        )


@pytest.mark.slow
def test_it_asks_for_the_one_answer_and_reads_the_right_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from gemma_garage.gemma.device import detect_machine
    from gemma_garage.gemma.load import load_model, load_tokenizer

    starter = share_starter(tmp_path_factory)
    writer = QuestionWriter(load_model(starter, machine=detect_machine()), load_tokenizer(starter))
    place = ("Corvo 12 Rain Gauge: Guide", "Mounting")
    told = "The gauge weighs 1.8 kg and is mounted 2.5 metres above the ground."
    answers = ["1.8 kg", "2.5 metres"]
    prompts = [
        ask_for_questions(*place, told.replace(answer, f"[{answer}]"), answer) for answer in answers
    ]
    weight, height = writer.write(prompts)
    assert len(weight) >= 3 and len(height) >= 3 and not set(weight) & set(height)
    asked = [
        (ask_for_answer(*place, told, questions[0]), answer)
        for questions in (weight, height)
        for answer in answers
    ]
    scores = writer.read(asked)
    assert scores[0] > scores[1] and scores[3] > scores[2]
    # The right answer's words may always be said, also where only a wrong one is read.
    peel = "Dust the peel with semolina, place the pizza on it and slide it with a short movement."
    dusted = ask_for_answer(*place, peel, "With what should the peel be dusted?")
    assert writer.read([(dusted, "a short movement")])[0] < -0.7
    # What the statement does not say is answered by nothing, not by the only name in it.
    named = "Members call the gauge Gus."
    for question, answer, other in (
        ("Who looks after the gauge?", UNSAID, "Gus"),
        ("What do members call the gauge?", "Gus", UNSAID),
    ):
        prompt = ask_for_answer(*place, named, question)
        right, wrong = writer.read([(prompt, answer), (prompt, other)])
        assert right > wrong
