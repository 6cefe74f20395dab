"""Write English words and fractions for numbers as digits: "twenty-four" becomes "24".

It knows cardinals to billions, "dozen", halves and simple fractions, and ordinals to twelve. What
is no number stays as it is.
"""

import re
from decimal import Decimal

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
VALUES = {word: number for number, word in enumerate(_SMALL)} | {
    word: 10 * number for number, word in enumerate(TENS, start=2)
}
_SCALES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1_000,
    "million": 10**6,
    "billion": 10**9,
}
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
).split()
_LATER = (
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_RANKS = {word: rank for rank, word in enumerate([*ORDINALS, *_LATER], start=1)} | {
    f"{word[:-1]}ieth": 10 * number for number, word in enumerate(TENS, start=2)
}
_RANK = re.compile(
    rf"\b(?:({'|'.join(TENS)})[\s-]({'|'.join(ORDINALS[:9])})|({'|'.join(list(_RANKS)[12:])}))\b",
    re.IGNORECASE,
)
_FRACTIONS = {
    "½": "0.5",
    "¼": "0.25",
    "¾": "0.75",
    "⅛": "0.125",
    "⅜": "0.375",
    "⅝": "0.625",
    "⅞": "0.875",
}
_SCALE = "|".join(_SCALES)
_WORD = "|".join([*VALUES, *_SCALES])
_RUN = re.compile(
    rf"\b(?:a\s(?=(?:{_SCALE})\b))?(?:{_WORD})\b(?:(?:[\s-]+|\s+and\s+)(?:{_WORD})\b)*",
    re.IGNORECASE,
)
_SCALED = re.compile(rf"\b(\d+(?:[.,]\d+)*)\s({_SCALE})\b", re.IGNORECASE)
_GLYPH = re.compile(rf"(\d*)\s?([{''.join(_FRACTIONS)}])")
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "eighth": 8, "tenth": 10}
_UNDER = "|".join(_PARTS)
_SPOKEN = re.compile(
    rf"\b(?:(?P<over>one|two|three|four|five|seven|nine)[\s-]+(?P<under>{_UNDER})s?"
    rf"|an?\s+(?P<part>half|quarter|(?:{_UNDER})(?=\s+of\b|\W*$|[.;:)]|,\s(?:and|but|so|which|or)\b)))\b",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"(?<![\d/.,])(?:(\d+)\s+)?([1-9])/(2|3|4|5|8|10|16)(?![\d/])")
_AND_PARTS = {"half": "1/2", "quarter": "1/4", "quarters": "3/4"}
_AND_PART = re.compile(
    rf"\b(\d+|an?|{_WORD})\s+(?P<of>(?:hour|day|week|month|year|metre|meter|litre|liter|mile)s?\s+)?"
    r"and\s+(?:(?:a|one)\s+(?P<part>half|quarter)|three\s+(?P<three>quarters))\b",
    re.IGNORECASE,
)
_HALF_SCALE = re.compile(
    rf"\b(?:(\d+|{_WORD})\s+and\s+(?:a|one)\s+half|half\s+an?)\s+({_SCALE})s?\b", re.IGNORECASE
)
_HALF_A = re.compile(
    r"(?<!first )(?<!second )(?<!other )\bhalf\s+(?:(?:of\s+)?an?|of\s+the|the)\s+(?=\w)",
    re.IGNORECASE,
)
_LONE_HALF = re.compile(r"^(\W*(?:about|exactly|only|up to)?)\s*half(\W*)$", re.IGNORECASE)
# After these words "one" counts; after any other ("the red one") it stands for a thing.
_BEFORE_COUNT = frozenset(
    "exactly only just to or and is are per about every after has have with in of at for by from "
    "than least most approximately number".split()
)


def read_ordinal(word: str) -> Decimal | None:
    """3 for "third", up to twelve."""
    return Decimal(ORDINALS.index(word) + 1) if word in ORDINALS else None


def write_digits(text: str) -> str:
    """`text` with its numbers in digits; "one" only where it counts something."""
    text = _GLYPH.sub(lambda m: f" {int(m[1] or 0) + Decimal(_FRACTIONS[m[2]])}", text)
    text = _RANK.sub(_rank, text)
    text = _HALF_SCALE.sub(_multiply_half, text)
    text = _AND_PART.sub(_add_part, text)
    text = _HALF_A.sub("1/2 ", text)
    text = _SPOKEN.sub(_speak, text)
    text = _SCALED.sub(_multiply, text)
    text = _RUN.sub(_write_run, text)
    return _SLASHED.sub(_divide, text)


