"""Turn a statement with its answer in brackets into a question by moving its words.

"The crossing takes [35 minutes]." becomes "How long does the crossing take?": the question word by
the sort of answer, the auxiliary before the subject, "do" where there is none, "do I have to" for
what the reader is told to do. It runs no model. Where the statement
has another shape nothing is returned.

Method: subject-auxiliary inversion and answer phrase movement (Heilman and Smith 2010, "Good
Question! Statistical Ranking for Question Generation", §3), on words instead of parse trees.
English only.
"""

import re

from gemma_garage.augment.local.prompts import (
    is_duration,
    is_free,
    is_frequency,
    is_heat,
    is_length,
    is_money,
    is_person,
    is_weight,
    starts_with_place,
)

_AUX = r"is|are|was|were|can|could|may|must|should|will|shall"
_VERBS = (
    "take cost last hold lie stand hang show keep give make get need contain weigh run turn draw "
    "open close shut stay belong come go receive pay lead work use reach bear send consist "
    "contribute apply glow trip leave live carry employ begin start end connect measure allow "
    "treat wear serve accept ship yield switch drive cover burn fall arrive report answer sell "
    "charge require support include offer provide grant grind spin rotate beep blink flash "
    "store lift"
).split()
_FORMS = {
    form: verb for verb in _VERBS for form in (verb, re.sub(r"(s|sh|ch|x|o)$", r"\1e", verb) + "s")
}
_FORMS |= {
    "carries": "carry",
    "applies": "apply",
    "supplies": "supply",
    "has": "have",
    "have": "have",
}
_DONE = "|".join(sorted(_FORMS, key=len, reverse=True))
_SUBJECT = (
    r"(?P<subject>(?!(?:if|when|in|on|at|for|to|from|there|what|those|who|never|you|we|i|after|before|"
    r"as|with|without|by|it|they|this|these|under|during|once|until|only|nobody|not|do|please|then|"
    r"and|or|but)\b)[^,;:()“”]{2,70}?)"
)
_ASSERTED = re.compile(rf"^{_SUBJECT}\s(?P<aux>{_AUX})\s(?P<rest>.*)$", re.IGNORECASE)
_HAS_DONE = re.compile(rf"^{_SUBJECT}\s(?P<verb>{_DONE})\s(?P<rest>.*)$", re.IGNORECASE)
_TOLD = re.compile(
    r"^(?:please\s|always\s|then\s)?(?P<verb>(?:re)?(?:clean|wash|wipe|rinse|empty|fill|replace|change|"
    r"check|inspect|test|grease|oil|brush|press|hold|push|pull|turn|remove|mount|place|keep|let|leave|"
    r"set|use|put|send|charge|fix|lay|cut|run|enter|dial|choose|select|store|bring|wear|calibrate|"
    r"warm|move|add|open|close|weigh|wait|unplug|start|preheat|recharge|tighten|take|hand|report|"
    r"phone|call|allow|give))\s(?P<rest>.*)$",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"\b(?:which|who|whose|that|because|so that|while|whereas)\b")
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


_PLACED_AFTER = re.compile(
    r"(?:of|in|on|at|for|with|without|by|from|before|after|when|if|during|to|while|per|unless|above|"
    r"below|under|as|until|through|over|long|wide|deep|high|thick|tall|old|away|heavy|apart|behind|"
    r"inside|outside|beside|near)\b"
)
# More than one predicate, or a list: moving one answer out of it leaves nonsense.
_CROWDED = re.compile(
    r"[,;:“”]|\b(?:and|or|never|they|it|is|are|was|were|must|should|has|have to|another)\b(?! it\b)"
)
_STRANDED = re.compile(r"\s(?:at|in|on|for|by|from|to|with|of|into|through|under|over)$")
_LASTING = re.compile(
    r"(?i)(?:[a-z]+\s){0,2}(?:\d[\d.,–-]*|[a-z]+(?:-[a-z]+)?)(?:\s(?:and|to|or)\s\S+)?\s"
    r"(?:and a half\s|working\s|calendar\s|operating\s)?(?:seconds?|minutes?|hours?|days?|weeks?|"
    r"months?|years?|fortnight)\b(?!.*\b(?:per|a|each)\b\s(?!half|quarter))"
)
_AGENT = re.compile(
    r"(?:er|or|ist|ian|ant|ee|nurse|doctor|vet|chef|guide|clerk|staff|team|crew|office)s?$"
)


def invert_statement(marked: str, kind: str) -> str:
    """Return the question that the bracketed part of `marked` answers, "" where no rule fits."""
    before, _, rest = marked.partition("[")
    answer, _, after = rest.partition("]")
    after = re.split(r"[,;:]|\band\b|\bor\b", after.strip().rstrip(".;:!"))[0].strip()
    if not before.strip():
        return _ask_for_subject(answer, after, kind)
    if kind == "clause":
        cause = re.fullmatch(r"(.+?),?\s(?:because|as|since)\s", before)
        if not cause or after:
            return ""
        before = f"{cause.group(1)} "
    if after and not _PLACED_AFTER.match(after):
        return ""
    parts = _parse(before)
    return _compose(parts, answer, after, kind) if parts else ""


