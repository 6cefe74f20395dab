"""Find the answers a text holds: the spans of each statement that somebody would ask for.

Answers come before questions, so that every fact is covered and every answer stands in the text.
Rules only, no model: quantities with their unit and qualifier, times, codes, names, colours,
causes and consequences, short noun phrases, table cells. The lists are English; in another
language the numbers, names, codes and cells are still found. It asks no question.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gemma_garage.augment.sentences import Statement

_NUMBER_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "eighteen twenty thirty forty fifty sixty seventy eighty ninety hundred dozen"
).split()
_ORDINALS = "second third fourth fifth sixth seventh eighth ninth tenth twelfth".split()
_COLOURS = (
    "black white red green blue yellow orange purple violet pink brown grey gray amber turquoise "
    "silver gold beige crimson teal magenta cyan scarlet indigo maroon ivory"
).split()
_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_FUNCTION = frozenset(
    (
        "a an the this that these those its their his her our your my it they he she we you i one "
        "of in on at by to from for with without into onto over under behind beside between before "
        "after until through during within near next above below beneath against around about than "
        "and or but nor so yet because since while when where which who whom whose what why how if "
        "unless although though whereas provided as is are was were be been being am has have had "
        "do does did can could may might must shall should will would not no never only also too "
        "then there here very just even both each every all any some such more most less least "
        "yes either neither up down out off again once always usually often twice lies lie lay "
        "stands stand hangs hang takes take gives give keeps keep holds hold costs cost makes make "
        "mean means gets get goes go comes come becomes become stays stay lasts last pays pay "
        "shows show runs run turns turn starts start stops stop needs need contains contain "
        "belongs belong along across beyond throughout per you'll it's don't needn't won't isn't "
        "made kept used called named set done given found built written known paid worn seen said"
    ).split()
)
_UNITS = (
    "%|°\\s?[CF]|°|µm|mm|cm|km|m|m²|m³|mg|kg|g|t|ml|l|L|ms|s|min|h|Hz|kHz|MHz|GHz|W|kW|MW|V|mV|kV|"
    "A|mA|Ah|mAh|Wh|kWh|N|Nm|bar|mbar|Pa|kPa|psi|dB|rpm|lm|lx|MB|GB|TB|kB|px|dpi|m³/h|m/s|km/h|"
    "l/min|g/l|K|Ω|inch|inches|ft|lb|lbs|oz|percent|cents|euros?|dollars?|pounds|litres?|liters?|"
    "metres?|meters?|people|persons|revolutions|degrees(?: Celsius| Fahrenheit)?|watts?|volts?|"
    "amperes?|amps?|kilograms?|grams?|Jahre?n?|Tagen?|Stunden?|Minuten?|Sekunden?|Euro|Prozent|"
    "ans|jours|heures|minutes|mois|o['’]clock|a\\.m\\.|p\\.m\\.|am|pm"
)
_QUALIFIER = (
    r"(?:(?:up to a value of|at least|at most|up to|no more than|no longer than|not more than|"
    r"about|around|every|within|by|until|after every|after|before|between|from|"
    r"mindestens|höchstens|bis zu|etwa|au moins|jusqu'à|±)\s+)"
)
_DIGITS = r"[-–+±]?\s?\d+(?:[.,\u00a0]\d+)*"
_WORD_NUMBER = r"(?:" + "|".join(_NUMBER_WORDS) + r")(?:-\w+)?"
_AMOUNT = rf"(?:[$€£¥]\s?)?(?:{_DIGITS}|\b{_WORD_NUMBER}\b)(?:\s?[€£])?"
_QUANTITY = re.compile(
    rf"(?P<lead>(?i:\b{_QUALIFIER})(?:the\s+)?)?(?<![\w/.-])(?P<amount>(?i:{_AMOUNT})"
    rf"(?:\s?(?:–|-|to|and|or|bis|à)\s?(?i:{_AMOUNT}))?)"
    rf"(?P<unit>\s?(?:{_UNITS})(?![\w/²³]))?"
)
_CLOCK = re.compile(
    r"(?:\b(?:at|by|until|from|before|after|between)\s+)?\b\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\.?)?"
    r"(?:\s?(?:–|-|to|and|until)\s?\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\.?)?)?(?![\d,.]*\w)"
    r"(?!\s?(?:%|°|€|[a-zA-Z]{1,3}\b(?<!on)))",
)
_DATE = re.compile(
    rf"\b(?:(?:the\s+)?(?:first|last|{'|'.join(_ORDINALS)})\s+(?:{'|'.join(_DAYS)})\s+(?:in|of)\s+"
    rf"(?:{'|'.join(_MONTHS)})|(?:{'|'.join(_MONTHS)})\s+\d{{1,2}}(?:,\s?\d{{4}})?|"
    rf"\d{{1,2}}\.?\s+(?:{'|'.join(_MONTHS)})(?:\s+\d{{4}})?|"
    rf"(?:{'|'.join(_DAYS)})s?(?:\s+in\s+(?:{'|'.join(_MONTHS)}))?|(?:{'|'.join(_MONTHS)})"
    rf"(?:\s+\d{{4}})?|(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)(?:\s+of\s+(?:each|every|the)\s+month)?)"
    r"(?!\w)"
)
_NTH = re.compile(
    rf"\b(?:(?:after|by|from|on|until)\s+)?(?:every|the)\s+(?:{'|'.join(_ORDINALS)})\s+"
    r"(?:\w+\s){0,1}(?:day|week|month|year|batch|time|use|hour|cycle|wash|charge|visit|start)"
    r"(?:\s+of\s+(?:the\s+)?(?:next\s+|following\s+)?[a-z]+)?"
)
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*\b|\b\d+-\d[\d-]*\b")
_CODED = re.compile(r"\b(?:DN|ISO|DIN|EN|RAL|Type|Class)\s\d+\b")
_SETTING = re.compile(r"\b(?:code|number|PIN|pin|password|channel|version)\b[^.;]{0,12}?(?<![-\w])(\d{3,8})\b")
_CAPITALISED = re.compile(
    r"\b[A-ZÄÖÜÉÈÀÂÎÔ][\w'’äöüßéèàâêîôûç-]*[a-zäöüßéèàâêîôûç](?:['’]s)?"
    r"(?:\s+(?:of\s+(?:the\s+)?|de\s+|van\s+|von\s+)?"
    r"(?:[A-ZÄÖÜÉÈÀ][\w'’äöüßéèàâêîôûç-]*[a-zäöüßéèàâêîôûç]|\d{1,3}\b(?!\s*(?:%|°))))*"
)
_CLAUSES = (
    ("meaning", re.compile(r"\bmeans? that ([^.;:]{8,90})")),
    ("cause", re.compile(r"\b(?:because|weil|parce que) ([^.;:]{8,80})")),
    ("remedy", re.compile(r"^(?:If|When|Wenn) [^,]{6,80}, (?:then )?([^.;:,]{8,80})")),
    ("finding", re.compile(r"^[^:]{6,60}: ([a-z][^.;:,]{8,80})")),
)
_OBJECT = re.compile(
    r"\b(?P<before>at|in|on|behind|beside|under|beneath|into|onto|to|from|by|with|near|called|named|"
    r"of|than|as|for|given|contains?|receives?|through|is|are|against)\s+"
    r"(?P<phrase>(?:a|an|the|its|their)(?:\s+[\w'’-]+){1,4})"
)
_BARE = re.compile(
    r"\b(?:(?P<before>with|using|made of|made from|contains?|against|whose)\s+"
    r"(?P<phrase>[a-z][\w'’-]+(?:\s+[a-z][\w'’-]+){0,2})|"
    r"(?P<before2>of|in|by|for|on)\s+(?P<phrase2>[a-z][\w'’-]+\s+[a-z][\w'’-]+))"
)
_VAGUE = frozenset(
    "it them this that way thing things time times case order end way place part parts day days "
    "course example rest hand itself themselves use well first day-to-day future past fact".split()
)


@dataclass(frozen=True, slots=True)
class Fact:
    """An answer in its place: `statement` is an index, `start` and `end` lie in its text.

    `kind` steers which questions are asked: quantity, time, name, code, colour, thing, clause or
    cell. The lower `rank`, the likelier somebody asks for it.
    """

    statement: int
    answer: str
    start: int
    end: int
    kind: str
    rank: int


def find_facts(statements: Sequence[Statement], subject: str = "") -> list[Fact]:
    """Return the facts of `statements`, in their order; `subject` (the title) is no answer."""
    common = _count_names(statements)
    known = {word.lower() for word in re.findall(r"\w+", subject)}
    facts: list[Fact] = []
    for index, statement in enumerate(statements):
        if statement.text.endswith("?") or statement.text.endswith("?”"):
            continue
        if statement.cells:
            facts += _find_cells(index, statement)
            continue
        found = list(_find_spans(statement.text))
        found += _find_names(statement.text, common, known, len(statements))
        facts += _choose(index, statement.text, found, known)
    return _drop_commonplaces(facts, statements)


def _drop_commonplaces(facts: list[Fact], statements: Sequence[Statement]) -> list[Fact]:
    """Leave out noun phrases whose last word stands all over the text ("the machine")."""
    counts: Counter[str] = Counter()
    for statement in statements:
        counts.update(set(re.findall(r"[\w'’-]+", statement.text.lower())))
    limit = max(4, len(statements) // 15)
    return [
        fact
        for fact in facts
        if fact.kind != "thing" or counts[fact.answer.lower().split()[-1]] < limit
    ]


def _find_cells(index: int, statement: Statement) -> Iterable[Fact]:
    """A row's cells are facts; so is its name, where the header tells what the names are."""
    at = 0
    wide = len(statement.cells) > 2 and statement.cells[0][0]
    for number, (_, value) in enumerate(statement.cells):
        at = statement.text.index(value, at)
        if (number > 0 or wide) and len(value) <= 90:
            yield Fact(index, value, at, at + len(value), "cell", 0)
        at += len(value)


