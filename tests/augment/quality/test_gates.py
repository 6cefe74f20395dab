"""The gates: each rejects what it is for, and lets the like of it pass."""

import pytest

from gemma_garage.augment.drafts import SUMMARY, UNANSWERABLE, Draft
from gemma_garage.augment.normalise import find_numbers, normalise_question
from gemma_garage.augment.quality import REASONS, judge_draft, stands_in
from gemma_garage.augment.quality.bounds import is_turned_round
from gemma_garage.augment.quality.evidence import find_piece
from gemma_garage.augment.quality.figures import find_wrong_figure
from gemma_garage.augment.quality.names import find_codes, read_identifiers
from gemma_garage.augment.quality.negation import says_opposite
from gemma_garage.augment.quality.reasons import GATES
from gemma_garage.augment.quality.subject import is_about_another
from gemma_garage.augment.quality.words import is_inflected

TEXT = """The fuse next to the power inlet is rated at **8 amperes**. The roaster draws 1,450 watts
at full heat; hold the crown down for seven seconds. The “smoke filter” has the part number
F-118. It roasts at 204–213 °C. Do not wash a used filter, since the oil cannot be rinsed out.
| Meadow | 204 °C | filter coffee |
| Cinder | 226 °C | espresso |"""
FUSE = "The fuse next to the power inlet is rated at 8 amperes."
CROWN = "hold the crown down for seven seconds."
FILTER = 'The "smoke filter" has the part number F-118.'

WASH = "Do not wash a used filter, since the oil cannot be rinsed out."
CINDER = "| Cinder | 226 °C | espresso |"


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
        ("identifier", "Which part number has the filter?", "F-119", FILTER),
        ("number", "What is the 12 V fuse rated at?", "8 amperes", FUSE),
        ("number", "What is the fuse rated at?", "8 volts", FUSE),
        ("identifier", "What does code E12 of the roaster mean?", "8 amperes", FUSE),
        ("name", "What is the fuse of the Orvask rated at?", "8 amperes", FUSE),
        ("name", "Who rated the fuse?", "The fuse is rated by Marta Voss", FUSE),
        ("bound", "What is the fuse rated at?", "at least 8 amperes", FUSE),
        ("negation", "What is done with a used filter?", "wash a used filter", WASH),
        ("other-subject", "What is Meadow made for?", "espresso", CINDER),
        ("unsupported", "What protects the roaster?", "a thermal sensor", FUSE),
        ("unsupported", "Is the fuse rated in amperes?", "Yes", FUSE),
    ],
)
def test_each_gate_names_its_reason(reason: str, question: str, answer: str, evidence: str) -> None:
    assert judge(question, answer, evidence) == reason
    assert reason in REASONS and reason in GATES


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


def test_numbers_are_compared_by_value() -> None:
    assert find_numbers("1,450 W, 1450 W, 1 450 W, 1'450 W".replace(" 4", "\u202f4")) == {"1450"}
    assert find_numbers("2.50 m and 2,5 m and 007") == {"2.5", "7"}
    assert find_numbers("twenty-five or a dozen") == {"25", "12"}
    assert find_numbers("the R2 and F-118 of 204-213 °C") == {"204", "213"}


def test_questions_are_comparable() -> None:
    assert normalise_question("  What’s “Drumlog”? ") == normalise_question("what's drumlog")


@pytest.mark.parametrize(
    ("claim", "proof", "wrong"),
    [
        ("half an hour", "It takes 30 minutes.", False),
        ("1450 W", "draws 1,450 watts", False),
        ("5 to 10 °C", "between 5 °C and 10 °C", False),
        ("12 May 2021", "opened on 12/05/2021", False),
        ("in 2021", "on 12 May 2021", False),
        ("5", "on 3 May 2021", True),
        ("30 hours", "It takes 30 minutes.", True),
        ("12 June 2021", "opened on 12 May 2021", True),
        ("31 billion euros", "31 million euros", True),
        ("the third floor", "on the second floor", True),
        ("three coins", "seven coins and three ships", True),
        ("20 euros", "20 cents, at most 10 euros", True),
        ("18:30", "at 19:30", True),
    ],
)
def test_figures_are_compared_by_value_and_unit(claim: str, proof: str, wrong: bool) -> None:
    assert find_wrong_figure(claim, proof) is wrong


def test_a_unit_may_stand_in_the_head_of_the_table() -> None:
    assert not find_wrong_figure("12 kg", "| Box | 12 |", "| Part | Weight (kg) |")
    assert find_wrong_figure("12 kg", "| Box | 12 |", "| Part | Length (cm) |")


