"""Rows of a scale: the step is asked for, and is not named without its thing."""

import pytest

from gemma_garage.augment.local.cells import ask_about_cell
from gemma_garage.augment.local.facts import find_facts
from gemma_garage.augment.sentences import split_statements


def _ask(heads: str, row: str) -> dict[str, list[str]]:
    """For each answer of the row what rules ask."""
    rule = "|".join("---" for _ in heads.split("|"))
    statements = split_statements(f"| {heads} |\n|{rule}|\n| {row} |\n")
    asked = {}
    for fact in find_facts(statements):
        cells = statements[fact.statement].cells
        column = [value for _, value in cells].index(fact.answer)
        asked[fact.answer] = ask_about_cell(cells, column, "Ilo 7")
    return asked


@pytest.mark.parametrize(
    ("heads", "row", "answer", "question"),
    [
        ("Level | Suitable for", "4–5 | Steaming rice", "4–5",
         "Which level is suitable for steaming rice?"),
        ("Level | Suitable for", "4–5 | Steaming rice", "Steaming rice",
         "What is level 4–5 suitable for?"),
        ("Level | Use | Power", "9 | Searing steaks | 3 kW", "9",
         "Which level is right for searing steaks?"),
        ("Level | Use | Power", "9 | Searing steaks | 3 kW", "3 kW",
         "What is the power of level 9?"),
        ("Flashes | Meaning", "3 | Motor gone", "Motor gone", "What do 3 flashes mean?"),
        ("Flashes | Meaning", "3 | Motor gone", "3",
         "How many flashes are there in this case: motor gone?"),
        ("Flashes | Meaning", "4 | USB port dead", "4",
         "How many flashes are there in this case: USB port dead?"),
    ],
)  # fmt: skip
def test_a_step_is_asked_for_and_named(heads: str, row: str, answer: str, question: str) -> None:
    assert question in _ask(heads, row)[answer]


def test_two_numbers_are_no_scale() -> None:
    assert list(_ask("Year | Members", "1998 | 40")) == ["40"]
    assert list(_ask("Size | Weight", "Large | 40 kg")) == ["40 kg"]
