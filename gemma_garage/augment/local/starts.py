"""How a question may begin, by the sort of its answer and by what stands around it.

A small model asks far better when the first words are given. It writes no whole questions (`writer`
does).
"""

import re

from gemma_garage.augment.local.answer_sorts import (
    find_bound,
    is_duration,
    is_free,
    is_frequency,
    is_heat,
    is_length,
    is_manner,
    is_money,
    is_person,
    is_weight,
    starts_with_place,
)

_SIDES = {"wide": "width", "deep": "depth", "high": "height", "long": "length",
          "thick": "thickness", "tall": "height"}  # fmt: skip
# By the word that a clause opens with: "until you stop it", "to stop the bleeding"
_CLAUSE_STARTS = (
    (r"(?:if|when|once|as long as|provided|unless)\s",
     ("When", "In which case", "Under what condition", "On what condition")),
    (r"(?:until|till)\s", ("Until when", "How long", "For how long", "Up to when")),
    (r"because\s", ("Why", "For what reason", "Why does", "Why must")),
    (r"(?:so that|to)\s", ("Why", "What for", "For what purpose", "For what reason")),
)  # fmt: skip
_UNIT_NOUN = re.compile(r"(?:\d|\b(?:[a-z]+)\b)[\d.,–-]*\s+([a-z][a-z -]*s|people|species)$")


def choose_starts(kind: str, answer: str, before: str, after: str = "") -> tuple[str, ...]:
    """Return how a question for `answer` may begin; `before` and `after` stand around it."""
    word = (re.findall(r"[\w']+", before.lower()) or [""])[-1]
    if kind in ("quantity", "time"):
        bound = find_bound(answer, before, after)
        return (*bound, *_choose_measure_starts(kind, answer, before.lower(), after.lower()))
    if kind == "name":
        if is_person(answer) and word not in ("called", "named", "in", "at", "from", "to", "on"):
            return ("Who", "By whom") if word == "by" else ("Who", "Which person", "Who is")
        if re.match(r"(?:the|an?)\s.*\s(?:in|at|on)\s[A-Z]", answer):
            return ("Where", "Where is", "In which place", "Which place is")
        if word in ("in", "at", "from", "to", "of", "on"):
            return ("Where", "In which", "Which", "What is the name of the")
        if word in ("called", "named", "is"):
            return ("What is", "What is the name of", "Which", "Who")
        return ("Who", "What", "Which", "What is the name of the")
    if kind == "colour":
        return ("What colour", "Which colour", "In what colour", "What is the colour of the")
    if kind == "code":
        return ("What is the", "Which", "What", "Which number")
    if kind == "clause":
        if word in ("because", "since", "as"):
            return ("Why", "For what reason", "Why does", "Why must")
        for opening, starts in _CLAUSE_STARTS:
            if re.match(opening, answer.lower()):
                return starts
        return ("What does", "What happens", "What should I do", "What has to be done", "What is")
    if is_manner(answer):
        return ("How", "How do I", "How can", "In which way")
    if starts_with_place(answer):
        return ("Where", "Where is", "Where should", "In which place")
    if word in ("in", "on"):
        return ("Where", "In what", "Where is", "Where should")
    if word in ("from", "to", "into", "onto", "through"):
        return ("Where", "What", "To what", "To whom")
    if re.search(r"\bmade (?:of|from)\s+$", before):
        return ("What is", "Which material", "From what material")
    if word in ("with", "by", "using", "for", "as"):
        return ("What", f"{word.capitalize()} what", "Which", "How")
    return ("What", "What is", "Which", "What kind of")


def _choose_length_starts(around: str, after: str) -> tuple[str, ...]:
    side = re.match(r"\s*(wide|deep|high|long|thick|tall)\b", after)
    if side:
        return (f"How {side.group(1)}", f"What is the {_SIDES[side.group(1)]}")
    if re.search(
        r"\b(?:gap|distance|away|far|from|between|walk|apart|reach|range|behind|space|"
        r"around|beside|above|below|clear)\b",
        around,
    ):
        return ("How far", "What is the distance", "How much space", "How big")
    if re.search(r"\b(?:thick|wide|deep|high|tall)\w*\b", around):
        return ("How thick", "How wide", "How deep", "How high")
    return ("How long", "How far", "How high", "What is the", "What is the length of")


def _choose_measure_starts(kind: str, answer: str, before: str, after: str) -> tuple[str, ...]:
    lower = answer.lower()
    noun = _UNIT_NOUN.search(lower)
    count = (f"How many {noun.group(1)}",) if noun else ()
    if is_free(lower):
        return ("How much does", "What does", "What is the price of", "How much")
    if is_frequency(lower):
        return ("How often", "When", "At what interval", "How frequently")
    if re.match(r"within\b", lower):
        return ("Within what time", "How quickly", "How soon", "By when", *count)
    if is_money(lower):
        return ("How much does", "What is the price of", "How much is", "How much", "What does")
    if is_heat(answer):
        return ("At what temperature", "What temperature", "How hot", "What is the temperature")
    if is_weight(answer):
        return ("How much does", "How heavy", "How much", "What is the weight of", *count)
    if is_length(answer):
        return _choose_length_starts(f"{before} {after}", after)
    if is_duration(lower) and kind == "quantity":
        return ("How long", "For how long", "How much time", "After what time", *count)
    if kind == "time":
        if re.fullmatch(r"\d{4}", answer):
            return ("When", "In which year", "In what year", "What year")
        if re.match(r"(?:by|until)\b", lower):
            return ("By when", "Until when", "When")
        return ("When", "At what time", "On which day", "What is the date")
    if count:
        return (*count, "What is the number of", "How much", "What number of")
    return ("How much", "What is the", "What", "At what", "How many")