def _parse(before: str) -> dict[str, str]:
    """Subject, auxiliary or verb, and rest of what stands before the answer; {} for others."""
    if _INSIDE.search(before):
        return {}
    told = _TOLD.match(before)
    asserted = _ASSERTED.match(before)
    for match in re.finditer(rf"\s({_DONE})(?=\s)", before):
        subject = before[: match.start()]
        whole = re.fullmatch(_SUBJECT, subject, re.IGNORECASE)
        if asserted and len(asserted["subject"]) < len(subject):
            break
        if whole and _agrees(subject, match.group(1)):
            return {"subject": subject, "verb": match.group(1), "rest": before[match.end() + 1 :]}
    return asserted.groupdict() if asserted else told.groupdict() if told else {}


def _agrees(subject: str, verb: str) -> bool:
    head = re.split(r"\s(?:of|in|on|at|for|from|with|to)\s", subject)[0].split()[-1].lower()
    plural = bool(re.search(r"[^s]s$|^(?:people|staff|crew|children|men|women)$", head))
    several = " and " in subject
    if verb == _FORMS[verb] and verb != "has":
        return plural or several
    return not several


def _ask_for_subject(answer: str, after: str, kind: str) -> str:
    word = "Who" if kind == "name" and is_person(answer) else "What"
    return f"{word} {after}?" if re.match(rf"(?:{_AUX}|{_DONE})\b", after) else ""


def _compose(parts: dict[str, str], answer: str, after: str, kind: str) -> str:
    verb = _FORMS.get(parts.get("verb", "").lower(), parts.get("verb", "").lower())
    said = f"{verb} {parts['rest']}" if verb else parts["rest"]
    asked, said, after = _move(said, answer, after, kind, verb)
    if not asked or _CROWDED.search(said) or (after.startswith("of") and kind != "colour"):
        return ""
    said = said.strip()
    if not verb and re.match(r"(?:an?|the|one|its)\s.*\s", said):
        return ""  # "is a drone built by [Halvorsen]"
    if kind in ("thing", "name") and _STRANDED.search(f" {said}"):
        after = ""
    if "subject" not in parts:
        said, after = (
            re.sub(r"\byour\b", "my", re.sub(r"\byou\b", "I", part)) for part in (said, after)
        )
        words = f"{asked} do I have to {said} {after}"
    elif verb:
        does = "do" if parts["verb"].lower() == verb else "does"
        words = f"{asked} {does} {_lower(parts['subject'])} {said} {after}"
    else:
        words = f"{asked} {parts['aux'].lower()} {_lower(parts['subject'])} {said} {after}"
    return " ".join(words.split()).rstrip(" ,") + "?"


def _move(said: str, answer: str, after: str, kind: str, verb: str) -> tuple[str, str, str]:
    """The question words, and what stays of the statement before and after the answer's place."""
    bare = _TAIL.sub("", re.sub(r"\s(?:for|in|during)\sthe\sfirst\s*$", " ", said))
    if kind == "clause":
        return "Why", said, after
    if kind == "time" or (kind == "quantity" and is_frequency(answer)):
        return (*_ask_time(answer, said, bare), after)
    if kind == "quantity":
        return _ask_amount(said, bare, answer, after, verb)
    if kind == "colour":
        plain = not bare.strip() or re.fullmatch(
            r"painted|marked|coloured|lit|glow|turn", bare.strip()
        )
        return ("What colour" if plain and not after else ""), bare, after
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
    if re.search(r"\bby\s*$", said) and _AGENT.search(answer):
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
    if is_money(answer) or is_free(answer):
        direct = re.search(r"\b(?:cost|pay|charge|receive|are|is|paid)\s*$", bare)
        return ("How much" if direct or not bare.strip() else ""), bare, after
    attribute = _ATTRIBUTE.search(said)
    if attribute and said[: attribute.start()].strip() == verb:
        return f"What {attribute['name']}", verb, after
    if _LASTING.fullmatch(re.sub(r"\s(?:in advance|ahead|beforehand|before [a-z-]+)$", "", answer)):
        return _ask_duration(answer, said, bare, after)
    if is_heat(answer):
        word = (re.findall(r"\b(at|to)\s*$", said) or [""])[0]
        return (f"{word.capitalize()} what temperature" if word else ""), bare, after
    if verb == "weigh" and said.strip() == verb:
        return "How much", verb, after
    noun = _UNIT.match(answer)
    if noun and verb and said.strip() == verb:
        kind = re.match(r"of\s[a-z]+", after)
        of = f" {kind.group()}" if kind else ""
        return f"How many {noun['noun']}{of}", said, after[kind.end() :] if kind else after
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
    if word in ("of", "to", "by", "every") or after.startswith(("before the", "after the", "of")):
        return "", bare, after
    return "How long", bare, after


_COMMON = frozenset("the a an each every all both its their one any some this that no".split())


def _lower(subject: str) -> str:
    """With a small first letter unless it is a name."""
    first, _, others = subject.partition(" ")
    if first.lower() in _COMMON:
        return subject[:1].lower() + subject[1:]
    if any(letter.isupper() for letter in subject[1:]) or any(c.isdigit() for c in subject):
        return subject
    plain = bool(others) or re.search(r"(?:s|ing)$", first)
    return subject[:1].lower() + subject[1:] if plain else subject
