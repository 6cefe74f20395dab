"""The few-shot prompts of the local Generator, and how its questions may begin.

A pretrained model of 270M parameters follows examples, not instructions. It turns a statement with
the answer in brackets into a question far better when the first words of the question are given:
they are chosen by the kind of answer. Everything in the examples is invented.
"""

import re

_TURNED = (
    ("The tank of the heater holds [12 litres] of water.",
     "How much water does the tank of the heater hold?"),
    ("The showers must be left [at least 10 minutes] before closing.",
     "How long before closing must the showers be left?"),
    ("The library was founded by [Edda Rowmark], a baker.", "Who founded the library?"),
    ("Repairs are made at the workshop in [Quilling].", "Where are repairs made?"),
    ("The left line of the kite is marked in [orange].",
     "What colour is the left line of the kite?"),
    ("Umbrellas stay outside, because [water damages the floor].",
     "Why do umbrellas stay outside?"),
    ("Every new member of the club receives [a linen bag].",
     "What does every new member of the club receive?"),
    ("To unlock the menu of the oven, enter [4185].",
     "Which code has to be entered to unlock the menu of the oven?"),
)  # fmt: skip
_READ = (
    ("The tank of the heater holds 12 litres of water and is closed with a brass cap.",
     "How much water does the tank of the heater hold?", "12 litres"),
    ("The library was founded by Edda Rowmark, a baker, in the village of Tarn Hill.",
     "Who founded the library?", "Edda Rowmark"),
    ("Wet towels belong in the steel bin, and lost things are kept at the ticket counter.",
     "Where are lost things kept?", "at the ticket counter"),
    ("Umbrellas stay outside, because water damages the floor.",
     "Why do umbrellas stay outside?", "water damages the floor"),
)  # fmt: skip
_MONEY = re.compile(r"[$€£¥]|\b(?:euros?|dollars?|pounds|cents?)\b")
_LENGTH = re.compile(r"\d\s?(?:mm|cm|km|m|ft|inch(?:es)?|met(?:re|er)s?|kilomet\w+)\b(?![³²/])")
_WEIGHT = re.compile(r"\d\s?(?:mg|g|kg|t|lbs?|oz|grams?|kilograms?|tonnes?)\b")
_HEAT = re.compile(r"°\s?[CF]?\b|°|\bdegrees?\b")
_DURATION = re.compile(
    r"\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|min|h|Stunden?|Minuten?|Jahren?)\b"
)
_MOST = re.compile(
    r"\b(?:up to|at most|(?:no|not) (?:more|longer|higher|larger|heavier) than|maximum|"
    r"(?:never|not)\b[^.]{0,20}\bmore than)\b"
)
_LEAST = re.compile(r"\b(?:at least|(?:no|not) (?:less|fewer|shorter|lower) than|minimum)\b")
# Amounts in words ("half a metre", "two pounds").
_WEIGHED = re.compile(r"\b(?:grams?|kilograms?|kilos?|pounds|ounces|tonnes?|tons?)\b")
_MEASURED = re.compile(
    r"\b(?:(?:milli|centi|kilo)?met(?:re|er)s?|inch(?:es)?|feet|foot|miles?|yards?)\b"
)
_SIDES = {"wide": "width", "deep": "depth", "high": "height", "long": "length",
          "thick": "thickness", "tall": "height"}  # fmt: skip
# Names that end so belong to no person.
_NO_PERSON = frozenset(
    "lane street road avenue square field room line office house park hall lamp quay strand museum "
    "bay hill bridge river lake valley court centre center tower gate market mill shop store desk "
    "team day night festival club school system works company group lens dial tank mode button "
    "tray kit set pack box book award prize fund scheme card ticket pass hours code point station "
    "harbour port island mountain forest garden gardens castle church farm inn hotel line".split()
)
_PLACED = re.compile(
    r"(?:at|behind|under|underneath|beneath|beside|near|on|in|below|above|opposite|inside|"
    r"next to|between)\s+(?:the|an?|its|their|each|every)\b"
)
_FREQUENCY = re.compile(
    r"(?:(?:after|before|by|on|at) )?(?:every|each|once|twice|\w+ times)\b|"
    r"daily|weekly|monthly|yearly|annually|.+\bof (?:each|every)\b"
)
_UNIT_NOUN = re.compile(r"(?:\d|\b(?:[a-z]+)\b)[\d.,–-]*\s+([a-z][a-z -]*s|people|species)$")

