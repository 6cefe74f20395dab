"""Opening and closing times out of hours: "Saturday | 10.00–13.00" is asked with "until when" too.

Who reads "10.00–13.00" is asked when it shuts, and the whole span is no answer to that. Rules only,
English; it runs no model.
"""

import re
from collections.abc import Iterator

from gemma_garage.augment.local.context import find_subject
from gemma_garage.augment.local.fact_patterns import DAYS
from gemma_garage.augment.sentences import Statement

OPENS, CLOSES = "opening", "closing"  # kinds of facts
RULED = frozenset(("cell", "reply", OPENS, CLOSES))  # kinds asked near to the text by rules alone
_CLOCK = r"\d{1,2}(?:[.:]\d{2})?(?:\s?(?:[ap]\.m\.|[ap]m|o['’]clock))?|noon|midnight"
_SPAN = re.compile(rf"\b({_CLOCK})\s?(?:–|-|to|until|till)\s?({_CLOCK})(?![\w%°€£$])")
_UNTIL = re.compile(rf"\b(?:until|till|closes at|shuts at)\s({_CLOCK})(?![\w%°€£$])")
_CLOCKS = re.compile(r"[.:]\d{2}|[ap]\.?m\b|o['’]clock|noon|midnight")
_OPEN = re.compile(r"\b(?:open|opens|opening|reached|staffed|answered|available|served|manned)\b")
_DAYS = rf"(?:{'|'.join(DAYS)})s?"
_DAY = re.compile(
    rf"\b(?:(?:on\s)?{_DAYS}(?:(?:,\s|\s(?:to|until|and)\s|–){_DAYS})*|"
    r"weekdays|weekends|daily|every day)\b"
)


def find_hours(statement: Statement) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of each time at which something opens or closes, in the statement."""
    if statement.cells:
        by_day = len(statement.cells) > 1 and _DAY.match(statement.cells[0][1])
        places = zip(statement.cells[1:], statement.place_cells()[1:], strict=True)
        for (_, value), place in places if by_day else ():
            # A cell of hours and nothing else: "Wave machine 14:00–16:00" opens nothing.
            span = _SPAN.fullmatch(value.strip())
            if span and _CLOCKS.search(value):
                yield place + span.start(1), place + span.end(1), OPENS
                yield place + span.start(2), place + span.end(2), CLOSES
        return
    if not _OPEN.search(statement.text):
        return
    spans = [span for span in _SPAN.finditer(statement.text) if _CLOCKS.search(span.group())]
    for span in spans:
        yield *span.span(1), OPENS
        yield *span.span(2), CLOSES
    for until in _UNTIL.finditer(statement.text):
        within = any(span.start() <= until.start(1) < span.end() for span in spans)
        if _CLOCKS.search(until.group()) and not within:
            yield *until.span(1), CLOSES


def ask_about_hours(
    statement: Statement, start: int, kind: str, subject: str, told: str = ""
) -> list[str]:
    """Questions for the time at `start`; none where nothing tells of what it is. `told`: the
    statement with its pronouns named."""
    thing, day = _name_place(statement, start, subject, told or statement.text)
    if not thing:
        return []
    on = f" {day}" if day else ""
    if kind == OPENS:
        return [
            f"When does {thing} open{on}?",
            f"From what time is {thing} open{on}?",
            f"How early does {thing} open{on}?",
            f"At what time can I first get into {thing}{on}?",
        ]
    return [
        f"When does {thing} close{on}?",
        f"Until what time is {thing} open{on}?",
        f"How late is {thing} open{on}?",
        f"At what time does {thing} shut{on}?",
    ]


def _name_place(statement: Statement, start: int, subject: str, told: str) -> tuple[str, str]:
    """What has these hours, and on which day."""
    if statement.cells:
        places = statement.place_cells()
        column = max(at for at, place in enumerate(places) if place <= start)
        head = statement.cells[column][0].strip()
        plain = not head or re.match(r"(?i)(?:opening |office )?(?:hours|times?)|open", head)
        thing = f"the {subject}" if plain and subject else "" if plain else head
        if thing and not re.match(r"(?i)(?:the|our)\b|\S+$", thing):
            thing = f"the {thing}"  # "Elmsgate branch", but "Elmsgate"
        return thing, f"on {statement.cells[0][1]}"
    clause = re.match(r"[^,;]*", statement.text[start:])
    thing = find_subject(told)
    days = [*_DAY.finditer(statement.text[: start + len(clause[0] if clause else "")])]
    day = days[-1].group() if days else ""
    if day and not re.match(r"(?:on|daily|every)\b", day):
        day = f"{'from' if ' to ' in day else 'on'} {day}"
    return (thing[:1].lower() + thing[1:] if re.match(r"(?:The|Our|An?)\b", thing) else thing), day
