"""Other wordings of a question, and questions for what needs no model, by rule.

Table rows and clauses follow patterns, so their questions are written here; so are the synonyms of
common openings ("How much does X weigh" and "How heavy is X"). English only: in other languages
the rules do not match and nothing is added.
"""

import re

from gemma_garage.augment.local.answer_sorts import (
    is_frequency,
    is_heat,
    is_person,
    starts_with_place,
)
from gemma_garage.augment.local.sound import shorten_subject

_REWRITES = (
    (r"How much does (.+) weigh", (r"How heavy is \1", r"What is the weight of \1")),
    (r"How heavy is (.+)", (r"What does \1 weigh", r"What is the weight of \1")),
    (r"How (?:much|many \w+) does (.+) cost",
     (r"What is the price of \1", r"What do I pay for \1")),
    (r"What is the price of (.+)", (r"How much does \1 cost", r"What do I have to pay for \1")),
    (r"How much is (?!.*\b(?:in|of|at)\b)(.+)", (r"What does \1 cost",)),
    (r"How long does (.+) last", (r"For how long does \1 last", r"What is the duration of \1")),
    (r"How long does it take to (.+)", (r"How much time is needed to \1",
                                       r"I want to \1. How long will that take")),
    (r"How long (does|do|is|are|can|may|must|should|has|have|will) (.+)",
     (r"For how long \1 \2", r"What length of time \1 \2")),
    (r"Who (designed|founded|built|made|invented|opened|wrote|makes|runs|leads|owns) (.+)",
     (r"Which person \1 \2", r"What is the name of the one who \1 \2")),
    (r"Who (is|was|leads|runs|makes) (.+)", (r"Which person \1 \2", r"Can you name who \1 \2")),
    (r"Where (is|are|do|does|can|should|must|may) (.+)",
     (r"In which place \1 \2", r"Tell me where: \1 \2")),
    (r"(?:What|Which) colou?r (is|are|does|marks) (.+)",
     (r"In which colour \1 \2", r"I am looking at \2. Which colour should I see")),
    (r"When (is|are|does|do|must|can|may|should|was|were|has|have) (.+)",
     (r"At what time \1 \2", r"Do you know when: \1 \2")),
    (r"How often (.+)", (r"At what interval \1", r"How frequently \1")),
    (r"How many (\w+) (.+)", (r"What number of \1 \2", r"Do you know how many \1 \2")),
    (r"(\w+(?: \w+){0,3}?) do I have to (.+)", (r"\1 should I \2", r"\1 must one \2")),
    (r"Who (?:was|were) (.+) (\w+ed) by", (r"Who \2 \1", r"By whom was \1 \2")),
    (r"Who (is|are|was|were|may|must|can|should) (.+) by",
     (r"By whom \1 \2", r"Which person \1 \2 by")),
    (r"How soon (.+)", (r"Within what time \1", r"How quickly \1")),
    (r"How far in advance (.+)", (r"How early \1", r"How long beforehand \1")),
    (r"How long before (\w+) (.+)", (r"How early before \1 \2", r"How much time before \1 \2")),
    (r"After what time (.+)", (r"After how long \1", r"When \1")),
    (r"Why (.+)", (r"For what reason \1", r"What is the reason: why \1")),
    (r"What is the name of (.+)", (r"What is \1 called", r"Which name does \1 have")),
    (r"What is (.+) called", (r"What is the name of \1", r"By which name is \1 known")),
    (r"What is (.+) made of",
     (r"Which material is \1 made of", r"What material was used for \1")),
    (r"(?:Which|What) (\w+) has to be entered (.+)",
     (r"What do I enter \2", r"Which \1 is right \2")),
    (r"(?:What|Which) temperature (.+)", (r"How hot \1", r"At how many degrees \1")),
    (r"At what temperature (.+)", (r"How hot is it when \1", r"At how many degrees \1")),
    (r"How much space (.+)", (r"What space \1", r"How much room \1")),
    (r"How (far|wide|high|deep|thick|large|big|fast|long|hot) is (.+)",
     (r"I need a measure: how \1 is \2", r"Do you know how \1 \2 is")),
    (r"What happens (.+)", (r"What is going to happen \1", r"What does one see \1")),
    (r"What (does|do) (.+) mean", (r"What is the meaning of \2", r"How should I understand \2")),
)  # fmt: skip
_FRAMES = (
    "Can you tell me: {q}",
    "I would like to know: {q}",
    "Please answer this: {q}",
    "A customer asks: {q}",
)


