"""Identifiers and names of a text: codes ("F-118"), single letters ("valve B"), proper names.

Names are told by their capital letter, so texts that write every noun with one (German) hold many
that are none; `has_capital_nouns` says so. It knows no person and no place.
"""

import functools
import re
import unicodedata
from typing import NamedTuple

from gemma_garage.alike.units import find_unit
from gemma_garage.augment.quality.words import FUNCTION_WORDS

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_CODE = re.compile(r"(?<![\w.])(?=[\w./:_-]*\d)[^\W_]+(?:[-./:_][^\W_]+)*")
_PATH = re.compile(
    r"(?<![\w.])(?:/[\w.-]+){2,}/?|[\w.+-]+@[\w-]+\.[\w.]+|(?<![\w-])--[a-z][\w-]+|\b\w+_\w+\b|"
    r"\bhttps?://\S+|(?<=`)[^`\s]+(?=`)"
)
_AMOUNT = re.compile(r"\d+(?:[.,:]\d+)*-?(st|nd|rd|th|s|x|[^\W\d_]{3,}|[^\W\d_]*)")
_PLAIN_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)?|\d{1,3}(?:[.,]\d{3})+(?:[.,]\d+)?")
_LETTER = re.compile(r"(?<![\w'’.-])(?<!\d )[A-Z](?![\w'’-])")
_INITIAL = re.compile(r"\.\s?[A-Z]")
_WORD = re.compile(r"[^\W\d_][^\W_]*(?:['’-][^\W_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:|\n•\"“„(]|(?<=\s)[-–*])[\s\"“„(*_|]*$")
_ASKING = frozenset(
    "what which who whom whose when where why how is are was were do does did can could may might "
    "must shall should will would has have had tell name give list state explain describe say "
    "please according in on at for if after before during under by with from to until since as "
    "the a an and or but not no yes because there then than so only every each all any some one "
    "i it they he she we you this that these those its their his her my our your me us into onto "
    "up over about between through without within while whether both either neither per via once "
    "never always often also however more most less least many much several few other "
    "another".split()
)
_ENDINGS_OF_NO_NAME = ("ly", "ing", "ed", "tion", "tions", "ment", "ments", "ness", "ity")
# Capitalised in English, and part of a date rather than names.
DAYS = frozenset(
    "january february march april may june july august september october november december jan "
    "feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday "
    "saturday sunday".split()
)
_COMMON_GERMAN = frozenset("der die das und ist den dem mit für nicht auf wird ein eine".split())


class Name(NamedTuple):
    """A capitalised word, folded. `certain`: not only because it opens a sentence."""

    word: str
    certain: bool


class Identifiers(NamedTuple):
    """`letters`: (word in front, letter) of single capitals."""

    codes: frozenset[str]
    letters: frozenset[tuple[str, str]]
    names: tuple[Name, ...]


@functools.lru_cache(maxsize=4096)
def read_identifiers(text: str) -> Identifiers:
    """All codes, single letters and names of `text`."""
    text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    letters = set()
    for match in _LETTER.finditer(text):
        if match.group() in "AI" and _opens_words(text, match):
            continue
        before = _WORD.findall(text[max(0, match.start() - 40) : match.start()])
        label = before[-1] if before else ""
        if _INITIAL.match(text, match.end()) and (
            not label or label[0].isupper() or label in FUNCTION_WORDS
        ):
            continue  # "by J. Smith"
        letters.add((label.casefold(), match.group().casefold()))
    return Identifiers(find_codes(text), frozenset(letters), tuple(_find_names(text)))


def find_codes(text: str) -> frozenset[str]:
    """Words that mix letters and digits, dotted numbers ("2.1.3"), paths, addresses, options, and
    what is written as `code`; amounts are none ("8A").

    "F-118", "f118" and "F 118" written as one word are the same.
    """
    text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    found = {fold(match.group().rstrip("./,;")) for match in _PATH.finditer(text)}
    for match in _CODE.finditer(text):
        word = match.group().rstrip(".:/-_")
        if _PLAIN_NUMBER.fullmatch(word) or all(map(_is_amount, word.split("/"))):
            continue
        found.add(re.sub(r"(?<=[^\W\d])[-_](?=\d)", "", fold(word)))
    return frozenset(found)


def fold(text: str) -> str:
    """Without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


@functools.lru_cache(maxsize=1024)
def has_capital_nouns(text: str) -> bool:
    """Is `text` in a language that writes all nouns with a capital?"""
    words = _WORD.findall(text)
    german = sum(word in _COMMON_GERMAN for word in words)
    return len(words) > 0 and german / len(words) > 0.08


def _is_amount(word: str) -> bool:
    if re.fullmatch(r"\d+(?:\.\d+){2,}", word):
        return False  # a version; thousands were told before
    match = _AMOUNT.fullmatch(re.sub(r"^\d+(?:[.,]\d+)?-(?=\d)", "", word))  # "5-10V"
    if match is None:
        return False
    rest = match.group(1)
    if not rest or rest in ("st", "nd", "rd", "th", "s", "x"):
        return True
    if find_unit(rest, after_number=True) is not None:
        return True
    return "-" in word and rest.islower() and len(rest) > 2  # "12-volt", "5-year"


def _opens_words(text: str, match: re.Match[str]) -> bool:
    """ "A pump" at the start of a sentence, and "I" before a verb, are no letters that name."""
    follows = text[match.end() : match.end() + 2]
    is_followed = len(follows) > 1 and follows[0] == " " and follows[1].islower()
    return is_followed and (
        match.group() == "I" or bool(_SENTENCE_START.search(text[: match.start()]))
    )


def _find_names(text: str) -> list[Name]:
    words = list(_WORD.finditer(text))
    capital = [match.group()[0].isupper() for match in words]
    if len(words) > 4 and sum(capital[1:]) >= 0.8 * len(capital[1:]):
        return []  # a headline in title case: capitals say nothing
    names = []
    for at, match in enumerate(words):
        word = match.group()
        folded = re.sub(r"['’]s?$", "", fold(word))
        if not capital[at] or len(word) < 2 or any(sign.isdigit() for sign in word):
            continue
        if text[match.end() : match.end() + 1].isdigit():
            continue  # the beginning of a code
        inner = any(sign.isupper() for sign in word[1:])
        opens = bool(_SENTENCE_START.search(text[: match.start()]))
        if folded in _ASKING and not (inner and len(word) > 2):
            continue
        beside = at + 1 < len(words) and capital[at + 1] and _is_beside(text, match, words[at + 1])
        certain = inner or not opens or (beside and folded not in FUNCTION_WORDS)
        if not certain and folded.endswith(_ENDINGS_OF_NO_NAME):
            continue
        if find_unit(word, after_number=True) and re.search(r"\d\s?$", text[: match.start()]):
            continue  # "230 V", "5 Hz"
        names.append(Name(folded, certain))
    return names


def _is_beside(text: str, match: re.Match[str], following: re.Match[str]) -> bool:
    return text[match.end() : following.start()] == " "
