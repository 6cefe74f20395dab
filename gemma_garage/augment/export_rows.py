"""A Dataset's rows in the shapes that others read, with where each answer comes from.

It writes no file (`download.py` does) and leaves the order of the rows as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from gemma_garage.augment.cues import CUE_KIND
from gemma_garage.augment.dataset_files import EVAL, EXAM, PREFERENCES, TEXT, TRAIN

Shape = Literal["messages", "prompt-completion", "question-answer"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
SHAPE_WORDS: dict[Shape, str] = {
    "messages": "chat messages",
    "prompt-completion": "prompt and completion",
    "question-answer": "question and answer",
}
# The names that `datasets.load_dataset` finds by itself. The exam is for testing only.
SPLITS = {TRAIN: "train", EVAL: "validation", EXAM: "test"}
TEXTS, PREFERRED = "text", "preferences"  # tables with columns of their own
PROVENANCE = ("kind", "evidence", "document", "page")
_NAMES: dict[Shape, tuple[str, str]] = {
    "prompt-completion": ("prompt", "completion"),
    "question-answer": ("question", "answer"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one split, all with the same columns in the same order."""

    split: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]


def make_tables(
    files: Mapping[str, Sequence[Mapping[str, Any]]],
    shape: Shape,
    *,
    cues: bool = False,
    texts: bool = False,
) -> list[Table]:
    """One table for each split that has rows, and one for the preferences among the rows of train.

    `cues`: the training rows that are a few words instead of a question too. `texts`: one more
    table with the documents' own statements.
    """
    chats = shape != "messages" and any(row.get("turns") for name in SPLITS for row in files[name])
    tables = []
    for name, split in SPLITS.items():
        rows = [
            _shape(row, shape, chats) for row in files[name] if cues or row.get("kind") != CUE_KIND
        ]
        if rows:
            tables.append(Table(split, tuple(rows[0]), rows))
    if files[PREFERENCES]:
        rows = _shape_preferences(files, shape)
        tables.append(Table(PREFERRED, tuple(rows[0]), rows))
    if texts and files[TEXT]:
        rows = [{"text": row["text"], "heading": row.get("heading", "")} for row in files[TEXT]]
        tables.append(Table(TEXTS, ("text", "heading"), rows))
    return tables


def _shape(row: Mapping[str, Any], shape: Shape, chats: bool) -> dict[str, Any]:
    turns = [dict(turn) for turn in row.get("turns") or ()]
    if shape == "messages":
        told = [
            {"role": "user", "content": row["question"]},
            {"role": "assistant", "content": row["answer"]},
        ]
        shaped: dict[str, Any] = {"messages": [*turns, *told]}
    else:
        asked, answered = _NAMES[shape]
        shaped = ({"turns": turns} if chats else {}) | {
            asked: row["question"],
            answered: row["answer"],
        }
    return shaped | dict(_trace(row))


def _shape_preferences(
    files: Mapping[str, Sequence[Mapping[str, Any]]], shape: Shape
) -> list[dict[str, Any]]:
    """prompt, chosen and rejected, the names that trainers read: as messages or as texts."""
    trained = {row["example_id"]: row for row in files[TRAIN] if row.get("example_id") is not None}
    has_turns = any(row.get("turns") for row in files[PREFERENCES])
    rows = []
    for row in files[PREFERENCES]:
        turns = [dict(turn) for turn in row.get("turns") or ()]
        shaped: dict[str, Any] = {name: row[name] for name in ("prompt", "chosen", "rejected")}
        if shape == "messages":
            roles = {"prompt": "user", "chosen": "assistant", "rejected": "assistant"}
            shaped = {
                name: [{"role": roles[name], "content": text}] for name, text in shaped.items()
            }
            shaped["prompt"] = [*turns, *shaped["prompt"]]
        elif has_turns:
            shaped = {"turns": turns} | shaped
        rows.append(shaped | dict(_trace(trained.get(row.get("example_id"), {}))))
    return rows


def _trace(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Where the answer comes from. A name that was given with folders loses them."""
    for name in PROVENANCE:
        value = row.get(name)
        if name == "document":
            value = str(value or "").replace("\\", "/").rpartition("/")[2]
        yield name, value if name == "page" else str(value or "")
