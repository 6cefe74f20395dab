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


# What people say instead of a sheet's name for a value; {it} is the thing.
_EVERYDAY = (
    (r"(?:rated |electric )?power(?: consumption| draw| input| rating)?|energy consumption|wattage",
     ("How much electricity does {it} use?", "How many watts does {it} draw?",
      "How much power does {it} need?")),
    (r"noise(?: level)?|sound (?:level|pressure)|loudness",
     ("How loud is {it}?", "How noisy is {it} when it runs?")),
    (r"(?:guarantee|warranty)(?: period)?",
     ("How long is the guarantee on {it}?", "How long am I covered if {it} breaks?",
      "How many years of cover are there on {it}?")),
    (r"(?:overall )?(?:dimensions?|size|measurements?)",
     ("How big is {it}?", "How much space does {it} take up?")),
    (r"(?:net |empty )?(?:weight|mass)", ("How heavy is {it}?", "How much does {it} weigh?")),
    (r"(?:length of )?(?:the )?(?:power |mains )?(?:cord|cable|lead)(?: length)?",
     ("How long is the cable of {it}?", "How far from the socket can {it} stand?")),
    (r"(?:operating|ambient|room) temperature(?: range)?",
     ("In what temperatures can {it} be used?", "How warm or cold may it be where {it} stands?")),
    (r"(?:mains |supply |operating )?voltage|(?:mains|power) (?:supply|connection)",
     ("What voltage does {it} need?", "What supply does {it} run on?")),
    (r"(?:typical |maximum )?range", ("How far can I get with {it}?", "How far does {it} go?")),
    (r"(?:top |maximum |max\.? )?speed", ("How fast is {it}?", "How fast can {it} go?")),
    (r"(?:battery|running|operating) (?:life|time)",
     ("How long does {it} run?", "How long does the battery of {it} last?")),
    (r"charg(?:ing|e) time", ("How long does it take to charge {it}?",)),
    (r"(?:maximum |max\.? |permitted )?(?:pay)?load",
     ("How much can {it} carry?", "How much weight does {it} take?")),
    (r"(?:room size|coverage|area)", ("How large a room is {it} made for?",)),
    (r"refrigerant|coolant", ("Which gas does {it} cool with?",)),
    (r"materials?", ("What is {it} made of?",)),
    (r"(?:tele)?phone(?: number)?|hotline", ("What number do I ring?", "Where can I call?")),
)  # fmt: skip


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
    row = re.sub(r"^([a-z ]+), ([a-z -]+)$", r"\2 \1", row)  # "pressure, front tyre"
    are = "are" if re.search(r"[^s]s$", row.split()[-1]) else "is"
    asked = [
        *_ask_as_people(row, shorten_subject(subject) if subject else ""),
        *_ask_with_adjective(row, shorten_subject(subject) if subject else ""),
        f"What {are} the {row}{about}?",
        f"What can you tell me about the {row}{about}?",
        f"I need to know the {row}. What {are} {'they' if are == 'are' else 'it'}?",
        f"Which {row} {'have' if are == 'are' else 'has'} the {subject}?" if subject else "",
    ]
    if any(letter.isdigit() for letter in value):
        asked.insert(len(asked) // 2, f"How much {are} the {row}?")
    return [question for question in asked if question]


def _ask_as_people(row: str, subject: str) -> list[str]:
    asked = next((asked for name, asked in _EVERYDAY if re.fullmatch(name, row.lower())), ())
    return [question.format(it=f"the {subject}") for question in asked] if subject else []


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
