"""How long the rows of a Dataset are, from their letters alone: enough to reckon with before a
tokenizer is at hand. Its exact counterpart, with one, is `data.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemma_garage.train.config import TrainConfig
from gemma_garage.train.data import PREFERENCE_FILE, TEXT_FILE, TRAIN_FILE, read_rows

LETTERS_PER_TOKEN = 4.0  # measured on English prose: 4.3; tables and other languages have fewer
LETTERS_PER_TOKEN_AT_LEAST = 3.0
QUESTION_FRAME, ANSWER_FRAME = 9, 2  # tokens that the turns put around them
MOST_WORDS = 30_000


@dataclass(frozen=True, slots=True)
class RowSizes:
    """Of the rows of one pass: how many, all their tokens, those that are trained, the longest, and
    how many different words there are. Estimates, cut at the config's limit."""

    rows: int
    tokens: int
    trained: int
    longest: int
    words: int


def measure_rows(folder: Path, config: TrainConfig) -> RowSizes:
    """The sizes of what the config's objective learns from. DatasetError names a bad line."""
    limit = config.max_length_tokens
    sizes: list[tuple[int, int]] = []
    longest = 0
    words: set[str] = set()
    for asked, trained in _list_rows(folder, config):
        frame = QUESTION_FRAME if asked else 1
        tokens = frame + ANSWER_FRAME + round((len(asked) + len(trained)) / LETTERS_PER_TOKEN)
        at_most = frame + ANSWER_FRAME + (len(asked) + len(trained)) / LETTERS_PER_TOKEN_AT_LEAST
        longest = max(longest, min(limit, round(at_most)))
        share = tokens if not asked else ANSWER_FRAME + round(len(trained) / LETTERS_PER_TOKEN)
        sizes.append((tokens, share))
        if len(words) < MOST_WORDS:
            words.update(re.findall(r"\w+|[^\w\s]", trained))
    return RowSizes(
        rows=len(sizes),
        tokens=sum(tokens for tokens, _ in sizes),
        trained=sum(trained for _, trained in sizes),
        longest=max(longest, min(limit, 32)),
        words=len(words),
    )


def guess_rows(rows: int, config: TrainConfig) -> RowSizes:
    """Where only the number of rows is known."""
    usual = min(48, config.max_length_tokens)
    return RowSizes(
        rows, rows * usual, rows * usual // 3, min(128, config.max_length_tokens), 4_000
    )


def _list_rows(folder: Path, config: TrainConfig) -> Iterator[tuple[str, str]]:
    """(what is given, what is trained) of each row, as text."""
    if config.objective == "preferences":
        for row in read_rows(folder / PREFERENCE_FILE):
            longer = max(str(row["chosen"]), str(row["rejected"]), key=len)
            yield _join_turns(row) + str(row["prompt"]), longer
        return
    if config.objective == "answers":
        for row in read_rows(folder / TRAIN_FILE):
            yield _join_turns(row) + str(row["question"]), str(row["answer"])
    if config.train_on_text:
        for row in read_rows(folder / TEXT_FILE):
            for _ in range(config.text_repeats):
                yield "", str(row["text"])


def _join_turns(row: dict[str, Any]) -> str:
    return "".join(str(turn.get("content", "")) for turn in row.get("turns") or ())
