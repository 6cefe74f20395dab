"""Questions made by moving a statement's words."""

import pytest

from gemma_garage.augment.local.invert import invert_statement


@pytest.mark.parametrize(
    ("marked", "kind", "question"),
    [
        ("The crossing takes [35 minutes].", "quantity", "How long does the crossing take?"),
        ("Safety drills for the crew are held [every second Monday].", "time",
         "How often are safety drills for the crew held?"),
        ("Smoking is allowed only [on the open deck at the stern].", "thing",
         "Where is smoking allowed?"),
        ("The aircraft weighs [5.8 kg] with its battery.", "quantity",
         "How much does the aircraft weigh with its battery?"),
        ("Foot passengers should be on the quay [20 minutes before departure].", "quantity",
         "How long before departure should foot passengers be on the quay?"),
        ("The flight log is kept for [500 flights].", "quantity",
         "For how many flights is the flight log kept?"),
        ("Elements last for [about 200 stoneware firings].", "quantity",
         "For how many stoneware firings do elements last?"),
        ("Later changes cost [6 pounds].", "quantity", "How much do later changes cost?"),
        ("The hotline is [free of charge].", "quantity", "How much is the hotline?"),
        ("The Sea Thistle carries [18 life rafts].", "quantity",
         "How many life rafts does the Sea Thistle carry?"),
        ("The ship burns [1,300 litres] of diesel on a return trip.", "quantity",
         "How many litres of diesel does the ship burn on a return trip?"),
        ("Each battery has a capacity of [9,600 mAh].", "quantity",
         "What capacity does each battery have?"),
        ("The company was founded in [1963].", "time", "When was the company founded?"),
        ("Requests must be handed in by [31 January].", "time",
         "By when must requests be handed in?"),
        ("Grease the arm hinges [every six months].", "time",
         "How often do I have to grease the arm hinges?"),
        ("Let the beans rest for [36 hours] before you grind them.", "quantity",
         "How long do I have to let the beans rest before I grind them?"),
        ("Press [the middle button] to start the pour.", "thing",
         "What do I have to press to start the pour?"),
        ("The fleet captain is [Eilidh Marwick].", "name", "Who is the fleet captain?"),
        ("The clinic was opened by [Dr. Miriam Castellane].", "name",
         "Who was the clinic opened by?"),
        ("The app is called [Drumlog].", "name", "What is the app called?"),
        ("Very small batches are not advisable, because [the probe loses the beans].", "clause",
         "Why are very small batches not advisable?"),
        ("The power cord is [purple].", "colour", "What colour is the power cord?"),
        ("The passage must be [at least 85 cm] wide.", "quantity", "How wide must the passage be?"),
        ("Vaccines are stored in the refrigerator at [2 to 8 °C].", "quantity",
         "At what temperature are vaccines stored in the refrigerator?"),
        ("Crashes must be reported [within 72 hours].", "quantity",
         "How soon must crashes be reported?"),
        ("The Tern is a survey drone built by [Halvorsen].", "name", "What is the Tern built by?"),
        ("The Tern is a survey drone built by Halvorsen in the town of [Kessing].", "name",
         "Where is the Tern built by Halvorsen?"),
        ("If the link is lost, the drone hovers for [20 seconds] and then lands.", "quantity",
         "How long does the drone hover if the link is lost?"),
        ("To change it, hold [the left button] for four seconds.", "thing",
         "What do I have to hold for four seconds to change it?"),
        ("Each battery weighs 900 g and needs [70 minutes] to charge.", "quantity",
         "How long does each battery need to charge?"),
        ("The clinic employs seven vets, [13 nurses] and a cook.", "quantity",
         "How many nurses does the clinic employ?"),
        ("The box contains a tap, [160 metres] of boundary wire and a peg.", "quantity",
         "How many metres of boundary wire does the box contain?"),
        ("Tables are wiped with Solvicet, which has to act for [three minutes] before use.",
         "quantity", "How long does Solvicet have to act before use?"),
        ("It goes into the bin, which is emptied [every six weeks].", "time",
         "How often is the bin emptied?"),
        ("The lock is switched on [by touching the display].", "thing",
         "How is the lock switched on?"),
        ("Only [the owner] can delete rooms.", "thing", "Who can delete rooms?"),
        ("Vehicles higher than [3.9 metres] cannot be carried.", "quantity",
         "How high may vehicles be at most?"),
        ("On [Christmas Day] there is no service.", "time", "When is there no service?"),
        ("In [February] the whole reserve stays closed.", "time",
         "When does the whole reserve stay closed?"),
        ("Islanders with a resident card pay [40 percent] less.", "quantity",
         "How much less do islanders with a resident card pay?"),
        ("The [cooling fan] is the loudest part of the machine.", "thing",
         "What is the loudest part of the machine?"),
        ("Press the [red] button on the left shoulder of the drone.", "colour",
         "What colour is the button on the left shoulder of the drone?"),
        ("A [purple] light on the arm shows a fault.", "colour", "What colour is the light?"),
        ("Vets wear [dark blue] tunics.", "colour", "What colour tunics do vets wear?"),
        ("The lamp flashes [red] when the wire is broken.", "colour",
         "What colour does the lamp flash when the wire is broken?"),
    ],
)  # fmt: skip
def test_a_statement_becomes_the_question_a_person_would_ask(
    marked: str, kind: str, question: str
) -> None:
    assert invert_statement(marked, kind) == question


@pytest.mark.parametrize(
    ("marked", "kind"),
    [
        ("If one motor fails, [the others carry the drone].", "clause"),  # another rule asks
        ("The flight time falls, and the drone returns to [its base].", "thing"),  # two predicates
        ("Fuel is taken on at the pier on [Thursday] nights.", "time"),  # half of a time
        ("A [red] light means that the boiler has overheated.", "colour"),  # another rule asks
        ("[12]", "quantity"),
        ("", "quantity"),
    ],
)
def test_where_no_rule_fits_nothing_is_asked(marked: str, kind: str) -> None:
    assert invert_statement(marked, kind) == ""


def test_a_verb_agrees_with_its_subject() -> None:
    """ "support" is no verb of "The support desk"."""
    asked = invert_statement("The support desk answers calls [from 7 am to 5 pm].", "time")
    assert asked == "When does the support desk answer calls?"
