"""Questions by rule for a sheet of data: "Weight with stone: 14.6 kg" is asked with "How heavy".

The row's name is a noun, and people ask with the adjective. English only; it runs no model.
"""

import re

from gemma_garage.augment.local.answer_sorts import is_person
from gemma_garage.augment.local.faults import ask_for_person
from gemma_garage.augment.local.sound import shorten_subject

_ADJECTIVES = {
    "weight": "heavy", "mass": "heavy", "width": "wide", "height": "high", "length": "long",
    "depth": "deep", "thickness": "thick", "power": "powerful", "speed": "fast", "age": "old",
    "noise": "loud", "loudness": "loud", "price": "expensive", "diameter": "large", "size": "large",
}  # fmt: skip
_SUPERLATIVES = {
    "thickest": "thick", "heaviest": "heavy", "longest": "long", "widest": "wide",
    "largest": "large", "tallest": "tall", "deepest": "deep",
}  # fmt: skip


def ask_about_datum(row: str, value: str, subject: str) -> list[str]:
    """Write questions for `value`, which stands beside the name `row` in a sheet of data about
    `subject` ("" where that is not known)."""
    about = f" of the {subject}" if subject else ""
    if is_person(value):
        return ask_for_person(row, about)
    if re.search(r"(?i)\b(?:every|any|no)(?:one|body)\b|\b(?:and|or)\b", row):
        return [
            f"What goes for {row}{about}?",
            f"What is laid down for {row}?",
            f"{row[:1].upper()}{row[1:]}: what is required?",
        ]
    are = "are" if re.search(r"[^s]s$", row.split()[-1]) else "is"
    asked = [
        *_ask_with_adjective(row, shorten_subject(subject) if subject else ""),
        f"What {are} the {row}{about}?",
        f"What can you tell me about the {row}{about}?",
        f"I need to know the {row}. What {are} {'they' if are == 'are' else 'it'}?",
        f"Which {row} {'have' if are == 'are' else 'has'} the {subject}?" if subject else "",
    ]
    if any(letter.isdigit() for letter in value):
        asked.insert(2, f"How much {are} the {row}?")
    return [question for question in asked if question]


def _ask_with_adjective(row: str, subject: str) -> list[str]:
    words = row.lower().split()
    if words[0] in _SUPERLATIVES and len(words) > 1:
        return [f"How {_SUPERLATIVES[words[0]]} may the {' '.join(row.split()[1:])} be at most?"]
    at = next((number for number, word in enumerate(words) if word in _ADJECTIVES), None)
    if at is None:
        return []
    before, after = " ".join(row.split()[:at]), " ".join(row.split()[at + 1 :])
    if after and not re.match(r"(?:with|without|of)\b", after):
        return []
    adjective = _ADJECTIVES[words[at]]
    if after.startswith("of "):
        thing = after.removeprefix("of ")
        after = ""
    else:
        thing = f"the {before}" if before else f"the {subject}" if subject else ""
    if re.match(r"the (?:highest|maximum|top|lowest|minimum|total|net|gross|rated|max)\b", thing):
        return []
    return [f"How {adjective} is {thing}{' ' + after if after else ''}?"] if thing else []
