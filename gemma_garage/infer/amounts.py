"""Amounts as they stand in a row of tokens, and whether two of them say the same.

One with its unit ("5 h"), a row that shares a unit ("20 x 30 cm", "6 to 8 hours"), and how often
("twice a year", "every 6 months"). Bare numbers are compared token by token (`match.py`).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from gemma_garage.alike.tokens import Token
from gemma_garage.alike.units import is_same_quantity

_JOINTS = frozenset({"to", "x"})


class Amounts(NamedTuple):
    """`joints`: what stands between the values ("x", "to"), or "every"; `end`: the token behind."""

    joints: tuple[str, ...]
    values: tuple[tuple[Decimal, str], ...]
    end: int


def pass_same(
    given: Sequence[Token], at: int, wanted: Sequence[Token], want: int
) -> tuple[int, int] | None:
    """The places behind the same amount, if `given` has it at `at` and `wanted` at `want`."""
    for read in (_read_frequency, read_row):
        theirs, ours = read(given, at), read(wanted, want)
        if theirs and ours and _is_same(theirs, ours):
            return theirs.end, ours.end
    return None


def amount_at(tokens: Sequence[Token], at: int) -> tuple[Decimal, str] | None:
    """One number and the unit behind it; no rate ("5 l per min")."""
    if at + 1 >= len(tokens) or tokens[at].kind != "number" or tokens[at + 1].kind != "unit":
        return None
    if at + 2 < len(tokens) and tokens[at + 2].value == "per":
        return None
    value = tokens[at].value
    return (value, str(tokens[at + 1].value)) if isinstance(value, Decimal) else None


def read_row(tokens: Sequence[Token], at: int) -> Amounts | None:
    """One amount, or several joined by "x" or "to"; one without a unit has that of the next."""
    numbers: list[Decimal] = []
    units: list[str] = []
    joints: list[str] = []
    end = at
    while end < len(tokens) and isinstance(number := tokens[end].value, Decimal):
        if tokens[end].kind != "number":
            break
        end += 1
        has_unit = end < len(tokens) and tokens[end].kind == "unit"
        numbers.append(number)
        units.append(str(tokens[end].value) if has_unit else "")
        end += has_unit
        if not (end + 1 < len(tokens) and tokens[end].value in _JOINTS):
            break
        if tokens[end + 1].kind != "number":
            break
        joints.append(str(tokens[end].value))
        end += 1
    if not numbers or not units[-1] or (end < len(tokens) and tokens[end].value == "per"):
        return None
    for place in range(len(units) - 2, -1, -1):
        units[place] = units[place] or units[place + 1]
    return Amounts(tuple(joints), tuple(zip(numbers, units, strict=True)), end)


def _read_frequency(tokens: Sequence[Token], at: int) -> Amounts | None:
    """ "2 times per year" and "every 6 months", as the time from one to the next."""
    values = [token.value for token in tokens[at : at + 5]]
    if values[1:4] == ["time", "every", *values[3:4]] and values[0] == Decimal(1):
        at, values = at + 2, values[2:]  # "once every 2 years"
    period = amount_at(tokens, at + 1)
    if values[:1] == ["every"] and period:
        return Amounts(("every",), (period,), at + 3)
    count = values[0] if values else None
    is_rate = values[1:3] == ["time", "per"] and isinstance(count, Decimal) and count > 0
    if not is_rate or not isinstance(count, Decimal) or len(values) < 4:
        return None
    if tokens[at + 3].kind != "unit":
        return None
    return Amounts(("every",), ((1 / count, str(values[3])),), at + 4)


def _is_same(one: Amounts, other: Amounts) -> bool:
    return one.joints == other.joints and all(
        is_same_quantity(*mine, *theirs)
        for mine, theirs in zip(other.values, one.values, strict=True)
    )
