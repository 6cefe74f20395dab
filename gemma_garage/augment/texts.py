"""The statements of passages, as the plain text that is trained beside the questions.

A statement is told apart from another by its key: its words and numbers alone. Which passages
are trained is decided elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.sentences import Statement, split_statements
from gemma_garage.schema import Chunk

SHORTEST_TEXT = 20  # characters; shorter pieces say nothing by themselves


def collect_texts(chunks: Iterable[Chunk], without: Set[str] = frozenset()) -> list[dict[str, Any]]:
    """The documents' own statements, each once: what is trained as plain text beside questions.

    A list item is led by the line that opens its list. `without`: keys (`key_statements`) of what
    must not be said, in other passages either.
    """
    seen: set[str] = set()
    rows: list[dict[str, Any]] = []
    for chunk in chunks:
        for statement in _read(chunk.text, chunk.heading):
            text = _lead(statement)
            key = normalise_question(text)
            if len(text) < SHORTEST_TEXT or key in seen:
                continue
            if key in without or normalise_question(statement.text) in without:
                continue
            seen.add(key)
            rows.append({"text": text, "heading": chunk.heading, "chunk_id": chunk.id})
    return rows


def key_statements(texts: Sequence[str]) -> frozenset[str]:
    """The keys of all statements of `texts` that are long enough to say something."""
    keys = set()
    for text in texts:
        for statement in _read(text):
            for form in (statement.text, _lead(statement)):
                if len(form) >= SHORTEST_TEXT and (key := normalise_question(form)):
                    keys.add(key)
    return frozenset(keys)


def _read(text: str, heading: str = "") -> Iterator[Statement]:
    yield from split_statements(text, heading.rpartition(" > ")[2])


def _lead(statement: Statement) -> str:
    leads = statement.listed and statement.lead.endswith(":")
    return f"{statement.lead} {statement.text}" if leads else statement.text
