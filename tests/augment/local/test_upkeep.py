"""A plan of care is asked by the verb of what is to be done; tables are asked as people say it."""

import pytest

from gemma_garage.augment.local.cells import ask_about_cell
from gemma_garage.augment.local.facts import find_facts
from gemma_garage.augment.local.upkeep import is_upkeep
from gemma_garage.augment.sentences import split_statements

FLEECE = (("Part", "White fleece"), ("What to do", "Replace"), ("How often", "Every 3 weeks"))
CARD = (
    ("Card", "Adult"),
    ("Who it is for", "16 and over"),
    ("Yearly fee", "£12"),
    ("Items at one time", "15"),
)


def test_a_plan_of_care_is_asked_by_what_is_to_be_done() -> None:
    part, task, interval = (ask_about_cell(FLEECE, column, "Calyra") for column in range(3))
    assert part[0] == "What do I have to replace every 3 weeks?"
    assert "What has to be done with the white fleece?" in task
    assert interval[0] == "How often do I have to replace the white fleece?"
    never = (("Part", "Motor"), ("What to do", "Never open"), ("How often", "Once a year"))
    assert "How often does the motor need to be looked after?" in ask_about_cell(never, 2, "")


@pytest.mark.parametrize("name", ["Problem", "Code", "Task", "City"])
def test_other_tables_are_no_plans_of_care(name: str) -> None:
    assert not is_upkeep(((name, "E02"), *FLEECE[1:]))


@pytest.mark.parametrize(
    ("column", "question"),
    [
        (0, "Which card is for 16 and over?"),
        (1, "Who is the Adult card for?"),
        (2, "How much does the Adult card cost?"),
        (3, "How many items at one time does the Adult card give?"),
        (3, "What are the items at one time of Adult?"),
    ],
)
def test_a_row_is_named_with_what_it_is(column: int, question: str) -> None:
    assert question in ask_about_cell(CARD, column, "Library")


@pytest.mark.parametrize(
    ("row", "value", "question"),
    [
        ("Power consumption", "9 W", "How much electricity does the Haul 7 use?"),
        ("Guarantee", "two years", "How long am I covered if the Haul 7 breaks?"),
        ("Noise level", "34 dB(A)", "How loud is the Haul 7?"),
        ("Charging time", "5½ hours", "How long does it take to charge the Haul 7?"),
        (
            "Pressure, front tyre",
            "3.5 bar",
            "What is the front tyre pressure of the Velmora Haul 7?",
        ),
    ],
)
def test_a_sheet_s_names_are_asked_in_everyday_words(row: str, value: str, question: str) -> None:
    cells = (("Item", row), ("Value or interval", value))
    assert question in ask_about_cell(cells, 1, "Velmora Haul 7")


def test_a_sheet_for_two_things_is_asked_for_each() -> None:
    cells = (("", "Power consumption"), ("Filter", "9 W"), ("Heater", "150 W"))
    asked = ask_about_cell(cells, 2, "Calyra 160")
    assert asked[0] == "How much electricity does the heater use?"
    assert all("heater" in question for question in asked)


def test_an_empty_cell_is_no_fact() -> None:
    table = "| | Filter | Heater |\n| --- | --- | --- |\n| Noise level | 34 dB(A) | – |\n"
    assert [fact.answer for fact in find_facts(split_statements(table))] == ["34 dB(A)"]


def test_a_line_for_each_interval_is_asked_both_ways() -> None:
    text = "- **Every month:** clean the inlet filter\n- **Once a year:** grease the O-rings\n"
    statements = split_statements(text)
    asked = {
        fact.answer: ask_about_cell(
            statements[fact.statement].cells, int(fact.start > 0), "Rillwash 140"
        )[0]
        for fact in find_facts(statements)
    }
    assert asked["Every month"] == "How often do I have to clean the inlet filter?"
    assert asked["grease the O-rings"] == "What has to be done once a year?"