GENERAL_WORDS = (
    "the a an of in on at by to for from with without into is are was were be been does do did has "
    "have had can may must should will would not it its and or what how who where when why which "
    "whom whose much many long often far heavy big high deep hot fast old wide thick large name "
    "named called colour color price weight cost costs time number need needed allowed used use "
    "kind made put keep kept happen happens mean means before after during if that this there one "
    "you i my your whose get gets given take takes happened amount length size place person reason "
    "done find found as than other people about most least at up down out"
).split()


def show_turned() -> str:
    """Return the examples that turn a marked statement into a question."""
    return "".join(f"{text}\nQuestion: {question}\n\n" for text, question in _TURNED)


def ask_for_question(marked: str, start: str) -> str:
    """Return what stands before the rest of a question that begins with `start`."""
    return f"{marked}\nQuestion: {start}"


def show_read() -> str:
    """Return examples of reading: a statement, a question, the answer in the statement's words."""
    return "".join(f"{text}\nQuestion: {asked}\nAnswer: {told}\n\n" for text, asked, told in _READ)


def ask_for_answer(question: str) -> str:
    """Return what stands between a statement and the answer to `question`."""
    return f"\nQuestion: {question}\nAnswer:"


def choose_starts(kind: str, answer: str, before: str, after: str = "") -> tuple[str, ...]:
    """Return how a question for `answer` may begin; `before` and `after` stand around it."""
    word = (re.findall(r"[\w']+", before.lower()) or [""])[-1]
    if kind in ("quantity", "time"):
        bound = find_bound(answer, before, after)
        return (*bound, *_choose_measure_starts(kind, answer, before.lower(), after.lower()))
    if kind == "name":
        if is_person(answer) and word not in ("called", "named", "in", "at", "from", "to", "on"):
            return ("Who", "By whom") if word == "by" else ("Who", "Which person", "Who is")
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


def starts_with_place(answer: str) -> bool:
    """Does the answer say where ("behind the left panel")?"""
    return bool(_PLACED.match(answer))


def is_manner(answer: str) -> bool:
    """Does the answer say how something is done ("by touching the display")?"""
    return bool(re.match(r"by [a-z]+ing\s", answer))


def is_money(answer: str) -> bool:
    return bool(_MONEY.search(answer.lower()))


def is_free(answer: str) -> bool:
    return bool(re.fullmatch(r"(?i)free(?: of charge)?|nothing", answer))


def is_frequency(answer: str) -> bool:
    """Does the answer say how often ("every six weeks", "twice a year", "after each use")?"""
    return bool(_FREQUENCY.match(answer.lower()))


def is_heat(answer: str) -> bool:
    return bool(_HEAT.search(answer))


def is_weight(answer: str) -> bool:
    return bool(_WEIGHT.search(answer.lower())) or bool(_WEIGHED.search(answer.lower()))


def is_length(answer: str) -> bool:
    return bool(_LENGTH.search(answer.lower())) or bool(_MEASURED.search(answer.lower()))


def is_duration(answer: str) -> bool:
    return bool(_DURATION.search(answer.lower()))


def is_person(name: str) -> bool:
    """Two or three capitalised words that do not end as places and things do."""
    words = name.split()
    return (
        2 <= len(words) <= 3
        and all(re.fullmatch(r"[A-ZÄÖÜÉÈ][\w'’.-]*", word) for word in words)
        and words[-1].lower() not in _NO_PERSON
    )


def find_bound(answer: str, before: str, after: str) -> tuple[str, ...]:
    """Openings for a value that is the end of a range: people ask for the most or the least."""
    told = f"{before[-24:]}{answer}".lower()
    if _MOST.search(told) or re.search(
        r"\bfrom\s\S+(?:\s\S{1,8})?\s(?:to|up to)\s*$", before.lower()
    ):
        return ("What is the maximum", "What is the highest")
    if _LEAST.search(told) or (
        re.search(r"\bfrom\s*$", before.lower()) and re.match(r"\s*to\s", after.lower())
    ):
        return ("What is the minimum", "What is the lowest")
    return ()


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
    if _MONEY.search(lower):
        return ("How much does", "What is the price of", "How much is", "How much", "What does")
    if _HEAT.search(answer):
        return ("At what temperature", "What temperature", "How hot", "What is the temperature")
    if _WEIGHT.search(answer):
        return ("How much does", "How heavy", "How much", "What is the weight of", *count)
    if _LENGTH.search(answer):
        return _choose_length_starts(f"{before} {after}", after)
    if _DURATION.search(lower) and kind == "quantity":
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
