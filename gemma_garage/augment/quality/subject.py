"""Is the proof about what the question asks for, or about the thing beside it?

Three signs are read. Another code, letter, name or figure of the same sort stands where the
question's should ("E13" for "E12", "step 4" for "step 3"). Where one sentence says several things,
the answer comes from the part that says it of something else. And the proof opens with a subject
of its own, while the question's stands elsewhere in the passage. It cannot see what stands in
none of them.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from gemma_garage.alike.units import UNITS
from gemma_garage.augment.normalise import split_words
from gemma_garage.augment.quality.figures import Figure, find_clash, read_figures
from gemma_garage.augment.quality.names import DAYS, Identifiers, fold, read_identifiers
from gemma_garage.augment.quality.words import (
    FUNCTION_WORDS,
    LIGHT_WORDS,
    is_inflected,
    read_vocabulary,
    split_content,
)

_CLAUSE = re.compile(
    r"\s*(?:[;\n]|,(?!\d)|(?<!\d)\.\s|\b(?:and|but|while|whereas|or|und|aber|et|mais|y|pero|e)\b)\s*"
)
_ARTICLE = re.compile(r"(?:the|a|an)\s", re.IGNORECASE)
_SUBJECT_WORDS = 2
_CLEAR_FIT = 0.5


class _Part(NamedTuple):
    """A part of a sentence, the value it holds, and its own words: those of no other part."""

    value: str
    own: list[str]


def is_about_another(
    question: str, answer: str, proof: str, passage: str, context: str = ""
) -> bool:
    """See the module. `context`: title and headings, whose names the proof need not repeat."""
    return (
        find_clash(question, answer, proof)
        or _names_another(question, answer, proof, context)
        or _comes_from_elsewhere(question, answer, proof)
        or _is_another_row(question, answer, proof, passage)
        or _opens_with_another(question, answer, proof, passage, context)
    )


def _names_another(question: str, answer: str, proof: str, context: str) -> bool:
    """Has the proof a code, a letter after the same word, or a name to begin with, that is not the
    question's?"""
    asked, there, own = (read_identifiers(text) for text in (question, proof, answer))
    for code in asked.codes - there.codes - read_identifiers(context).codes:
        if any(_is_alike(code, other) for other in there.codes - own.codes):
            return True
    for word, letter in asked.letters:
        rivals = {other for label, other in there.letters if label == word}
        if rivals and letter not in rivals and not rivals & {x for _, x in own.letters}:
            return True
    first = there.names[0].word if there.names else ""
    opens = fold(proof).lstrip(" \"'“|-*").startswith(first) if first else False
    return opens and _is_rival_name(first, asked, there, own, f"{proof}\n{context}")


def _is_rival_name(
    first: str, asked: Identifiers, there: Identifiers, own: Identifiers, known: str
) -> bool:
    """Is the name that opens the proof nowhere asked for, where the question has one of its own?"""
    words = set(split_words(fold(known)))
    asked_names = {name.word for name in asked.names if name.certain}
    if not asked_names or asked_names & words or not _is_certain(first, there):
        return False
    return first not in {name.word for name in (*asked.names, *own.names)}


def _is_certain(first: str, there: Identifiers) -> bool:
    return any(name.word == first and name.certain for name in there.names)


def _is_alike(code: str, other: str) -> bool:
    """ "e12" and "e13", "f-118" and "f-119": the same letters around other digits."""
    return re.sub(r"\d+", "0", code) == re.sub(r"\d+", "0", other)


def _comes_from_elsewhere(question: str, answer: str, proof: str) -> bool:
    """Of the parts of one sentence that hold a possible answer, is the answer's not the one that
    fits the question best?

    A part fits by the share of its own words that the question has. What follows a first part
    leaves out what both share ("45 watts at stage 1 and 90 watts at stage 3"), so a later part
    whose own words are asked for is meant, however much of the first part is asked for too.
    """
    pieces = [piece for piece in _CLAUSE.split(proof) if piece.strip()]
    if len(pieces) < 2 or "|" in proof:  # the cells of a row are no sentences
        return False
    sort = _find_sort(answer)
    if sort == "text":
        return _is_said_of_another(question, answer, pieces)
    asked = split_words(question)
    wanted = _find_values(answer, sort)
    held: list[tuple[str, frozenset[str]]] = []
    for strict in (True, False):
        if len(held) < 2:
            found = [(piece, _find_values(piece, sort, asked, strict=strict)) for piece in pieces]
            held = [(piece, values) for piece, values in found if values - set(asked)]
    if len(held) < 2 or len(wanted) != 1 or any(len(values) > 1 for _, values in held):
        return False
    parts = _read_parts([(piece, min(values)) for piece, values in held])
    places = [at for at, part in enumerate(parts) if part.value in wanted]
    if len(places) != 1:
        return False
    fits = [_measure_fit(part.own, asked) for part in parts]
    place = places[0]
    later = max(fits[place + 1 :], default=0.0)
    earlier = max(fits[:place], default=0.0)
    return later >= _CLEAR_FIT or (earlier >= _CLEAR_FIT and earlier > fits[place])


