"""Questions by rule for a plan of care: a part, what is to be done with it, and how often.

The verb of what is to be done is what people ask with: "How often do I have to replace the white
fleece?" English only; it runs no model.
"""

import re

from gemma_garage.augment.local.answer_sorts import is_frequency
from gemma_garage.augment.local.wordings import lower_first

_TASK_HEAD = re.compile(
    r"(?i)(?:what (?:to do|you should do|has to be done|is (?:to be )?done)|tasks?|jobs?|work|"
    r"actions?|care|maintenance|treatment|measures?)$"
)
_INTERVAL_HEAD = re.compile(r"(?i)(?:how often|intervals?|frequency|when|how frequently|every)$")
_PART_HEAD = re.compile(
    r"(?i)(?:parts?|items?|components?|where|what|areas?|elements?|pieces?|units?|)$"
)
_VERB = re.compile(r"[A-Z][a-z]+(?:\s(?:out|off|up|down|in))?\b")
_NO_VERB = re.compile(r"(?i)(?:not|never|do|none|no|with|by|only|as|when|if|every|once|twice)\b")


def is_upkeep(cells: tuple[tuple[str, str], ...]) -> bool:
    """Is this row a part with what is to be done and how often?"""
    heads = [name.strip() for name, _ in cells]
    return (
        bool(_PART_HEAD.match(heads[0]))
        and any(_TASK_HEAD.match(head) for head in heads[1:])
        and any(_INTERVAL_HEAD.match(head) for head in heads[1:])
    )


def is_interval(cells: tuple[tuple[str, str], ...]) -> bool:
    """Is this a line such as "Every month: clean the inlet filter"?"""
    return len(cells) == 2 and not cells[0][0] and is_frequency(cells[0][1])


def ask_about_interval(cells: tuple[tuple[str, str], ...], column: int) -> list[str]:
    """Write questions for what is to be done so often, or (`column` 0) for how often."""
    interval, task = (lower_first(value.rstrip(".")) for _, value in cells)
    if column == 0:
        return [
            f"How often do I have to {task}?",
            f"When is it time to {task}?",
            f"At what interval should one {task}?",
            f"How often is this due: {task}?",
        ]
    return [
        f"What has to be done {interval}?",
        f"What do I have to do {interval}?",
        f"Which job is due {interval}?",
        f"What care is needed {interval}?",
    ]


def ask_about_upkeep(cells: tuple[tuple[str, str], ...], column: int) -> list[str]:
    """Write questions for one cell of such a row; `column` 0 asks for the part."""
    part = _name_part(cells[0][1])
    task = next((value for name, value in cells[1:] if _TASK_HEAD.match(name)), "")
    interval = next((value for name, value in cells[1:] if _INTERVAL_HEAD.match(name)), "")
    verb = _VERB.match(task)
    do = "" if verb is None or _NO_VERB.match(task) else lower_first(verb.group())
    if column == 0:
        when = lower_first(interval)
        asked = [f"Which part has to be looked after {when}?", f"What needs care {when}?"]
        return [f"What do I have to {do} {when}?", *asked] if do else asked
    if _INTERVAL_HEAD.match(cells[column][0]):
        asked = [
            f"How often does {part} need to be looked after?",
            f"What is the interval for {part}?",
            f"When is it time to see to {part}?",
        ]
        if not do:
            return asked
        return [
            f"How often do I have to {do} {part}?",
            f"When is it time to {do} {part}?",
            f"At what interval do you {do} {part}?",
            *asked[:2],
        ]
    if _TASK_HEAD.match(cells[column][0]):
        return [
            f"What has to be done with {part}?",
            f"What care does {part} need?",
            f"How do I look after {part}?",
            f"What do I do with {part} {lower_first(interval)}?",
            f"What is the job when it is time for {part}?",
        ]
    head = lower_first(cells[column][0])
    return [f"What is the {head} for {part}?", f"{cells[0][1]}: what is the {head}?"]


def _name_part(row: str) -> str:
    bare = re.match(r"(?:the|an?|all|your|each|every)\b", row, re.IGNORECASE)
    return lower_first(row) if bare else f"the {lower_first(row)}"
