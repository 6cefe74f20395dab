"""Recognise the usual shapes of a training set by the names and the contents of its columns.

A guess is made for any table; `confidence` says whether it is one to act on (`SURE` and above)
or one to begin the user's own choice with.
"""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Row
from dataclasses import dataclass
from functools import partial
from typing import Any

from gemma_garage.augment.rows.mapping import Mapping, read_messages, say
from gemma_garage.augment.rows.names import (
    ANSWERS,
    CONTEXTS,
    QUESTIONS,
    SYSTEMS,
    TEXTS,
    TURNS,
    WORSE,
    fold_name,
)

SURE = 0.75
SAMPLE_ROWS = 50
_FILLED_SHARE = 0.5  # of the sample's rows in which a column must say something
_LONG_TEXT = 200  # characters
# Shapes with a name of their own: (what it is called, the question, the answers, the context).
_PAIRS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("question/answer", "question", ("answer", "answers", "response", "output"), ("context",)),
    ("instruction/input/output", "instruction", ("output", "response", "answer", "completion"),
     ("input", "context")),
    ("prompt/completion", "prompt", ("completion", "response", "chosen", "answer", "output"), ()),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a table seems to be. `shape` is for people; `confidence` from 0 to 1."""

    shape: str
    mapping: Mapping
    confidence: float

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE


def recognise(rows: Sequence[Row[str, Any]]) -> Recognised:
    """The shape of a table from its first rows; always some guess, if only an empty one."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(fold_name(column), column)

    def share(column: str, test: Callable[[Any], object]) -> float:
        return sum(bool(test(row.get(column))) for row in rows) / max(len(rows), 1)

    system = _first(by_name, SYSTEMS)
    found = _find_conversation(by_name, columns, share, rows, system)
    found = found or _find_pair(by_name, share, system)
    found = found or _find_text(by_name, columns, share)
    return found or _guess(columns, rows, share, system)


def _find_conversation(
    by_name: dict[str, str],
    columns: Sequence[str],
    share: Callable[[str, Callable[[Any], object]], float],
    rows: Sequence[Row[str, Any]],
    system: str,
) -> Recognised | None:
    named = [by_name[name] for name in TURNS if name in by_name]
    paired = _first(by_name, QUESTIONS) and _first(by_name, ANSWERS)
    for column in [*named, *([] if paired else columns)]:
        bare = column in named
        if share(column, partial(_is_spoken, bare=bare)) >= _FILLED_SHARE:
            cells = [row.get(column) for row in rows]
            is_sharegpt = any(
                isinstance(cell, list) and cell and isinstance(cell[0], dict) and "from" in cell[0]
                for cell in cells
            )
            shape = "ShareGPT conversations" if is_sharegpt else "conversations (messages)"
            return Recognised(shape, Mapping(turns=column, system=system), 1.0 if bare else 0.9)
    return None


def _is_spoken(value: Any, bare: bool) -> bool:
    return len(read_messages(value, bare=bare)) > 1


def _find_pair(
    by_name: dict[str, str],
    share: Callable[[str, Callable[[Any], object]], float],
    system: str,
) -> Recognised | None:
    shape, asked, answer, context, confidence = _name_pair(by_name)
    if not asked or not answer:
        return None
    worse = _first(by_name, WORSE)
    mapping = Mapping(question=asked, answer=answer, worse=worse, context=context, system=system)
    if worse:
        shape = "preferences"
    if min(share(mapping.question, say), share(mapping.answer, say)) < _FILLED_SHARE:
        confidence /= 2
    return Recognised(shape, mapping, confidence)


def _name_pair(by_name: dict[str, str]) -> tuple[str, str, str, str, float]:
    """By names alone: (shape, question, answer, context, confidence); "" for a column there is
    none for."""
    for shape, question, answers, contexts in _PAIRS:
        answer = _first(by_name, answers)
        if question in by_name and answer:
            return shape, by_name[question], answer, _first(by_name, contexts), 1.0
    asked = _first(by_name, QUESTIONS)
    answer = _first(by_name, [name for name in ANSWERS if by_name.get(name) != asked])
    context = _first(by_name, [name for name in CONTEXTS if by_name.get(name) != asked])
    vague = {fold_name(asked), fold_name(answer)} & {"q", "a", "label", "input", "target"}
    return "question and answer", asked, answer, context, 0.8 if vague else 0.9


def _find_text(
    by_name: dict[str, str],
    columns: Sequence[str],
    share: Callable[[str, Callable[[Any], object]], float],
) -> Recognised | None:
    text = _first(by_name, TEXTS)
    if text and share(text, lambda value: isinstance(value, str) and value.strip()):
        sure = fold_name(text) == "text" or len(columns) == 1
        return Recognised("text", Mapping(text=text), 1.0 if sure else 0.7)
    if len(columns) == 1 and share(columns[0], lambda value: isinstance(value, str)) == 1.0:
        return Recognised("text", Mapping(text=columns[0]), 0.7)
    return None


def _guess(
    columns: Sequence[str],
    rows: Sequence[Row[str, Any]],
    share: Callable[[str, Callable[[Any], object]], float],
    system: str,
) -> Recognised:
    """By content: questions end in a question mark, and the longest other column answers."""
    written = [
        column
        for column in columns
        if column != system
        and share(column, lambda value: isinstance(value, str) and value.strip()) >= _FILLED_SHARE
    ]
    if len(written) < 2:
        long = [c for c in written if share(c, lambda value: len(say(value)) > _LONG_TEXT) > 0.5]
        return Recognised("unknown", Mapping(text=long[0] if long else ""), 0.3 if long else 0.0)
    length = {column: sum(len(say(row.get(column))) for row in rows) for column in written}
    asking = {
        column: share(column, lambda value: say(value).endswith(("?", "？"))) for column in written
    }
    question = max(written, key=lambda column: asking[column])
    if asking[question] == 0:
        question = written[0]
    answer = max((column for column in written if column != question), key=length.__getitem__)
    mapping = Mapping(question=question, answer=answer, system=system)
    return Recognised("unknown", mapping, 0.5 if asking[question] > _FILLED_SHARE else 0.3)


def _first(by_name: dict[str, str], names: Sequence[str]) -> str:
    return next((by_name[name] for name in names if name in by_name), "")
