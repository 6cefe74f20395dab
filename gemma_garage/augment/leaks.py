"""Does anything that is examined stand in what is trained? Asked of the finished rows.

`dataset.py` chooses rows so that nothing leaks; this looks again at what came out of it.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from gemma_garage.augment.dataset_files import EVAL, EXAM, TEXT, TRAIN
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.texts import key_statements

Rows = Sequence[Mapping[str, Any]]


def find_leaks(files: Mapping[str, Rows], held_back: Set[str] = frozenset()) -> list[str]:
    """Exam and evaluation questions that are trained, and sentences held back that are; sorted.

    `held_back`: keys (`texts.key_statements`) of the passages that training must not see.
    """
    trained = {normalise_question(text) for text in _list_questions(files.get(TRAIN, ()))}
    exam = {normalise_question(str(row["question"])) for row in files.get(EXAM, ())}
    held = {normalise_question(str(row["question"])) for row in files.get(EVAL, ())}
    leaked = ((exam | held) & trained) | (exam & held)
    if held_back:
        said = [text for row in files.get(TRAIN, ()) for text in _list_told(row)]
        said += [str(row["text"]) for row in files.get(TEXT, ())]
        leaked |= held_back & key_statements(said)
    return sorted(leaked)


def _list_told(row: Mapping[str, Any]) -> list[str]:
    turns = [str(turn.get("content")) for turn in row.get("turns") or ()]
    return [*(str(row.get(name) or "") for name in ("question", "answer", "evidence")), *turns]


def _list_questions(rows: Rows) -> Iterator[str]:
    """Every question a row asks, those of its earlier turns too."""
    for row in rows:
        yield str(row["question"])
        for turn in row.get("turns") or ():
            if turn.get("role") == "user":
                yield str(turn.get("content"))
