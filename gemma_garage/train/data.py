"""From a frozen Dataset's files to token rows: `{"input_ids", "labels"}`, or for preferences
`{"prompt_ids", "chosen_ids", "rejected_ids"}`.

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

TRAIN_FILE, TEXT_FILE, PREFERENCE_FILE = "train.jsonl", "text.jsonl", "preferences.jsonl"
IGNORED = -100  # the label that torch's cross entropy leaves out

TokenRow = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Rows ready for training. `too_long`: rows left out because of their length; `pieces`: rows
    that came from splitting longer texts."""

    train: list[TokenRow]
    eval: list[TokenRow]
    too_long: int
    pieces: int

    @property
    def trained_tokens(self) -> int:
        return sum(map(count_trained, self.train))

    @property
    def tokens(self) -> int:
        return sum(map(count_tokens, self.train))


def count_tokens(row: TokenRow) -> int:
    """How long a row is; of a preference, the question with the longer of its answers."""
    if "input_ids" in row:
        return len(row["input_ids"])
    return len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"]))


def count_trained(row: TokenRow) -> int:
    """How many of its tokens are trained."""
    if "labels" in row:
        return sum(label != IGNORED for label in row["labels"])
    return len(row["chosen_ids"]) + len(row["rejected_ids"])


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
    """Token rows of what the config's `objective` learns from, and of `eval.jsonl`.

    DatasetError: nothing is left to train on. BadInput: a conversation does not alternate.
    ModelError: the tokenizer cannot render a turn.
    """
    if config.objective == "preferences":
        return _tokenise_preferences(folder, tokenizer, config.max_length_tokens)
    limit = config.max_length_tokens
    questions = read_rows(folder / TRAIN_FILE) if config.objective == "answers" else []
    rows = [tokenise_question(tokenizer, row) for row in questions]
    train = [row for row in rows if len(row["input_ids"]) <= limit]
    too_long = len(rows) - len(train)
    pieces = 0
    if config.train_on_text:
        for row in read_rows(folder / TEXT_FILE):
            parts = list(tokenise_text(tokenizer, row["text"], limit))
            pieces += len(parts) if len(parts) > 1 else 0
            train.extend(part for part in parts for _ in range(config.text_repeats))
    held_out = [tokenise_question(tokenizer, row) for row in read_rows(folder / "eval.jsonl")]
    if not train:
        raise DatasetError(
            f"The dataset has {len(questions)} questions to train on, of which {too_long} are "
            f"longer than {limit} tokens, and no text: nothing is left. Accept more examples in "
            "Data, or raise the longest row."
        )
    kept = [row for row in held_out if len(row["input_ids"]) <= limit]
    return TokenRows(train, kept, too_long + len(held_out) - len(kept), pieces)


def _tokenise_preferences(folder: Path, tokenizer: Any, limit: int) -> TokenRows:
    rows = [tokenise_preference(tokenizer, row) for row in read_rows(folder / PREFERENCE_FILE)]
    kept = [row for row in rows if count_tokens(row) <= limit]
    if not kept:
        raise DatasetError(
            f"The dataset has {len(rows)} preferences, of which {len(rows)} are longer than "
            f"{limit} tokens: nothing is left. Import rows with prompt, chosen and rejected in "
            "Data, or raise the longest row."
        )
    return TokenRows(kept, [], len(rows) - len(kept), 0)


def tokenise_preference(tokenizer: Any, row: dict[str, Any]) -> TokenRow:
    """A question with the better and the worse answer, as DPO takes it."""
    turns = row.get("turns") or ()
    prompt, chosen = encode_answer(tokenizer, str(row["prompt"]), str(row["chosen"]), turns)
    _, rejected = encode_answer(tokenizer, str(row["prompt"]), str(row["rejected"]), turns)
    return {"prompt_ids": prompt, "chosen_ids": chosen, "rejected_ids": rejected}


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


def tokenise_question(tokenizer: Any, row: dict[str, Any]) -> TokenRow:
    """A row of train.jsonl or eval.jsonl."""
    turns = row.get("turns") or ()
    return tokenise_answer(tokenizer, str(row["question"]), str(row["answer"]), turns)
