"""Questions for the cells of a table row, by rule: for a value, and for the row's own name.

The column's heading says what is asked. English only; it runs no model.
"""

import re

from gemma_garage.augment.local.answer_sorts import (
    is_duration,
    is_free,
    is_frequency,
    is_money,
    is_weight,
)
from gemma_garage.augment.local.faults import (
    CAUSE_HEAD,
    REMEDY_HEAD,
    SHOWN_CODE,
    ask_about_fault,
    ask_about_lamp,
    is_fault,
    is_lamp,
)
from gemma_garage.augment.local.measures import ask_about_datum
from gemma_garage.augment.local.scales import (
    SUITED_HEAD,
    ask_for_count,
    ask_for_suited,
    ask_what_suits,
    is_step,
    name_step,
)
from gemma_garage.augment.local.upkeep import (
    ask_about_interval,
    ask_about_upkeep,
    is_interval,
    is_upkeep,
)
from gemma_garage.augment.local.wordings import lower_first

# Headings that say nothing about the values: those of a sheet of data.
_PLAIN_HEAD = re.compile(
    r"(?:values?(?: (?:or|and) [a-z]+)?|data|details?|specifications?|figures?|amount|settings?|"
    r"description|technical data|)"
)
_PAYER = re.compile(
    r"members?|visitors?|guests?|passengers?|persons?|people|who|category|group|age(?: group)?"
)
_PLACE_HEADS = ("where", "place", "location", "venue")
_COSTS = re.compile(r"\b(?:price|cost|fee|fare|charge|rate)s?\b")


def ask_about_cell(cells: tuple[tuple[str, str], ...], column: int, subject: str) -> list[str]:
    """Write questions for one cell of a table row; `column` 0 asks for the row's own name."""
    if is_fault(cells):
        return ask_about_fault(cells, column)
    if is_lamp(cells):
        return ask_about_lamp(cells, column)
    if is_upkeep(cells):
        return ask_about_upkeep(cells, column)
    if is_interval(cells):
        return ask_about_interval(cells, column)
    names = [name.strip() for name, _ in cells]
    values = [value for _, value in cells]
    # "Iris T thermal camera", and "Storm" among the modes
    named = any(letter.isupper() for letter in values[0][1:])
    named = named or (" " not in values[0] and len(cells) > 2)
    row = values[0] if named else lower_first(values[0])
    if step := name_step(cells):
        row, named = step, False
    if column == 0:
        return _ask_for_row(names, values)
    head = lower_first(names[column])
    if not names[0] and len(cells) > 2:  # "| | Filter | Heater |" over "Power | 9 W | 150 W"
        asked = ask_about_datum(row, values[column], head)
        return [question for question in asked if head in question]
    if len(cells) == 2 and _PLAIN_HEAD.fullmatch(head):
        return ask_about_datum(row, values[1], subject)
    if REMEDY_HEAD.match(head) and not _TASK.match(row):
        return _ask_for_remedy(values, column)
    says = SHOWN_CODE.fullmatch(values[0]) and CAUSE_HEAD.match(head)
    if says or re.fullmatch(r"meanings?", head):
        do, are = ("do", "are") if row[:1].isdigit() and row.endswith("s") else ("does", "is")
        return [
            f"What {do} {row} mean?",
            f"What is the meaning of {row}?",
            f"{row[:1].upper()}{row[1:]} {are} shown. What is the matter?",
            f"What does it tell me if I see {row}?",
            f"How is {row} to be understood?",
        ]
    thing = _name_thing(names[0].lower(), values[0]) if named else row
    if _FOR_WHOM.match(head):
        return [
            f"Who is {thing} for?",
            f"Who can get {thing}?",
            f"For whom is {thing} meant?",
            f"Who is entitled to {thing}?",
        ]
    if re.match(r"(?:how|what|when|who|which)\b|interval$|frequency$", head):
        return _ask_by_head(head, row, values[column])
    if head in _PLACE_HEADS:
        return [
            f"Where is {_name_event(row)}?",
            f"In which place is {_name_event(row)}?",
            f"Where does {_name_event(row)} take place?",
            f"Where do I have to go for {_name_event(row)}?",
        ]
    if SUITED_HEAD.match(head):
        return ask_what_suits(row, head)
    if re.match(r"\w+ed (?:as|in|for|by|with|at|on|to)$|\w+(?:de|ld|pt) (?:as|in|by|of)$", head):
        return [
            f"What is {row} {head}?",
            f"{head[:1].upper()}{head[1:]} what is {row}?",
            f"{row[:1].upper()}{row[1:]} is {head} what?",
        ]
    if re.match(r"(?:best|by|for|with|in|at|on)\b", head):
        lead = (
            "who" if head == "by whom" else f"what is it {head}" if head != "best for" else "what"
        )
        if head == "best for":
            return [
                f"What is {values[0]} best for?",
                f"For what is the {lower_first(names[0])} {values[0]} best?",
                f"What should I use {values[0]} for?",
                f"{values[0]} is best for what?",
            ]
        return [
            f"{values[0]}: {lead}?",
            f"{names[column]} is this done: {row}?"
            if head == "by whom"
            else f"{row}, {head} what?",
            f"Who has to do this: {row}?" if head == "by whom" else f"{names[column]}: {row}?",
            f"Whose task is it to {row}?" if head == "by whom" else f"{head} of {row}?",
        ]
    prices = sum(is_money(value) for value in values)
    are, it = ("are", "they") if _PLURAL.match(head) else ("is", "it")
    return [
        *_ask_by_sort(names[0].lower(), head, thing, values[column], prices),
        f"What {are} the {head} of {row}?",
        f"What {are} the {head} for {thing}?",
        f"Which {head} {'belong' if are == 'are' else 'belongs'} to {thing}?",
        f"I need the {head} for {row}. What {are} {it}?",
        f"{row[:1].upper() + row[1:]}: what {are} the {head}?",
    ]


