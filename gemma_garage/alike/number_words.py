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
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: number for number, word in enumerate(_SMALL)} | {
    word: 10 * number for number, word in enumerate(_TENS, start=2)
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
_WORD = "|".join([*_VALUES, *_SCALES])
_RUN = re.compile(
    rf"\b(?:a\s(?=(?:{_SCALE})\b))?(?:{_WORD})\b(?:(?:[\s-]+|\s+and\s+)(?:{_WORD})\b)*",
    re.IGNORECASE,
)
_SCALED = re.compile(rf"\b(\d+(?:[.,]\d+)*)\s({_SCALE})\b", re.IGNORECASE)
_GLYPH = re.compile(rf"(\d*)\s?([{''.join(_FRACTIONS)}])")
_SPOKEN = re.compile(
    r"\b(?:(?P<over>one|two|three)\s+(?P<under>half|third|quarter)s?|an?\s+(?P<part>half|quarter))\b",
    re.IGNORECASE,
)
_PARTS = {"half": 2, "third": 3, "quarter": 4}
_SLASHED = re.compile(r"(?<![\d/.,])(?:(\d+)\s+)?([1-9])/(2|3|4|5|8|10|16)(?![\d/])")
_AND_A_HALF = re.compile(rf"\b(\d+|{_WORD})\s+and\s+(?:a|one)\s+half\b", re.IGNORECASE)
_AND_HALF = re.compile(
    r"\b(an?|one)\s+(?P<of>hour|day|week|month|year|metre|meter|litre|liter)\s+and\s+a\s+half\b",
    re.IGNORECASE,
)
_HALF_A = re.compile(r"\bhalf\s+(?:of\s+)?an?\s+(?=\w)", re.IGNORECASE)
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
    text = _AND_A_HALF.sub(lambda m: f"{m[1]} 1/2", text)
    text = _AND_HALF.sub(lambda m: f"1.5 {m['of']}s", text)
    text = _HALF_A.sub("1/2 ", text)
    text = _SPOKEN.sub(_speak, text)
    text = _SCALED.sub(_multiply, text)
    text = _RUN.sub(_write_run, text)
    return _SLASHED.sub(_divide, text)


def _write_run(match: re.Match[str]) -> str:
    words = re.findall(r"\w+", match.group().casefold())
    if words == ["one"] and _is_pronoun(match):
        return match.group()
    written: list[str] = []
    total, current = 0, None
    last = ""
    for word in words:
        value = _VALUES.get(word)
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
    return last in _SCALES or (last in _TENS and 0 < value < 10)


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


def _speak(match: re.Match[str]) -> str:
    over = _VALUES[(match["over"] or "one").casefold()]
    return f"{over}/{_PARTS[(match['under'] or match['part']).casefold()]}"


def _divide(match: re.Match[str]) -> str:
    whole, over, under = int(match[1] or 0), int(match[2]), int(match[3])
    if over >= under:
        return match.group()
    return f"{whole + (Decimal(over) / Decimal(under)).quantize(Decimal('0.0001')).normalize():f}"
