"""Plain sentences around answers, and the rules that word questions."""

import pytest

from gemma_garage.augment.local.cells import ask_about_cell
from gemma_garage.augment.local.context import (
    find_subject,
    mark_answer,
    name_pronouns,
    narrow_evidence,
)
from gemma_garage.augment.local.facts import find_facts
from gemma_garage.augment.local.wordings import (
    ask_about_clause,
    complete_statement,
    echo_statement,
    name_subject,
    vary_question,
)
from gemma_garage.augment.sentences import split_statements


def _mark(text: str, answer: str) -> str:
    statements = split_statements(text)
    told = name_pronouns(statements)
    for fact in find_facts(statements):
        if fact.answer == answer:
            statement = statements[fact.statement]
            return mark_answer(statement, told[fact.statement], fact.start, fact.end)
    raise AssertionError(f"{answer} was not found")


@pytest.mark.parametrize(
    ("text", "answer", "marked"),
    [
        ("Unpack it and see that none is missing:\n\n- one stone made of clay slate", "clay slate",
         "one stone made of [clay slate]."),
        ("The power cord is short. If it is damaged, a smith replaces it within 3 days.",
         "within 3 days", "If the power cord is damaged, a smith replaces it [within 3 days]."),
        ("The roaster weighs 9.2 kg, so lift it with both hands.", "9.2 kg",
         "The roaster weighs [9.2 kg]."),
        ("The filter is a spare part. It costs 18 euros, and it lasts long.", "18 euros",
         "The filter costs [18 euros]."),
        ("The filter is white, and it costs 18 euros.", "18 euros", "The filter costs [18 euros]."),
        ("There are about 520 bicycles, of which 140 are electric.", "140",
         "Of the bicycles [140] are electric."),
        ("The box contains the mower, a charger, 240 pegs, nine spare blades and a ruler.",
         "240 pegs", "The box contains [240 pegs]."),
        ("The mower weighs 13 kg and runs on three wheels, of which two are driven.",
         "three wheels", "The mower runs on [three wheels]."),
        ("The larger one, the Sea Thistle, carries 420 passengers and 64 cars.", "420 passengers",
         "The larger one, the Sea Thistle, carries [420 passengers] and 64 cars."),
        ("If the lamp turns violet, the filter must be changed.", "the filter must be changed",
         "If the lamp turns violet, [the filter must be changed]."),
        ("The box contains:\n\n- a scoop, which holds 55 g", "55 g",
         "The box contains: a scoop, which holds [55 g]."),
        ("The kiln weighs 80 kg when empty and is 46 cm wide.", "80 kg",
         "The kiln weighs [80 kg] when empty."),
        ("The kiln weighs 80 kg when empty and is 46 cm wide.", "46 cm",
         "The kiln is [46 cm] wide."),
        ("The trough, named the Pilla trough, slides out and holds 3 litres.", "3 litres",
         "The trough, named the Pilla trough, holds [3 litres]."),
        ("Code E7 means that the probe is broken and must be changed by a smith.", "a smith",
         "The probe must be changed by [a smith]."),
        ("The door lasts 30 months, while the bricks are covered for 5 years.", "5 years",
         "The bricks are covered for [5 years]."),
        ("Bisque needs a heat of 980 °C and a soak of 48 minutes.", "48 minutes",
         "Bisque needs a soak of [48 minutes]."),
        ("Bisque needs a heat of 980 °C and a soak of 48 minutes.", "980 °C",
         "Bisque needs a heat of [980 °C]."),
    ],
)  # fmt: skip
def test_marked_sentences(text: str, answer: str, marked: str) -> None:
    assert _mark(text, answer) == marked


def test_evidence_is_cut_down_to_what_concerns_the_answer() -> None:
    evidence = "A new **seal** costs 14.90 euros and has the order code BT4-118."
    assert narrow_evidence(evidence, "BT4-118") == "A new seal has the order code BT4-118."
    assert narrow_evidence(evidence, "19 euros") == evidence


def test_find_subject() -> None:
    assert (
        find_subject("The ferry from Port Ansel takes 25 minutes.") == "The ferry from Port Ansel"
    )
    assert find_subject("If it rains, stay inside.") == ""