@pytest.mark.parametrize(
    ("question", "answer", "proof", "turned"),
    [
        ("How much?", "at least 8 A", "at most 8 A", True),
        ("How much?", "no more than 8 A", "must not exceed 8 A", False),
        ("How much?", "at least 5 °C", "must not fall below 5 °C", False),
        ("How much?", "at most 5 °C", "must not fall below 5 °C", True),
        ("What is the minimum pressure?", "6 bar", "The maximum pressure is 6 bar.", True),
        ("What is the maximum pressure?", "6 bar", "The pressure is at most 6 bar.", False),
        ("How much?", "8 A", "at most 8 A", False),
        ("How old?", "ten or over", "players aged at least 10", False),
    ],
)
def test_a_limit_is_not_turned_round(question: str, answer: str, proof: str, turned: bool) -> None:
    assert is_turned_round(question, answer, proof) is turned


@pytest.mark.parametrize(
    ("question", "answer", "proof", "opposite"),
    [
        ("What to do?", "open the lid", "Do not open the lid.", True),
        ("What to do?", "do not open the lid", "Open the lid.", True),
        ("What must not be opened?", "the lid", "Do not open the lid.", False),
        ("What is it made of?", "brass", "It is not made of steel but of brass.", False),
        ("What is it made of?", "steel", "It is not made of steel but of brass.", True),
        ("How long?", "no more than a day", "It takes no more than a day.", False),
        ("When is it closed?", "if it rains", "It does not open if it rains.", False),
        ("Was ist zu tun?", "den Deckel öffnen", "Den Deckel nicht öffnen.", True),
    ],
)
def test_the_opposite_is_no_proof(question: str, answer: str, proof: str, opposite: bool) -> None:
    assert says_opposite(question, answer, proof) is opposite


def test_codes_are_told_from_amounts() -> None:
    text = "F-118, R2, 10W-40, 2.1.3, 230V, 5-inch, 1990s, 204-213, 8:30, 50Hz, /etc/app/x, `note`"
    found = {"f118", "r2", "10w40", "2.1.3", "/etc/app/x", "note"}
    assert {code.replace("-", "") for code in find_codes(text)} == found


def test_a_name_is_known_by_its_capital_where_it_does_not_open_a_sentence() -> None:
    found = read_identifiers("The pump by Marta Voss. Water cools valve B. I saw A pump.")
    names = {name.word for name in found.names if name.certain}
    assert names == {"marta", "voss"}
    assert found.letters == {("valve", "b"), ("saw", "a")}
    assert read_identifiers("When did the Salter Bridge open?").names
    assert not read_identifiers("How To Clean The Filter Of Your Machine").names


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("replaced", "replacing", True),
        ("rusty", "rust", True),
        ("sold", "selling", True),
        ("stopped", "stop", True),
        ("transmission", "transformer", False),
        ("tenant", "tenancy", False),
        ("contact", "contain", False),
        ("f118", "f119", False),
    ],
)
def test_forms_of_one_word(one: str, other: str, same: bool) -> None:
    assert is_inflected(one, other) is same


def test_the_right_piece_of_a_sentence_must_say_it() -> None:
    proof = "Fuse A is rated at 8 A, fuse B at 12 A."
    assert not is_about_another("What is fuse A rated at?", "8 A", proof, proof)
    assert is_about_another("What is fuse A rated at?", "12 A", proof, proof)
    passage = "The ringed dunlin breeds on the marsh. The grey plover does not breed here."
    proof = "The ringed dunlin breeds on the marsh."
    assert not is_about_another("Where does the dunlin breed?", "on the marsh", proof, passage)
    assert is_about_another("Where does the grey plover breed?", "on the marsh", proof, passage)


def test_a_quote_of_several_pieces_and_what_a_slip_must_not_change() -> None:
    assert stands_in("The roaster draws 1,450 watts … for seven seconds", TEXT)
    assert not stands_in("The roaster draws 1,450 watts … for nine seconds", TEXT)
    assert not stands_in("Do wash a used filter, since the oil cannot be rinsed out", TEXT)
    assert not stands_in("Do not wash a used filter, since the oil can be rinsed out", TEXT)
    # What is given back is what the passage says, so a slip in a name cannot prove itself.
    assert (
        find_piece(
            "built by Marta Foss in the old town hall", "built by Marta Voss in the old town hall"
        )
        == "built by marta voss in the old town hall"
    )


