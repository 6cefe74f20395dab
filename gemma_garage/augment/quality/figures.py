"""Numbers with their units, and dates: does a text say the figures that another one claims?

Figures are compared by value ("1,450 W" and "1450 watts", "half an hour" and "30 minutes"); a unit
that differs makes another figure. It knows nothing of limits (`bounds.py`) and codes (`names.py`).
"""

import functools
import re
from collections import Counter
from decimal import Decimal
from typing import NamedTuple

from gemma_garage.alike.tokens import Date, Token, read_tokens
from gemma_garage.alike.units import is_same_quantity
from gemma_garage.augment.quality.words import FUNCTION_WORDS

# "One of them", "half of it", "first of all" are hardly figures unless written in digits.
_LOOSE = frozenset({Decimal(0), Decimal(1), Decimal("0.5")})
_DIGIT = re.compile(r"\d")
# Words whose number tells which one, not how much. As `read_tokens` writes them.
NUMBERED = frozenset(
    "stage step level class type number no channel port room page chapter section table figure "
    "line version model category grade group zone phase part item unit engine floor gate platform "
    "article paragraph rule code error series day hall house mode position gear program setting "
    "point year week valve cabinet site bus route gate team star sample test question".split()
)
_ASKS_YEAR = re.compile(r"\s*(?:when\b|(?:in |since )?(?:which|what) year\b)", re.IGNORECASE)
_SHORT_CLAIM = 60  # characters; a longer one may come back to a figure
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
_YEAR_OPENERS = frozenset("in since until by before after from between to year of".split())
_JOINS = frozenset({"to", "x", "±", "-", ",", "or", "and", "/"})


class Figure(NamedTuple):
    """`unit` is its symbol or ""; `noun` the word behind it where there is no unit ("pairs" in "980
    pairs"), `label` the word in front where there is neither ("step" in "step 3")."""

    value: Decimal
    unit: str
    noun: str = ""
    label: str = ""


class Figures(NamedTuple):
    """What a text counts, measures and dates. `ordinals`: 3 for "third"."""

    numbers: tuple[Figure, ...]
    ordinals: frozenset[Decimal]
    dates: tuple[Date, ...]
    clocks: frozenset[tuple[Decimal, Decimal]]


class Placed(NamedTuple):
    """A figure, time ("9:30") or date at the tokens `start` to `end` of a text. `year`: the number
    of a year, by the word in front of it."""

    start: int
    end: int
    value: Figure | Date | tuple[Decimal, Decimal]
    year: bool = False


@functools.lru_cache(maxsize=4096)
def read_figures(text: str) -> Figures:
    """All figures of `text`; digits inside of codes ("F-118") are none."""
    tokens = read_tokens(text)
    placed = [one.value for one in place_figures(tokens)]
    ordinals = {
        token.value
        for token in tokens
        if token.kind == "ordinal" and isinstance(token.value, Decimal)
    }
    return Figures(
        tuple(value for value in placed if isinstance(value, Figure)),
        frozenset(ordinals),
        tuple(value for value in placed if isinstance(value, Date)),
        frozenset(value for value in placed if not isinstance(value, (Figure, Date))),
    )


def place_figures(tokens: list[Token]) -> list[Placed]:
    """The figures, times and dates of a text in order, with their places."""
    placed: list[Placed] = []
    skip = -1
    for at, token in enumerate(tokens):
        if at <= skip:
            continue
        if isinstance(token.value, Date):
            if token.value.year is not None or token.value.day is not None:  # "may" is no date
                placed.append(Placed(at, at + 1, token.value))
        elif token.kind == "number" and isinstance(token.value, Decimal):
            if _is_in_code(tokens, at):
                continue
            minutes = _read_minutes(tokens, at)
            if minutes is not None:
                skip = at + 2
                placed.append(Placed(at, at + 3, (token.value, minutes)))
            else:
                figure = _read_figure(tokens, at, token.value)
                follows = tokens[at + 1].kind if at + 1 < len(tokens) else ""
                end = at + 2 if figure.noun or (figure.unit and follows == "unit") else at + 1
                placed.append(Placed(at, end, figure, _is_year(tokens, at, figure)))
    return placed