def _read_parts(held: Sequence[tuple[str, str]]) -> list[_Part]:
    values = {word for _, value in held for word in value.split()}
    words = [
        [
            word
            for word in split_words(piece)
            if word not in FUNCTION_WORDS and fold(word) not in values and word not in LIGHT_WORDS
        ]
        for piece, _ in held
    ]
    parts = []
    for at, mine in enumerate(words):
        others = [word for other, its in enumerate(words) if other != at for word in its]
        own = [word for word in mine if not any(is_inflected(word, x) for x in others)]
        parts.append(_Part(held[at][1], own))
    return parts


def _measure_fit(own: list[str], asked: list[str]) -> float:
    shared = [word for word in own if any(is_inflected(word, x) for x in asked)]
    return len(shared) / len(own) if own else 0.0


def _find_sort(answer: str) -> str | Figure:
    """What kind of value the answer is: a figure like this one, a code, a letter, a name, or
    text."""
    found = read_identifiers(answer)
    figures = read_figures(answer).numbers
    if found.codes:
        return "code"
    if len(figures) == 1:
        return figures[0]
    if figures:
        return "text"
    if found.letters:
        return "letter"
    return "name" if any(name.certain for name in found.names) else "text"


def _find_values(
    text: str, sort: str | Figure, known: Collection[str] = (), *, strict: bool = True
) -> frozenset[str]:
    """The values of that sort in `text`, without `known` names. `strict`: figures with the same
    unit, noun and label."""
    if isinstance(sort, Figure):
        figures = [f for f in read_figures(text).numbers if _measures_same(f.unit, sort.unit)]
        if not sort.unit and strict:
            figures = [f for f in figures if (f.noun, f.label) == (sort.noun, sort.label)]
        return frozenset(f"{figure.value:f}" for figure in figures)
    found = read_identifiers(text)
    if sort == "code":
        return found.codes
    if sort == "letter":
        return frozenset(letter for _, letter in found.letters)
    words = [
        n.word for n in found.names if n.certain and n.word not in DAYS and n.word not in known
    ]
    return frozenset({" ".join(words)} if words else ())


def _is_said_of_another(question: str, answer: str, pieces: Sequence[str]) -> bool:
    """The answer is text: does its part carry a code, letter or name that is not the question's,
    which stands in another part?"""
    content = split_content(answer)
    if not content:
        return False
    own = [piece for piece in pieces if _says_all(piece, content)]
    if len(own) != 1:
        return False
    others = [piece for piece in pieces if piece is not own[0]]
    for read in (_read_codes, _read_letters, _read_names, _read_amounts):
        asked, here = read(question), read(own[0])
        if asked and here - read(answer) and not asked & here:
            if any(asked & read(piece) for piece in others):
                return True
    return False


def _says_all(piece: str, content: tuple[str, ...]) -> bool:
    there = read_vocabulary(piece)
    return all(there.has(word) for word in content)


def _read_codes(text: str) -> frozenset[str]:
    return read_identifiers(text).codes


def _read_letters(text: str) -> frozenset[str]:
    return frozenset(letter for _, letter in read_identifiers(text).letters)


def _read_names(text: str) -> frozenset[str]:
    return frozenset(name.word for name in read_identifiers(text).names if name.certain)


def _read_amounts(text: str) -> frozenset[str]:
    return frozenset(
        f"{f.value.normalize()} {f.unit}" for f in read_figures(text).numbers if f.unit
    )


def _measures_same(unit: str, other: str) -> bool:
    """The same unit, or another one of the same kind: minutes and days."""
    if unit == other:
        return True
    one, two = UNITS.get(unit), UNITS.get(other)
    return one is not None and two is not None and one.kind == two.kind


def _is_another_row(question: str, answer: str, proof: str, passage: str) -> bool:
    """Is the proof a row of a table, while another row is the one of the question's thing?"""
    name = _read_row_name(proof)
    asked, said = read_vocabulary(question), read_vocabulary(answer)
    if not name or any(asked.has(word) or said.has(word) for word in name):
        return False
    lines = [line for line in passage.splitlines() if "|" in line]
    for at, line in enumerate(lines):
        is_head = at + 1 < len(lines) and not split_words(lines[at + 1])
        other = _read_row_name(line)
        if other and not is_head and all(asked.has(word) for word in other):
            return True
    return False


def _read_row_name(line: str) -> tuple[str, ...]:
    """The words of the first cell of a table row."""
    cells = [cell for cell in line.strip().strip("|").split("|") if cell.strip()]
    return split_content(cells[0]) if "|" in line and cells else ()


def _opens_with_another(question: str, answer: str, proof: str, passage: str, context: str) -> bool:
    """Does the proof open with a thing that is not asked for, while what is asked for stands
    elsewhere in the passage: "the ringed dunlin breeds …" for "the grey plover"?"""
    article = _ARTICLE.match(proof.lstrip(' |*-"“'))
    if article is None:
        return False
    opening = split_words(proof)[1 : 1 + _SUBJECT_WORDS]
    if len(opening) < _SUBJECT_WORDS or any(word in FUNCTION_WORDS for word in opening):
        return False
    asked, said = read_vocabulary(question), read_vocabulary(answer)
    if any(asked.has(word) or said.has(word) for word in opening):
        return False
    there, around, known = (
        read_vocabulary(proof),
        read_vocabulary(passage),
        read_vocabulary(context),
    )
    absent = [
        word
        for word in split_content(question)
        if word not in LIGHT_WORDS and not there.has(word) and not known.has(word)
    ]
    return len(absent) >= _SUBJECT_WORDS and all(around.has(word) for word in absent)
