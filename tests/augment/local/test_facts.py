"""Answers found by rule."""

import itertools

import pytest

from gemma_garage.augment.local.facts import find_facts
from gemma_garage.augment.sentences import split_statements


def _answers(text: str, subject: str = "") -> list[str]:
    return [fact.answer for fact in find_facts(split_statements(text), subject)]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The kettle weighs 1.8 kg when empty.", "1.8 kg"),
        ("Leave at least 40 cm of space behind it.", "at least 40 cm"),
        ("The worktop is between 28 mm and 60 mm thick.", "between 28 mm and 60 mm"),
        ("Set the camera on a shelf 4 to 6 feet high.", "4 to 6 feet"),
        ("To unlock it, push the stick fully forwards.", "push the stick fully forwards"),
        ("The pump may not run for more than 12 hours a day.", "12 hours a day"),
        ("Further valves are £46 each, and a house has 24.", "£46 each"),
        ("School parties pay £9 a pupil with a teacher.", "£9 a pupil"),
        ("Wigs are hired for £25 for a week, except in May.", "£25 for a week"),
        ("A phased return lasts six weeks at most.", "six weeks at most"),
        ("The siren is tested on Mondays at 10 am.", "on Mondays at 10 am"),
        ("Unnamed food is thrown out every Friday at 4 pm.", "every Friday at 4 pm"),
        ("Their door is open on weekdays from 10 to 4.", "on weekdays from 10 to 4"),
        ("She runs the clinic on Thursday afternoons.", "on Thursday afternoons"),
        ("Cancel free of charge until noon of the previous day.", "until noon of the previous day"),
        ("Please order by noon on the same day.", "by noon on the same day"),
        ("Give us 10 days' notice by e-mail.", "10 days' notice"),
        ("We may raise it with 45 days' written notice.", "45 days' written notice"),
        ("Insulation saves a third of this.", "a third"),
        ("Large dogs pay a fifth more for operations.", "a fifth more"),
        ("A change by hand lasts until the next step.", "until the next step"),
        ("It may hang above an oven if that has its own fan.", "if that has its own fan"),
        ("There are six wheelchair spaces in row H.", "in row H"),
        ("You may smoke only in the yard, next to the oak.", "in the yard, next to the oak"),
        ("It hangs in the kitchen over the toaster.", "in the kitchen over the toaster"),
        ("Ottilie Marchbank founded the practice in 1994.", "Ottilie Marchbank"),
        ("Technical advice: Mr Idris Quayle, extension 31.", "Mr Idris Quayle"),
        ("Pull the chain: the gap must be 1/8 in.", "1/8 in."),
        ("The pump lasts 3,000 operating hours.", "3,000 operating hours"),
        ("Wait about 10 seconds before you pull it out.", "about 10 seconds"),
        ("A full charge takes 5½ hours.", "5½ hours"),
        ("Registered charities pay half.", "half"),
        ("We close in the first two weeks of July.", "in the first two weeks of July"),
        (
            "The assembly point is the car park of the fire station across the road.",
            "the car park of the fire station",
        ),
        ("Attach a hose of at least 1/2 inch diameter.", "at least 1/2 inch"),
        ("To cancel, write to us by the 15th.", "by the 15th"),
        ("The hose is packed inside the water tank.", "inside the water tank"),
        ("There are public computers on the first floor.", "on the first floor"),
        ("A proof must be not older than three months.", "not older than three months"),
        ("Borrowing stops at more than £15.", "more than £15"),
        ("Never load more than 220 g of green beans.", "220 g"),
        ("The lift must not carry more than 140 kg.", "140 kg"),
        ("The housing is sold in one shade only, slate blue.", "slate blue"),
        ("The desk answers calls from Tuesday to Friday.", "Tuesday to Friday"),
        ("From April to October we open at 10:30 and close at 17:15.", "April to October"),
        ("From April to October we open at 10:30 and close at 17:15.", "at 10:30"),
        ("We look after 1,240 lanterns.", "1,240 lanterns"),
        ("Children under 9 walk in free.", "9"),
        ("The meeting point is the bandstand in Corn Street.", "the bandstand in Corn Street"),
        ("Call the service line on 01632 960142 between 9 and 17.", "01632 960142"),
        ("Ring +44 1632 960142 at night.", "+44 1632 960142"),
        ("We answer from 8 am to 4 pm; the number is 0555 27 41 90.", "0555 27 41 90"),
        ("A wall charger is not included.", "A wall charger"),
        ("Dark stains on the stone are quite harmless.", "Dark stains on the stone"),
        ("Can it get wet? Keep it dry at all times.", "Keep it dry at all times"),
        ("- Chair: Priya Callow\n- Treasurer: Douglas Finch", "Douglas Finch"),
        ("- Slow red: Fault\n- Steady green: Ready", "Steady green"),
        ("You must be aged 16 or over.", "16 or over"),
        ("Allow four working days for a decision.", "four working days"),
        ("Economy class is used on all flights under six hours.", "six hours"),
        ("Taxis are paid between 9.30 pm and 6 am.", "between 9.30 pm and 6 am"),
        ("The line is staffed from 6.00 to midnight.", "from 6.00 to midnight"),
        ("Shut the gate by midnight.", "by midnight"),
        ("Members are insured up to £2 million.", "up to £2 million"),
        ("A visit by our technician costs £95 plus parts.", "£95 plus parts"),
        ("A visit costs £95 plus parts and postage.", "£95 plus parts and postage"),
        ("The shop is at 9 Tanner Street.", "9 Tanner Street"),
        ("The thermocouple is type S and enters through the back wall.", "type S"),
        ("Look through it only with dark glasses of shade 5.", "shade 5"),
        ("The blue lamp means the chamber is still above 60 °C.",
         "the chamber is still above 60 °C"),
        ("A slow red light means low battery.", "low battery"),
        ("The team looks at one claim in fifteen, picked at random.", "one claim in fifteen"),
        ("Tips are paid up to 10 per cent.", "up to 10 per cent"),
        ("Oil the hinge every six weeks.", "every six weeks"),
        ("Empty the tray after every second batch.", "after every second batch"),
        ("Hand the form in by the third working day of the next month.",
         "by the third working day of the next month"),
        ("A ticket costs £7.20 for adults.", "£7.20"),
        ("Electric bicycles cost an extra 8p per minute.", "8p per minute"),
        ("A room costs up to $95 per night.", "up to $95 per night"),
        ("The desk is open from 8:15 to 16:45 on weekdays.", "from 8:15 to 16:45"),
        ("The works stay closed in February.", "February"),
        ("Come back on the last Sunday in May.", "the last Sunday in May"),
        ("The lens has the part number K-4471.", "K-4471"),
        ("To unlock the door, enter the code 5518.", "5518"),
        ("The mill was built by Anna Dorfeld in a year.", "Anna Dorfeld"),
        ("It is filled with the oil Lubrol 30 at the works.", "Lubrol 30"),
        ("The cover is painted dark red on both sides.", "dark red"),
        ("Code E7 means that the belt is torn.", "the belt is torn"),
        ("If the lamp blinks, the battery must be charged.", "the battery must be charged"),
        ("Keys are handed out at the post office.", "at the post office"),
        ("The frame is made of aluminium bronze.", "aluminium bronze"),
        ("Temperatures of –10 to +45 °C are allowed.", "–10 to +45 °C"),
    ],
)  # fmt: skip
def test_an_answer_of_each_kind(text: str, answer: str) -> None:
    assert answer in _answers(text)


