"""Find colours, places and noun phrases in a sentence: what is asked with what, where and which.

Noun phrases are guesses: after a preposition or verb, up to the first word that is no part of one.
Rules only, English.
"""

import re
from collections.abc import Iterable

from gemma_garage.augment.local.amounts import Span
from gemma_garage.augment.local.fact_patterns import (
    ACTED_ON,
    ADJECTIVES,
    ADVERBS,
    BARE,
    COLOUR,
    FUNCTION,
    KIND_BY_COLOUR,
    LOCATION,
    MANNER,
    MOVED,
    NOUNS_IN_LY,
    OBJECT,
    ONLY,
    PLACE,
    SUBJECT,
    THINGS_IN_ING,
    VAGUE,
)

# "the town of Ostervell", "the warehouse in Quellmarsh", "the engineer Runa Castellby": the name is
# the answer, not the noun; "a hardness above 14 degrees": the value is
_WEAK = re.compile(
    r"\sof\b|\s(?:in\s|at\s)?[A-Z]|\s(?:above|below|over|under|between|at|up to)\s\d"
)
# "with a short, quick movement": the noun is still to come
_MORE_ADJECTIVES = re.compile(
    r",\s(?!(?:an?|the|and|or|then|so|but|which|where|who|until|as|if|when|for|to)\b)[a-z-]+\s[a-z]+"
    r"(?=[.;,]|\s(?:and|or|of|in|on|at)\b|$)"
)
_OF_THING = re.compile(r"\sof\s((?:the|an?|our|your)(?:\s[\w'’-]+){1,3})")
_ARTICLES = frozenset(("a", "an", "the", "its", "their"))
_RANKS = {"by": 3, "with": 4}
_VERB_AFTER = re.compile(r"\s(?:the|an?|its|their|it|to|back|below|above|into)\b")
# one word after these says what something is made of or done with
_MATERIAL = frozenset(("made of", "made from", "using", "contain", "contains", "against"))
_TREATED = re.compile(
    r"(?i)\b(?:clean|wash|wipe|rinse|greas|lubricat|fill|coat|cover|polish|rub|dust|line)\w*\b[^.;]*$"
)


def find_phrases(text: str) -> Iterable[Span]:
    """Yield the spans of colours and things; a thing of rank 2 or 3 may hold a colour."""
    for match in COLOUR.finditer(text):
        kind = KIND_BY_COLOUR.match(text, match.end())
        if not kind and not re.match(r"-(?!and)\w", text[match.end() :]):
            yield match.start(), match.end(), "colour", 1
    for match in LOCATION.finditer(text):
        group = next(
            name for name in ("far", "near", "ideal", "there", "aside", "part") if match.group(name)
        )
        yield match.start(group), match.end(group), "thing", 3
    for match in MANNER.finditer(text):
        yield match.start(), match.end(), "thing", 3
    for match in ONLY.finditer(text):
        yield match.start("who"), match.end("who"), "thing", 3
    subject = SUBJECT.match(text)
    if subject:
        yield subject.start("subject"), subject.end("subject") - 1, "thing", 3
    for pattern in (OBJECT, BARE):
        for match in pattern.finditer(text):
            group = "phrase" if match.group("phrase") else "phrase2"
            before = (match.group("before") or match.group("before2") or "").lower()
            start, end = _trim_phrase(text, match.start(group), match.end(group))
            owner = _OF_THING.match(text, end) if before in ("is", "are") else None
            if end > start and owner:  # "is the car park of the fire station"
                end = max(end, _trim_phrase(text, owner.start(1), owner.end(1))[1])
            if end <= start or not _is_thing(text, before, start, end, bare=pattern is BARE):
                continue
            # a place is answered with its preposition: "at the post office"
            if PLACE.match(text, match.start()):
                start = match.start()
            yield start, end, "thing", _RANKS.get(before, 2 if before in ACTED_ON else 4)


def _is_thing(text: str, before: str, start: int, end: int, *, bare: bool) -> bool:
    if (
        _WEAK.match(text, end)
        or _MORE_ADJECTIVES.match(text, end)
        or text[:start].endswith("free of ")
    ):
        return False
    words = [word.lower() for word in re.findall(r"[\w'’-]+", text[start:end])]
    content = words[1:] if words[0] in _ARTICLES else words
    if before in ("is", "are") and words[0] in ("its", "their"):
        return False  # "The fish soup is its best-known dish": the soup is asked for
    if COLOUR.match(content[0]) and KIND_BY_COLOUR.match(f" {content[-1]}"):
        return False  # "green coffee"
    if re.search(r"['’]s?$", content[-1]) or all(word in ADJECTIVES for word in content):
        return False
    if len(content) > 1:
        return True
    if bare:
        return before in _MATERIAL or bool(before == "with" and _TREATED.search(text[:start]))
    return before in ACTED_ON or (
        before in ("to", "into", "onto") and bool(MOVED.search(text[:start]))
    )


def _trim_phrase(text: str, start: int, end: int) -> tuple[int, int]:
    """Cut a noun phrase before its first function word or verb; (0, 0) when none is left."""
    words = list(re.finditer(r"[\w'’-]+", text[start:end]))
    kept = 0
    for number, word in enumerate(words):
        lower = word.group().lower()
        if number == 0 and lower in _ARTICLES:
            kept = 1
            continue
        if (
            lower in FUNCTION
            or lower in ADVERBS
            or (number > 0 and lower not in NOUNS_IN_LY and re.search(r"(?:ly|ed)$", lower))
            or (number > 0 and word.group()[:1].isupper() and not _is_maker(words, number))
        ):
            break
        kept = number + 1
    while kept and _is_verb(text, words[:kept], start):
        kept -= 1
    if kept == 0:
        return 0, 0
    content = [w.group().lower() for w in words[:kept]]
    if content[0] in _ARTICLES:
        content = content[1:]
    if not content or content[-1] in VAGUE or all(len(word) < 3 for word in content):
        return 0, 0
    if re.search(r"(?:ing|ly|ed)$", content[-1]) and len(content) == 1:
        return 0, 0
    return start, start + words[kept - 1].end()


def _is_maker(words: list[re.Match[str]], number: int) -> bool:
    """Is the capitalised word part of what a thing is called ("a Bramloft service partner")?"""
    after = [word.group() for word in words[number + 1 : number + 2]]
    return number == 1 and any(
        word.islower() and word not in FUNCTION and not word.endswith(("s", "ed")) for word in after
    )


def _is_verb(text: str, words: list[re.Match[str]], start: int) -> bool:
    """Does the phrase end with a verb: "the nose pointing", "a room falls", "the lid sends the"?"""
    last = words[-1].group().lower()
    if len(words) < 2:
        return False
    if last.endswith("ing") and last not in THINGS_IN_ING:
        return True
    third = last.endswith("s") and not last.endswith(("ss", "us", "is"))
    singular = words[0].group().lower() in ("a", "an")
    return (
        third
        and len(words) > 2
        and (singular or bool(_VERB_AFTER.match(text, start + words[-1].end())))
    )
