"""The normalised match, on cases labelled by hand: what a fair reader would accept."""

import pytest

from gemma_garage.alike.tokens import read_tokens
from gemma_garage.infer.grade import grade

RIGHT = [
    # spelling and typography
    ("Every 500 hours.", "every 500 hours"),
    ("THE RED VALVE", "the red valve"),
    ("**red valve**", "the red valve"),
    ("It's the “Blue Line” filter", "Blue Line filter"),
    ("cafe noir", "café noir"),
    ("a grey aluminum cover", "the gray aluminium cover"),
    ("brass screw", "brass screws"),
    ("two batteries", "2 battery"),
    ("the handwheel", "hand wheel"),
    ("hand-wheel", "handwheel"),
    ("up to 3 bikes", "up to 3 bicycles"),
    ("Müller GmbH", "Muller GmbH"),
    # numbers
    ("44.2", "44.20"),
    ("44,2 mm", "44.2 mm"),
    ("1500", "1,500"),
    ("10 000 hours", "10,000 hours"),
    ("1.234,5 kg", "1,234.5 kg"),
    ("0,125", "0.125"),
    ("4", "four"),
    ("There are four of them.", "4"),
    ("twenty-four", "24"),
    ("ninety nine", "99"),
    ("one hundred and fifty", "150"),
    ("a hundred litres", "100 l"),
    ("2.5 million", "2,500,000"),
    ("a dozen", "12"),
    ("two and a half hours", "2.5 h"),
    ("1½ litres", "1.5 l"),
    ("1 1/2 inches", "1.5 inch"),
    ("minus 5 °C", "−5 °C"),
    ("the third", "3rd"),
    # units
    ("500h", "500 hours"),
    ("500 hrs", "500 hours"),
    ("500 operating hours", "500 hours"),
    ("80 degrees Celsius", "80 °C"),
    ("80 °C", "80 degrees C"),
    ("80 C", "80°C"),
    ("15 percent", "15 %"),
    ("15%", "15 per cent"),
    ("30 min", "30 minutes"),
    ("half an hour", "30 minutes"),
    ("5 kilograms", "5 kg"),
    ("€44.20", "44.2 euros"),
    ("EUR 44.20", "44,20 €"),
    ("$1,500", "1500 dollars"),
    ("5 pounds", "£5"),
    ("5 pounds", "5 lb"),
    ("90 km/h", "90 kilometres per hour"),
    ("12 litres per minute", "12 l/min"),
    ("12 litres a minute", "12 l/min"),
    ("2,900 rpm", "2900 revolutions per minute"),
    ("2900 min⁻¹", "2900 rpm"),
    ("35 Nm", "35 newton metres"),
    ("35 N·m", "35 Nm"),
    ("1.5 kWh", "1.5 kilowatt-hours"),
    ("20 square metres", "20 m²"),
    ("3 m3", "3 cubic meters"),
    ("230 volts", "230 V"),
    ("16 A", "16 amps"),
    ("50 Hz", "50 hertz"),
    ("once a week", "weekly"),
    ("every week", "once a week"),
    ("twice per day", "2 times a day"),
    ("80 °C (176 °F)", "80 °C"),
    ("twice daily", "2 times a day"),
    ("10 litres daily", "10 l per day"),
    ("every other week", "every 2 weeks"),
    ("held every second Monday", "held every 2 Mondays"),
    ("every 3 batches", "after every third batch"),
    ("every 2nd day", "every two days"),
    ("one third", "1/3"),
    ("three quarters", "0.75"),
    ("1 hour 30 minutes", "90 minutes"),
    ("1 hour and 30 minutes", "1.5 h"),
    ("36 months", "three years"),
    ("1.5 l", "1500 ml"),
    # ranges
    ("5-10 bar", "5 to 10 bar"),
    ("between 5 and 10 bar", "5–10 bar"),
    ("5 °C – 10 °C", "5 to 10 °C"),
    ("between 5 °C and 10 °C", "5 °C to 10 °C"),
    ("mixed 1 to 50", "1:50"),
    ("on A4 paper", "A4"),
    ("Answer: 5 bar", "5 bar"),
    ("under pressure", "under pressure"),
    ("from -10 to +40 °C", "−10 to 40 °C"),
    # dates and times
    ("12 March 2024", "2024-03-12"),
    ("March 12, 2024", "12.03.2024"),
    ("on the 12th of March 2024", "12 March 2024"),
    ("03/12/2024", "12 March 2024"),
    ("12 March 2024", "March 2024"),
    ("It was founded on 12 March 1998.", "1998"),
    ("8:30 pm", "20:30"),
    ("8 a.m.", "08:00"),
    ("at noon", "12:00"),
    # sentences, light words, brackets, lists
    ("The oil has to be changed every 500 hours of operation.", "every 500 hours"),
    ("500 hours", "every 500 hours"),
    ("the basement", "in the basement"),
    ("about 12 bar", "12 bar"),
    ("up to 12 bar", "12 bar"),
    ("nether Coombe", "as far as Nether Coombe"),
    ("-18 °C or below", "-18 °C"),  # as "up to": a bound that takes the value in
    ("16 years and over", "at least 16"),
    ("5 litres", "at least 5 litres"),
    ("polyamide", "polyamide (PA6)"),
    ("pepper, salt and oil", "salt, pepper and oil"),
    ("zinc, copper", "zinc and copper"),
    ("Berlin, Germany", "Berlin"),
    ("the red one", "red"),
    ("X-200", "X200"),
    ("The X200 needs 5 bar", "5 bar"),
    ("No, it must not be washed.", "No"),
    ("Do not open it", "do not open"),
    ("The manual does not say.", "This is not mentioned in the document."),
    ("每500小时", "500小时"),
]