_Span = tuple[int, int, str, int]


def _find_spans(text: str) -> Iterable[_Span]:
    for match in _CLOCK.finditer(text):
        yield match.start(), match.end(), "time", 0
    for match in _DATE.finditer(text):
        if match.group() not in ("May", "March") or match.start() > 0:
            yield match.start(), match.end(), "time", 0
    for match in _NTH.finditer(text):
        yield match.start(), match.end(), "time", 0
    for match in _SETTING.finditer(text):
        yield match.start(1), match.end(1), "code", 0
    for match in _QUANTITY.finditer(text):
        start, end = _complete_quantity(text, match)
        if end > start:
            yield start, end, "quantity", 0
    for pattern in (_CODED, _CODE):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), "code", 0
    colour = rf"\b(?:(?:pale|dark|light|bright|deep|reed|sky|lime|navy)\s+)?(?:{'|'.join(_COLOURS)})\b"
    for match in re.finditer(colour, text, re.IGNORECASE):
        if not re.match(r"-(?!and)\w", text[match.end() :]):
            yield match.start(), match.end(), "colour", 1
    for name, pattern in _CLAUSES:
        for match in pattern.finditer(text):
            end = match.end(1)
            cut = re.search(
                r",? (?:and it|so|but|which|because|usually)\b|, | and (?=it |has |you )",
                match.group(1),
            )
            if cut:
                end = match.start(1) + cut.start()
            if 2 < len(text[match.start(1) : end].split()) <= 12:
                yield match.start(1), end, "clause", 3 if name == "finding" else 2
    for pattern in (_OBJECT, _BARE):
        for match in pattern.finditer(text):
            group = "phrase" if match.group("phrase") else "phrase2"
            start, end = _trim_phrase(text, match.start(group), match.end(group))
            if end > start:
                yield start, end, "thing", 4


