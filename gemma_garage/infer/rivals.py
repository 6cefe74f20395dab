"""What stands beside a found answer and makes it another one: a second value, a unit, a rate.

It judges values only; negations, bounds and choices are `grade.py`'s.
"""

from decimal import Decimal
from itertools import pairwise

from gemma_garage.alike.tokens import Date, Token
from gemma_garage.alike.units import CURRENCIES, UNITS, is_same_quantity
from gemma_garage.infer.amounts import amount_at
from gemma_garage.infer.match import is_same
from gemma_garage.infer.wordings import name_asked_units

CONVERSION_TOLERANCE = 0.01  # "500 h (20.8 days)"

_DIMENSIONS = frozenset("long wide high deep tall thick across".split())
_BEFORE_COUNT = frozenset("in for with by at on after within and , ; from".split())
_NO_THINGS = _BEFORE_COUNT | {"to", "x"}
_BEFORE_YEAR = frozenset("in since by".split())
_YEARS = range(1800, 2101)
_PERIODS = {"daily": "day", "weekly": "week", "monthly": "month", "annual": "year"}
_KINDS_OF_WORDS = (
    frozenset("monday tuesday wednesday thursday friday saturday sunday".split()),
    frozenset(
        "red green blue yellow black white gray orange purple violet brown pink amber".split()
    ),
    frozenset("left right".split()),
    frozenset("clockwise counterclockwise".split()),
    frozenset("yes no".split()),
    frozenset("north south east west".split()),
)


def names_others(
    given: list[Token], span: tuple[int, int], wanted: list[Token], asked: list[Token]
) -> bool:
    """Another value of the same kind stands beside the expected one."""
    outside = [at for at in range(len(given)) if not span[0] <= at < span[1]]
    if any(token.kind in ("number", "date") for token in wanted):
        numbers = [
            at
            for at in outside
            if given[at].kind in ("number", "date") and not _is_daily(given[at : at + 3])
        ]
        counted = _list_counted(given, span, wanted, asked)
        if not all(_is_allowed_number(given, at, wanted, asked, counted) for at in numbers):
            return True
    ours = {str(token.value) for token in wanted if token.kind == "word"}
    theirs = {str(given[at].value) for at in outside if given[at].kind == "word"}
    named = {str(token.value) for token in asked}
    return any(ours & kind and (theirs - ours - named) & kind for kind in _KINDS_OF_WORDS)


def has_another_unit(
    given: list[Token], span: tuple[int, int], wanted: list[Token], asked: list[Token]
) -> bool:
    """ "12 seconds" where minutes are asked for, and the answer's end need not say so; "25 m wide"
    where the length is."""
    if any(token.kind == "unit" for token in wanted) and _is_other_side(given[span[1] :], asked):
        return True
    known = [*wanted, *asked, *(Token("unit", unit) for unit in name_asked_units(asked))]
    behind = given[span[1]] if span[1] < len(given) else None
    if [token.kind for token in given[span[1] : span[1] + 2]] == ["word", "unit"]:
        thing = given[span[1] + 1]  # "3 calendar days" for "3 working days"
        rate = given[span[1]].value == "per"  # see `has_another_rate`
        return not rate and thing in known and behind not in known
    if behind is None or behind.kind != "unit" or given[span[1] - 1].kind != "number":
        return False
    kind = _kind_of(str(behind.value))
    ours = [t for t in wanted if t.kind == "unit"]
    rivals = ours or [t for t in known if t.kind == "unit" and _kind_of(str(t.value)) == kind]
    return bool(rivals) and not any(is_same(behind, rival) for rival in rivals)


