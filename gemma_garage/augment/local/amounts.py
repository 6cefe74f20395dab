"""Find amounts, times and codes in a sentence: what is asked with how much, how often, when, which.

Rules only: a number with its qualifier and unit, spans of time in words, intervals, dates, codes,
numbered things ("deck 5"). English and the usual units.
"""

import re
from collections.abc import Iterable

from gemma_garage.augment.local.answer_sorts import is_money
from gemma_garage.augment.local.fact_patterns import (
    ADDRESS,
    CLOCK,
    CODE,
    CODED,
    COMPOUND,
    DATE,
    DAY_TIME,
    FRACTION,
    FREE,
    FREQUENCY,
    FUNCTION,
    NOTICE,
    NTH,
    NUMBERED,
    ONE,
    PHONE,
    QUANTITY,
    RANGE,
    SETTING,
    SHARE,
    WORD_NUMBER,
    YEAR,
)

Span = tuple[int, int, str, int]  # start, end, kind, rank: see `facts.Fact`
_PLURALS = frozenset("people men women children feet teeth mice percent thirds staff crew".split())
_TIME = re.compile(r"(?:second|minute|hour|day|week|month|year)s?$")
_AHEAD = re.compile(r"\s(?:in advance|ahead|beforehand|(?:before|after)\s[a-z-]{4,}(?=[.,;:]|$))")

_PLUS = re.compile(
    r"\splus\s(?:[a-z]+(?:\sand\s[a-z]+)?|VAT)\b(?=[.,;:]|\s(?:and|or|for|if|when)\b|$)"
)

_EACH = re.compile(
    r"\s(?:each|(?:per|a|an)\s[a-z][a-z-]+|for\s(?:an?|one|two|three|four|the first)\s[a-z]+)"
    r"(?=[.,;:)]|\s(?:and|or|for|with|in|on|if|when|plus|from|by|at|to|as|up)\b|$)"
)
_AT_MOST = re.compile(r"\sat\s(?:(?:the\s)?(?:most|least)|the\s(?:latest|earliest))\b")
_OF_USE = re.compile(r"\sof\s(?!the\b|each\b|its\b)[a-z]{3,}(?=[.,;:]|$)")


def find_amounts(text: str) -> Iterable[Span]:
    """Yield the spans of amounts, times and codes; they may overlap."""
    for pattern in (DAY_TIME, CLOCK, NTH, FREQUENCY, YEAR):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), "time", 0
    for match in DATE.finditer(text):
        if match.group() not in ("May", "March") or match.start() > 0:
            yield match.start(), match.end(), "time", 0
    for match in SETTING.finditer(text):
        yield match.start(1), match.end(1), "code", 0
    whole = [
        match.span()
        for pattern in (NUMBERED, PHONE, CODED, ADDRESS)
        for match in pattern.finditer(text)
    ]
    for match in QUANTITY.finditer(text):
        start, end = _complete_quantity(text, match)
        if end > start and not any(s < end and start < e for s, e in whole):
            yield start, _stretch(text, start, end), "quantity", 0
    for pattern in (RANGE, NOTICE, FRACTION, COMPOUND, ONE, FREE, SHARE):
        for match in pattern.finditer(text):
            group = "amount" if match.group("amount") else "other"
            start, end = match.span(group)
            yield start, _stretch(text, start, end), "quantity", 0
    for pattern in (PHONE, CODED, CODE, NUMBERED, ADDRESS):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), "code", 0


def _stretch(text: str, start: int, end: int) -> int:
    """An amount's end with what belongs to it: "five weeks in advance", "£95 plus parts"."""
    told = text[start:end]
    if is_money(told) and (more := _PLUS.match(text, end) or _EACH.match(text, end)):
        return more.end()  # "£95 plus parts", "£9 a pupil"
    if more := _AT_MOST.match(text, end):
        return more.end()
    if not _TIME.search(told):
        return end
    more = _AHEAD.match(text, end) or (_OF_USE.match(text, end) if "fter " in told else None)
    return more.end() if more else end


def _complete_quantity(text: str, match: re.Match[str]) -> tuple[int, int]:
    """Stretch a number to its unit ("2,000 operating hours", "165 per night")."""
    amount = match.group("amount")
    start, end = match.start(), match.end()
    if (
        not match.group("unit")
        and not match.group("lead")
        and not re.fullmatch(WORD_NUMBER, amount, re.IGNORECASE)
        and re.search(r"\b[A-Z][a-zA-Z]*\s$", text[:start])
        and not _counts_next(text, end)
    ):
        return 0, 0  # "Glidol 40" is a name, not so "Wait 10 seconds"
    while text[start] == " " or (text[start] in "–-" and not text[start + 1].isdigit()):
        start += 1
    if match.group("lead") and re.search(r"\b[Ll]ook(?:s|ing|ed)?\s$", text[:start]):
        start = match.start("amount")  # "look after 1,240 lanterns"
    elif (
        match.group("lead")
        and match.group("lead").lower().startswith(("more", "less", "fewer"))
        and re.search(r"(?i)\b(?:never|not|cannot|\w+n['’]t)\b[^.;:]*$", text[:start])
    ):
        start = match.start("amount")  # "never load more than 220 g": 220 g is the most
    elif match.group("lead") and match.group("lead").split()[0].lower() in (
        "by",
        "from",
        "between",
    ):
        wide = re.search(r"–|-|\bto\b|\band\b", amount)
        if not wide and match.group("lead").split()[0].lower() != "by":
            start = match.start("amount")
        elif match.group("lead").split()[0].lower() == "by" and match.group("unit"):
            start = match.start("amount")
    following = re.match(r"((?:\s+[\w'’°%-]+){1,3})", text[end:])
    if not match.group("unit") and not re.search(r"[$€£]", amount) and following:
        words: list[str] = []
        for word in following.group(1).split():
            if word.lower() in FUNCTION:
                break
            words.append(word)
            if word.endswith("s") and not word.endswith("ss"):
                break
        if (
            words
            and _is_counted(words[-1])
            and not re.search(r"\bnumber\s$", text[:start])
            # "children under 9 pay", but "flights under six hours"
            and (_TIME.search(words[-1]) or not re.search(r"\bunder\s$", text[:start]))
        ):
            last = 0
            for word in words:
                last = text.index(word, end + last) - end + len(word)
            end += last
        elif re.fullmatch(rf"1|{WORD_NUMBER}", amount, re.IGNORECASE):
            return 0, 0  # "two", "one of them", "1 steel stand": no quantity by itself
    elif re.fullmatch(WORD_NUMBER, amount, re.IGNORECASE) and not match.group("unit"):
        return 0, 0
    rate = re.match(
        r"\s+(?:per|a|an|each)\s+(?:night|mile|minute|hour|second|year|month|week|day|"
        r"pair|person|kilometre|piece)\b",
        text[end:],
    )
    if rate:
        end += rate.end()
    return start, end


def _counts_next(text: str, end: int) -> bool:
    """Does the number that ends there stand before what it counts ("10 seconds")?"""
    word = re.match(r"\s([a-z]+)\b", text[end:])
    return bool(word and word[1] not in FUNCTION and _is_counted(word[1]))


def _is_counted(noun: str) -> bool:
    """A noun that a number can stand before: a plural, of those without -s the usual ones."""
    plural = noun.endswith("s") and not noun.endswith("ss")
    return noun[0].islower() and (plural or noun in _PLURALS)