def _complete_quantity(text: str, match: re.Match[str]) -> tuple[int, int]:
    """Stretch a number to its unit ("2,000 operating hours", "165 per night")."""
    amount = match.group("amount")
    start, end = match.start(), match.end()
    if not match.group("unit") and re.search(r"\b[A-Z][a-zA-Z]*\s$", text[:start]):
        return 0, 0  # "Glidol 40" is a name
    while text[start] in " –-" and not text[start + 1 : start + 2].isdigit():
        start += 1
    if match.group("lead") and match.group("lead").split()[0].lower() in ("by", "from", "between"):
        wide = re.search(r"–|-|\bto\b|\band\b", amount)
        if not wide and match.group("lead").split()[0].lower() != "by":
            start = match.start("amount")
        elif match.group("lead").split()[0].lower() == "by" and match.group("unit"):
            start = match.start("amount")
    following = re.match(r"((?:\s+[\w'’°%-]+){1,3})", text[end:])
    if not match.group("unit") and not re.search(r"[$€£]", amount) and following:
        words: list[str] = []
        for word in following.group(1).split():
            if word.lower() in _FUNCTION:
                break
            words.append(word)
            if word.endswith("s") and not word.endswith("ss"):
                break
        if words and (words[-1].endswith("s") or len(words) == 1) and words[-1][0].islower():
            last = 0
            for word in words:
                last = text.index(word, end + last) - end + len(word)
            end += last
        elif re.fullmatch(_WORD_NUMBER, amount, re.IGNORECASE):
            return 0, 0  # "two", "one of them": no quantity by itself
    elif re.fullmatch(_WORD_NUMBER, amount, re.IGNORECASE) and not match.group("unit"):
        return 0, 0
    rate = re.match(r"\s+(?:per|a|an|each)\s+(?:night|mile|minute|hour|second|year|month|week|day|"
                    r"pair|person|kilometre|piece)\b", text[end:])
    if rate:
        end += rate.end()
    return start, end


