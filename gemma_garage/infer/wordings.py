"""Other ways to write an expected answer, or a given one, that a fair reader takes for the same.

Each gives a text or a decision for `grade.py`; what is spoiled by what stands around it is decided
there.
"""

import re

from gemma_garage.alike.tokens import Token

_TITLES = frozenset("dr mr mrs ms miss prof professor sir madam".split())
_PHONE = re.compile(r"[+(]?\d[\d\s()/.-]{5,}\d")
_LEAST_PHONE_DIGITS = 7
_CODE = re.compile(r"0\d+")
_NOT = frozenset("not no never".split())
_AUXILIARIES = frozenset(
    "is are was were be may can must do does did it they he she yes no".split()
)


def shorten_name(expected: str, answer: str, question: str) -> list[str]:
    """A person's name without title, and the surname alone where the answer gives it no other
    first name; only for a question that asks who."""
    words = expected.split()
    if not question.casefold().startswith("who") or not all(w[:1].isupper() for w in words):
        return []
    bare = [word for word in words if word.casefold().strip(".") not in _TITLES]
    shorter = [" ".join(bare)] if 0 < len(bare) < len(words) else []
    if len(bare) < 2:
        return shorter
    known = {word.casefold().strip(".") for word in words} | _TITLES
    found = re.search(rf"(?:\b([^\W\d_][\w'’-]*)\.?\s+)?\b{re.escape(bare[-1])}\b", answer)
    before = found[1] if found else None
    if found and (before is None or before[0].islower() or before.casefold() in known):
        shorter.append(bare[-1])
    return shorter


def drop_asked(wanted: list[Token], asked: list[Token]) -> list[Token]:
    """The expected answer without the words at its end that the question says itself: "rapeseed"
    for "Which oil?", "500" for "How many hours?"."""
    named = {token.value for token in asked if token.kind in ("word", "unit")}
    end = len(wanted)
    while end > 1 and wanted[end - 1].kind in ("word", "unit") and wanted[end - 1].value in named:
        end -= 1
    return wanted[:end]


def turn_of(answer: str) -> str:
    """ "the manager of the warehouse" as "the warehouse manager"."""
    return re.sub(r"(\w+) (?:made )?of (?:the |an? )?(\w+)", r"\2 \1", answer)


def is_same_number_string(answer: str, expected: str) -> bool | None:
    """For a telephone number its digits decide, for a code such as 0049 its very characters; None
    for anything else."""
    text = expected.strip()
    if _CODE.fullmatch(text):
        return bool(re.search(rf"(?<!\w){text}(?!\w)", answer))
    if _PHONE.fullmatch(text) and _count_digits(text) >= _LEAST_PHONE_DIGITS:
        given = [run for run in _PHONE.findall(answer) if _count_digits(run) >= 7]
        if len(given) == 1 and _keep_digits(given[0]) == _keep_digits(text):
            return True
    return None


def repeats_question(given: list[Token], asked: list[Token], *, negated: bool) -> bool:
    """Whether the answer only says the question over, as a statement: a yes, or `negated` a no."""
    words = [token.value for token in given if token.kind in ("word", "unit", "number")]
    said = [word for word in words if word not in _AUXILIARIES | _NOT]
    has_negation = any(word in _NOT for word in words)
    known = {token.value for token in asked}
    return len(said) > 1 and has_negation == negated and all(word in known for word in said)


def _keep_digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _count_digits(text: str) -> int:
    return len(_keep_digits(text))