def vary_question(question: str) -> list[str]:
    """Return rewordings of `question` by the rules that match it, without the question itself."""
    body = question.rstrip("? ")
    for pattern, patterns in _REWRITES:
        match = re.fullmatch(pattern, body)
        if match:
            return [f"{match.expand(other)}?" for other in patterns if match.expand(other) != body]
    return []


def frame_question(question: str, number: int) -> str:
    """Put a few words around `question`; the last resort for a fact with too few wordings."""
    return _FRAMES[number % len(_FRAMES)].format(q=lower_first(question))


def lower_first(text: str) -> str:
    """Make the first letter small unless the first word is a name, a code or "I"."""
    first = text.split(" ", 1)[0]
    if first in ("I", "I'm") or first[1:] != first[1:].lower() or any(c.isdigit() for c in first):
        return text
    return text[:1].lower() + text[1:]


def name_subject(question: str, subject: str, *, short: bool = False) -> str:
    """Return `question` with the document's subject named, the question itself if it is there.

    `short`: by its proper name only, as people do: "the Tindrel R2" for "the roaster".
    """
    if not subject or any(word in question for word in subject.split() if word[:1].isupper()):
        return question
    words = subject.split()
    name = shorten_subject(subject) if short else subject
    swapped = re.sub(
        rf"\b[Tt]he {re.escape(words[-1].lower())}\b", f"the {name}", question, count=1
    )
    if swapped != question:
        return swapped[:1].upper() + swapped[1:]
    if short:  # as people do: at the end
        joint = "on the" if any(letter.isdigit() for letter in name) else "at"
        return f"{question.rstrip('? ')} {joint} {name}?"
    return f"{shorten_subject(subject)}: {lower_first(question)}"


def complete_statement(marked: str) -> str:
    """Turn a statement into a question with a gap for the answer; "" if too little is left."""
    before, _, rest = marked.partition("[")
    after = rest.partition("]")[2].strip(" .,;")
    before = before.strip()
    if len(re.findall(r"\w+", before + " " + after)) < 3:
        return ""
    if len(re.findall(r"\w+", before)) >= 3:
        told = f"{before} …" + (f" {after}" if after and len(after) < 80 else "")
    else:
        told = f"{before} … {after}".strip()
    return f"What is missing here: “{told}”?"


_NUMBER = (
    r"(?:[$€£¥]\s?)?(?:[-–+±]\s?)?\d[\d.,\u00a0]*(?:\s?[½¼¾⅓⅔])?(?:\s?(?:–|-|to|and|or)\s?[$€£+]?\d[\d.,]*)?|"
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|sixteen|twenty|"
    r"thirty|forty|fifty|sixty|eighty|ninety|hundred)\b"
)


def echo_statement(marked: str, kind: str) -> str:
    """Turn a statement into a question by a question word in the answer's place.

    "The fuse is rated at [8 amperes]." becomes "The fuse is rated at how many amperes?".
    """
    before, _, rest = marked.partition("[")
    answer, _, after = rest.partition("]")
    asked = _ask_in_place(answer.strip(), kind, before)
    told = re.sub(r"\s+", " ", f"{before} {asked} {after}").strip(" .,;:!")
    told = re.sub(r"\s([,.;:])", r"\1", told)
    if len(re.findall(r"\w+", before + " " + after)) < 3:
        return ""
    return f"{told[:1].upper()}{told[1:]}?"


def _ask_in_place(answer: str, kind: str, before: str) -> str:
    word = (re.findall(r"[\w']+", before.lower()) or [""])[-1]
    if kind == "colour":
        return (
            "what colour" if word in ("is", "in", "glows", "turns", "painted") else "which colour"
        )
    if kind in ("quantity", "time"):
        if is_frequency(answer):
            return "how often"
        if re.search(r"[$€£¥]\s?\d", answer):
            return "how much money" + re.sub(r"^.*?\d[\d.,]*| plus .*", "", answer)
        many = re.sub(_NUMBER, "how many", answer, count=1, flags=re.IGNORECASE)
        many = re.sub(r"\b(?:at least|at most|up to|about)\s+(?=how many)", "", many)
        if kind == "quantity" and re.search(r"how many\s?[^\W\d_%°]|how many\s?[%°]", many):
            return re.sub(r"how many(?=\S)", "how many ", many)
        if kind == "quantity":
            return "in which year" if re.fullmatch(r"[12]\d{3}", answer) and not word else "what"
        return "when" if word not in ("in", "on", "at", "of", "until", "by", "the") else "what"
    if kind == "name" and is_person(answer):
        return "whom" if word in ("by", "to", "with", "from", "of") else "who"
    if kind == "name":
        return "whom" if word == "by" else "what place" if word in ("in", "from", "at") else "what"
    if kind == "code":
        return "which number" if word in ("enter", "is", "press", "dial") else "what"
    if starts_with_place(answer):
        return "where"
    return "what"