def find_wrong_figure(claim: str, proof: str, around: str = "") -> bool:
    """Does `claim` hold a number, unit, date or time that `proof` does not?

    `around`: where a unit may stand that `proof` leaves out, such as the head of a table.
    """
    said, there = read_figures(claim), read_figures(proof)
    return (
        any(not _is_said(figure, there, claim, f"{proof}\n{around}") for figure in said.numbers)
        or bool({n for n in said.ordinals if n > 1} - there.ordinals)
        or any(not _is_dated(date, there) for date in said.dates)
        or bool(said.clocks - there.clocks)
        or (len(claim) <= _SHORT_CLAIM and _repeats(said, there))
    )


def find_clash(question: str, answer: str, proof: str) -> bool:
    """Is the proof about another figure than the question: "step 4" for "step 3", 220 °C for 200?

    Only figures with the same unit, or the same word in front, are held against each other; those
    of the answer are its own matter.
    """
    asked, there, own = read_figures(question), read_figures(proof), read_figures(answer)
    if _ASKS_YEAR.match(question) and not all(
        _may_be_year(figure, there) for figure in own.numbers
    ):
        return True
    answered = {figure.value for figure in own.numbers}
    known = {figure.value for figure in there.numbers}
    known |= {Decimal(date.year) for date in there.dates if date.year is not None}
    for figure in asked.numbers:
        if figure.value in known or not (figure.unit or figure.label):
            continue
        rivals = [
            other
            for other in there.numbers
            if (figure.unit and other.unit == figure.unit)
            or (other.value not in answered and _has_same_label(figure, other))
        ]
        same = any(
            is_same_quantity(figure.value, figure.unit, other.value, other.unit)
            for other in there.numbers
            if figure.unit and other.unit
        )
        if rivals and not same:
            return True
    return False


def _may_be_year(figure: Figure, there: Figures) -> bool:
    """Bare in both: not "96" where the proof has 96 metres, or engine 96."""
    if figure.unit or figure.noun or any(figure.value == date.year for date in there.dates):
        return True
    return any(
        other.value == figure.value and not (other.unit or other.label in NUMBERED)
        for other in there.numbers
    )


def _is_said(figure: Figure, there: Figures, claim: str, around: str) -> bool:
    for other in there.numbers:
        if other.value == figure.value:
            if not figure.unit and _counts_another(figure, other, there):
                continue
            if not figure.unit or other.unit == figure.unit:
                return True
            bare = not (other.unit or other.noun or other.label in NUMBERED)
            # A unit that the proof gives to other numbers is not lent to this one.
            taken = any(third.unit == figure.unit for third in there.numbers)
            if bare and not taken and _stands_unit(figure.unit, around):
                return True
        if figure.unit and other.unit and _is_same(figure, other):
            return True
    if not figure.unit and any(figure.value in (d.year, d.day) for d in there.dates):
        return True
    return figure.value in _LOOSE and not _DIGIT.search(claim)


def _counts_another(figure: Figure, other: Figure, there: Figures) -> bool:
    """ "Three coins" where the proof has three ships, and so many coins; "Python 2.4" where it has
    version 2.4 and Python 3.9."""
    if figure.noun and (other.noun or other.unit or other.label in NUMBERED):
        return figure.noun != other.noun and any(
            third.noun == figure.noun for third in there.numbers
        )
    return bool(
        figure.label
        and other.label
        and figure.label != other.label
        and any(third.label == figure.label for third in there.numbers)
    )


def _repeats(said: Figures, there: Figures) -> bool:
    """Is a figure said more often than the proof says it: "between 8 and 8 °C"?"""
    mine, its = _count_values(said), _count_values(there)
    return any(count > 1 and count > its[value] > 0 for value, count in mine.items())


def _count_values(figures: Figures) -> Counter[Decimal]:
    dated = (part for date in figures.dates for part in (date.year, date.day) if part is not None)
    return Counter([*(figure.value for figure in figures.numbers), *map(Decimal, dated)])


def _is_same(figure: Figure, other: Figure) -> bool:
    return is_same_quantity(figure.value, figure.unit, other.value, other.unit)


def _is_dated(date: Date, there: Figures) -> bool:
    if any(other.says(date) for other in there.dates):
        return True
    # "in March 2020" where the proof says "2020" claims more than it says; "in 2020" does not.
    return (
        date.month is None
        and date.day is None
        and any(figure.value == date.year for figure in there.numbers)
    )


