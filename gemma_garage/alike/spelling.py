"""Write the same thing in the same way: the first step of reading an answer.

Typography, degrees, powers, rates ("weekly"), bounds ("at least") and ranges get one spelling,
by a list of rules that are applied in order. The result is for `tokens.py`, not for people.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

from gemma_garage.alike.number_words import ORDINALS, read_ordinal, write_digits

_PERIOD = "hour|day|week|month|year"
_PLACE = "|".join(ORDINALS)
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_THOUSANDS = {"k": 1_000, "m": 10**6, "bn": 10**9}


def even_out(text: str) -> str:
    """`text` with all rules applied, numbers in digits, in Unicode's compatible form (NFKC)."""
    text = write_digits(unicodedata.normalize("NFC", text))
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


def _say_rate(adverb: str) -> str:
    names = {"dai": "day", "wee": "week", "mon": "month", "yea": "year", "hou": "hour"}
    return f"1 time per {names.get(adverb.casefold()[:3], 'year')}"


_Replacement = str | Callable[[re.Match[str]], str]
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
    (r"\b(\d{1,2}) (?:o['’]clock )?in the (?:evening|afternoon)\b", r"\1 pm"),
    (r"\b(\d{1,2}) (?:o['’]clock )?in the morning\b", r"\1 am"),
    (r"\bon sat\b", "on saturday"),
    (r"\bon sun\b", "on sunday"),
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
    (r"\b(?:at least|no (?:less|fewer) than|not (?:less|fewer) than|(?:a )?minimum of)\b", "≥"),
    (r"(?<!\d)(?<!\d )\bmin\.?\s?(?=\d)", "≥"),
    (r"\b(?:at most|no more than|not more than|up to|(?:a )?maximum of)\b", "≤"),
    (r"\bmax\.?\s?(?=\d)", "≤"),
    (r"\b(?:less than|fewer than|below|under)\s+(?=[\d-])", "< "),
    (r"\b(?:more than|greater than|over|above|exceeding)\s+(?=[\d-])", "> "),
    (r"\bminus\s(?=\d)", " -"),
    (r"\b(?:between|from)\s+([^,;]{1,20}?)\s+and\s+(?=[\d-])", r"\1 to "),
    (r"\b(?:from\s+)?(\d[^,;]{0,12}?)\s+(?:until|till|through)\s+(?=\d)", r"\1 to "),
    (r"(?<=[\d%°])(?:\s?[–—‒]\s?|\s?-(?=\d)|\s-\s)(?=[\d-])", " to "),
    (r"(?<=\d)(\s*(?:[^\W\d_]{1,3}|°[cf]?))\s*[–—‒]\s*(?=[\d-])", r"\1 to "),
    ("[–—‒]", " , "),
    (r"(?<=\d)\s?[x×]\s?(?=\d)|(?<=\d) by (?=\d)", " x "),
    (r"\bnoon\b|\bmidday\b", "12:00"),
    (r"\bonce\b", "1 time"),
    (r"\btwice\b", "2 times"),
    (r"\b(\d+ [a-z]+) (dai|week|month|year|hour)ly\b", lambda m: f"{m[1]} {_say_rate(m[2])[7:]}"),
    (
        r"\bevery (?:other\b|second"
        r"(?= (?!(?:and|or|of|for|in|at|until|while|when|to|from|by)\b)[^\W\d_]))",
        "every 2",
    ),
    (r"\b(?:dai|week|month|year|hour)ly\b|\bannually\b", lambda m: _say_rate(m.group())),
    (rf"(?:\b1 time )?\b(?:every|each|(?<=1 time )(?:an?|per)) ({_PERIOD})\b", r"1 time per \1"),
    (rf"(?<=[\w%°]) (?:an?|each|every) ({_PERIOD}|minute|second)\b", r" per \1"),
]
_RULES = [(re.compile(pattern, re.IGNORECASE), new) for pattern, new in _SPELLINGS]
