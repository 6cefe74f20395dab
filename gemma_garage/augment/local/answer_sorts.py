"""What sort of thing an answer is: money, a weight, a length of time, a person, a place.

By its units and words; English, and the usual signs. The rest of `local` asks and judges by it.
"""

import re

from gemma_garage.augment.local.fact_patterns import DAYS, MONTHS

_MONEY = re.compile(r"[$€£¥]|\b(?:euros?|dollars?|pounds|cents?|pence)\b|\dp\b")
_LENGTH = re.compile(r"\d\s?(?:mm|cm|km|m|ft|inch(?:es)?|met(?:re|er)s?|kilomet\w+)\b(?![³²/])")
_WEIGHT = re.compile(r"\d\s?(?:mg|g|kg|t|lbs?|oz|grams?|kilograms?|tonnes?)\b")
_HEAT = re.compile(r"°\s?[CF]?\b|°|\bdegrees?\b")
_DURATION = re.compile(
    r"\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|min|h|Stunden?|Minuten?|Jahren?)\b"
)
_HOUR = re.compile(
    r"\b\d{1,2}[:.]\d{2}\b(?!\s?[%°\w])|\b\d{1,2}\s?(?:[ap]\.?m\b|o['’]clock)|"
    r"\b(?:noon|midday|midnight)\b"
)
_DAY = re.compile(rf"\b(?:{'|'.join(DAYS)})s?\b|\b(?:{'|'.join(MONTHS)})\b")
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

GENERAL_WORDS = (
    "the a an of in on at by to for from with without into is are was were be been does do did has "
    "have had can may must should will would not it its and or what how who where when why which "
    "whom whose much many long often far heavy big high deep hot fast old wide thick large name "
    "named called colour color price weight cost costs time number need needed allowed used use "
    "kind made put keep kept happen happens mean means before after during if that this there one "
    "you i my your whose get gets given take takes happened amount length size place person reason "
    "done find found as than other people about most least at up down out"
).split()


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


def is_hour(answer: str) -> bool:
    """Is the answer a time of day and nothing else ("from 9.30 to 17.30")?"""
    return bool(_HOUR.search(answer)) and not _DAY.search(answer)


def is_day(answer: str) -> bool:
    """Is the answer days or a date without a time of day ("Tuesday to Saturday")?"""
    return bool(_DAY.search(answer)) and not _HOUR.search(answer)


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
