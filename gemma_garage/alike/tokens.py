"""Read a short answer into tokens in which spelling no longer matters.

Words lose case, accents, plural and British or American spelling; numbers become decimals
("1,500", "44.20", "four"); dates, ordinals, units and bounds ("at least") become their own kinds.
It reads English words for numbers and months, and text of any other language as plain words. It
does not judge anything.
"""

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

from gemma_garage.alike.number_words import read_ordinal
from gemma_garage.alike.spelling import even_out
from gemma_garage.alike.units import CURRENCIES, DECADE, MERGED, UNITS, find_unit


class Date(NamedTuple):
    """A day, or the part of it that was said; `swapped`: the same if month comes first."""

    year: int | None
    month: int | None
    day: int | None
    swapped: tuple[int, int] | None = None

    def says(self, other: "Date") -> bool:
        """Whether all that `other` says stands in this date."""
        days = {(self.month, self.day), self.swapped or (self.month, self.day)}
        return (other.year in (None, self.year)) and any(
            (month in (None, mine)) and (day in (None, my_day))
            for month, day in {(other.month, other.day), other.swapped or (other.month, other.day)}
            for mine, my_day in days
        )


class Token(NamedTuple):
    """`kind`: word unit number ordinal date bound sign separator. `glued`: no space before it."""

    kind: str
    value: str | Decimal | Date
    glued: bool = False


_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NUMBER = (
    r"\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,'’]\d+)*|(?<!\w)\.\d+"
)
_CJK = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # written without spaces
_SCAN = re.compile(
    rf"""
    (?P<iso>\b\d{{4}}/\d{{1,2}}/\d{{1,2}}\b)
    |(?P<dotted>\b\d{{1,2}}(?P<mark>[./-])\d{{1,2}}(?P=mark)\d{{4}}\b)
    |(?P<dmy>\b\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_MONTH}\b\.?(?:,?\s+\d{{4}}\b)?)
    |(?P<mdy>\b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?![.,:]\d)(?:,?\s+\d{{4}}\b)?)
    |(?P<my>\b{_MONTH}\.?,?\s+\d{{4}}\b)
    |(?P<month>\b{_MONTH}\b)
    |(?P<decade>\b\d{{2,4}}_s\b)
    |(?P<ordinal>\b\d+(?:st|nd|rd|th)\b)
    |(?P<clock>\b\d{{1,2}}(?:[:.]\d{{2}})?\s*[ap]\.?m\b\.?)
    |(?P<hours>\b\d{{1,2}}\s?h\s?[0-5]\d\b(?!\s*(?:m|s\b)))
    |(?P<oclock>\b\d{{1,2}}\s*o['’]clock)
    |(?P<number>(?:(?<![\w)°%])-\s?)?(?:{_NUMBER}))
    |(?P<unit>°\s?[cf]\b|°|[%‰€$£¥Ωω])
    |(?P<cjk>{_CJK})
    |(?P<word>[^\W\d_]+(?:_[23m])?)
    |(?P<bound>[<>≤≥])
    |(?P<sign>±|(?<=\d):(?=\d))
    |(?P<separator>[,;&/])
    """,
    re.VERBOSE | re.IGNORECASE,
)

_UNJOINED = frozenset({"temperature", "share"})
_DROPPED = frozenset(
    "a an the of about approximately approx around roughly circa ca exactly nearly almost".split()
)
# Letters that Unicode does not take apart into a plain one and its mark.
_WHOLE_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_SPELLINGS = {
    "colour": "color",
    "grey": "gray",
    "aluminium": "aluminum",
    "centre": "center",
    "fibre": "fiber",
    "sulphur": "sulfur",
    "tyre": "tire",
    "favour": "favor",
    "programme": "program",
    "licence": "license",
    "anticlockwise": "counterclockwise",
    "ok": "okay",
    "bike": "bicycle",
    "phone": "telephone",
    "fridge": "refrigerator",
    "photo": "photograph",
    "aeroplane": "airplane",
    "plane": "airplane",
    "person": "people",
    "under": "below",
    "underneath": "below",
    "beneath": "below",
    "mon": "monday",
    "tue": "tuesday",
    "tues": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "thurs": "thursday",
    "fri": "friday",
}


_CELL_BORDER = re.compile(r"\s*\|\s*")


