"""Questions by rule for what manuals list: faults with cause and remedy, lamps, who does what.

A fault is told as a sentence ("The oven does not start"), so it can't be asked as a thing is.
English only; it runs no model.
"""

import re

from gemma_garage.augment.local.wordings import lower_first
from gemma_garage.augment.sentences import SIGNAL

_SHOWN = r"(?:displays?|messages?|codes?|signs?|signals?|indicat(?:ion|or)s?)"
_FAULT_HEAD = re.compile(
    rf"(?i)(?:{_SHOWN} (?:or|and) )?(?:problems?|faults?|troubles?|symptoms?|issues?|malfunctions?|"
    rf"what you (?:see|notice)|what happens|observations?)(?: (?:or|and) {_SHOWN})?$"
)
SHOWN_CODE = re.compile(r"[A-Z\d][A-Z\d:.-]{0,5}|[a-z][A-Z\d]{1,3}")  # "E:01", "H:HH", "dF"
CAUSE_HEAD = re.compile(r"(?i)(?:\w+ )?(?:causes?|reasons?)$")
REMEDY_HEAD = re.compile(
    r"(?i)(?:what (?:to do|you can do|you should do|helps)|remed(?:y|ies)|solutions?|fix|"
    r"(?:corrective )?actions?)$"
)
_SENTENCE = re.compile(r"(?i)(?:the|an?|there|it|no one|nothing|my|your)\s\S+\s\S")


def is_fault(cells: tuple[tuple[str, str], ...]) -> bool:
    """Is this row about something that goes wrong: a sentence, with its cause or remedy?"""
    heads = [name for name, _ in cells[1:]]
    told = any(CAUSE_HEAD.match(head) or REMEDY_HEAD.match(head) for head in heads)
    name, fault = cells[0]
    if SHOWN_CODE.fullmatch(fault):
        return False  # a code is asked for as such
    return told and bool(_FAULT_HEAD.match(name) or _SENTENCE.match(fault))


def ask_about_fault(cells: tuple[tuple[str, str], ...], column: int) -> list[str]:
    """Write questions for the cause or the remedy of a fault; `column` 0 asks which fault it is."""
    if column == 0:
        causes = [lower_first(value) for name, value in cells[1:] if CAUSE_HEAD.match(name)]
        return [
            question
            for cause in causes
            for question in (
                f"Which problem is caused by this: {cause}?",
                f"What happens in case of {cause}?",
                f"What can be the result of {cause}?",
            )
        ]
    fault = cells[0][1].rstrip(".!?")
    case = lower_first(fault)
    when = f"if {case}" if _SENTENCE.match(fault) else f"in case of {case}"
    if REMEDY_HEAD.match(cells[column][0]):
        return [
            f"What should I do {when}?",
            f"What helps {when}?",
            f"{fault}. What do I do?",
            f"How is it put right {when}?",
            f"What is the remedy {when}?",
        ]
    head = lower_first(cells[column][0])
    return [
        f"What is the {head} {when}?",
        f"What may be wrong {when}?",
        f"{fault}. What is the reason?",
        f"What makes it happen that {case}?"
        if when.startswith("if")
        else f"Where does {case} come from?",
        f"What is to blame {when}?",
    ]


def is_lamp(cells: tuple[tuple[str, str], ...]) -> bool:
    """Is this row the meaning of a lamp's state?"""
    return len(cells) == 2 and bool(cells[0][0] and SIGNAL.match(cells[0][1]))


def ask_about_lamp(cells: tuple[tuple[str, str], ...], column: int) -> list[str]:
    """Write questions for the meaning of a lamp's state; `column` 0 asks for the state."""
    light, state = lower_first(cells[0][0]), lower_first(cells[0][1])
    meaning = lower_first(cells[1][1])
    if column == 0:
        return [
            f"How does the {light} show this: {meaning}?",
            f"What does the {light} look like in this case: {meaning}?",
            f"In which colour is the {light} for “{meaning}”?",
            f"Which state of the {light} means {meaning}?",
        ]
    return [
        f"What does it mean when the {light} is {state}?",
        f"What does {state} mean?",
        f"The {light} is {state}. What does that tell me?",
        f"What is the meaning of the {light} in {state}?",
        f"What is going on if I see {state}?",
    ]


def ask_for_person(row: str, about: str) -> list[str]:
    """Write questions for the one who holds an office."""
    return [
        f"Who is the {row}{about}?",
        f"What is the name of the {row}{about}?",
        f"Which person is the {row}?",
        f"I am looking for the {row}. Who is that?",
        f"Who works as {row}{about}?",
    ]
