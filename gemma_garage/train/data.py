"""From a frozen Dataset's files to token rows: `{"input_ids", "labels"}`.

Questions are rendered with the tokenizer's own chat template and only the answer, with what
closes the turn, is trained (labels of the rest, earlier turns included, are -100). Documents' text
is trained whole. This module batches and pads nothing, and changes no file.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemma_garage.errors import DatasetError
from gemma_garage.gemma.turns import Turns, encode_answer
from gemma_garage.train.config import TrainConfig

IGNORED = -100  # the label that torch's cross entropy leaves out

TokenRow = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Rows ready for training. `too_long`: questions left out because of their length;
    `pieces`: rows that came from splitting longer texts."""

    train: list[TokenRow]
    eval: list[TokenRow]
    too_long: int
    pieces: int

    @property
    def trained_tokens(self) -> int:
        return sum(label != IGNORED for row in self.train for label in row["labels"])


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as the model gets it. `spans`: (piece of text, is it trained), in order."""

    source: str  # "question" or "text"
    tokens: int
    spans: list[tuple[str, bool]]


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file; none when it does not exist. DatasetError names a bad line."""
    if not path.exists():
        return []
    rows = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise DatasetError(
                    f"Line {number} of {path.name} is not valid JSON ({error.msg}). Freeze the "
                    "dataset again."
                ) from error
    return rows


def tokenise_dataset(folder: Path, tokenizer: Any, config: TrainConfig) -> TokenRows:
    """Token rows of `train.jsonl`, `text.jsonl` (if the config wants them) and `eval.jsonl`.

    DatasetError: nothing is left to train on. BadInput: a conversation does not alternate.
    ModelError: the tokenizer cannot render a turn.
    """
    limit = config.max_length_tokens
    questions = read_rows(folder / "train.jsonl")
    rows = [_tokenise_question(tokenizer, row) for row in questions]
    train = [row for row in rows if len(row["input_ids"]) <= limit]
    too_long = len(rows) - len(train)
    pieces = 0
    if config.train_on_text:
        for row in read_rows(folder / "text.jsonl"):
            parts = list(tokenise_text(tokenizer, row["text"], limit))
            pieces += len(parts) if len(parts) > 1 else 0
            train.extend(part for part in parts for _ in range(config.text_repeats))
    held_out = [_tokenise_question(tokenizer, row) for row in read_rows(folder / "eval.jsonl")]
    if not train:
        raise DatasetError(
            f"The dataset has {len(questions)} questions to train on, of which {too_long} are "
            f"longer than {limit} tokens, and no text: nothing is left. Accept more examples in "
            "Data, or raise the longest row."
        )
    kept = [row for row in held_out if len(row["input_ids"]) <= limit]
    return TokenRows(train, kept, too_long + len(held_out) - len(kept), pieces)


def tokenise_answer(tokenizer: Any, question: str, answer: str, turns: Turns = ()) -> TokenRow:
    """One question with its answer: the prompt masked, the answer and the turn's end trained.

    `turns`: what was said before the question, masked as well. BadInput: they do not alternate.
    """
    prompt_ids, answer_ids = encode_answer(tokenizer, question, answer, turns)
    return {
        "input_ids": prompt_ids + answer_ids,
        "labels": [IGNORED] * len(prompt_ids) + answer_ids,
    }


def tokenise_text(tokenizer: Any, text: str, max_length_tokens: int) -> Iterator[TokenRow]:
    """Plain text, every token trained, `<bos>` in front (Gemma is lost without it); longer text
    is split into pieces of equal length, none over the limit."""
    # <bos> is set below, and a document's "<end_of_turn>" stays text.
    ids = tokenizer(text.strip(), add_special_tokens=False, split_special_tokens=True)["input_ids"]
    if not ids:
        return
    room = max_length_tokens - 1
    count = -(-len(ids) // room)
    size = -(-len(ids) // count)
    for start in range(0, len(ids), size):
        row = [tokenizer.bos_token_id, *ids[start : start + size]]
        yield {"input_ids": row, "labels": list(row)}


def preview_rows(
    folder: Path, tokenizer: Any, config: TrainConfig, limit: int = 5
) -> list[PreviewRow]:
    """The first rows of questions and of text, decoded, with what is trained in each."""
    shown = [
        _preview(tokenizer, "question", _tokenise_question(tokenizer, row))
        for row in read_rows(folder / "train.jsonl")[:limit]
    ]
    if config.train_on_text:
        for row in read_rows(folder / "text.jsonl")[:limit]:
            pieces = tokenise_text(tokenizer, row["text"], config.max_length_tokens)
            shown.extend(_preview(tokenizer, "text", piece) for piece in pieces)
    return shown


def _preview(tokenizer: Any, source: str, row: TokenRow) -> PreviewRow:
    spans: list[tuple[list[int], bool]] = []
    for token, label in zip(row["input_ids"], row["labels"], strict=True):
        trained = label != IGNORED
        if not spans or spans[-1][1] != trained:
            spans.append(([], trained))
        spans[-1][0].append(token)
    decoded = [(str(tokenizer.decode(ids)), trained) for ids, trained in spans]
    return PreviewRow(source, len(row["input_ids"]), decoded)


def _tokenise_question(tokenizer: Any, row: dict[str, Any]) -> TokenRow:
    turns = row.get("turns") or ()
    return tokenise_answer(tokenizer, str(row["question"]), str(row["answer"]), turns)