@functools.lru_cache(maxsize=1024)
def _read_units(text: str) -> frozenset[str]:
    """Units named anywhere, also without a number: "Weight (kg)"."""
    units = {str(token.value) for token in read_tokens(text) if token.kind == "unit"}
    for bracket in re.findall(r"[(\[/]\s?([^\s)\]]{1,6})\s?[)\]]?", text):
        units |= {str(t.value) for t in read_tokens(f"1 {bracket}") if t.kind == "unit"}
    return frozenset(units)


def _stands_unit(unit: str, text: str) -> bool:
    units = _read_units(text)
    return unit in units or all(part in units for part in unit.split(" per "))


def _is_in_code(tokens: list[Token], at: int) -> bool:
    """Glued to what stands before it ("F-118", "10W-40") or before a letter ("4x4" is none)."""
    if tokens[at].glued and at and tokens[at - 1].kind in ("word", "unit"):
        return True
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    return after is not None and after.glued and after.kind == "word" and after.value != "x"


def _read_minutes(tokens: list[Token], at: int) -> Decimal | None:
    parts = tokens[at + 1 : at + 3]
    if [part.kind for part in parts] == ["sign", "number"] and parts[0].value == ":":
        value = parts[1].value
        return value if isinstance(value, Decimal) else None
    return None


def _find_unit(tokens: list[Token], at: int) -> str:
    """The unit of the number at `at`, across "5 to 10 °C", "3 x 5 mm" and "500 operating h"."""
    after = at + 1
    while (
        after + 1 < len(tokens)
        and tokens[after].value in _JOINS
        and tokens[after + 1].kind == "number"
    ):
        after += 2
    if after >= len(tokens):
        return ""
    if tokens[after].kind == "word" and after + 1 < len(tokens) and after == at + 1:
        gap_ends_in_unit = tokens[after + 1].kind == "unit" and tokens[after].value not in _JOINS
        is_rate = tokens[after].value in ("per", "in", "at", "by", "for")
        if gap_ends_in_unit and not is_rate:
            after += 1
    if tokens[after].kind != "unit":
        return ""
    unit = str(tokens[after].value)
    if [str(token.value) for token in tokens[after + 1 : after + 2]] == ["per"]:
        per = tokens[after + 2 : after + 3]
        if per and per[0].kind == "unit":
            return f"{unit} per {per[0].value}"
    return unit


def _read_figure(tokens: list[Token], at: int, value: Decimal) -> Figure:
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    # "Stage 1 and 90 watts": the number of a stage has no unit, and lends none.
    numbered = at > 0 and tokens[at - 1].value in NUMBERED
    bare = numbered or _opens_year(tokens, at, value)
    unit = "" if bare and (after is None or after.kind != "unit") else _find_unit(tokens, at)
    if unit:
        return Figure(value, unit)
    if numbered:
        return Figure(value, "", "", str(tokens[at - 1].value))
    if after is not None and after.kind == "word" and str(after.value) not in FUNCTION_WORDS:
        return Figure(value, "", str(after.value))
    before = tokens[at - 1] if at else None
    if before is None or before.kind != "word" or str(before.value) in FUNCTION_WORDS:
        return Figure(value, "")
    return Figure(value, "", "", str(before.value))


def _opens_year(tokens: list[Token], at: int, value: Decimal) -> bool:
    """ "In 2015 to 4.3 percent": no percent of its own."""
    before = str(tokens[at - 1].value) if at else ""
    return before in ("in", "since", "by", "until") and _FIRST_YEAR <= value <= _LAST_YEAR


def _is_year(tokens: list[Token], at: int, figure: Figure) -> bool:
    """ "In 2015", "from 2015 to 2020", "the siege of 1374": it dates something."""
    if figure.unit or not _FIRST_YEAR <= figure.value <= _LAST_YEAR or figure.value % 1:
        return False
    # "Between 2010 and 2020" is written as "2010 to 2020" by now.
    for other in (at - 2, at + 2):
        if 0 <= other < len(tokens) and tokens[(at + other) // 2].value == "to":
            value = tokens[other].value
            if isinstance(value, Decimal) and _FIRST_YEAR <= value <= _LAST_YEAR:
                return True
    return not figure.noun and at > 0 and tokens[at - 1].value in _YEAR_OPENERS


def _has_same_label(figure: Figure, other: Figure) -> bool:
    return bool(figure.label) and figure.label == other.label and figure.unit == other.unit
