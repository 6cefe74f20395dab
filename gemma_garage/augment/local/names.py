"""Find names in a sentence: people with their titles, places with their country, things.

A capitalised word is a name where case tells: within a sentence, or at its start if it is one
elsewhere. It knows neither people nor places.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from gemma_garage.augment.local.amounts import Span
from gemma_garage.augment.local.answer_sorts import is_person
from gemma_garage.augment.local.fact_patterns import CAPITALISED, DAYS, FUNCTION, MONTHS
from gemma_garage.augment.sentences import Statement

# "the brothers Magnus and Peter Drever"
_PAIR = re.compile(
    r"(?:\bby |\bbrothers |\bsisters |\bsiblings |\bcouple )(?:the (?:brothers|sisters) )?$"
)
# "The meeting point is [the bandstand in Corn Street]": the street alone does not say where.
_PLACE_IN = re.compile(
    r"\b(?:is|are|at|to|from|behind|outside|opposite|near)\s"
    r"((?:the|an?)\s[a-z][\w-]*(?:\s[a-z][\w-]*)?\s(?:in|at|on)\s)$"
)
_IN = re.compile(r"\b(?:in|at|near|from|of)\s$")
_COUNTRY = re.compile(r",\s[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?(?=[.;)]|$)")


def find_names(
    text: str, common: Counter[str], known: set[str], statement_count: int
) -> Iterable[Span]:
    """Yield the spans of names; `common` is from `count_names`, `known` the subject's words."""
    for match in CAPITALISED.finditer(text):
        start, end = match.span()
        words = match.group().split()
        if _opens_sentence(text, start):
            if words[0].lower() in FUNCTION or words[0] in ("In", "If", "The", "A"):
                start += len(words[0]) + 1
                words = words[1:]
            elif len(words) == 1:
                continue
            elif f"~{words[0]}" not in common and not is_person(match.group()):
                continue
        if not words or start >= end:
            continue
        name = text[start:end]
        name = re.sub(r"['’]s$", "", name)
        end = start + len(name)
        if words[0] in MONTHS or words[0].rstrip("s") in DAYS:
            continue
        if all(word.lower().rstrip("s") in known or word.lower() in known for word in name.split()):
            continue
        if common[name] > max(5, statement_count // 7):
            continue
        end = _complete(text, start, end)
        place = _PLACE_IN.search(text[:start])
        yield place.start(1) if place else start, end, "name", 1


def _complete(text: str, start: int, end: int) -> int:
    """Stretch a name: "Bodø, Norway", "Magnus and Peter Drever", "the Ember hub"."""
    single = " " not in text[start:end]
    more = re.match(r" ([a-z]{3,})(?=[.,;:]| (\w+))", text[end:])
    if more and single and re.search(r"\b(?:of|the|with|a|an)\s$", text[:start]):
        word, following = more.group(1), more.group(2)
        plain = word not in FUNCTION and not re.search(r"(?:ed|s|ing)$", word)
        if plain and (not following or following.lower() in FUNCTION):
            return end + 1 + len(word)
    second = re.match(r" and ", text[end:])
    if second and single and _PAIR.search(text[:start]):
        other = CAPITALISED.match(text, end + second.end())
        if other and len(other.group().split()) == 2:
            return other.end()
    country = _COUNTRY.match(text, end)
    return country.end() if country and _IN.search(text[:start]) else end


def _opens_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip("“\"'‘(*_ ")
    return not before or before[-1] in ".!?:" or before.endswith("–")


def count_names(statements: Sequence[Statement]) -> Counter[str]:
    """Count names; "~Word" counts a capitalised word within a sentence, where case tells."""
    counts: Counter[str] = Counter()
    for statement in statements:
        for match in CAPITALISED.finditer(statement.text):
            counts[match.group()] += 1
            if not _opens_sentence(statement.text, match.start()):
                counts.update(f"~{word}" for word in match.group().split())
    return counts
