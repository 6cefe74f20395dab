"""Of several values in one sentence, only the one that the question asks for is an answer."""

import pytest

from gemma_garage.augment.quality.rivals import is_rival_meant
from gemma_garage.augment.quality.subject import is_about_another

RATES = "Full rate 9 euros, 5 euros for students."
FARE = "The fare rose from 6 euros to 8 euros in 2021."
PEOPLE = "Between 2010 and 2020 the population grew from 18,400 to 21,900."
RANGE = "It roasts at 204-213 °C."
STAGES = "The motor draws 45 watts at stage 1 and 90 watts at stage 3."
SIEGES = "The siege of 1374 was led by Bishop Konrad; that of 1421 by Duke Albrecht."
TRIMMERS = "Trimmer R17 sets the gain of channel 1 and trimmer R21 that of channel 2."
CABINETS = "Acetone is stored in cabinet A, nitric acid in cabinet C."


@pytest.mark.parametrize(
    ("question", "right", "wrong", "proof"),
    [
        ("What do students pay?", "5 euros", "9 euros", RATES),
        ("What does a ticket cost?", "9 euros", "5 euros", RATES),
        ("What is the fare?", "8 euros", "6 euros", FARE),
        ("To what price did the fare rise?", "8 euros", "6 euros", FARE),
        ("What was the fare before it rose in 2021?", "6 euros", "8 euros", FARE),
        ("How many people lived there in 2020?", "21,900", "18,400", PEOPLE),
        ("How many people lived there in 2010?", "18,400", "21,900", PEOPLE),
        ("Up to what temperature does it roast?", "213 °C", "204 °C", RANGE),
        ("How much does the motor draw at stage 3?", "90 W", "45 W", STAGES),
        ("How much does the motor draw at stage 1?", "45 W", "90 W", STAGES),
        ("Who led the siege of 1421?", "Duke Albrecht", "Bishop Konrad", SIEGES),
        ("Which trimmer sets the gain of channel 2?", "R21", "R17", TRIMMERS),
        ("Where is nitric acid stored?", "in cabinet C", "in cabinet A", CABINETS),
    ],
)
def test_the_value_beside_it_is_no_answer(
    question: str, right: str, wrong: str, proof: str
) -> None:
    assert not is_rival_meant(question, right, proof)
    assert is_rival_meant(question, wrong, proof)


@pytest.mark.parametrize(
    ("question", "answer", "proof"),
    [
        ("How hot does it get?", "204 °C", RANGE),
        ("When did Selma Krog live there?", "1911", "Selma Krog lived there from 1911 to 1924."),
    ],
)
def test_where_nothing_tells_which_is_meant_none_is_taken(
    question: str, answer: str, proof: str
) -> None:
    assert is_rival_meant(question, answer, proof)


@pytest.mark.parametrize(
    ("question", "answer", "proof"),
    [
        ("How hot does it get?", "204 to 213 °C", RANGE),
        ("How long does it take?", "two hours", "It takes two hours and 300 g of flour."),
        ("How heavy is it?", "5 kg", "It weighs 5 kg; the lid may be lifted by its 5 kg hook."),
    ],
)
def test_one_value_or_a_whole_range_has_no_rival(question: str, answer: str, proof: str) -> None:
    assert not is_rival_meant(question, answer, proof)


@pytest.mark.parametrize(
    ("question", "answer", "wrong"),
    [
        ("How much is dinner in Lisbon?", "€31", False),
        ("How much is hotel per night in Lisbon?", "€135", False),
        ("How much is lunch in Lisbon?", "€31", True),
        ("How much is dinner in London?", "€31", True),
    ],
)
def test_the_head_of_a_column_tells_the_values_of_a_row_apart(
    question: str, answer: str, wrong: bool
) -> None:
    table = (
        "| City | Hotel per night | Dinner | Lunch |\n|---|---|---|---|\n"
        "| London | €215 | €42 | €19 |\n| Lisbon | €135 | €31 | €15 |\n"
    )
    row = "| Lisbon | €135 | €31 | €15 |"
    assert is_about_another(question, answer, row, table) is wrong