@pytest.mark.parametrize(
    "text",
    [
        "It was drawn by the engineer Runa Castellby.",
        "It is kept in the town of Ostervell.",
        "Parts are sent from the warehouse in Quellmarsh.",
        "Old kilns are taken back free of charge.",
    ],
)
def test_a_noun_before_its_name_is_no_answer(text: str) -> None:
    assert not {"the engineer", "the town", "the warehouse", "charge"} & set(_answers(text))


def test_what_means_to_an_end_are_is_no_meaning() -> None:
    for text in ("It is a means of transport for pupils.", "This means the pump is off by now."):
        assert not [f for f in find_facts(split_statements(text)) if f.kind == "clause"]


def test_one_of_a_thing_is_no_amount() -> None:
    statements = split_statements(
        "- 1 steel stand on four castors\n- 12 shelf props\n- 1 kg of wax"
    )
    answers = {fact.answer for fact in find_facts(statements)}
    assert {"four castors", "12 shelf props", "1 kg"} <= answers and "1" not in answers


def test_a_year_is_a_time_and_not_a_count() -> None:
    (fact,) = find_facts(split_statements("The mill was built in 1963."))
    assert (fact.answer, fact.kind) == ("1963", "time")


def test_places_point_into_the_statement() -> None:
    text = "The tank holds 12 litres of water. Its cap is yellow and made by Jorvik Caps in Malmo."
    statements = split_statements(text)
    facts = find_facts(statements)
    assert len(facts) >= 4
    for fact in facts:
        assert statements[fact.statement].text[fact.start : fact.end] == fact.answer


def test_the_subject_and_questions_are_no_answers() -> None:
    found = _answers("They sell the Morva 3. What does the Morva 3 cost in Rome?", "Morva 3 Drill")
    assert found == []


def test_cells_and_row_names() -> None:
    text = "| Mode | Speed | Use |\n|---|---|---|\n| Calm | 3 rpm | dough |"
    assert _answers(text) == ["Calm", "3 rpm", "dough"]


def test_answers_of_a_statement_do_not_overlap() -> None:
    text = "The ferry from Port Ansel takes 25 minutes and leaves every two hours at 8:15."
    statements = split_statements(text)
    facts = sorted(find_facts(statements), key=lambda fact: fact.start)
    assert all(one.end <= two.start for one, two in itertools.pairwise(facts))