# "Who it is for", as the head of a column
_FOR_WHOM = re.compile(r"who (?:it['’]?s|it is|is it|they are|can|may|gets)\b|for whom|open to$")
_PLURAL = re.compile(
    r"(?:[a-z]+\s)?[a-z]+(?:[^su]s|people)(?:\s(?:at|per|in|a|on|for|with|of|each)\b|$)"
)
_NO_KIND = frozenset(
    "day month year date time name week title person place who what where city town country region "
    "village station port island season age".split()
)


def _name_thing(kind: str, row: str) -> str:
    """ "The Adult card" for the row "Adult" of a table of cards, as people say it."""
    fits = re.fullmatch(r"[a-z]{3,}", kind) and kind not in _NO_KIND
    if not fits or len(row.split()) > 2 or kind in row.lower() or kind.endswith("s"):
        return row
    return f"the {row} {kind}"


def _ask_by_sort(kind: str, head: str, row: str, value: str, prices: int) -> list[str]:
    """What people say instead of the heading: what it costs, how heavy it is, how long it takes.

    `kind`: the head of the rows' names; `prices`: how many amounts of money the row holds."""
    if is_money(value) and prices > 1 and not _COSTS.search(head):
        at = "in" if row[:1].isupper() and " " not in row else "for"
        return [
            f"How much is {head} {at} {row}?",
            f"What may {head} cost {at} {row}?",
            f"What price goes with {row} and {head}?",
        ]
    if is_money(value) and prices > 1:
        return [f"What {head} has to be paid for {row}?"]
    if is_money(value) and _PAYER.fullmatch(kind):
        payer = f"{'an' if row[:1] in 'aeiou' else 'a'} {row}" if row[:1].islower() else row
        return [
            f"How much does {payer} pay?",
            f"What is the {head} for {payer}?",
            f"What do I pay as {payer}?",
        ]
    if is_money(value) or (is_free(value) and _COSTS.search(head)):
        return [f"How much does {row} cost?", f"What do I have to pay for {row}?"]
    if re.fullmatch(r"\d[\d,]*", value) and _PLURAL.match(head):
        return [f"How many {head} are there with {row}?", f"How many {head} does {row} give?"]
    if is_weight(value) and "weight" in head:
        return [f"How heavy is {row}?", f"What does {row} weigh?"]
    if is_duration(value) and re.search(r"\b(?:time|duration|minutes|hours|days)\b", head):
        return [f"How long does {row} take?", f"How much time is needed for {row}?"]
    return []


def _ask_for_remedy(values: list[str], column: int) -> list[str]:
    """What to do about a fault, by its code and by what it means."""
    name, *others = [value for number, value in enumerate(values) if number != column]
    asked = [
        f"What should I do when {name} is shown?",
        f"What do I do about {name}?",
        f"The display says {name}. What now?",
    ]
    for other in others[:1]:
        told = lower_first(other)
        asked += [f"What should be done if this happens: {told}?", f"{other}: what helps?"]
    return [*asked, f"How is {name} dealt with?", f"What is the remedy for {name}?"]


