"""The gates: each rejects what it is for, and lets the like of it pass."""

import pytest

from gemma_garage.augment.drafts import Draft
from gemma_garage.augment.normalise import find_identifiers, find_numbers, normalise_question
from gemma_garage.augment.quality import REASONS, Duplicates, judge_draft, stands_in

TEXT = """The fuse next to the power inlet is rated at **8 amperes**. The roaster draws 1,450 watts
at full heat; hold the crown down for seven seconds. The “smoke filter” has the part number
F-118. It roasts at 204–213 °C. Do not wash a used filter, since the oil cannot be rinsed out.
| Cinder | 226 °C | espresso |"""
FUSE = "The fuse next to the power inlet is rated at 8 amperes."
CROWN = "hold the crown down for seven seconds."
FILTER = 'The "smoke filter" has the part number F-118.'


def judge(question: str, answer: str, evidence: str, **options: bool) -> str:
    draft = Draft(question, answer, evidence)
    return judge_draft(draft, TEXT, context="Tindrel 2 Roaster\nPower", **options)


@pytest.mark.parametrize(
    ("question", "answer", "evidence"),
    [
        ("What is the fuse of the Tindrel 2 rated at?", "8 amperes", FUSE),
        ("How many watts are drawn?", "1450 watts", "The roaster draws 1,450 watts at full heat"),
        ("How long is the crown held?", "for 7 seconds", CROWN),
        ("How long does it take to lock the crown?", "seven seconds", CROWN),
        ("Is it allowed to hold the crown for a while?", "down for seven seconds", CROWN),
        ("Which part number has the smoke filter?", "F-118", FILTER),
        ("Up to which heat does the roaster go?", "213 °C", "It roasts at 204-213 °C."),
        ("What is Cinder made for?", "espresso", "| Cinder | 226 °C | espresso |"),
        (
            "I have an old filter. Why should I not wash it?",
            "the oil cannot be rinsed out",
            "Do not wash a used filter, since the oil cannot be rinsed out.",
        ),
    ],
)
def test_a_good_example_passes(question: str, answer: str, evidence: str) -> None:
    assert judge(question, answer, evidence) == ""


@pytest.mark.parametrize(
    ("reason", "question", "answer", "evidence"),
    [
        ("empty", "", "8 amperes", FUSE),
        ("empty", "What is the fuse rated at?", "…", FUSE),
        ("too-long", "What is the fuse rated at? " * 20, "8 amperes", FUSE),
        ("too-long", "What is the fuse rated at?", "8 amperes " * 100, FUSE),
        ("vague", "What does the passage say about the fuse?", "8 amperes", FUSE),
        ("vague", "According to this section, what is the fuse?", "8 amperes", FUSE),
        ("vague", "How long is it held?", "seven seconds", CROWN),
        ("vague", "What does this mean?", "seven seconds", CROWN),
        ("vague", "What is the weight?", "8 amperes", FUSE),
        ("vague", "How much?", "8 amperes", FUSE),
        ("answer-in-question", "What are the 8 amperes of the fuse?", "8 amperes", FUSE),
        ("answer-in-question", "Is part F-118 the filter?", "The part F-118", FILTER),
        ("evidence", "What is the fuse rated at?", "9 amperes", FUSE.replace("8", "9")),
        ("evidence", "Who made the fuse of the roaster?", "Orvask", "Orvask made the fuse."),
        ("evidence", "What is the fuse rated at?", "8 amperes", ""),
        ("number", "What is the fuse rated at?", "18 amperes", FUSE),
        ("number", "How long is the crown held?", "eight seconds", CROWN),
        ("number", "Which part number has the filter?", "F-119", FILTER),
        ("number", "What is the 12 V fuse rated at?", "8 amperes", FUSE),
        ("unsupported", "What protects the roaster?", "a thermal sensor", FUSE),
        ("unsupported", "Is the fuse rated in amperes?", "Yes", FUSE),
    ],
)
def test_each_gate_names_its_reason(reason: str, question: str, answer: str, evidence: str) -> None:
    assert judge(question, answer, evidence) == reason
    assert reason in REASONS


def test_a_translated_answer_is_compared_by_numbers_alone() -> None:
    asked = "Wofür ist die Sicherung des Rösters ausgelegt?"
    assert judge(asked, "8 Ampere", FUSE, translated=True) == ""
    assert judge(asked, "9 Ampere", FUSE, translated=True) == "number"
    assert judge("Was schützt den Röster?", "eine Sicherung", FUSE) == "unsupported"


def test_evidence_may_differ_in_typography_and_by_a_slip_but_not_in_numbers() -> None:
    assert stands_in("the  FUSE next to the power inlet is rated at 8 amperes", TEXT)
    assert stands_in("The fuse next to the power inlt is rated at 8 amperes.", TEXT)
    assert not stands_in("The fuse next to the power inlet is rated at 80 amperes.", TEXT)
    assert not stands_in(TEXT + " and more", TEXT)


def test_the_same_question_is_a_duplicate_whatever_its_dress() -> None:
    seen = Duplicates([("What is the fuse rated at?", "8 amperes")])
    assert seen.has("what is the  fuse rated at", "8 amperes")
    assert seen.has("What is the fuse rated at?", "9 amperes")  # a contradiction helps nobody
    assert seen.has("What is the fuses rated at?", "8 amperes")  # nearly the same
    assert not seen.has("Which current does the fuse allow?", "8 amperes")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the maximum pressure of valve A?", "What is the maximum pressure of valve B?"),
        ("What does error code 12 of the pump mean?", "What does error code 13 of the pump mean?"),
        ("What is the fuse of pump F-118 rated at?", "What is the fuse of pump F-119 rated at?"),
        ("How heavy is the box of the Meadow?", "How heavy is the box of the Meadov?"),
    ],
)
def test_questions_about_different_things_are_never_duplicates(one: str, other: str) -> None:
    assert not Duplicates([(one, "6 bar")]).has(other, "6 bar")


def test_numbers_are_compared_by_value() -> None:
    assert find_numbers("1,450 W, 1450 W, 1 450 W, 1'450 W".replace(" 4", "\u202f4")) == {"1450"}
    assert find_numbers("2.50 m and 2,5 m and 007") == {"2.5", "7"}
    assert find_numbers("twenty-five or a dozen") == {"25", "12"}
    assert find_numbers("the R2 and F-118 of 204-213 °C") == {"204", "213"}


def test_identifiers_and_questions_are_comparable() -> None:
    assert find_identifiers("Does the R2 of Orvask need valve B?") == ["b", "orvask", "r2"]
    assert normalise_question("  What’s “Drumlog”? ") == normalise_question("what's drumlog")