def _find_names(
    text: str, common: Counter[str], known: set[str], statement_count: int
) -> Iterable[_Span]:
    for match in _CAPITALISED.finditer(text):
        start, end = match.span()
        words = match.group().split()
        if _opens_sentence(text, start):
            if words[0].lower() in _FUNCTION or words[0] in ("In", "If", "The", "A"):
                start += len(words[0]) + 1
                words = words[1:]
            elif len(words) == 1:
                continue
            elif f"~{words[0]}" not in common:
                continue
        if not words or start >= end:
            continue
        name = text[start:end]
        name = re.sub(r"['’]s$", "", name)
        end = start + len(name)
        if words[0] in _MONTHS or words[0].rstrip("s") in _DAYS:
            continue
        if all(word.lower().rstrip("s") in known or word.lower() in known for word in name.split()):
            continue
        if common[name] > max(5, statement_count // 7):
            continue
        more = re.match(r" ([a-z]{3,})(?=[.,;:]| (\w+))", text[end:])
        if more and len(words) == 1 and re.search(r"\b(?:of|the|with|a|an)\s$", text[:start]):
            word, following = more.group(1), more.group(2)
            plain = word not in _FUNCTION and not re.search(r"(?:ed|s|ing)$", word)
            if plain and (not following or following.lower() in _FUNCTION):
                end += 1 + len(word)
        yield start, end, "name", 1


def _opens_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip("“\"'‘(*_ ")
    return not before or before[-1] in ".!?:" or before.endswith("–")


def _count_names(statements: Sequence[Statement]) -> Counter[str]:
    """Count names; "~Word" counts a capitalised word within a sentence, where case tells."""
    counts: Counter[str] = Counter()
    for statement in statements:
        for match in _CAPITALISED.finditer(statement.text):
            counts[match.group()] += 1
            if not _opens_sentence(statement.text, match.start()):
                counts.update(f"~{word}" for word in match.group().split())
    return counts


def _trim_phrase(text: str, start: int, end: int) -> tuple[int, int]:
    """Cut a noun phrase before its first function word or participle; (0, 0) when none is left."""
    words = list(re.finditer(r"[\w'’-]+", text[start:end]))
    kept = 0
    for number, word in enumerate(words):
        lower = word.group().lower()
        if number == 0 and lower in ("a", "an", "the", "its", "their"):
            kept = 1
            continue
        if lower in _FUNCTION or (number > 0 and re.search(r"(?:ly|ed)$", lower)):
            break
        kept = number + 1
    if kept == 0:
        return 0, 0
    content = [w.group().lower() for w in words[:kept]]
    if content[0] in ("a", "an", "the", "its", "their"):
        content = content[1:]
    if not content or content[-1] in _VAGUE or all(len(word) < 3 for word in content):
        return 0, 0
    if re.search(r"(?:ing|ly|ed)$", content[-1]) and len(content) == 1:
        return 0, 0
    return start, start + words[kept - 1].end()


def _choose(index: int, text: str, spans: Sequence[_Span], known: set[str]) -> list[Fact]:
    """Keep spans that do not overlap, best rank and longest first, in the order of the text."""
    best: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span[3], span[0] - span[1])):
        start, end, kind, _ = span
        answer = text[start:end]
        if kind != "clause" and any(s < end and start < e for s, e, k, _ in best if k != "clause"):
            continue
        if kind == "clause" and any(
            s < end and start < e and (k == "clause" or rank == 0) for s, e, k, rank in best
        ):
            continue
        words = [word.lower() for word in re.findall(r"\w+", answer)]
        if not words or all(word in known or word in _FUNCTION for word in words):
            continue
        if end - start > 0.8 * len(text) and len(text.split()) > 4:
            continue
        best.append(span)
    return [
        Fact(index, text[start:end].strip(), start, end, kind, rank)
        for start, end, kind, rank in sorted(best)
    ]
