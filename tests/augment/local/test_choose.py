"""What is asked of a reader about a question, and which questions are told apart without one."""

import pytest

from gemma_garage.augment.local.choose import Task, list_wordings
from gemma_garage.augment.local.context import mark_answer, mark_whole, name_pronouns
from gemma_garage.augment.local.facts import find_facts
from gemma_garage.augment.sentences import split_statements


def _make_tasks(text: str) -> dict[str, Task]:
    statements = split_statements(text)
    told = name_pronouns(statements)
    tasks = {}
    for fact in find_facts(statements):
        place = (statements[fact.statement], told[fact.statement], fact.start, fact.end)
        marked, whole = mark_answer(*place), mark_whole(*place)
        tasks[fact.answer] = Task(0, fact, place[0], marked, whole, "", "")
    return tasks


@pytest.mark.parametrize(
    ("text", "answer", "question", "form"),
    [
        ("The box holds 240 pegs.", "240 pegs", "How many pegs are there?", "240"),
        ("Cut it to under 6 cm first.", "6 cm", "How short is it cut?", "under 6 cm"),
        ("Paint is used on Thursdays only.", "Thursdays", "On which day?", "Thursday"),
        ("Paint is used on Thursdays only.", "Thursdays", "On which day?", "on Thursdays only"),
        ("The filter is changed on Friday.", "Friday", "When is it changed?", "on Friday"),
        ("In a fire, use a CO₂ extinguisher.", "CO₂ extinguisher", "What do I use?",
         "a CO₂ extinguisher"),
        ("Elements last for about 200 stoneware firings.", "about 200 stoneware firings",
         "For how many firings do they last?", "about 200"),
        ("Ride on the path as far as Nether Coombe.", "Nether Coombe", "How far may I ride?",
         "as far as Nether Coombe"),
        ("A visit costs £95 plus parts.", "£95 plus parts", "What is the price?", "£95"),
        ("It is serviced by Marrick of Leverton.", "Marrick of Leverton", "By whom?", "Marrick"),
    ],
)  # fmt: skip
def test_an_answer_is_read_in_each_form(text: str, answer: str, question: str, form: str) -> None:
    forms = _make_tasks(text)[answer].list_forms(question)
    assert forms[0] == answer and form in forms


def test_a_question_that_names_what_is_counted_needs_no_other_reading() -> None:
    tasks = _make_tasks("The box holds 240 pegs, nine spare blades and a ruler.")
    pegs, blades = tasks["240 pegs"], tasks["nine spare blades"]
    assert pegs.fits_better("How many pegs does the box hold?", blades)
    assert not pegs.fits_better("How many things does the box hold?", blades)
    assert pegs.tellings == [pegs.plain, "The box holds 240 pegs."]


def test_an_answer_of_another_sort_is_no_rival() -> None:
    tasks = _make_tasks("The shop is open Tuesday to Saturday from 9.30 to 17.30.")
    hours = tasks["from 9.30 to 17.30"]
    assert not hours.is_asked_by("On which days is the shop open?")
    assert hours.is_asked_by("When is the shop open?")


def test_a_question_far_from_the_text_shares_a_word_with_it() -> None:
    task = _make_tasks("Tips are paid up to 10 per cent where they are usual.")["up to 10 per cent"]
    task.add("I'm ordering a burger. How much will I be charged?", far=True)
    task.add("How large may the tips be at most?", far=True)
    assert [question.text for question in task.questions] == ["How large may the tips be at most?"]


def test_what_must_not_be_done_above_a_heat_is_asked_as_people_ask() -> None:
    (task,) = _make_tasks("Do not open the lid above 120 °C.").values()
    asked = list(list_wordings(task))
    assert asked[:2] == [
        "How cool does it have to be before I can open the lid?",
        "Up to what temperature may I open the lid?",
    ]
    (task,) = _make_tasks("Never store the battery below 5 °C.").values()
    assert "How warm does it have to be before I can store the battery?" in list_wordings(task)
    (task,) = _make_tasks("Do not lift the stone above 2 m.").values()
    assert not any("temperature" in question for question in list_wordings(task))
