"""Rows of a scale, "| 4–5 | Steaming vegetables |" under "Level": which step, and what it is for.

Rules only, English; it runs no model.
"""

import re

from gemma_garage.augment.local.wordings import lower_first

Cells = tuple[tuple[str, str], ...]
SUITED_HEAD = re.compile(r"(?:suitable|good|right|meant|best suited) for$")
_STEP = re.compile(r"\d{1,3}(?:\s?[–-]\s?\d{1,3})?")
_KIND = re.compile(r"[A-Za-z]{3,}")


def is_step(value: str) -> bool:
    """Is `value` a bare number, or two ("4–5"), which says nothing without its thing?"""
    return bool(_STEP.fullmatch(value))


def is_scale(cells: Cells) -> bool:
    """Is the row's name a step and its next cell none, so that the step is asked for too?"""
    return bool(name_step(cells)) and len(cells) > 1 and not is_step(cells[1][1])


def name_step(cells: Cells) -> str:
    """ "level 4–5", "3 flashes" for a row named by a step; "" for any other."""
    (head, value), kind = cells[0], cells[0][0].lower()
    if not (is_step(value) and _KIND.fullmatch(head)):
        return ""
    return f"{value} {kind}" if kind.endswith("s") else f"{kind} {value}"


def ask_for_suited(kind: str, head: str, told: str) -> list[str]:
    """Which step is for `told`, under a head such as "Suitable for" or "Use"."""
    return [
        f"Which {kind} is {head if head.endswith('for') else 'right for'} {told}?",
        f"Which {kind} do I need for {told}?",
        f"What {kind} do I choose for {told}?",
    ]


def ask_for_count(kind: str, told: str) -> list[str]:
    """How many flashes there are when `told`."""
    lowered = lower_first(told)
    return [
        f"How many {kind} are there in this case: {lowered}?",
        f"What number of {kind} means {lowered}?",
        f"{told}: how many {kind} do I see?",
    ]


def ask_what_suits(row: str, head: str) -> list[str]:
    """What `row` is for, under a head such as "Suitable for"."""
    return [
        f"What is {row} {head}?",
        f"For what is {row} {head.removesuffix(' for')}?",
        f"What can I do with {row}?",
        f"{row[:1].upper()}{row[1:]} is {head} what?",
    ]
