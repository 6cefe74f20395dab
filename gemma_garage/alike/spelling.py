"""Write the same thing in the same way: the first step of reading an answer.

Typography, degrees, powers, rates ("weekly"), bounds ("at least") and ranges get one spelling,
by a list of rules that are applied in order. The result is for `tokens.py`, not for people.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

from gemma_garage.alike.number_words import ORDINALS, TENS, VALUES, read_ordinal, write_digits

_PERIOD = "hour|day|week|month|quarter|year"
_DECADES = [f"{word[:-1]}ies" for word in TENS]
HOUR = "|".join(["[1-9]|1[0-2]", *(word for word, value in VALUES.items() if 0 < value <= 12)])
_PLACE = "|".join(ORDINALS)
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_THOUSANDS = {"k": 1_000, "m": 10**6, "bn": 10**9}


def even_out(text: str) -> str:
    """`text` with all rules applied, numbers in digits, in Unicode's compatible form (NFKC)."""
    text = unicodedata.normalize("NFC", text)
    for pattern, replacement in _SPOKEN:  # before "a quarter" and "nineteen" become numbers
        text = pattern.sub(replacement, text)
    text = write_digits(text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return unicodedata.normalize("NFKC", text).replace("⁄", "/")


def _slash(match: re.Match[str]) -> str:
    return "/".join(part for part in match.groups() if part)


def _raise(match: re.Match[str], power: int) -> str:
    prefix = {"milli": "m", "centi": "c", "kilo": "k"}.get((match.group(1) or "").casefold(), "")
    return f" {prefix}m_{power} "


def _write_out(match: re.Match[str]) -> str:
    """ "$2k" is $2000."""
    amount = Decimal(match[2].replace(",", ".")) * _THOUSANDS[match[3].casefold()]
    return f"{match[1]}{amount:f}"


def _write_clock(match: re.Match[str]) -> str:
    """ "half past two" is 2:30, "a quarter to two" is 1:45."""
    part, side, name = (group.casefold() for group in match.groups())
    hour = int(name) if name.isdigit() else VALUES[name]
    if side in ("past", "after"):
        return f"{hour}:{30 if part == 'half' else 15}"
    return f"{hour - 1 or 12}:45" if part == "quarter" else match.group()


def _mark_decade(match: re.Match[str]) -> str:
    return f"{match[1] or match[2] or match[3]}_s"


def _write_decade(match: re.Match[str]) -> str:
    """ "the eighties" is 80_s, "the nineteen-eighties" 1980_s."""
    century = VALUES[match[1].casefold()] if match[1] else ""
    return f"{century}{_DECADES.index(match[2].casefold()) + 2}0_s"


def _say_rate(adverb: str) -> str:
    names = {
        "dai": "day",
        "wee": "week",
        "mon": "month",
        "yea": "year",
        "hou": "hour",
        "qua": "quarter",
    }
    return f"1 time per {names.get(adverb.casefold()[:3], 'year')}"


_BOUNDING_UP = "more|older|higher|above|longer|later|greater|over|larger|warmer|hotter|heavier"
_BOUNDING_DOWN = (
    "less|fewer|younger|lower|below|shorter|earlier|smaller|under|colder|cooler|lighter"
)

_AMOUNT = r"(-?\s?\d+(?:[.,:]\d+)*(?:\s*[^\s\d,;]+){0,2}?)"

_Replacement = str | Callable[[re.Match[str]], str]
_SPOKEN_SPELLINGS: list[tuple[str, _Replacement]] = [
    (rf"\b(?:a )?(half|quarter) (past|after|to|before) ({HOUR})\b", lambda m: _write_clock(m)),
    (r"\b(once|twice|times) (?:a|per|every|each) quarter\b", r"\1 per quarter"),
    (
        rf"\b(?:(nineteen|eighteen|seventeen)[ -])?({'|'.join(_DECADES)})\b",
        lambda m: _write_decade(m),
    ),
]
_SPELLINGS: list[tuple[str, _Replacement]] = [
    ("[‘’ʼ′`]", "'"),
    ("º", "°"),
    (r"\bhttps?://|\bwww\.(?=\w)", ""),
    (r"\bat once\b", "simultaneously"),  # no count
    (r"([$€£¥])\s?(\d+(?:[.,]\d+)?)\s?(k|m|bn)\b", lambda m: _write_out(m)),
    (r"^\W*a pair\W*$", "2"),
    (r"^\W*half\W*$", "0.5"),
    (r"^\W*(\w[^.;]*?),? only\W*$", r"only \1"),
    (rf"\b({_PLACE})(?= (?:of )?{_MONTH}\b)", lambda m: str(read_ordinal(m[1].casefold()))),
    (r"\b(\d{1,2}(?:[:.]\d\d)?) (?:o['’]clock )?in the (?:evening|afternoon)\b", r"\1 pm"),
    (r"\b(\d{1,2}(?:[:.]\d\d)?) (?:o['’]clock )?in the morning\b", r"\1 am"),
    (r"\b((?:1\d|20)\d0)'?s\b|\b(?<=the )(\d0)'?s\b|(?<=')(\d0)s\b", lambda m: _mark_decade(m)),
    (r"\bon sat\b", "on saturday"),
    (r"\bon sun\b", "on sunday"),
    (rf"(?<=\d) of an? ({_PERIOD}|minute)\b", r" \1"),  # a quarter of an hour
    (r"\bbusiness (?=days?\b)", "working "),
    (rf"\bof (?:each|every) ({_PERIOD})\b", r" per \1"),
    ("[−﹣－]", "-"),
    (r"\b(\d{4})-(\d\d?)-(\d\d?)\b|\b(\d\d?)-(\d\d?)-(\d{4})\b", lambda m: _slash(m)),
    (r"\bmin(?:⁻¹|\^-1|-1)|\b[r1]/min\b", "rpm"),
    (r"\brev(?:olution)?s?(?:\.| per |/)\s?min(?:ute)?\b", "rpm"),
    (r"\b([mck]?m)\s?(?:²|\^2)|(?<=\d)\s?\b([mck]?m)2\b", r" \1\2_2 "),
    (r"\b([mc]?m)\s?(?:³|\^3)|(?<=\d)\s?\b([mc]?m)3\b", r" \1\2_3 "),
    (r"\b(?:square|sq\.?) (milli|centi|kilo)?met(?:er|re)s?\b", lambda m: _raise(m, 2)),
    (r"\bcubic (milli|centi|kilo)?met(?:er|re)s?\b", lambda m: _raise(m, 3)),
    (r"(?:\bdeg(?:rees?|\.)?|°)\s*(?:celsius|centigrade|c\b)|\bcelsius\b", " °c "),
    (r"(?:\bdeg(?:rees?|\.)?|°)\s*(?:fahrenheit|f\b)|\bfahrenheit\b", " °f "),
    (
        r"(\d+(?:[.,]\d+)?)\s*(?:°|deg(?:rees?)?)?\s*(°[cf])?\s*below (?:0|freezing)\b",
        lambda m: f"-{m[1]} {m[2] or '°c'} ",
    ),
    (r"\bper\s?cent\b", "%"),
    (r"\bn\s?[·⋅*]\s?m\b", "n_m"),
    (r"\b(?:kph|kmh)\b", "km/h"),
    (r"\bmph\b", "mi/h"),
    (r"\blpm\b", "l/min"),
    (r"(?<=\d)[\"”]|(?<=\d) in\b(?=\s*(?:$|[.,;)]))", " inch"),
    (r"\b(can|could|do|does|did|is|are|was|were|wo|would|should|must)n't\b", r"\1 not"),
    (r"\bcan't\b|\bcannot\b", "can not"),
    (r"'s\b", ""),
    (r"\bno\.?\s?(?=\d)|\bnr\.?\s?(?=\d)", "number "),
    (r"\bfrom ([^,;]{1,20}?) up to (?=[\d-])", r"\1 to "),
    (r"\b(?:at least|no (?:less|fewer) than|not (?:less|fewer) than|(?:a )?minimum of)\b", "≥"),
    (r"(?<!\d)(?<!\d )\bmin\.?\s?(?=\d)", "≥"),
    (r"\b(?:at most|no more than|not more than|up to|as far as|(?:a )?maximum of)\b", "≤"),
    (r"\bmax\.?\s?(?=\d)", "≤"),
    (r"\b(?:less than|fewer than|below|under)\s+(?=[\d-])", "< "),
    (r"\b(?:more than|greater than|over|above|exceeding)\s+(?=[\d-])", "> "),
    (r"\bminus\s(?=\d)", " -"),
    (rf"{_AMOUNT},?\s+(?:or|and) (?:{_BOUNDING_UP})\b", r"≥ \1"),
    (rf"{_AMOUNT},?\s+(?:or|and) (?:{_BOUNDING_DOWN})\b", r"≤ \1"),
    (r"\b(?:between|from)\s+([^,;]{1,20}?)\s+and\s+(?=[\d-])", r"\1 to "),
    (r"\b(?:from\s+)?(\d[^,;]{0,12}?)\s+(?:until|till|through)\s+(?=\d)", r"\1 to "),
    (r"(?<=[\d%°])(?:\s?[–—‒]\s?|\s?-(?=\d)|\s-\s)(?=[\d-])", " to "),
    (r"(?<=\d)(\s*(?:[^\W\d_]{1,3}|°[cf]?))\s*[–—‒]\s*(?=[\d-])", r"\1 to "),
    (rf"\b(\d\d?)(?:st|nd|rd|th)? to (\d\d?(?:st|nd|rd|th)? (?:of )?({_MONTH}))\b", r"\1 \3 to \2"),
    (rf"\b({_MONTH}) (\d\d?) to (?=\d\d?\b(?![.:]\d| {_MONTH}))", r"\1 \2 to \1 "),
    ("[–—‒]", " , "),
    (r"(?<=\d)\s?[x×]\s?(?=\d)|(?<=\d) by (?=\d)", " x "),
    (r"(?<=\d)(\s?[^\W\d_]{1,11}) (?:by|[x×]) (?=\d)", r"\1 x "),
    (r"\b(?:12 )?(?:noon|midday)\b", "12:00"),
    (r"\b(?:12 )?midnight\b", "0:00"),
    (r"(?<=\d) point (?=\d)", "."),
    (r"\bU\.?S\.? (?=dollars?\b)", ""),
    (
        r"(^\W*|\b(?:after|for|in|is|last|lasts|least|most|only|take|takes|than|to|within) )an? "
        r"(?=(?:second|minute|hour|day|week|fortnight|month|year|decade|century|metre|meter|litre"
        r"|liter|kilo|kilogram|tonne|ton|mile)\b)",
        r"\g<1>1 ",
    ),
    (r"\bfortnightly\b", "every 2 weeks"),
    (r"\b(?:half-yearly|semi-?annually)\b", "every 6 months"),
    (r"\bonce\b", "1 time"),
    (r"\btwice\b", "2 times"),
    (r"\b(\d+ [a-z]+) (dai|week|month|year|hour)ly\b", lambda m: f"{m[1]} {_say_rate(m[2])[7:]}"),
    (
        r"\bevery (?:other\b|second"
        r"(?= (?!(?:and|or|of|for|in|at|until|while|when|to|from|by)\b)[^\W\d_]))",
        "every 2",
    ),
    (r"\b(?:dai|week|month|year|hour|quarter)ly\b|\bannually\b", lambda m: _say_rate(m.group())),
    (rf"(?:\b1 time )?\b(?:every|each|(?<=1 time )(?:an?|per)) ({_PERIOD})\b", r"1 time per \1"),
    (rf"(?<=[\w%°]) (?:an?|each|every) ({_PERIOD}|minute|second)\b", r" per \1"),
    (
        r"(\d\s*[^\W\d]*) (?:for )?(?:an?|each|every) "
        r"(morning|evening|night|person|head|child|adult|page|piece|item|copy|litre|liter|kilo)\b",
        r"\1 per \2",
    ),
]
_SPOKEN = [(re.compile(pattern, re.IGNORECASE), new) for pattern, new in _SPOKEN_SPELLINGS]
_RULES = [(re.compile(pattern, re.IGNORECASE), new) for pattern, new in _SPELLINGS]