def read_tokens(text: str) -> list[Token]:
    """The tokens of `text` in order; articles, "of" and "about" are left out. The cells of a
    table's row stand apart: no unit goes over a border."""
    text = even_out(_CELL_BORDER.sub(" ; ", text.strip("| ")))
    tokens: list[Token] = []
    for match in _SCAN.finditer(text):
        start = match.start()
        before = text[max(0, start - 1) : start]
        hyphened = before == "-" and text[max(0, start - 2) : start - 1].isalpha()
        glued = (before.isalnum() and not re.match(_CJK, before)) or (
            hyphened and text[start].isdigit()
        )
        tokens += _read_one(match, tokens, glued)
    return _join_amounts(_join_cents(_settle_units(tokens)))


def _read_one(match: re.Match[str], before: list[Token], glued: bool) -> list[Token]:
    kind, text = str(match.lastgroup), match.group()
    if kind == "iso":
        year, month, day = (int(part) for part in text.split("/"))
        return [Token("date", Date(year, month, day))]
    if kind == "dotted":
        return [Token("date", _read_numeric_date(text))]
    if kind in ("dmy", "mdy", "my", "month"):
        return [Token("date", _read_named_date(text))]
    if kind == "ordinal":
        return [_count_off(Decimal(text[:-2]), before)]
    if kind == "decade":
        return [Token("number", Decimal(text[:-2])), Token("unit", DECADE)]
    if kind in ("clock", "oclock", "hours"):
        return _read_clock(text)
    if kind == "number":
        return [
            Token("word" if isinstance(n, str) else "number", n, glued) for n in read_numbers(text)
        ]
    if kind == "unit":
        symbol = find_unit(text.replace(" ", ""), after_number=True)
        return [Token("unit", symbol or text.casefold())]
    if kind == "word":
        is_name = match.string[match.end() : match.end() + 1].isdigit()  # "A4"
        return _read_word(text, before, glued, is_name)
    if kind == "separator":
        return [Token(kind, "and" if text == "&" else text)]
    return [Token("word" if kind == "cjk" else kind, text)]


def _read_word(text: str, before: list[Token], glued: bool, is_name: bool) -> list[Token]:
    after_number = bool(before) and before[-1].kind in ("number", "bound")
    folded = fold(text)
    after_rate = bool(before) and before[-1].value in ("per", "/")
    unit = find_unit(text, after_number=(after_number or after_rate) and folded not in ("a", "an"))
    if text == "A" and after_number:
        unit = "amp"
    if unit is not None:
        return [Token("unit", unit, glued)]
    if folded in ("and", "or"):
        return [Token("separator", folded)]
    if folded in _DROPPED and not is_name:
        return []
    ordinal = read_ordinal(folded)
    if ordinal is not None:
        return [_count_off(ordinal, before)]
    return [Token("word", _stem(_SPELLINGS.get(folded, folded)), glued)]


def _count_off(ordinal: Decimal, before: list[Token]) -> Token:
    """ "every third batch" is every 3 batches; elsewhere the third is not three."""
    follows_every = bool(before) and before[-1].value == "every"
    return Token("number" if follows_every else "ordinal", ordinal)


def fold(word: str) -> str:
    """Casefolded, without accents."""
    plain = unicodedata.normalize("NFKD", word.casefold()).translate(_WHOLE_LETTERS)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return _SPELLINGS.get(word[:-1], word[:-1])
    return word


def read_numbers(text: str) -> list[Decimal | str]:
    """The number that `text` writes with any separators; several for "1,2,3"; a version or an
    address ("2.1.3") stays text. A comma before three digits groups, any other is a decimal."""
    plain = re.sub(r"['’\s\u00a0\u2009\u202f]", "", text)
    sign = "-" if plain.startswith("-") else ""
    plain = plain.removeprefix("-")
    commas, dots = plain.count(","), plain.count(".")
    grouped = re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", plain)
    if commas and dots:
        decimal = "," if plain.rfind(",") > plain.rfind(".") else "."
        if plain.count(decimal) > 1:
            return [plain]
        plain = plain.replace("." if decimal == "," else ",", "").replace(",", ".")
    elif grouped:
        plain = plain.replace(",", "")
    elif commas == 1:
        plain = plain.replace(",", ".")
    elif commas:
        return [Decimal(part) for part in plain.split(",")]
    elif dots > 1:
        if not re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", plain):
            return [plain]
        plain = plain.replace(".", "")
    return [Decimal(sign + plain)]