def has_another_rate(given: list[Token], span: tuple[int, int], known: list[Token]) -> bool:
    """ "45 euros a week" where the allowance of a day is asked for, or what it costs "for the day".
    A rate that nobody asked for is none."""
    behind = [token.value for token in given[span[1] : span[1] + 2]]
    if behind[:1] != ["per"] or len(behind) < 2:
        return False
    rates = {after.value for token, after in pairwise(known) if token.value == "per"} | {
        _PERIODS[str(token.value)] for token in known if token.value in _PERIODS
    }
    time = _kind_of("day")
    if _kind_of(str(behind[1])) == time:
        rates |= {
            token.value
            for before, token in pairwise(known)
            if token.kind == "unit"
            and before.kind != "number"
            and _kind_of(str(token.value)) == time
        }
    return bool(rates) and behind[1] not in rates


def _is_daily(tokens: list[Token]) -> bool:
    """Do they say how often and not how many, as "daily" is read, "1 time per …"?"""
    return [token.value for token in tokens] == [1, "time", "per"]


def _list_counted(
    given: list[Token], span: tuple[int, int], wanted: list[Token], asked: list[Token]
) -> set[str]:
    """What the expected numbers measure or count: the kind of their units, or their nouns."""
    counted = {_thing_at(wanted, at) for at, t in enumerate(wanted) if t.kind == "number"}
    behind = given[span[1]] if span[1] < len(given) else None
    if behind in asked and given[span[1] - 1].kind == "number":
        counted.add(_thing_at(given, span[1] - 1))
    return counted - {""}


def _thing_at(tokens: list[Token], at: int) -> str:
    behind = tokens[at + 1 : at + 3]
    unit = next((str(token.value) for token in behind if token.kind == "unit"), "")
    if unit and behind[0].kind in ("unit", "word"):
        return "" if behind[0].value in ("to", "x") else f"unit of {_kind_of(unit)}"
    return str(behind[0].value) if behind and behind[0].kind == "word" else ""


def _kind_of(unit: str) -> str:
    """What a unit measures. Money is one kind: a wrong currency is a wrong unit."""
    if unit in CURRENCIES:
        return "money"
    return UNITS[unit].kind if unit in UNITS else ""


def _is_allowed_number(
    given: list[Token], at: int, wanted: list[Token], asked: list[Token], counted: set[str]
) -> bool:
    token = given[at]
    if token.glued or any(is_same(other, token) for other in asked):
        return True
    amount = amount_at(given, at)
    if counted and _counts_else(given, at, counted):
        return True
    if amount and _is_other_side(given[at + 2 :], asked):
        return True
    for index, other in enumerate(wanted):
        if isinstance(token.value, Date):
            if isinstance(other.value, Date) and other.value.says(token.value):
                return True
        elif isinstance(other.value, Date):
            if token.value == other.value.year:
                return True
        elif other.kind == "number":
            wanted_amount = amount_at(wanted, index)
            if amount is None or wanted_amount is None:
                if other.value == token.value:
                    return True
            elif is_same_quantity(*wanted_amount, *amount, tolerance=CONVERSION_TOLERANCE):
                return True
    return False


def _counts_else(given: list[Token], at: int, counted: set[str]) -> bool:
    """ "230 volts, 50 hertz", "8 people in 3 rooms", "6 weeks every year", "5 °C in May 2021"."""
    value = given[at].value
    if isinstance(value, Date):
        return True
    if isinstance(value, Decimal) and value in _YEARS and given[at - 1].value in _BEFORE_YEAR:
        return True
    thing = _thing_at(given, at)
    is_unit = amount_at(given, at) is not None
    is_rate = [token.value for token in given[at + 1 : at + 3]] == ["time", "per"]
    is_noun = at > 0 and given[at - 1].value in _BEFORE_COUNT and thing not in _NO_THINGS
    return bool(thing) and thing not in counted and (is_unit or is_noun or is_rate)


def _is_other_side(behind: list[Token], asked: list[Token]) -> bool:
    """ "25 m long and 2 m wide" for "How long": the width is no rival."""
    sides = {token.value for token in asked} & _DIMENSIONS
    return bool(sides) and behind[:1] != [] and behind[0].value in _DIMENSIONS - sides