def ask_about_signal(marked: str) -> list[str]:
    """Questions for the colour in "A [green] lamp means that the beans may be taken out"."""
    match = re.match(
        r"(?:An?|The)\s(?:[\w-]+\s)?\[[^\]]+\]\s([\w -]{3,40}?)\s(?:usually )?"
        r"(?:(?:means?|shows?|tells?|indicates?|signals?) that (?P<told>.+?)|"
        r"means? (?P<bare>(?:the|it|an?|your?)\s.*\b(?:is|are|has|have|can|may|must|will)\b.+?))"
        r"\.?$",
        marked,
    )
    if not match:
        return []
    lamp, meaning = match[1], match["told"] or match["bare"]
    return [
        f"What colour is the {lamp} when {meaning}?",
        f"Which colour of the {lamp} means that {meaning}?",
        f"How does the {lamp} show that {meaning}?",
        f"If {meaning}, what colour do I see?",
    ]


def ask_about_limit(marked: str) -> list[str]:
    """Questions for the heat in "Do not open the lid above [120 °C]": when one may do it."""
    match = re.match(
        r"(?:Do not|Don['’]t|Never) (?P<do>[a-z]+ [^,;:\[]{3,50}?) "
        r"(?P<side>above|over|below|under) \[(?P<limit>[^\]]+)\]\.?$",
        marked,
    )
    if not match or not is_heat(match["limit"]):
        return []
    high = match["side"] in ("above", "over")
    return [
        f"How {'cool' if high else 'warm'} does it have to be before I can {match['do']}?",
        f"{'Up to' if high else 'From'} what temperature may I {match['do']}?",
        f"At what temperature am I allowed to {match['do']}?",
        f"{match['side'].capitalize()} what temperature must I not {match['do']}?",
        f"When is it too {'hot' if high else 'cold'} to {match['do']}?",
    ]


def ask_about_clause(marked: str) -> list[str]:
    """Write questions for a clause in brackets from the pattern it stands in."""
    match = re.match(r"(.+?) (?:usually )?means? (?:that )?\[", marked)
    if match:
        thing = lower_first(match.group(1))
        return [
            f"What does {thing} mean?",
            f"What is the meaning of {thing}?",
            f"I notice {thing}. What does it tell me?",
            f"What is the matter in case of {thing}?",
            f"How is {thing} to be understood?",
        ]
    match = re.match(r"(If|When) (.+?), \[", marked)
    if match:
        case = match.group(2)
        return [
            f"What happens or has to be done {match.group(1).lower()} {case}?",
            f"What is the consequence {match.group(1).lower()} {case}?",
            f"{match.group(1)} {case}, what then?",
            f"What should I expect or do {match.group(1).lower()} {case}?",
        ]
    match = re.match(r"To (.+?), \[", marked)
    if match:
        end = match.group(1)
        return [
            f"How do I {end}?",
            f"What do I have to do to {end}?",
            f"I want to {end}. What should I do?",
            f"In which way can I {end}?",
        ]
    match = re.match(r"(.+?)(?:,? because|, as|, since) \[", marked)
    if match:
        told = match.group(1)
        return [
            f"What is the reason for this: “{told}”?",
            f"Why is that so: {lower_first(told)}?",
            f"{told}. Why?",
            f"For what reason does this hold: {lower_first(told)}?",
        ]
    match = re.match(r"([^:\[]+): \[", marked)
    if match:
        told = lower_first(match.group(1))
        return [
            f"What is the cause when {told}?",
            f"Why is it that {told}?",
            f"{match.group(1)}. What is the reason?",
            f"What is wrong if {told}?",
        ]
    return []