def _read_numeric_date(text: str) -> Date:
    first, second, year = (int(part) for part in re.split(r"[./-]", text))
    if first > 12:
        return Date(year, second, first)
    if second > 12:
        return Date(year, first, second)
    return Date(year, second, first, (first, second))


def _read_named_date(text: str) -> Date:
    letters = re.sub(r"\bof\b|(?<=\d)(?:st|nd|rd|th)\b", " ", text.casefold())
    name = re.search(_MONTH, letters)
    month = _MONTHS.index(name.group()[:3]) + 1 if name else None
    numbers = re.findall(r"\d+", letters)
    year = next((int(number) for number in numbers if len(number) == 4), None)
    day = next((int(number) for number in numbers if len(number) < 4), None)
    return Date(year, month, day)


def _read_clock(text: str) -> list[Token]:
    hour, minute = [*re.findall(r"\d+", text), "0"][:2]
    hours = int(hour)
    if re.search(r"p\.?m", text, re.IGNORECASE) and hours < 12:
        hours += 12
    if re.search(r"a\.?m", text, re.IGNORECASE) and hours == 12:
        hours = 0
    return [
        Token("number", Decimal(hours)),
        Token("sign", ":"),
        Token("number", Decimal(minute)),
    ]


def _settle_units(tokens: list[Token]) -> list[Token]:
    """Join units of two words, read "/" as "per" between units, put money behind its amount."""
    settled: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        last = settled[-1] if settled else None
        merged = MERGED.get((str(token.value), str(following.value))) if following else None
        if merged:
            settled.append(Token("unit", merged))
            at += 2
            continue
        if token.value == "/" and last and following and last.kind == following.kind == "unit":
            token = Token("word", "per")
        if (
            token.value in CURRENCIES
            and following is not None
            and following.kind == "number"
            and (last is None or last.kind != "number")
        ):
            settled += [following, token]
            at += 2
            continue
        is_repeated = (
            token.kind == "unit"
            and [t.value for t in tokens[at + 1 : at + 2]] in (["to"], ["x"])
            and [t.kind for t in tokens[at + 2 : at + 3]] == ["number"]
            and [t.value for t in tokens[at + 3 : at + 4]] == [token.value]
        )
        if not is_repeated:  # "5 °C to 10 °C" is "5 to 10 °C", "6 cm x 4 cm" is "6 x 4 cm"
            settled.append(token)
        at += 1
    return settled


def _join_cents(tokens: list[Token]) -> list[Token]:
    """ "8 pounds 50" is 8.50 pounds."""
    joined: list[Token] = []
    for at, token in enumerate(tokens):
        whole, money = joined[-2:] if len(joined) > 1 else (token, token)
        is_last = at + 1 == len(tokens) or tokens[at + 1].kind == "separator"
        if (
            is_last
            and token.kind == whole.kind == "number"
            and money.value in CURRENCIES | {"pound"}
            and isinstance(token.value, Decimal)
            and isinstance(whole.value, Decimal)
            and token.value in range(10, 100)
            and whole.value == int(whole.value)
        ):
            joined[-2:] = [whole._replace(value=whole.value + token.value / 100), money]
        else:
            joined.append(token)
    return joined


def _join_amounts(tokens: list[Token]) -> list[Token]:
    """One amount in two units, "1 hour 30 minutes", becomes one: 90 min."""
    joined: list[Token] = []
    for token in tokens:
        joined.append(token)
        link = joined[-3].value == "and" if len(joined) > 4 else False
        parts = [*joined[-5:-3], *joined[-2:]] if link else joined[-4:]
        kinds = [part.kind for part in parts]
        if kinds != ["number", "unit", "number", "unit"]:
            continue
        large, small = UNITS.get(str(parts[1].value)), UNITS.get(str(parts[3].value))
        if large is None or small is None or large.kind != small.kind or small.kind in _UNJOINED:
            continue
        first, second = parts[0].value, parts[2].value
        if not (isinstance(first, Decimal) and isinstance(second, Decimal)):
            continue
        if large.factor > small.factor and second * small.factor < large.factor:
            amount = first * large.factor / small.factor + second
            del joined[-5 if link else -4 :]
            joined += [Token("number", amount, parts[0].glued), parts[3]]
    return joined
