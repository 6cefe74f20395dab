"""Choose the question words for an answer by its sort, and what stays of its statement.

"How long" for minutes, "How often" for an interval, "Where" for a place, "Who" for a person; the
preposition before the answer goes with it or stays stranded. English only; it runs no model.
"""

import re

from gemma_garage.augment.local.answer_sorts import (
    is_duration,
    is_free,
    is_frequency,
    is_heat,
    is_length,
    is_manner,
    is_money,
    is_person,
    is_weight,
    starts_with_place,
)

_TAIL = re.compile(
    r"\s*\b(?:only\s|always\s|usually\s)?(?:at|in|on|for|by|from|to|with|within|near|about|around|"
    r"roughly|nearly|only|of|as|than|after|until|every|just|normally|over|into|through|under)\s*$"
)
_SIDE = re.compile(r"^\s*(long|wide|deep|high|thick|tall|old|away|heavy|apart)\b")
_ATTRIBUTE = re.compile(
    r"(?:^|\s)(?:with|of|at|to)?\s?(?:an?|the)\s(?P<name>(?:[a-z-]+\s)?[a-z-]{3,})\sof\s"
    r"(?:about\s|roughly\s)?$"
)
_LABEL = re.compile(r"(?:^|\s)(?:the|a|an|its)\s(?P<name>(?:[a-z-]+\s)?[a-z-]{3,})\s$")
_UNIT = re.compile(
    r"^(?:about\s|at least\s|at most\s|up to\s|only\s)?(?:\d[\d.,]*|[a-z]+(?:-[a-z]+)?)\s"
    r"(?P<noun>(?:[a-z-]+\s){0,2}[a-z]+s)$"
)
_HOLDING = frozenset("contain have employ carry include need receive bring hold".split())
_LASTING = re.compile(
    r"(?i)(?:[a-z]+\s){0,2}(?:\d[\d.,–-]*|[a-z]+(?:-[a-z]+)?)(?:\s(?:and|to|or)\s\S+)?\s"
    r"(?:and a half\s|working\s|calendar\s|operating\s)?(?:seconds?|minutes?|hours?|days?|weeks?|"
    r"months?|years?|fortnight)\b(?!.*\b(?:per|a|each)\b\s(?!half|quarter))"
)
COMPARISON = re.compile(r"(?:less|more|cheaper|off)\b")  # "pay [40 percent] less"
AGENT = re.compile(
    r"(?:er|or|ist|ian|ant|ee|nurse|doctor|vet|chef|guide|clerk|staff|team|crew|office)s?$"
)


def move_words(said: str, answer: str, after: str, kind: str, verb: str) -> tuple[str, str, str]:
    """The question words, and what stays of the statement before and after the answer's place."""
    said = re.sub(r"\sthe\s(?:town|city|village|region|island|county|port)\sof\s*$", " ", said)
    bare = _TAIL.sub("", re.sub(r"\s(?:for|in|during)\sthe\sfirst\s*$", " ", said))
    if kind == "clause":
        return "Why", said, after
    if is_manner(answer):
        return "How", said, after
    if kind == "time" or (kind == "quantity" and is_frequency(answer)):
        return (*_ask_time(answer, said, bare), after)
    if kind == "quantity":
        return _ask_amount(said, bare, answer, after, verb)
    if kind == "colour":
        plain = not bare.strip() or re.fullmatch(
            r"painted|marked|coloured|lit|glow|turn|flash|blink|shine", bare.strip()
        )
        return ("What colour" if plain else ""), bare, after
    placed = kind == "code" or (kind == "name" and not is_person(answer))
    if starts_with_place(answer) or (placed and re.search(r"\b(?:in|at|near)\s*$", said)):
        return ("" if re.search(r"\b(?:of|to)\s*$", said) else "Where"), bare, after
    if kind == "name" and is_person(answer):
        by = re.search(r"\bby\s(?:the\s[a-z]+\s)?$", said)
        if by:
            return "Who", said[: by.start()] + "by", after
        return ("" if said.strip() else "Who"), said, after
    label = _LABEL.search(said)
    if label and kind in ("code", "name"):
        name = re.sub(r"\s(?:named|called)$", "", label["name"])
        return f"Which {name}", said[: label.start()] + " ", after
    if kind == "name" and not re.search(r"\b(?:called|named|with|by|over|on|of)\s*$", f" {said}"):
        return "", said, after
    if re.search(r"\bby\s*$", said) and AGENT.search(answer):
        return "Who", said, after
    return "What", said, after