def write_percent(text: str) -> list[str]:
    """`text` with a fraction in words or with a slash as a percentage, as roundly as people say it:
    "two thirds" gives 67 %, 66.7 % and 66.67 %. Empty if there is none; 0.5 is none."""
    text = _LONE_HALF.sub(r"\1 1/2 \2", _HALF_A.sub("1/2 ", text))
    found = _SLASHED.search(_SPOKEN.sub(_speak, text))
    if found is None or found[1]:
        return []
    share = 100 * Decimal(found[2]) / Decimal(found[3])
    shares = dict.fromkeys(round(share, digits).normalize() for digits in (0, 1, 2))
    exact = [one for one in shares if one == share] or list(shares)
    before, after = found.string[: found.start()], found.string[found.end() :]
    return [f"{before} {one:f} % {after}" for one in exact]


def _write_run(match: re.Match[str]) -> str:
    words = re.findall(r"\w+", match.group().casefold())
    if words == ["one"] and _is_pronoun(match):
        return match.group()
    written: list[str] = []
    total, current = 0, None
    last = ""
    for word in words:
        value = VALUES.get(word)
        starts_new = value is not None and current is not None and not _continues(last, value)
        if (word == "and" and last not in _SCALES) or starts_new:
            if current is not None:
                written.append(str(total + current))
            total, current = 0, None
        if word == "and":
            written += [] if last in _SCALES else ["and"]
        elif word in _SCALES:
            scale = _SCALES[word]
            current = (1 if current is None else current) * scale
            if scale >= 1_000:
                total, current = total + current, 0
        elif value is not None:
            current = (current or 0) + value
        if word != "and":
            last = word
    if current is not None:
        written.append(str(total + current))
    return " ".join(written)


def _continues(last: str, value: int) -> bool:
    """ "four" goes on after "twenty" and after "hundred", not after "five"."""
    return last in _SCALES or (last in TENS and 0 < value < 10)


def _is_pronoun(match: re.Match[str]) -> bool:
    before = re.findall(r"\w+", match.string[: match.start()].casefold())
    after = match.string[match.end() :].lstrip().casefold()
    is_last = not after or not (after[0].isalnum() or after[0] in "%°€$£-")
    follows_thing = bool(before) and before[-1] not in _BEFORE_COUNT
    return after.startswith("of ") or (is_last and follows_thing)


def _multiply(match: re.Match[str]) -> str:
    plain = match[1]
    if re.fullmatch(r"\d{1,3}(,\d{3})+", plain):
        plain = plain.replace(",", "")
    number = Decimal(plain.replace(",", ".")) * _SCALES[match[2].casefold()]
    return f"{number.normalize():f}"


def _add_part(match: re.Match[str]) -> str:
    """ "two and a half hours" and "an hour and a quarter", as "2 1/2 hours" and "1 1/4 hour"."""
    whole = match[1].casefold()
    if match["of"] is None and whole in ("a", "an"):
        return match.group()
    part = _AND_PARTS[(match["part"] or match["three"]).casefold()]
    return f"{'1' if whole in ('a', 'an') else match[1]} {part} {match['of'] or ''}"


def _multiply_half(match: re.Match[str]) -> str:
    whole = (match[1] or "0").casefold()
    number = int(whole) if whole.isdigit() else VALUES.get(whole, 0)
    return str((2 * number + 1) * _SCALES[match[2].casefold()] // 2)


def _rank(match: re.Match[str]) -> str:
    """ "twenty-fifth" is 25th. The first twelve stay words: "second" is also a unit."""
    if match[3]:
        rank = _RANKS[match[3].casefold()]
    else:
        rank = VALUES[match[1].casefold()] + _RANKS[match[2].casefold()]
    return f"{rank}th"


def _speak(match: re.Match[str]) -> str:
    over = VALUES[(match["over"] or "one").casefold()]
    return f"{over}/{_PARTS[(match['under'] or match['part']).casefold()]}"


def _divide(match: re.Match[str]) -> str:
    whole, over, under = int(match[1] or 0), int(match[2]), int(match[3])
    if over >= under:
        return match.group()
    return f"{whole + (Decimal(over) / Decimal(under)).quantize(Decimal('0.0001')).normalize():f}"
