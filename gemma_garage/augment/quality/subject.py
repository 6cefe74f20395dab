"""Is the proof about what the question asks for, or about the thing beside it?

Three signs are read. Another code, letter, name or figure of the same sort stands where the
question's should ("E13" for "E12", "step 4" for "step 3"). Where one sentence says several things,
the answer comes from the part that says it of something else. And the proof opens with a subject
of its own, while the question's stands elsewhere in the passage. It cannot see what stands in
none of them.
"""

import itertools
import re
from collections.abc import Sequence

from gemma_garage.augment.normalise import split_words
from gemma_garage.augment.quality.figures import find_clash, read_figures
from gemma_garage.augment.quality.names import Identifiers, fold, read_identifiers
from gemma_garage.augment.quality.rivals import is_rival_meant
from gemma_garage.augment.quality.words import (
    FUNCTION_WORDS,
    LIGHT_WORDS,
    read_vocabulary,
    split_content,
)

_CLAUSE = re.compile(
    r"\s*(?:[;\n]|,(?!\d)|(?<!\d)\.\s|\b(?:and|but|while|whereas|or|und|aber|et|mais|y|pero|e)\b)\s*"
)
_ARTICLE = re.compile(r"(?:the|a|an)\s", re.IGNORECASE)
_GAP = re.compile(r"[“\"]([^”\"]*…[^”\"]*)[”\"]")
_SUBJECT_WORDS = 2


def is_about_another(
    question: str, answer: str, proof: str, passage: str, context: str = ""
) -> bool:
    """See the module. `context`: title and headings, whose names the proof need not repeat."""
    if _fills_gap(question, answer, proof) or _names_cell(question, answer, proof, passage):
        return False
    return (
        find_clash(question, answer, proof)
        or _names_another(question, answer, proof, context)
        or is_rival_meant(
            question, answer, _tell_row(proof, passage), whole_cell=_is_cell(answer, proof)
        )
        or _is_said_elsewhere(question, answer, proof)
        or _is_another_row(question, answer, proof, passage)
        or _is_another_column(question, answer, proof, passage)
        or _opens_with_another(question, answer, proof, passage, context)
    )


def _fills_gap(question: str, answer: str, proof: str) -> bool:
    """Does the answer, in the place of "…", make a piece of the proof out of the question? Nothing
    else can be meant then, however many values stand there."""
    gap = _GAP.search(question)
    filled = split_words(gap[1].replace("…", f" {answer} ")) if gap else []
    said, size = split_words(proof), len(filled)
    return bool(gap) and any(said[at : at + size] == filled for at in range(len(said) - size + 1))


def _names_cell(question: str, answer: str, proof: str, passage: str) -> bool:
    """Does the question say both the row and the head of the answer's column: "What is the 500 g
    loaf of strong white flour?"?"""
    if not _is_cell(answer, proof):
        return False
    heads, cells = _find_heads(proof, passage), _split_cells(proof)
    asked, said = set(split_words(question)), split_words(answer)
    return len(heads) == len(cells) and any(
        at > 0 and split_words(cell) == said and {*split_words(heads[at])} <= asked
        for at, cell in enumerate(cells)
        if {*split_words(cells[0])} <= asked and split_words(heads[at])
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


def _is_said_elsewhere(question: str, answer: str, proof: str) -> bool:
    """Is the answer a text that the proof says of another thing?"""
    pieces = [piece for piece in _CLAUSE.split(proof) if piece.strip()]
    if len(pieces) < 2 or "|" in proof:  # the cells of a row are no sentences
        return False
    return _is_text(answer) and _is_said_of_another(question, answer, pieces)


def _is_text(answer: str) -> bool:
    """Is it no single figure, code, letter or name?"""
    found = read_identifiers(answer)
    names = any(name.certain for name in found.names)
    return not (found.codes or found.letters or names or len(read_figures(answer).numbers) == 1)


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


def _is_another_column(question: str, answer: str, proof: str, passage: str) -> bool:
    """Is the proof a row of a table, and the answer in a column other than the one asked for?"""
    if "|" not in proof:
        return False
    heads = _find_heads(proof, passage)
    cells = _split_cells(proof)
    said = set(split_words(answer))
    mine = [at for at, cell in enumerate(cells) if said <= set(split_words(cell))]
    if len(mine) != 1 or len(heads) != len(cells):
        return False
    asked = read_vocabulary(question)
    # The first column says which row it is.
    fits = [any(asked.has(word) for word in split_content(head)) for head in heads[1:]]
    return mine[0] > 0 and not fits[mine[0] - 1] and any(fits)


def _tell_row(proof: str, passage: str) -> str:
    """A row of a table with each column's head at its cell; any other proof as it is."""
    heads, cells = _find_heads(proof, passage), _split_cells(proof)
    if "|" not in proof or len(heads) != len(cells):
        return proof
    return "; ".join(f"{_lower(head)} {cell}" for head, cell in zip(heads, cells, strict=True))


def _lower(head: str) -> str:
    """A head's capital makes no name of it ("Level", "Colour on the display")."""
    return head if head[1:2].isupper() else head[:1].lower() + head[1:]


def _find_heads(proof: str, passage: str) -> list[str]:
    """The head of the table in which the proof stands."""
    heads: list[str] = []
    lines = passage.splitlines()
    row = set(split_words(proof))
    for line, below in itertools.pairwise(lines):
        if "|" in below and not split_words(below):
            heads = _split_cells(line)
        if heads and "|" in below and row <= set(split_words(below)):
            return heads
    return []


def _is_cell(answer: str, proof: str) -> bool:
    said = split_words(answer)
    return "|" in proof and any(split_words(cell) == said for cell in _split_cells(proof))


def _split_cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


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