WRONG = [
    ("", "every 500 hours"),
    ("   .", "red"),
    ("anything", ""),
    ("5000 hours", "500 hours"),
    ("500 minutes", "500 hours"),
    ("500", "500 hours"),
    ("50 °C", "80 °C"),
    ("80 °F", "80 °C"),
    ("5 °C", "-5 °C"),
    ("-5 °C", "5 °C"),
    ("44.02", "44.2"),
    ("150", "1,500"),
    ("5 mW", "5 MW"),
    ("5 kg", "5 g"),
    ("5 $", "5 €"),
    ("5 l/h", "5 l/min"),
    ("twice a week", "weekly"),
    ("14", "four"),
    ("X2000", "X200"),
    ("X200B", "X200"),
    ("X200", "200"),
    ("IP67", "IP68"),
    ("version 2.1.4", "version 2.1.3"),
    ("reddish", "red"),
    ("not every 500 hours", "every 500 hours"),
    ("It isn't red.", "red"),
    ("without oil", "oil"),
    ("500 hours or 1000 hours", "500 hours"),
    ("500 hours, 600 hours, 700 hours", "500 hours"),
    ("It is 500 or 600 hours", "500 hours"),
    ("5 to 12 bar", "5 to 10 bar"),
    ("5 to 10 bar", "10 bar"),
    ("less than 5 bar", "5 bar"),
    ("at most 5 litres", "at least 5 litres"),
    ("before 5 minutes", "after 5 minutes"),
    ("red or blue", "red"),
    ("red, green, blue and yellow", "green"),
    ("zinc and tin", "zinc"),
    ("zinc, copper and tin", "zinc and copper"),
    ("the red and the blue valve", "the red valve"),
    ("12 April 2024", "12 March 2024"),
    ("2024", "12 March 2024"),
    ("13 March 2024", "03/12/2024"),
    ("March or April", "March"),
    ("Monday to Friday", "Monday"),
    ("8:30 am", "20:30"),
    ("left and right", "left"),
    ("counterclockwise", "clockwise"),
    ("Yes", "No"),
    ("No, yes", "No"),
    ("The pump is made of steel.", "The manual does not say."),
    ("The manual does not say.", "steel"),
    ("the third", "the second"),
    ("5 kg and 5 g", "5 kg"),
    ("2 hours 30 minutes", "2 hours"),
    ("12 kg and 14 kg", "12 kg"),
    ("on the front of the housing", "on the back of the housing"),
    ("steel", "stainless steel"),
    ("20 min", "20–30 min"),
    ("Monday and Wednesday", "Monday, Wednesday and Friday"),
    ("47111", "4711"),
    ("a single one", "1"),
    ("green valve red", "red valve"),
    (
        "The oil is a liquid that many people like and the pump has a lot of parts such as the "
        "housing, while the shaft turns inside the bearing and somewhere there is brass on it",
        "brass",
    ),
    ("How many hours does it take? How many hours does it take?", "500 hours"),
]


@pytest.mark.parametrize(("answer", "expected"), RIGHT)
def test_passes_what_a_fair_reader_accepts(answer: str, expected: str) -> None:
    assert grade(answer, expected), (read_tokens(answer), read_tokens(expected))


@pytest.mark.parametrize(("answer", "expected"), WRONG)
def test_fails_what_a_fair_reader_rejects(answer: str, expected: str) -> None:
    assert not grade(answer, expected), (read_tokens(answer), read_tokens(expected))


@pytest.mark.parametrize("said", ["16 or over", "red or blue", "not more than 5 kg"])
def test_the_very_answer_that_is_expected_passes(said: str) -> None:
    assert grade(said, said)


@pytest.mark.parametrize(
    ("answer", "expected", "right"),
    [
        ("Motor too hot", "The motor is too hot", True),
        ("The motor is too hot.", "Motor too hot", True),
        ("the motor", "The motor is too hot", False),
        ("not blocked", "The filter is blocked", False),
        ("closed", "It is not closed", False),
        ("Rowan Tredgold", "Rowan Tredgold, the Head Librarian", True),
        ("the Head Librarian", "Rowan Tredgold, the Head Librarian", False),
    ],
)
def test_a_clause_may_lack_its_verb_and_a_name_its_office(
    answer: str, expected: str, right: bool
) -> None:
    assert grade(answer, expected, "Who or what is to blame?") is right


@pytest.mark.parametrize(
    ("answer", "expected", "right"),
    [
        ("by pulling back the brass collar", "pull back the brass collar", True),
        ("Pull back the brass collar.", "by pulling back the brass collar", True),
        ("by using a soft cloth", "use a soft cloth", True),
        ("by unplugging the pump", "unplug the pump", True),
        ("by pushing the collar", "pull back the collar", False),
        ("by not pulling the collar", "pull the collar", False),
    ],
)
def test_how_something_is_done_may_be_an_order(answer: str, expected: str, right: bool) -> None:
    assert grade(answer, expected, "How do I get it off?") is right


def test_numbers_of_the_question_are_no_second_candidate() -> None:
    answer = "The Aurora 7 needs a service after 300 hours"
    assert not grade(answer, "300 hours")
    assert grade(answer, "300 hours", "When does the Aurora 7 need a service?")


@pytest.mark.parametrize("number", range(101))
def test_reads_every_number_word_to_a_hundred(number: int) -> None:
    small = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen"
    ).split()
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    if number < 20:
        word = small[number]
    elif number < 100:
        word = tens[number // 10 - 2] + (f"-{small[number % 10]}" if number % 10 else "")
    else:
        word = "one hundred"
    assert grade(f"{word} bolts", f"{number} bolts")
    assert not grade(f"{word} bolts", f"{number + 1} bolts")
