"""Decide whether a free answer says what was expected: the exam's normalised match.

It compares what is written and knows nothing of the world; no model takes part, so the same
answers always get the same grade.
"""

import re
from collections.abc import Sequence

from gemma_garage.alike.number_words import write_percent
from gemma_garage.alike.tokens import Token, read_tokens
from gemma_garage.infer.match import NEGATIONS, find_answer
from gemma_garage.infer.refusal import abstains
from gemma_garage.infer.rivals import has_another_rate, has_another_unit, names_others
from gemma_garage.infer.wordings import (
    drop_asked,
    drop_contrast,
    drop_copula,
    is_same_number_string,
    repeats_question,
    say_afternoon,
    say_duration,
    say_order,
    share_unit,
    shorten_name,
    turn_of,
    write_place,
)

EXTRA_TOKENS = 14  # a full sentence around a short answer; more is rambling
ITEM_TOKENS = 3  # an item of a list is at most this long

_BOUNDS = {"before": "before", "after": "after", "within": "within", "until": "before"}
_STRICT_BOUNDS = frozenset("<>")


def grade(answer: str, expected: str, question: str = "") -> bool:
    """Whether `answer` passes for `expected`. `question`, if known, excuses what it names itself.

    Right is an answer in which the expected one stands, as whole tokens in order, where

    * case, accents, typography, punctuation, articles, plural and British or American spelling
      do not count, nor do "about", "of" and light words in front of the expected answer;
    * numbers are equal by value (44.20 and 44.2, 1,500 and 1500, four and 4), quantities also
      across units (30 min and half an hour), dates and times in any usual format; a year or a
      month may stand inside a full date;
    * units have one symbol (500 h, 500 hours; °C, degrees Celsius; %, percent; €, euros), and an
      expected unit must be there;
    * a list of words may come in another order, a part in brackets may be missing.

    Wrong is an answer that, besides,

    * is empty, or longer than a sentence (14 tokens more than expected and asked);
    * negates (unless the expected answer does), or bounds the value otherwise ("less than");
    * names another number or date although the expected answer is one, or another weekday,
      colour or direction; numbers of the question, parts of names ("X200") and conversions of
      the expected quantity are allowed;
    * offers the expected answer as one of several ("red or blue", "zinc, tin and lead").

    Of a person asked for, the surname is enough; a clause may do without its "is"; what the
    question says itself ("How many hours") may be missing at the answer's end; a telephone number
    is known by its digits.

    If the expected answer is a refusal ("The manual does not say"), any refusal passes, and
    nothing else does. An empty `expected` is never passed.
    """
    if abstains(expected):
        return abstains(answer)
    answer = drop_contrast(answer)
    given = read_tokens(answer)
    asked = read_tokens(question)
    decided = is_same_number_string(answer, expected)
    if decided is not None:
        return decided
    without_brackets = re.sub(r"\([^)]*\)", " ", expected)
    readings = [read_tokens(expected)]
    if without_brackets != expected:
        readings.append(read_tokens(without_brackets))
    if given and given == readings[0]:
        return True
    readings += [read_tokens(name) for name in shorten_name(expected, answer, question)]
    readings += [drop_asked(readings[0], asked), drop_copula(readings[0])]
    readings += write_place(readings[0], asked)
    readings += [read_tokens(share) for share in write_percent(expected)]
    readings += [read_tokens(say_afternoon(expected)), share_unit(readings[0])]
    readings += [read_tokens(order) for order in say_order(expected)]
    told = [given, read_tokens(say_afternoon(answer)), drop_copula(given)]
    told += [read_tokens(order) for order in say_order(answer)]
    if " of " not in expected:
        told.append(read_tokens(turn_of(answer)))
    if ":" not in expected:
        told.append(read_tokens(say_duration(answer)))
    if "%" in [token.value for token in readings[0]]:
        told += [read_tokens(share) for share in write_percent(answer)]
    return any(
        _passes(said, wanted, readings[0], asked)
        for at, said in enumerate(told)
        if said and said not in told[:at]
        for wanted in readings
        if wanted
    )


def _passes(
    given: list[Token], wanted: list[Token], allowed: list[Token], asked: list[Token]
) -> bool:
    words = [token.value for token in given if token.kind == "word"]
    if [token.value for token in wanted] in (["yes"], ["no"]):
        if given and given[0].value in ("yes", "no"):
            return given[0].value == wanted[0].value and not ("yes" in words and "no" in words)
        return repeats_question(given, asked, negated=wanted[0].value == "no")
    span = find_answer(given, wanted)
    if span is None:
        return False
    rest = given[: span[0]] + given[span[1] :]
    return (
        _is_short(given, wanted, asked)
        and not _negates(rest, [*allowed, *asked])
        and not _bounds_otherwise(given, span, wanted)
        and not names_others(given, span, allowed, asked)
        and not has_another_unit(given, span, allowed, asked)
        and not has_another_rate(given, span, [*allowed, *asked])
        and not _offers_choice(given, span, wanted)
    )


def _is_short(given: list[Token], wanted: list[Token], asked: list[Token]) -> bool:
    known = {token.value for token in asked} | {token.value for token in wanted}
    extra = [t for t in given if t.kind != "separator" and t.value not in known]
    return len(extra) <= EXTRA_TOKENS and len(given) <= 2 * EXTRA_TOKENS + 2 * len(wanted)


def _negates(rest: list[Token], wanted: list[Token]) -> bool:
    if any(token.value in NEGATIONS for token in wanted):
        return False
    return any(token.value in NEGATIONS for token in rest)


def _bounds_otherwise(given: list[Token], span: tuple[int, int], wanted: list[Token]) -> bool:
    """Another bound stands before the found answer than before the expected one."""
    theirs = _read_bound(given[max(0, span[0] - 1) : span[0] + 1])
    ours = _read_bound(wanted[:1])
    if theirs in _STRICT_BOUNDS and ours != theirs:
        return True
    return bool(theirs and ours and theirs != ours)


def _read_bound(tokens: Sequence[Token]) -> str:
    for token in tokens:
        if token.kind == "bound":
            return str(token.value)
        if token.value in _BOUNDS:
            return _BOUNDS[str(token.value)]
    return ""


def _offers_choice(given: list[Token], span: tuple[int, int], wanted: list[Token]) -> bool:
    """The found answer is one item of a list that the expected answer is not."""
    if any(token.value == "or" for token in wanted):
        return False
    right = _read_items(given[span[1] :])
    left = _read_items(given[: span[0]][::-1])
    joints = [joint for joint, _ in left + right]
    if "or" in joints or len(joints) > 1:
        return True
    short = len([t for t in given if t.kind != "separator"]) <= len(wanted) + 1 + ITEM_TOKENS
    return joints in (["and"], ["/"]) and short


def _read_items(tokens: Sequence[Token]) -> list[tuple[str, int]]:
    """The items of a list that goes on here: (what joins it on, its length in tokens)."""
    items: list[tuple[str, int]] = []
    at = 0
    while at < len(tokens) and tokens[at].kind == "separator":
        joint = str(tokens[at].value)
        while at + 1 < len(tokens) and tokens[at + 1].kind == "separator":
            at += 1
            joint = str(tokens[at].value)
        end = at + 1
        while end < len(tokens) and tokens[end].kind != "separator":
            end += 1
        if not 0 < end - at - 1 <= ITEM_TOKENS:
            if joint == "or" and end - at - 1 > 0:
                items.append((joint, end - at - 1))
            break
        items.append((joint, end - at - 1))
        at = end
    return items