@pytest.mark.parametrize(
    ("marked", "kind", "question"),
    [
        ("The fuse is rated at [8 amperes].", "quantity", "The fuse is rated at how many amperes?"),
        ("Oil the hinge [every six weeks].", "time", "Oil the hinge how often?"),
        ("A day ticket costs [£7.20].", "quantity", "A day ticket costs how much money?"),
        ("A visit costs [£95 plus parts].", "quantity", "A visit costs how much money?"),
        ("The mill was built by [Anna Dorfeld].", "name", "The mill was built by whom?"),
        ("The director is [Anna Dorfeld].", "name", "The director is who?"),
        ("The lamp hangs in the [Amber Room].", "name", "The lamp hangs in the what?"),
        ("The power cord is [purple].", "colour", "The power cord is what colour?"),
        ("[Blue].", "colour", ""),
    ],
)
def test_echo_questions(marked: str, kind: str, question: str) -> None:
    assert echo_statement(marked, kind) == question


def test_gap_needs_something_around_it() -> None:
    assert complete_statement("The fuse is rated at [8 amperes].") == (
        "What is missing here: “The fuse is rated at …”?"
    )
    assert complete_statement("It is [8 amperes].") == ""


def test_rules_for_clauses_and_cells() -> None:
    assert "What does code E5 mean?" in ask_about_clause("Code E5 means that [the drum is stuck].")
    cells = (("Profile", "Cinder"), ("End temperature", "226 °C"), ("Best for", "espresso"))
    assert "Which profile is best for espresso?" in ask_about_cell(cells, 0, "")
    assert "What is the end temperature of Cinder?" in ask_about_cell(cells, 1, "")
    assert "What is Cinder best for?" in ask_about_cell(cells, 2, "")
    property_row = (("Property", "Rated pressure"), ("Value", "12 bar"))
    assert "What is the rated pressure of the HX-70?" in ask_about_cell(property_row, 1, "HX-70")


def test_a_row_of_several_prices_is_asked_by_its_columns() -> None:
    cells = (("City", "Zurich"), ("Hotel", "€240"), ("Dinner", "€55"))
    asked = ask_about_cell(cells, 2, "")
    assert asked[0] == "How much is dinner in Zurich?"
    assert not any("does Zurich cost" in question for question in asked)


def test_a_fault_is_asked_for_by_its_code_and_its_meaning() -> None:
    cells = (("Code", "E11"), ("Meaning", "Tube too hot"), ("What to do", "Wait 25 minutes"))
    asked = ask_about_cell(cells, 2, "LX4")
    assert "What should I do when E11 is shown?" in asked
    assert any("tube too hot" in question for question in asked)


def test_rewording_and_naming() -> None:
    assert "How heavy is the roaster?" in vary_question("How much does the roaster weigh?")
    assert vary_question("Wie schwer ist die Pumpe?") == []
    named = name_subject("How heavy is the roaster?", "Tindrel R2 Roaster")
    assert named == "How heavy is the Tindrel R2 Roaster?"
    named = name_subject("How heavy is the roaster?", "Tindrel R2 Roaster", short=True)
    assert named == "How heavy is the Tindrel R2?"
    assert (
        name_subject("How long is the cable?", "Tindrel R2 Roaster", short=True)
        == "How long is the cable on the Tindrel R2?"
    )
    assert (
        name_subject("Who made the Tindrel R2?", "Tindrel R2 Roaster") == "Who made the Tindrel R2?"
    )


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        ((("Task", "Empty the tray"), ("When", "Daily"), ("Who", "the cook")),
         "How often do I have to empty the tray?"),
        ((("Event", "Evening tour"), ("When", "at 7 pm"), ("Who", "the guide")),
         "When is the evening tour?"),
        ((("Service", "Microchip"), ("Price", "39 euros")), "How much does microchip cost?"),
        ((("Property", "Weight"), ("Value", "9 kg")), "What is the weight?"),
        ((("Sensor", "Iris T camera"), ("Weight", "410 g"), ("Use", "roofs")),
         "How heavy is Iris T camera?"),
        ((("Part", "Filter change"), ("How often", "every 6 months"), ("Who", "the cook")),
         "How often is filter change due?"),
    ],
)  # fmt: skip
def test_a_column_that_asks_is_asked_by_what_its_rows_are(
    row: tuple[tuple[str, str], ...], asked: str
) -> None:
    assert asked in ask_about_cell(row, 1, "")