def _ask_time(answer: str, said: str, bare: str) -> tuple[str, str]:
    if is_frequency(answer):
        return "How often", bare
    lead = re.match(r"(?i)(by|until)\b", answer) or re.search(r"\b(by|until)\s*$", said)
    return (f"{lead.group(1).capitalize()} when" if lead else "When"), bare


def _ask_amount(said: str, bare: str, answer: str, after: str, verb: str) -> tuple[str, str, str]:
    side = _SIDE.match(after)
    if side and (is_length(answer) or is_duration(answer) or is_weight(answer)):
        word = {"away": "far", "apart": "far"}.get(side.group(1), side.group(1))
        return f"How {word}", bare, after[side.end() :]
    if (than := COMPARISON.match(after)) and verb:
        return f"How much {than.group()}", bare, after[than.end() :]
    if is_money(answer) or is_free(answer):
        direct = re.search(r"\b(?:cost|pay|charge|receive|are|is|paid)\s*$", bare)
        return ("How much" if direct or not bare.strip() else ""), bare, after
    attribute = _ATTRIBUTE.search(said)
    if attribute and said[: attribute.start()].strip() == verb:
        return f"What {attribute['name']}", verb, after
    if _LASTING.fullmatch(re.sub(r"\s(?:in advance|ahead|beforehand|before [a-z-]+)$", "", answer)):
        return _ask_duration(answer, said, bare, after)
    counted = re.fullmatch(
        r"(?P<lead>after|within|every)\s(?:\d[\d.,]*|[a-z]+)\s"
        r"(?P<noun>(?:[a-z-]+\s)?[a-z]+s)",
        answer,
        re.IGNORECASE,
    )
    if counted:
        return f"{counted['lead'].capitalize()} how many {counted['noun']}", bare, after
    if is_heat(answer):
        word = (re.findall(r"\b(at|to)\s*$", said) or [""])[0]
        return (f"{word.capitalize()} what temperature" if word else ""), bare, after
    if verb == "weigh" and said.strip() == verb:
        return "How much", verb, after
    noun = _UNIT.match(answer)
    if noun and not after and re.search(r"\bfor\s*$", said):
        return f"For how many {noun['noun']}", bare, after
    if not noun or not verb:
        return "", bare, after
    things = re.match(r"of\s[a-z]+(?:\s[a-z]+)?(?=$|\s(?:in|on|at|for|into|per|during)\b)", after)
    if things:
        after = after[things.end() :]
    if verb in _HOLDING and re.fullmatch(rf"{verb}\s[^:;]*(?:,|\band)\s", said):
        said, after = verb, ""  # a list: the others of it are not asked for
    if said.strip() == verb:
        return f"How many {noun['noun']} {things.group() if things else ''}".strip(), said, after
    return "", bare, after


def _ask_duration(answer: str, said: str, bare: str, after: str) -> tuple[str, str, str]:
    tail = re.search(r"\b(for|after|within|in|every|by|of|about|to)\s*$", said)
    word = tail.group(1) if tail else ""
    if re.search(r"\b(?:in advance|ahead|beforehand)$", answer):
        return "How far in advance", bare, after
    if re.match(r"within\b", answer) or word in ("in", "within"):
        return "How soon", bare, after
    if re.match(r"after\b", answer) or word == "after":
        return "After what time", bare, after
    before = re.search(r"\bbefore [a-z-]+$", answer)
    if before:
        return f"How long {before.group()}", bare, after
    if word in ("of", "to", "by", "every") or after.startswith("of"):
        return "", bare, after
    if word != "for" and after.startswith(("before", "after")):
        return "", bare, after  # "two hours before low water" is a point in time
    return "How long", bare, after