def _ask_by_head(head: str, row: str, value: str) -> list[str]:
    """Questions for a cell whose column is headed by a question ("How often", "What to use")."""
    if re.match(r"how often|when\b|interval|frequency", head):
        if head.startswith("when") and not is_frequency(value):
            begins = re.fullmatch(r"(.+) (begin|start|end|open|close)s", row)
            if begins:
                return [
                    f"When does {_name_event(begins[1])} {begins[2]}?",
                    f"On which day does {_name_event(begins[1])} {begins[2]}?",
                    f"What is the date on which {_name_event(row)}?",
                ]
            return [
                f"When is {_name_event(row)}?",
                f"When does {_name_event(row)} take place?",
                f"{'At what time' if _CLOCK.search(value) else 'On which day'} is "
                f"{_name_event(row)}?",
                f"I am asking about {_name_event(row)}. When is that?",
            ]
        if not _TASK.match(row):
            return [
                f"How often is {row} due?",
                f"At what interval is {row} needed?",
                f"How frequently does one need {row}?",
                f"I need to know about {row}. How often is that?",
            ]
        return [
            f"How often do I have to {row}?",
            f"How often must one {row}?",
            f"At what interval is it time to {row}?",
            f"When do you need to {row}?",
            f"I want to {row}. How often is that to be done?",
        ]
    if re.match(r"what to\b|what with", head):
        verb = head.removeprefix("what to ").split()[0] if "what to " in head else "use"
        return [
            f"What do I {verb} to {row}?",
            f"What should one {verb} in order to {row}?",
            f"To {row}, what do you {verb}?",
            f"I want to {row}. What do I {verb}?",
        ]
    if head.startswith("who"):
        return [f"Who has to {row}?", f"Whose task is it to {row}?", f"Who is there to {row}?"]
    return [f"{head[:1].upper()}{head[1:]}: {row}?", f"{row[:1].upper()}{row[1:]}: {head}?"]


_CLOCK = re.compile(r"\d[:.]\d\d|\d\s?(?:[ap]\.?m\b|o['’]clock)|\bnoon\b|\bmidnight\b")


def _name_event(row: str) -> str:
    bare = row[:1].isupper() or re.match(r"(?:the|an?|my|your|all|every|each)\b", row)
    return row if bare else f"the {row}"


# A row that says what to do: "empty the tray", "check filters", not "filter change".
_TASK = re.compile(
    r"\w+\s(?:the|an?|all|your|its|every|each|any)\b|"
    r"(?:re)?(?:clean|wash|wipe|rinse|empt|fill|replac|chang|check|inspect|test|greas|oil|lubricat|"
    r"descal|backflush|brush|dust|polish|sharpen|tighten|adjust|charg|drain|flush|turn|remov|order|"
    r"measur|water|feed|cut|trim|calibrat|updat|tak|look|review|sign|count|send|run)\w*\s\w+",
    re.IGNORECASE,
)


def _ask_for_row(names: list[str], values: list[str]) -> list[str]:
    kind = lower_first(names[0])
    head, value = lower_first(names[1]), lower_first(values[1])
    if kind in ("interval", "frequency", "when", "how often"):
        return [
            f"How often do you have to {value}?",
            f"At what interval should one {value}?",
            f"When is it time to {value}?",
            f"What is the interval for this: {value}?",
        ]
    if kind.endswith("s") and is_step(values[0]):
        return ask_for_count(kind, values[1])
    asked = []
    for name, cell in list(zip(names, values, strict=True))[1:]:
        name = lower_first(name)
        if REMEDY_HEAD.match(name):
            asked.append(f"Which {kind} is dealt with like this: {lower_first(cell)}?")
            continue
        if name in ("when", "date") and not is_frequency(cell):
            asked += [f"What is on {cell}?", f"Which {kind} takes place on {cell}?"]
            continue
        if name in _PLACE_HEADS:
            asked += [f"Which {kind} is at {cell}?", f"What takes place at {cell}?"]
            continue
        if re.match(r"(?:how often|when)\b|interval$|frequency$", name):
            asked += [
                f"What has to be done {lower_first(cell)}?",
                f"Which {kind} is due {lower_first(cell)}?",
            ]
            continue
        if _FOR_WHOM.match(name):
            asked += [f"Which {kind} is for {lower_first(cell)}?"]
            continue
        if re.match(r"\w+ for$|(?:use|suits)$", name):
            asked += ask_for_suited(kind, name, lower_first(cell))
            continue
        if re.match(r"what to\b", name):
            asked += [
                f"Which {kind} is done with {lower_first(cell)}?",
                f"What is {lower_first(cell)} for?",
            ]
            continue
        if re.match(r"(?:best|by|for|with|in|at|on)\b", name):
            asked += [
                f"Which {kind} is {name} {cell}?",
                f"I want {cell}. Which {kind} do I choose?",
            ]
        else:
            told = lower_first(cell) if len(cell.split()) > 2 else cell
            asked += [f"Which {kind} has the {name} {told}?", f"What {kind} goes with {told}?"]
    return asked or [f"Which {kind} has the {head} {value}?"]
