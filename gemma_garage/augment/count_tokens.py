"""Count tokens as the model will: with a Gemma tokenizer that is on this machine, else estimated.

It loads nothing heavy (the tokenizer alone, without transformers or torch) and obtains nothing.
"""

import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from gemma_garage.augment.chunk import CountTokens, estimate_tokens
from gemma_garage.gemma.catalogue import CATALOGUE
from gemma_garage.workspace import Workspace

TOKENIZER, ESTIMATE = "tokenizer", "estimate"
# What Gemma's turns put around them: <bos> once, and four marks with role and line breaks.
BOS_TOKENS, TURN_TOKENS = 1, 5
log = logging.getLogger(__name__)


def open_counter(workspace: Workspace) -> tuple[CountTokens, str]:
    """A function that counts the tokens of a text, and "tokenizer" or "estimate": how it does."""
    for base in CATALOGUE:
        path = workspace.model(base.id) / "tokenizer.json"
        if path.is_file():
            counter = _load(path, path.stat().st_mtime)
            if counter is not None:
                return counter, TOKENIZER
    return estimate_tokens, ESTIMATE


def count_row(count: CountTokens, row: Mapping[str, Any]) -> int:
    """Tokens of a question with its answer (and its earlier turns) as they are trained."""
    said = [str(turn.get("content")) for turn in row.get("turns") or ()]
    said += [str(row["question"]), str(row["answer"])]
    return BOS_TOKENS + _count_all(count, said) + TURN_TOKENS * len(said)


def _count_all(count: CountTokens, texts: Iterable[str]) -> int:
    return sum(count(text.strip()) for text in texts)


@lru_cache(maxsize=1)
def _load(path: Path, _changed: float) -> CountTokens | None:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001  (the library raises Exception itself)
        log.warning("%s cannot be read, tokens are estimated: %s", path, error)
        return None

    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    return count
