"""Find an expected answer inside a given one, token by token.

It says where the expected answer stands, not whether what stands around it spoils it
(`grade.py`).
"""

from collections.abc import Sequence
from decimal import Decimal

from gemma_garage.alike.tokens import Date, Token
from gemma_garage.alike.units import is_same_quantity, is_same_unit

# Words in front of an expected answer that may be missing from the given one.
_LIGHT = frozenset(
    "in on at for by with to from into within after before until under every each via per "
    "be is are it be must should".split()
)


_PLACES = frozenset("in at on".split())


def find_answer(given: list[Token], wanted: list[Token]) -> tuple[int, int] | None:
    """The span of `given` in which `wanted` stands, or None."""
    core = list(wanted)
    while len(core) > 1 and (core[0].kind == "bound" or core[0].value in _LIGHT):
        core.pop(0)
    for pattern in (wanted, core):
        for start in range(len(given)):
            end = _match_at(given, start, pattern)
            if end is not None and _is_whole(given, start, end, pattern):
                return start, end
    return _find_joined(given, core) or _find_list(given, core) or _find_amounts(given, core)


def _match_at(given: Sequence[Token], start: int, wanted: Sequence[Token]) -> int | None:
    """The end of `wanted` in `given` if it begins at `start`; separators are passed over."""
    at, want = start, 0
    while want < len(wanted):
        if wanted[want].kind == "separator" and want:
            want += 1
            if given[at : at + 1] and given[at].value in _PLACES and given[at] != wanted[want]:
                at += 1  # "Mill Lane in Oxford" for "Mill Lane, Oxford"
            continue
        if at >= len(given):
            return None
        if at > start and given[at].kind == "separator" and given[at].value != "or":
            at += 1
            continue
        amount, wanted_amount = amount_at(given, at), amount_at(wanted, want)
        if amount and wanted_amount and is_same_quantity(*wanted_amount, *amount):
            at, want = at + 2, want + 2
            continue
        is_gap = (
            want > 0
            and wanted[want].kind == "unit"
            and given[at].kind == "word"
            and at + 1 < len(given)
            and given[at - 1].kind == "number"
            and given[at].value != "per"
        )
        if is_gap and is_same(given[at + 1], wanted[want]):  # "500 operating hours"
            at += 1
        if not is_same(given[at], wanted[want]):
            return None
        at, want = at + 1, want + 1
    return at


def amount_at(tokens: Sequence[Token], at: int) -> tuple[Decimal, str] | None:
    if at + 1 >= len(tokens) or tokens[at].kind != "number" or tokens[at + 1].kind != "unit":
        return None
    if at + 2 < len(tokens) and tokens[at + 2].value == "per":
        return None
    value = tokens[at].value
    return (value, str(tokens[at + 1].value)) if isinstance(value, Decimal) else None


def is_same(given: Token, wanted: Token) -> bool:
    if isinstance(given.value, Date):
        if isinstance(wanted.value, Date):
            return given.value.says(wanted.value)
        return wanted.kind == "number" and wanted.value == given.value.year
    if given.kind == wanted.kind == "unit":
        return is_same_unit(str(wanted.value), str(given.value))
    if {str(given.value), str(wanted.value)} == {":", "to"}:  # a ratio
        return True
    return given.kind == wanted.kind and given.value == wanted.value


def _is_whole(given: Sequence[Token], start: int, end: int, wanted: Sequence[Token]) -> bool:
    """Not cut out of a longer name: "200" does not stand in "X200", nor "X200" in "X200B"."""
    if given[start].glued and not wanted[0].glued:
        return False
    return end >= len(given) or not given[end].glued or given[end].kind in ("unit", "separator")


def _find_joined(given: Sequence[Token], wanted: Sequence[Token]) -> tuple[int, int] | None:
    """ "hand wheel" stands in "handwheel", and the other way round."""
    if any(token.kind not in ("word", "unit") for token in wanted):
        return None
    whole = "".join(str(token.value) for token in wanted)
    for start in range(len(given)):
        joined = ""
        for end in range(start, len(given)):
            if given[end].kind != "word":
                break
            joined += str(given[end].value)
            if joined == whole:
                return start, end + 1
            if len(joined) > len(whole):
                break
    return None


def _find_list(given: Sequence[Token], wanted: Sequence[Token]) -> tuple[int, int] | None:
    """A list of words in any order, with nothing else between its items."""
    items = _split(wanted)
    if len(items) < 2 or any(
        token.kind not in ("word", "unit") for item in items for token in item
    ):
        return None
    spans = []
    for item in items:
        starts = (at for at in range(len(given)) if _match_at(given, at, item) is not None)
        start = next(starts, None)
        if start is None:
            return None
        spans.append((start, start + len(item)))
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    inside = sum(token.kind != "separator" for token in given[first:last])
    return (first, last) if inside == sum(map(len, items)) else None


def _find_amounts(given: Sequence[Token], wanted: Sequence[Token]) -> tuple[int, int] | None:
    """Several amounts in any order: "at 180 °C for 25 minutes" for "25 minutes at 180 °C"."""
    places = [at for at in range(len(wanted)) if amount_at(wanted, at)]
    others = [
        token
        for at, token in enumerate(wanted)
        if at not in places and at - 1 not in places and token.value not in _LIGHT - {"to"}
    ]
    if len(places) < 2 or others:
        return None
    found: list[int] = []
    for place in places:
        amount = amount_at(wanted, place)
        for at in range(len(given)):
            theirs = amount_at(given, at)
            if at not in found and amount and theirs and is_same_quantity(*amount, *theirs):
                found.append(at)
                break
        else:
            return None
    return min(found), max(found) + 2


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    items: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "separator":
            items.append([])
        else:
            items[-1].append(token)
    return [item for item in items if item]
