"""Find an expected answer inside a given one, token by token.

It says where the expected answer stands, not whether what stands around it spoils it
(`grade.py`).
"""

from collections.abc import Sequence
from decimal import Decimal

from gemma_garage.alike.tokens import Date, Token
from gemma_garage.alike.units import UNITS, is_same_quantity, is_same_unit
from gemma_garage.infer.amounts import pass_same, read_row

NEGATIONS = frozenset("not no never none neither nor without except instead nothing".split())

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
    return (
        _find_joined(given, core)
        or _find_list(given, core)
        or _find_amounts(given, core)
        or _find_items(given, core)
    )


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
        passed = pass_same(given, at, wanted, want)
        if passed:
            at, want = passed
            continue
        if _is_dotted_clock(given, at, wanted, want):
            at, want = at + 1, want + 3
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


def _is_dotted_clock(given: Sequence[Token], at: int, wanted: Sequence[Token], want: int) -> bool:
    """ "7.30" for "7:30"."""
    clock = [token.value for token in wanted[want : want + 3]]
    said = given[at].value
    return (
        clock[1:2] == [":"]
        and isinstance(said, Decimal)
        and said.as_tuple().exponent == -2
        and [said // 1, ":", said % 1 * 100] == clock
    )


def is_same(given: Token, wanted: Token) -> bool:
    if isinstance(given.value, Date):
        if isinstance(wanted.value, Date):
            return given.value.says(wanted.value)
        return wanted.kind == "number" and wanted.value == given.value.year
    if given.kind == wanted.kind == "unit":
        return is_same_unit(str(wanted.value), str(given.value))
    if {str(given.value), str(wanted.value)} == {":", "to"}:  # a ratio
        return True
    return given.kind == wanted.kind and (
        given.value == wanted.value or _is_grouped(given.value, wanted.value)
    )


def _is_grouped(given: object, wanted: object) -> bool:
    """ "48.000" for "48,000": a point before three digits groups where the expected one is so."""
    return (
        isinstance(given, Decimal)
        and isinstance(wanted, Decimal)
        and given.as_tuple().exponent == -3
        and wanted >= 1_000
        and given * 1_000 == wanted
    )


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
    """Several amounts in any order: "at 180 °C for 25 minutes" for "25 minutes at 180 °C", "1 m
    wide and 2 m long" for "2 m x 1 m". Several of one kind keep theirs (`_find_items`)."""
    amounts, places = _read_amounts(wanted)
    kinds = {UNITS[unit].kind for _, unit in amounts if unit in UNITS}
    if len(kinds) < len(amounts) and not any(token.value == "x" for token in wanted):
        return None
    others = [
        token
        for at, token in enumerate(wanted)
        if at not in places and token.value not in _LIGHT - {"to"} and token.kind != "separator"
    ]
    if len(amounts) < 2 or others:
        return None
    theirs, their_places = _read_amounts(given)
    left = list(theirs)
    for amount in amounts:
        same = [other for other in left if is_same_quantity(*amount, *other)]
        if not same:
            return None
        left.remove(same[0])
    return None if left else (min(their_places), max(their_places) + 1)


def _read_amounts(tokens: Sequence[Token]) -> tuple[list[tuple[Decimal, str]], list[int]]:
    """All amounts with a unit but ranges, and the places of their tokens."""
    amounts: list[tuple[Decimal, str]] = []
    places: list[int] = []
    for at in range(len(tokens)):
        row = None if at in places else read_row(tokens, at)
        if row and "to" not in row.joints:
            amounts += row.values
            places += range(at, row.end)
    return amounts, places


def _find_items(given: Sequence[Token], wanted: Sequence[Token]) -> tuple[int, int] | None:
    """The numbers of a list in their order, each with words of its own around it: "€12, a child €7"
    for "12 euros and 7 euros"."""
    items = _split(wanted)
    if len(items) < 2 or not all(any(t.kind == "number" for t in item) for item in items):
        return None
    first, at = -1, 0
    for item in items:
        while at < len(given):
            end = _match_at(given, at, item)
            if end is not None and _is_whole(given, at, end, item):
                break
            if first >= 0 and (
                given[at].kind in ("number", "date") or given[at].value in NEGATIONS
            ):
                return None
            at += 1
        else:
            return None
        first, at = (at if first < 0 else first), end
    return first, at


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    items: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "separator":
            items.append([])
        else:
            items[-1].append(token)
    return [item for item in items if item]
