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

from gemma_garage.augment.local.fact_patterns import (
    BARE,
    CAPITALISED,
    CLAUSES,
    CLOCK,
    CODE,
    CODED,
    COLOUR,
    DATE,
    DAYS,
    FUNCTION,
    LOCATION,
    MONTHS,
    NTH,
    OBJECT,
    PLACE,
    QUANTITY,
    SETTING,
    VAGUE,
    WORD_NUMBER,
    YEAR,
)
from gemma_garage.augment.sentences import Statement


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
_PLURALS = frozenset("people men women children feet teeth mice percent thirds staff crew".split())
# "the town of Ostervell", "the warehouse in Quellmarsh", "the engineer Runa Castellby": the name is
# the answer, not the noun
_WEAK = re.compile(r"\sof\b|\s(?:in\s|at\s)?[A-Z]")


def _find_spans(text: str) -> Iterable[_Span]:
    for match in CLOCK.finditer(text):
        yield match.start(), match.end(), "time", 0
    for match in DATE.finditer(text):
        if match.group() not in ("May", "March") or match.start() > 0:
            yield match.start(), match.end(), "time", 0
    for match in NTH.finditer(text):
        yield match.start(), match.end(), "time", 0
    for match in YEAR.finditer(text):
        yield match.start(), match.end(), "time", 0
    for match in SETTING.finditer(text):
        yield match.start(1), match.end(1), "code", 0
    for match in QUANTITY.finditer(text):
        start, end = _complete_quantity(text, match)
        if end > start:
            yield start, end, "quantity", 0
    for pattern in (CODED, CODE):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), "code", 0
    for match in COLOUR.finditer(text):
        if not re.match(r"-(?!and)\w", text[match.end() :]):
            yield match.start(), match.end(), "colour", 1
    for name, pattern in CLAUSES:
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
    for match in LOCATION.finditer(text):
        group = "far" if match.group("far") else "near"
        yield match.start(group), match.end(group), "thing", 3
    for pattern in (OBJECT, BARE):
        for match in pattern.finditer(text):
            group = "phrase" if match.group("phrase") else "phrase2"
            start, end = _trim_phrase(text, match.start(group), match.end(group))
            if end > start and not _WEAK.match(text, end) and not text[:start].endswith("free of "):
                # a place is answered with its preposition: "at the post office"
                start = match.start() if PLACE.match(text, match.start()) else start
                yield start, end, "thing", 4


def _complete_quantity(text: str, match: re.Match[str]) -> tuple[int, int]:
    """Stretch a number to its unit ("2,000 operating hours", "165 per night")."""
    amount = match.group("amount")
    start, end = match.start(), match.end()
    if not match.group("unit") and re.search(r"\b[A-Z][a-zA-Z]*\s$", text[:start]):
        return 0, 0  # "Glidol 40" is a name
    while text[start] == " " or (text[start] in "–-" and not text[start + 1].isdigit()):
        start += 1
    if match.group("lead") and re.search(r"\b[Ll]ook(?:s|ing|ed)?\s$", text[:start]):
        start = match.start("amount")  # "look after 1,240 lanterns"
    elif match.group("lead") and match.group("lead").split()[0].lower() in (
        "by",
        "from",
        "between",
    ):
        wide = re.search(r"–|-|\bto\b|\band\b", amount)
        if not wide and match.group("lead").split()[0].lower() != "by":
            start = match.start("amount")
        elif match.group("lead").split()[0].lower() == "by" and match.group("unit"):
            start = match.start("amount")
    following = re.match(r"((?:\s+[\w'’°%-]+){1,3})", text[end:])
    if not match.group("unit") and not re.search(r"[$€£]", amount) and following:
        words: list[str] = []
        for word in following.group(1).split():
            if word.lower() in FUNCTION:
                break
            words.append(word)
            if word.endswith("s") and not word.endswith("ss"):
                break
        if (
            words
            and _is_counted(words[-1])
            and not re.search(r"\b(?:number|under)\s$", text[:start])
        ):
            last = 0
            for word in words:
                last = text.index(word, end + last) - end + len(word)
            end += last
        elif re.fullmatch(WORD_NUMBER, amount, re.IGNORECASE):
            return 0, 0  # "two", "one of them": no quantity by itself
    elif re.fullmatch(WORD_NUMBER, amount, re.IGNORECASE) and not match.group("unit"):
        return 0, 0
    rate = re.match(
        r"\s+(?:per|a|an|each)\s+(?:night|mile|minute|hour|second|year|month|week|day|"
        r"pair|person|kilometre|piece)\b",
        text[end:],
    )
    if rate:
        end += rate.end()
    return start, end


def _is_counted(noun: str) -> bool:
    """A noun that a number can stand before: a plural, of those without -s the usual ones."""
    plural = noun.endswith("s") and not noun.endswith("ss")
    return noun[0].islower() and (plural or noun in _PLURALS)


def _find_names(
    text: str, common: Counter[str], known: set[str], statement_count: int
) -> Iterable[_Span]:
    for match in CAPITALISED.finditer(text):
        start, end = match.span()
        words = match.group().split()
        if _opens_sentence(text, start):
            if words[0].lower() in FUNCTION or words[0] in ("In", "If", "The", "A"):
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
        if words[0] in MONTHS or words[0].rstrip("s") in DAYS:
            continue
        if all(word.lower().rstrip("s") in known or word.lower() in known for word in name.split()):
            continue
        if common[name] > max(5, statement_count // 7):
            continue
        more = re.match(r" ([a-z]{3,})(?=[.,;:]| (\w+))", text[end:])
        if more and len(words) == 1 and re.search(r"\b(?:of|the|with|a|an)\s$", text[:start]):
            word, following = more.group(1), more.group(2)
            plain = word not in FUNCTION and not re.search(r"(?:ed|s|ing)$", word)
            if plain and (not following or following.lower() in FUNCTION):
                end += 1 + len(word)
        yield start, end, "name", 1


def _opens_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip("“\"'‘(*_ ")
    return not before or before[-1] in ".!?:" or before.endswith("–")


def _count_names(statements: Sequence[Statement]) -> Counter[str]:
    """Count names; "~Word" counts a capitalised word within a sentence, where case tells."""
    counts: Counter[str] = Counter()
    for statement in statements:
        for match in CAPITALISED.finditer(statement.text):
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
        if lower in FUNCTION or (number > 0 and re.search(r"(?:ly|ed)$", lower)):
            break
        kept = number + 1
    if kept == 0:
        return 0, 0
    content = [w.group().lower() for w in words[:kept]]
    if content[0] in ("a", "an", "the", "its", "their"):
        content = content[1:]
    if not content or content[-1] in VAGUE or all(len(word) < 3 for word in content):
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
        if not words or all(word in known or word in FUNCTION for word in words):
            continue
        if end - start > 0.8 * len(text) and len(text.split()) > 4:
            continue
        best.append(span)
    return [
        Fact(index, text[start:end].strip(), start, end, kind, rank)
        for start, end, kind, rank in sorted(best)
    ]
