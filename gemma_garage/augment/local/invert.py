"""Turn a statement with its answer in brackets into a question by moving its words.

"The crossing takes [35 minutes]." becomes "How long does the crossing take?": the question word by
the sort of answer, the auxiliary before the subject, "do" where there is none, "do I have to" for
what the reader is told to do. It runs no model. Where the statement has another shape nothing is
returned.

Method: subject-auxiliary inversion and answer phrase movement (Heilman and Smith 2010, "Good
Question! Statistical Ranking for Question Generation", §3), on words instead of parse trees.
English only.
"""

import re

from gemma_garage.augment.local.answer_sorts import is_person
from gemma_garage.augment.local.question_words import AGENT, COMPARISON, move_words

_AUX = r"is|are|was|were|can|could|may|must|should|will|shall"
_VERBS = (
    "take cost last hold lie stand hang show keep give make get need contain weigh run turn draw "
    "open close shut stay belong come go receive pay lead work use reach bear send consist "
    "contribute apply glow trip leave live carry employ begin start end connect measure allow "
    "treat wear serve accept ship yield switch drive cover burn fall arrive report answer sell "
    "charge require support include offer provide grant grind spin rotate beep blink flash "
    "store lift hover land wait sleep eat meet sail depart return park feed grow rest settle"
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
_TOLD = re.compile(
    r"^(?:please\s|always\s|then\s)?(?P<verb>(?:re)?(?:clean|wash|wipe|rinse|empty|fill|replace|change|"
    r"check|inspect|test|grease|oil|brush|press|hold|push|pull|turn|remove|mount|place|keep|let|leave|"
    r"set|use|put|send|charge|fix|lay|cut|run|enter|dial|choose|select|store|bring|wear|calibrate|"
    r"warm|move|add|open|close|weigh|wait|unplug|start|preheat|recharge|tighten|take|hand|report|"
    r"phone|call|allow|give))\s(?P<rest>.*)$",
    re.IGNORECASE,
)
# "The Tern S4 is a survey drone built by Halvorsen in [Bodø]."
_MADE = re.compile(
    rf"^{_SUBJECT}\s(?P<aux>is|are|was|were)\s(?:an?|the)\s[^,]*?\s"
    r"(?P<rest>(?:made|built|produced|designed|developed|manufactured|published|run)\s.*)$",
    re.IGNORECASE,
)
# What is said first and asked last: "If the link is lost, the drone hovers for [20 seconds]."
_LEAD = re.compile(
    r"^(?!After that)(?P<lead>(?:In|On|At|With|For|During|After|Before|When|If|To|Without|Once|"
    r"While)\s[^\[\],]{3,70}),\s(?P<main>[^\[]*[^\[\s][^\[]*\[.*)$"
)
_COMPARED = {
    "higher": "high", "taller": "tall", "longer": "long", "heavier": "heavy", "wider": "wide",
    "larger": "large", "bigger": "big", "older": "old", "younger": "young", "deeper": "deep",
    "stronger": "strong", "faster": "fast", "thicker": "thick", "hotter": "hot", "warmer": "warm",
}  # fmt: skip
_NO_NOUN = frozenset(
    "is are was were that which who when while if must may can has have for to from of and or in "
    "on at with by as beneath under underneath behind beside before after until ones one".split()
)
_ITS_PLACE = re.compile(
    r"\s(?:on|in|at|under|behind|beside|beneath)\s(?:the|an?|its)\s[a-z-]+(?:\s[a-z-]+)?"
    r"(?:\sof\sthe\s[a-z-]+)?(?=[.,;]|$)"
)
_RELATIVE = re.compile(
    r"(?P<thing>(?:\b(?:the|an?|its|their)\s[a-z-]+(?:\s[a-z-]+)?|\b[A-Z][\w-]+(?:\s[A-Z][\w-]+)*)),\s"
    r"(?:which|who)\s(?P<rest>[^,;]*)$"
)
_INSIDE = re.compile(r"\b(?:which|who|whose|that|because|so that|while|whereas)\b")
_PLACED_AFTER = re.compile(
    r"(?:of|in|on|at|for|with|without|by|from|before|after|when|if|during|to|while|per|unless|above|"
    r"below|under|as|until|through|over|long|wide|deep|high|thick|tall|old|away|heavy|apart|behind|"
    r"inside|outside|beside|near)\b"
)
# More than one predicate, or a list: moving one answer out of it leaves nonsense.
_CROWDED = re.compile(
    r"[,;:“”]|\b(?:and|or|never|they|it|is|are|was|were|must|should|has|another)\b(?! it\b)"
)
_STRANDED = re.compile(r"\s(?:at|in|on|for|by|from|to|with|of|into|through|under|over)$")


def invert_statement(marked: str, kind: str) -> str:
    """Return the question that the bracketed part of `marked` answers, "" where no rule fits."""
    lead = _LEAD.match(marked)
    if lead:
        moved = invert_statement(lead["main"], kind)
        if kind == "colour":
            return moved
        told = f"{lead['lead'][0].lower()}{lead['lead'][1:]}"
        return (
            f"{moved[:-1]} {_to_me(told) if ' do I have to ' in moved else told}?" if moved else ""
        )
    for rule in (_ask_for_limit, _ask_for_first):
        if asked := rule(marked, kind):
            return asked
    before, _, rest = marked.partition("[")
    answer, _, after = rest.partition("]")
    if (
        kind == "colour"
        and (following := re.match(r"\s([a-z]+)", after))
        and (following.group(1) not in _NO_NOUN)
    ):
        return _ask_for_colour(before, after)
    after = re.split(r"[,;:]|\band\b|\bor\b", after.strip().rstrip(".;:!"))[0].strip()
    alone = re.search(r"(?:^|\s)only\s$", before, re.IGNORECASE)
    if before.strip().lower() in ("", "the", "a", "an") or (
        alone and kind == "thing" and re.match(_AUX, after)
    ):
        return _ask_for_subject(answer, after, kind)
    if kind == "clause":
        cause = re.fullmatch(r"(.+?),?\s(?:because|as|since)\s", before)
        if not cause or after:
            return ""
        before = f"{cause.group(1)} "
    if after and not (_PLACED_AFTER.match(after) or COMPARISON.match(after)):
        return ""
    parts = _parse(before)
    return _compose(parts, answer, after, kind) if parts else ""


def _ask_for_limit(marked: str, kind: str) -> str:
    """ "Vehicles higher than [3.9 metres] cannot be carried" asks how high vehicles may be."""
    limit = re.search(r"(?:^|\s)(?P<thing>[\w-]+)\s(?P<more>[a-z]+)\sthan\s\[", marked)
    if not limit or kind != "quantity" or not re.search(r"\b(?:not|cannot|never|no)\b", marked):
        return ""
    how = _COMPARED.get(limit["more"], "")
    return f"How {how} may {limit['thing'].lower()} be at most?" if how else ""


def _ask_for_first(marked: str, kind: str) -> str:
    """ "On [Christmas Day] there is no service" asks when there is no service."""
    first = re.match(r"(?:On|In|From|Since|During|At|Every)?\s?\[[^\]]+\],?\s(?P<main>.+)$", marked)
    if not first or kind != "time":
        return ""
    main = re.split(r"[,;:]", first["main"])[0].rstrip(". ")
    there = re.match(r"(there)\s(is|are)\s(.+)$", main)
    if there:
        return f"When {there[2]} there {there[3]}?"
    parts = _parse(f"{main} ")
    if "subject" not in parts:
        return ""
    if _CROWDED.search(parts["rest"]):
        return ""
    return " ".join(f"When {_turn(parts)} {_find_verb(parts)} {parts['rest']}".split()) + "?"


def _ask_for_colour(before: str, after: str) -> str:
    """ "the [orange] transport lock from …" asks "What colour is the transport lock?"."""
    words: list[str] = []
    for word in re.findall(r"[a-z-]+|[^a-z\s-]", after)[:3]:
        if (
            word in _NO_NOUN
            or word in ("means", "mean")
            or word in _FORMS
            or word.endswith("ed")
            or not word[0].islower()
        ):
            break
        words.append(word)
    noun = " ".join(words)
    if not noun or re.match(r"\s(?:usually\s)?(?:means?|shows?)\b", after[len(noun) + 1 :]):
        return ""
    if re.search(r"\b(?:the|an?|its|their|own)\s$", before, re.IGNORECASE):
        place = _ITS_PLACE.match(after[len(noun) + 1 :])
        verb = "are" if re.search(r"[^s]s$", noun) else "is"
        return f"What colour {verb} the {noun}{place.group() if place else ''}?"
    parts = _parse(before)
    if "verb" in parts and "subject" in parts and not parts["rest"].strip():
        return f"What colour {noun} {_turn(parts)} {_find_verb(parts)}?"
    return ""


def _parse(before: str) -> dict[str, str]:
    """Subject, auxiliary or verb, and rest of what stands before the answer; {} for others."""
    which = _RELATIVE.search(before)
    if which:  # "…, which has to act for [three minutes]": what "which" stands for does it
        antecedent = re.sub(r"^(?:a|an)\s", "the ", which["thing"])
        return _parse(f"{antecedent} {which['rest']}")
    both = re.match(r"(?P<first>.+?),?\sand\s(?P<second>\S+\s.*)$", before)
    if both:
        first = _parse(both["first"] + " ")
        if "subject" in first and re.match(rf"(?:{_AUX}|{_DONE})\s", both["second"]):
            return _parse(f"{first['subject']} {both['second']}")
        if first and "subject" not in first and _TOLD.match(both["second"]):
            return _parse(both["second"])
    if _INSIDE.search(before):
        return {}
    made = _MADE.match(before)
    if made:
        return made.groupdict()
    told = _TOLD.match(before)
    asserted = _ASSERTED.match(before)
    for match in re.finditer(rf"\s({_DONE})(?=\s)", before):
        subject = before[: match.start()]
        whole = re.fullmatch(_SUBJECT, subject, re.IGNORECASE)
        if asserted and len(asserted["subject"]) < len(subject):
            break
        if whole and not told and _agrees(subject, match.group(1)):
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
    person = (kind == "name" and is_person(answer)) or (kind == "thing" and AGENT.search(answer))
    word = "Who" if person else "What"
    return f"{word} {after}?" if re.match(rf"(?:{_AUX}|{_DONE})\b", after) else ""


def _compose(parts: dict[str, str], answer: str, after: str, kind: str) -> str:
    verb = _find_verb(parts)
    said = f"{verb} {parts['rest']}" if verb else parts["rest"]
    asked, said, after = move_words(said, answer, after, kind, verb)
    if not asked or _CROWDED.search(said) or (after.startswith("of") and kind != "colour"):
        return ""
    said = said.strip()
    if not verb and re.match(r"(?:an?|the|one|its)\s.*\s", said):
        return ""  # "is a drone built by [Halvorsen]"
    if kind in ("thing", "name") and _STRANDED.search(f" {said}"):
        after = ""
    if "subject" not in parts:
        words = f"{asked} do I have to {_to_me(said)} {_to_me(after)}"
    else:
        words = f"{asked} {_turn(parts)} {said} {after}"
    return " ".join(words.split()).rstrip(" ,") + "?"


def _find_verb(parts: dict[str, str]) -> str:
    """The verb as a dictionary has it; "" beside an auxiliary."""
    said = parts.get("verb", "").lower()
    return _FORMS.get(said, said)


def _turn(parts: dict[str, str]) -> str:
    """The auxiliary, or "do", before the subject."""
    verb = _find_verb(parts)
    does = parts["aux"].lower() if not verb else "do" if parts["verb"].lower() == verb else "does"
    return f"{does} {_lower(parts['subject'])}"


def _to_me(text: str) -> str:
    return re.sub(r"\byour\b", "my", re.sub(r"\byou\b", "I", text))


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
