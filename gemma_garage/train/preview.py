"""What will be trained on: a few rows as the model gets them, and how many tokens there are.

It needs the tokenizer of the base and nothing else of it.
"""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from gemma_garage.train.config import TrainConfig
from gemma_garage.train.data import (
    IGNORED,
    TokenRow,
    TokenRows,
    count_tokens,
    count_trained,
    tokenise_dataset,
)

Spans = list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as the model gets it. `spans`: (piece of text, is it trained), in order; `worse`: the
    same with the answer that a preference holds for the worse one."""

    kind: str  # "answer", "text" or "preference"
    tokens: int
    trained: int
    spans: Spans
    worse: Spans | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """Some rows, and of all of them: how many, their tokens, and what the limit on length does."""

    shown: list[PreviewRow]
    rows: int
    tokens: int
    trained_tokens: int
    longest_tokens: int
    too_long: int
    pieces: int


def preview_dataset(folder: Path, tokenizer: Any, config: TrainConfig, limit: int = 3) -> Preview:
    """At most `limit` rows, spread over all, and the counts of all. DatasetError, BadInput,
    ModelError: as `tokenise_dataset`."""
    rows = tokenise_dataset(folder, tokenizer, config)
    return Preview(
        shown=[show_row(tokenizer, row) for row in _spread(rows, limit)],
        rows=len(rows.train),
        tokens=rows.tokens,
        trained_tokens=rows.trained_tokens,
        longest_tokens=max(map(count_tokens, rows.train)),
        too_long=rows.too_long,
        pieces=rows.pieces,
    )


def show_row(tokenizer: Any, row: TokenRow) -> PreviewRow:
    """The row decoded, with what is trained in it."""
    if "prompt_ids" in row:
        asked = (str(tokenizer.decode(row["prompt_ids"])), False)
        better, worse = (
            [asked, (str(tokenizer.decode(row[name])), True)]
            for name in ("chosen_ids", "rejected_ids")
        )
        return PreviewRow("preference", count_tokens(row), count_trained(row), better, worse)
    pairs = zip(row["input_ids"], row["labels"], strict=True)
    spans = [
        (str(tokenizer.decode([token for token, _ in group])), trained)
        for trained, group in groupby(pairs, key=lambda pair: pair[1] != IGNORED)
    ]
    kind = "answer" if IGNORED in row["labels"] else "text"
    return PreviewRow(kind, count_tokens(row), count_trained(row), spans)


def _spread(rows: TokenRows, limit: int) -> list[TokenRow]:
    """The first row, the last (a text, where texts are trained), and others in between."""
    last = len(rows.train) - 1
    places = {round(last * number / max(limit - 1, 1)) for number in range(limit)}
    return [rows.train[place] for place in sorted(places)]
