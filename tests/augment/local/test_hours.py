"""When it opens and closes is asked, and answered with the time alone."""

import pytest

from gemma_garage.augment.drafts import Draft
from gemma_garage.augment.local.facts import find_facts
from gemma_garage.augment.local.hours import CLOSES, OPENS, ask_about_hours
from gemma_garage.augment.quality import judge_draft
from gemma_garage.augment.sentences import split_statements

TEXT = """## Opening hours

| Day | Main library | Elmsgate branch |
| --- | --- | --- |
| Monday | Closed | 14.00–18.00 |
| Tuesday | Story time 15.00–15.30 | Closed |
| Saturday | 9.30–16.00 | 10.00–13.00 |

Our service desk can be reached on 0555 014 720, Monday to Friday from 9.00 to 16.30.

The office is open from 9 am to 6 pm, and until 9 pm on Fridays.

The pump moves 5 to 10 litres. Bake it from 12.30 to 13.15.
"""


def ask(answer: str, kind: str) -> list[str]:
    statements = split_statements(TEXT)
    return [
        question
        for fact in find_facts(statements)
        if (fact.answer, fact.kind) == (answer, kind)
        for question in ask_about_hours(statements[fact.statement], fact.start, kind, "Library")
        if not judge_draft(
            Draft(question, answer, statements[fact.statement].source), TEXT, context="Library"
        )
    ]


@pytest.mark.parametrize(
    ("answer", "kind", "question"),
    [
        ("14.00", OPENS, "When does the Elmsgate branch open on Monday?"),
        ("16.00", CLOSES, "How late is the Main library open on Saturday?"),
        ("13.00", CLOSES, "Until what time is the Elmsgate branch open on Saturday?"),
        ("16.30", CLOSES, "When does our service desk close from Monday to Friday?"),
        ("9 am", OPENS, "From what time is the office open?"),
        ("6 pm", CLOSES, "When does the office close?"),
        ("9 pm", CLOSES, "How late is the office open on Fridays?"),
    ],
)
def test_each_end_of_the_hours_is_asked(answer: str, kind: str, question: str) -> None:
    assert question in ask(answer, kind)


def test_what_does_not_open_has_no_hours() -> None:
    kinds = {fact.answer: fact.kind for fact in find_facts(split_statements(TEXT))}
    assert not {"5", "10", "12.30", "13.15", "15.00", "15.30"} & set(kinds)


def test_the_start_is_no_answer_to_when_it_closes() -> None:
    said = "The office is open from 9 am to 6 pm, and until 9 pm on Fridays."
    wrong = Draft("Until what time is the office open on Fridays?", "9 am", said)
    assert judge_draft(wrong, TEXT) == "other-subject"


def test_a_pronoun_is_named() -> None:
    said = split_statements("It is open from 8.30 am to 7 pm.")[0]
    start = said.text.index("7 pm")
    assert ask_about_hours(said, start, CLOSES, "") == []
    told = "Reception is open from 8.30 am to 7 pm."
    assert ask_about_hours(said, start, CLOSES, "", told)[0] == "When does Reception close?"
