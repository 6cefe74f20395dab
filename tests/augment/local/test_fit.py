"""A question and its answer must be of one sort. Run: pytest tests/augment/local/test_fit.py"""

import pytest

from gemma_garage.augment.local.fit import fits_answer


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("How much does a single espresso cost?", "8.5 grams", "quantity"),
        ("How much water does the machine weigh?", "11.4 kg", "quantity"),
        ("To whom is the orange lock used?", "the group head", "thing"),
        ("How hot is the basket?", "18 grams", "quantity"),
        ("How many seconds does the first heating take?", "about six minutes", "quantity"),
        ("How often is the filter changed?", "22 minutes", "quantity"),
        ("In which year was it sold?", "135 cm", "quantity"),
        ("How far is the wall?", "three years", "quantity"),
        ("How far can I go on a full battery?", "up to 25 km/h", "quantity"),
        ("How fast may I ride?", "about 55 km", "quantity"),
        ("On which days is the shop open?", "from 9.30 to 17.30", "time"),
        ("At what time is the shop open?", "Tuesday to Saturday", "time"),
        ("Who should be used in a fire?", "CO₂ spray", "name"),
    ],
)
def test_another_sort_of_answer_is_refused(question: str, answer: str, kind: str) -> None:
    assert not fits_answer(question, answer, kind)


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("How much does the filter cost?", "18.50 euros", "quantity"),
        ("What is the price of a visit?", "$40", "quantity"),
        ("How heavy is the roaster?", "9.2 kg", "quantity"),
        ("Who opens the gate?", "the team lead", "thing"),
        ("Whom do I call?", "Lidia Sorrel", "name"),
        ("How many litres does the tank hold?", "2.3 l", "quantity"),
        ("How many metres away must it be?", "at least 3 m", "quantity"),
        ("How often is the filter changed?", "every nine months", "quantity"),
        ("How long is the cord?", "135 cm", "quantity"),
        ("What distance can I cover?", "about 55 km", "quantity"),
        ("On which evening do inductions run?", "Tuesday", "time"),
        ("At what hour do inductions begin?", "at 6.15 pm", "time"),
        ("For how long is the lock held?", "seven seconds", "quantity"),
        ("What is missing here: “The pump is limited to …”?", "9 bar", "quantity"),
        ("How many nurses work here?", "13 nurses", "quantity"),
        ("When is it shut?", "on Mondays", "time"),
    ],
)
def test_the_sort_that_was_asked_for_passes(question: str, answer: str, kind: str) -> None:
    assert fits_answer(question, answer, kind)