def test_summaries_and_unanswerable_questions_have_gates_of_their_own() -> None:
    summary = Draft(
        "What does the Tindrel 2 Roaster draw and at what does it roast?",
        "It draws 1,450 watts and roasts at 204–213 °C.",
        "",
        kind=SUMMARY,
    )
    assert judge_draft(summary, TEXT, context="Tindrel 2 Roaster") == ""
    refusal = Draft("What does the Tindrel 2 weigh?", "The documents do not say.", "", UNANSWERABLE)
    assert judge_draft(refusal, TEXT) == ""


CARDS = """The membership cards of the library.

| Card | Who it is for | Yearly fee | Items at one time |
| --- | --- | --- | --- |
| Junior | Under 16 | Free | 10 |
| Adult | 16 and over | £12 | 15 |
| Household | Up to two adults and all children at one address | £20 | 30 |

| Code | Meaning | What to do |
| --- | --- | --- |
| E02 | Speed sensor finds no signal | Check the position of the magnet |

| Level | Colour on the display | Typical range, half loaded |
| --- | --- | --- |
| Breeze | White | 95 km |

Bring one proof of identity and one of address not older than three months. Children under 8 must
be accompanied by someone aged at least 16. If you are not satisfied, write to the Head Librarian,
Rowan Tredgold. Anything borrowed on a Junior card: no charge. In the cold the range may drop by a
third, and this is no defect. A full charge takes 5½ hours. Pitches are ready from 2 pm and we ask
you to leave by 11 am, so that there is time to tidy. Never exceed 650 g of flour in total.

| Ingredient | 500 g loaf | 750 g loaf |
| --- | --- | --- |
| Strong flour | 340 g | 480 g |"""
ADULT, E02 = "| Adult | 16 and over | £12 | 15 |", CARDS.splitlines()[10]
HOUSE, BREEZE = CARDS.splitlines()[6], "| Breeze | White | 95 km |"
UNDER = "Children under 8 must be accompanied by someone aged at least 16."
TITLED = "If you are not satisfied, write to the Head Librarian, Rowan Tredgold."
PITCHES = (
    "Pitches are ready from 2 pm and we ask you to leave by 11 am, so that there is time to tidy."
)
GAP = "What is missing here: “Children under … must be accompanied by someone aged at least 16”?"


@pytest.mark.parametrize(
    ("question", "answer", "evidence"),
    [
        ("What is the yearly fee of Adult?", "£12", ADULT),
        ("How many items at one time does Household give?", "30", HOUSE),
        ("What is the yearly fee for Household?", "£20", HOUSE),
        ("Which level has the colour on the display White?", "Breeze", BREEZE),
        ("What is the colour on the display of Breeze?", "White", BREEZE),
        ("What should I do when E02 is shown?", "Check the position of the magnet", E02),
        (
            "How old may the proof of address be?",
            "three months",
            "Bring one proof of identity and one of address not older than three months.",
        ),
        (GAP, "8", UNDER),
        ("Who do I write to about a complaint?", "Rowan Tredgold", TITLED),
        (
            "What is the charge for a junior card?",
            "no charge",
            "Anything borrowed on a Junior card: no charge.",
        ),
        (
            "By how much may the range drop in the cold?",
            "a third",
            "In the cold the range may drop by a third, and this is no defect.",
        ),
        ("How long does a full charge take?", "5½ hours", "A full charge takes 5½ hours."),
        ("At what time are pitches ready?", "from 2 pm", PITCHES),
        ("By when do I have to leave my pitch?", "11 am", PITCHES),
        ("How much flour may there be?", "650 g", "Never exceed 650 g of flour in total."),
        ("What is the 500 g loaf of strong flour?", "340 g", "| Strong flour | 340 g | 480 g |"),
    ],
)
def test_a_row_s_cells_and_exact_gaps_are_no_rivals(
    question: str, answer: str, evidence: str
) -> None:
    assert judge_draft(Draft(question, answer, evidence), CARDS, context="Library") == ""


@pytest.mark.parametrize(
    ("reason", "question", "answer", "evidence"),
    [
        ("other-subject", "What is the yearly fee for Household?", "30", HOUSE),
        ("number", "What is the yearly fee of Adult?", "£16", ADULT),
        ("other-subject", "By when do I have to leave my pitch?", "from 2 pm", PITCHES),
        (
            "other-subject",
            "What is the 500 g loaf of flour?",
            "480 g",
            "| Strong flour | 340 g | 480 g |",
        ),
        ("answer-in-question", GAP, "16", UNDER),
        ("negation", "What does E02 mean?", "Speed sensor finds signal", E02),
    ],
)
def test_a_wrong_cell_or_value_is_still_found(
    reason: str, question: str, answer: str, evidence: str
) -> None:
    assert judge_draft(Draft(question, answer, evidence), CARDS, context="Library") == reason
