"""Other ways to write an expected answer, or a given one, that a fair reader takes for the same.

Each gives a text or a decision for `grade.py`; what is spoiled by what stands around it is decided
there.
"""

import re

from gemma_garage.alike.spelling import HOUR
from gemma_garage.alike.tokens import Token

# Also behind what is told first: "We'd like pictures taken. Who do we have to ask?"
_ASKS_WHO = re.compile(
    r"(?i)(?:^|[.!?;:,–]\s+)(?:and\s|so\s|but\s)?(?:to\s|with\s)?who(?:m|se|ever)?\b"
)
_TITLES = frozenset("dr mr mrs ms miss prof professor sir madam".split())
_PHONE = re.compile(r"[+(]?\d[\d\s()/.-]{5,}\d")
_LEAST_PHONE_DIGITS = 7
_CODE = re.compile(r"0\d+")
_NOT = frozenset("not no never".split())
_ASKED_UNITS = {"old": "year", "age": "year", "percentage": "%"}
_CONTRAST = re.compile(
    r"(?<=\w)(?:,\s*(?:and |but )?not|,?\s+(?:rather than|instead of)) [^,.;]*\d[^,;]*$"
)
_DURATION = re.compile(r"\b(\d{1,2}):([0-5]\d)\s?(?:h|hrs?|hours?)\b")
_HALF_OF_DAY = re.compile(
    r"\b[ap]\.?m\b|\b(?:morning|noon|afternoon|evening|night)\b", re.IGNORECASE
)
_SPOKEN_TIME = re.compile(
    rf"\b((?:half past|quarter past|quarter to) (?:{HOUR})|(?<=at )(?:{HOUR})(?=\W*$))\b"
    rf"|\b({HOUR}) o['’]clock\b",
    re.IGNORECASE,
)
_AUXILIARIES = frozenset(
    "is are was were be may can must do does did it they he she yes no".split()
)


def shorten_name(expected: str, answer: str, question: str) -> list[str]:
    """A person's name without title or office behind it, and the surname alone where the answer
    gives it no other first name; only for a question that asks who."""
    named = re.fullmatch(r"([^,]+), (?:the|our|your|an?) [^,]+", expected.strip())
    words = (named[1] if named else expected).split()
    if not _ASKS_WHO.search(question) or not all(w[:1].isupper() for w in words):
        return []
    bare = [word for word in words if word.casefold().strip(".") not in _TITLES]
    shorter = [" ".join(bare)] if 0 < len(bare) < len(words) or (named and bare) else []
    if len(bare) < 2:
        return shorter
    known = {word.casefold().strip(".") for word in words} | _TITLES
    found = re.search(rf"(?:\b([^\W\d_][\w'’-]*)\.?\s+)?\b{re.escape(bare[-1])}\b", answer)
    before = found[1] if found else None
    if found and (before is None or before[0].islower() or before.casefold() in known):
        shorter.append(bare[-1])
    return shorter


def drop_copula(tokens: list[Token]) -> list[Token]:
    """A clause without its "is": "motor too hot" says what "the motor is too hot" does. The tokens
    as they are where that is not the one verb between two words."""
    at = [place for place, token in enumerate(tokens) if token.value in ("is", "are", "was")]
    if len(at) != 1 or not 0 < at[0] < len(tokens) - 1:
        return tokens
    return tokens[: at[0]] + tokens[at[0] + 1 :]


def say_order(text: str) -> list[str]:
    """ "By pulling back the collar" as what one is told to do, "pull back the collar", in each way
    the verb may be written; nothing for any other text."""
    found = re.match(r"\W*by\s+([a-z]+?)ing\b(?=\s)", text, re.IGNORECASE)
    if not found or len(found[1]) < 2:
        return []
    stem, rest = found[1], text[found.end() :]
    stems = [stem, f"{stem}e", *([stem[:-1]] if stem[-1:] == stem[-2:-1] else [])]
    return [f"{verb}{rest}" for verb in stems]


def drop_asked(wanted: list[Token], asked: list[Token]) -> list[Token]:
    """The expected answer without the words at its end that the question says itself: "rapeseed"
    for "Which oil?", "500" for "How many hours?"; also "3" for "3 working days"."""
    named = {token.value for token in asked if token.kind in ("word", "unit")}
    named |= name_asked_units(asked)
    end = len(wanted)
    while end > 1 and wanted[end - 1].kind in ("word", "unit") and wanted[end - 1].value in named:
        end -= 1
    if [token.kind for token in wanted[:end]] == ["number", "word"] and end < len(wanted):
        end -= 1
    return wanted[:end]


def name_asked_units(asked: list[Token]) -> set[str]:
    """The units that a question asks for without saying them: years in "How old"."""
    words = {token.value for token in asked}
    return {unit for word, unit in _ASKED_UNITS.items() if word in words}


def write_place(wanted: list[Token], asked: list[Token]) -> list[list[Token]]:
    """ "third floor" as "floor 3", and back; "third" alone with the words of the question."""
    kinds = [token.kind for token in wanted]
    if kinds == ["ordinal"]:
        things = [token for token in asked if token.kind == "word"]
        return [[thing, wanted[0]._replace(kind="number")] for thing in things]
    if kinds == ["ordinal", "word"]:
        return [[wanted[1], wanted[0]._replace(kind="number")]]
    if kinds == ["word", "number"]:
        return [[wanted[1]._replace(kind="ordinal"), wanted[0]]]
    return []


def say_afternoon(text: str) -> str:
    """A spoken time ("at six", "half past two", "6 o'clock") as that of the afternoon; spoken times
    have twelve hours, written ones are taken at their word. Empty if there is none."""
    if _HALF_OF_DAY.search(text):
        return ""
    later, found = _SPOKEN_TIME.subn(lambda m: f"{m[1] or m[2]} pm", text)
    return later if found else ""


def say_duration(text: str) -> str:
    """ "1:45 h" as "1 h 45 min"."""
    return _DURATION.sub(r"\1 h \2 min", text)


def share_unit(wanted: list[Token]) -> list[Token]:
    """ "5 kg and 25 kg" as "5 and 25 kg"."""
    return [
        token
        for at, token in enumerate(wanted)
        if not (
            token.kind == "unit"
            and [t.value for t in wanted[at + 1 : at + 2]] == ["and"]
            and [t.value for t in wanted[at + 3 : at + 4]] == [token.value]
        )
    ]


def drop_contrast(answer: str) -> str:
    """ "24 months, not 12" as "24 months": what is set against the answer is not claimed."""
    return _CONTRAST.sub("", answer)


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
