"""Questions by rule for faults, lamps, offices and sheets of data."""

import pytest

from gemma_garage.augment.local.cells import ask_about_cell

FAULT = (
    ("Problem", "The oven does not start"),
    ("Likely cause", "door open"),
    ("What to do", "Push the door"),
)
HEADS = ("Problem or display", "Likely cause", "What to do")
SEEN = tuple(zip(HEADS, ("Flour left on the sides", "Too dry", "Scrape it down"), strict=True))
CODE = tuple(zip(HEADS, ("E:01", "Sensor fault", "Call service"), strict=True))
LAMP = (("Status light", "Pulsing amber"), ("Meaning", "Heating up"))
EVENT = (("Event", "Carol concert"), ("When", "13 December"), ("Where", "Corn Exchange"))


@pytest.mark.parametrize(
    ("row", "column", "asked"),
    [
        (FAULT, 0, "Which problem is caused by this: door open?"),
        (FAULT, 1, "What is the likely cause if the oven does not start?"),
        (FAULT, 2, "What should I do if the oven does not start?"),
        (SEEN, 1, "What may be wrong in case of flour left on the sides?"),
        (CODE, 1, "What does E:01 mean?"),
        (CODE, 2, "What should I do when E:01 is shown?"),
        (LAMP, 0, "What does the status light look like in this case: heating up?"),
        (LAMP, 1, "What does it mean when the status light is pulsing amber?"),
        ((("", "Treasurer"), ("", "Douglas Finch")), 1, "Who is the treasurer of the Chorale?"),
        ((("Item", "Weight with stone"), ("Value", "14.6 kg")), 1,
         "How heavy is the Chorale with stone?"),
        ((("Item", "Laser power"), ("Value", "60 watts")), 1, "How powerful is the laser?"),
        ((("Item", "Thickest acrylic"), ("Value", "8 mm")), 1,
         "How thick may the acrylic be at most?"),
        ((("Item", "Colours"), ("Value", "grey or cream")), 1,
         "What are the colours of the Chorale?"),
        ((("", "Everyone"), ("", "black shoes")), 1, "What is laid down for everyone?"),
        (EVENT, 0, "Which event takes place on 13 December?"),
        (EVENT, 1, "On which day is the carol concert?"),
        (EVENT, 2, "Where does the carol concert take place?"),
        ((("Event", "Autumn term begins"), ("When", "9 September")), 1,
         "When does the autumn term begin?"),
        ((("Member", "Adult"), ("Fee per term", "£58")), 1, "How much does an adult pay?"),
        ((("Code", "E02"), ("Meaning", "Lid open"), ("What to do", "Close it")), 1,
         "What does E02 mean?"),
        ((("Profile", "Book"), ("Resolution", "400 dpi"), ("Saved as", "EPUB")), 2,
         "What is Book saved as?"),
    ],
)  # fmt: skip
def test_what_is_asked_about_a_row(
    row: tuple[tuple[str, str], ...], column: int, asked: str
) -> None:
    assert asked in ask_about_cell(row, column, "Chorale")


def test_a_measure_is_not_asked_how_much_where_it_is_a_word() -> None:
    row = (("Item", "Housing"), ("Value", "recycled steel"))
    assert not any("How much" in question for question in ask_about_cell(row, 1, "Chorale"))