@pytest.mark.parametrize(
    "text",
    [
        "Die Pumpe wiegt 12,5 kg und wird von Herrn Müller in Ulm gewartet.",
        "La pompe pèse 12,5 kg et se trouve à Lyon, près de l'usine Vernet.",
        "水泵重 12 公斤。",
        "()[] .. ?! --- 5",
        "🙂",
    ],
)
def test_other_languages_and_debris_do_no_harm(text: str) -> None:
    assert isinstance(_answers(text), list)


def test_german_quantity_is_found() -> None:
    assert "12,5 kg" in _answers("Die Pumpe wiegt 12,5 kg und steht in Ulm.")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The warmer has a switch of its own, which is found under the rear edge of the lid.",
         "under the rear edge of the lid"),
        ("In case of fire, staff gather at the oak tree opposite the entrance; all others wait.",
         "at the oak tree opposite the entrance"),
        ("Never use vinegar for descaling, as it damages the silicone hoses.",
         "it damages the silicone hoses"),
        ("To change it, hold the left button for four seconds.", "the left button"),
    ],
)  # fmt: skip
def test_places_reasons_and_what_is_held_are_answers(text: str, answer: str) -> None:
    assert answer in [fact.answer for fact in find_facts(split_statements(text, ""))]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("It was opened in 1998 by Dr. Elna Marsk, who still runs it.", "Dr. Elna Marsk"),
        ("The boat was built by Storvik in Ålesund, Norway.", "Ålesund, Norway"),
        ("The firm was founded by the brothers Olaf and Nils Tamber.", "Olaf and Nils Tamber"),
        ("The crossing takes 1 hour and 50 minutes.", "1 hour and 50 minutes"),
        ("The keypad is then locked for half an hour.", "half an hour"),
        ("It must stay one metre away from ponds.", "one metre"),
        ("Drills are held every second Monday.", "every second Monday"),
        ("The code is changed on the first day of every month.", "on the first day of every month"),
        ("Reports are sent on the third day of each month.", "on the third day of each month"),
        ("The lock is switched on by touching the display with three fingers.",
         "by touching the display with three fingers"),
        ("The one who sets it up is the owner, and only the owner can delete rooms.", "the owner"),
        ("Place it in the open, ideally in the hallway.", "in the hallway"),
        ("Updates appear on the first Tuesday of each quarter.",
         "on the first Tuesday of each quarter"),
        ("Send the drone to the works once a year.", "once a year"),
        ("Wipe the motors after each day of work.", "after each day of work"),
        ("The plan is published five weeks in advance.", "five weeks in advance"),
        ("Replace the blades after 90 hours of flight.", "after 90 hours of flight"),
        ("Calls are answered from 7 am to 5 pm.", "from 7 am to 5 pm"),
        ("It sails from 15 May to 20 September.", "from 15 May to 20 September"),
        ("Bring it inside by the end of October.", "by the end of October"),
        ("Report it to the harbour on radio channel 14.", "channel 14"),
        ("The brown wire belongs to terminal 5.", "terminal 5"),
        ("The permitted range is from minus 15 to plus 42 °C.", "from minus 15 to plus 42 °C"),
        ("The hotline is free of charge.", "free of charge"),
        ("Nurses wear mint green coats.", "mint green"),
        ("Remove the orange lock before use.", "the orange lock"),
        ("Jackets are stored in the orange lockers beside the stairs.",
         "in the orange lockers beside the stairs"),
        ("Pictures are saved on a card behind the rubber flap under the nose.",
         "behind the rubber flap under the nose"),
        ("To stop it, press the button on the left shoulder of the controller.",
         "on the left shoulder of the controller"),
        ("The cooling fan is the loudest part of the machine.", "cooling fan"),
        ("The socket of the power supply must be kept dry; use the power supply only.",
         "the power supply"),
    ],
)  # fmt: skip
def test_an_answer_is_whole(text: str, answer: str) -> None:
    assert answer in _answers(text)


@pytest.mark.parametrize(
    ("text", "weak"),
    [
        ("It roasts small batches of green coffee.", {"green", "green coffee"}),
        ("Water with a hardness above 14 degrees is filtered.", {"a hardness"}),
        ("Turn it to the right until it is seated.", {"the right"}),
        ("Set it down with the nose pointing away from you.", {"the nose pointing"}),
        ("The sensor on the lid sends the mower home.", {"the lid sends", "the lid"}),
        ("The cafeteria on deck 4 serves meals.", {"4 serves", "4"}),
        ("The fish soup is its best-known dish.", {"its best-known dish"}),
        ("The gift is made in the company's own workshop.", {"the company's"}),
    ],
)
def test_half_a_phrase_is_no_answer(text: str, weak: set[str]) -> None:
    assert not weak & set(_answers(text))


def test_what_is_no_answer() -> None:
    assert "a short" not in _answers("Slide it onto the stone with a short, quick movement.")
    assert "part that" not in _answers("This is the only part that can go in the dishwasher.")


def test_the_makers_name_in_what_a_thing_is_called() -> None:
    text = "The cord must be replaced by a Bramloft service partner."
    assert _answers(text, "Bramloft Cinder 13") == ["a Bramloft service partner"]
