"""How near two texts are in meaning, by the starter's own token vectors: no model runs.

Gemma has a vector for every token at its entrance. A text is the mean of its tokens' vectors, each
taken as its direction from the middle of all (Mu and Viswanath 2018, "All-but-the-top", take the
middle away; Arora et al. 2017, "A simple but tough-to-beat baseline for sentence embeddings", the
mean). The weights are read where they lie, a few rows at a time; torch is not loaded.
"""

import functools
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.obtain import base_path_if_ready
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.workspace import Workspace

_TABLE = "model.embed_tokens.weight"
_LEAST_WIDTH = 256  # in fewer dimensions everything lies near everything
_COMMON, _STEP = 60_000, 3  # the middle is that of every third of the commonest tokens
log = logging.getLogger(__name__)


class Meaning:
    """Vectors of texts. `table`: (tokens, width) in bfloat16, as the bits of 16."""

    def __init__(self, table: NDArray[np.uint16], tokenizer: Any) -> None:
        self._table, self._tokenizer = table, tokenizer
        self._middle = _widen(table[: min(_COMMON, len(table)) : _STEP]).mean(axis=0)
        self.embed_one = functools.lru_cache(maxsize=20_000)(self._embed_one)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (texts, width); a text without any token is all zeros."""
        rows = [self._embed_one(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self._table.shape[1]), np.float32)

    def compare(self, one: str, other: str) -> float:
        """Cosine of both, -1 to 1; 0 where one is empty."""
        return float(self.embed_one(one) @ self.embed_one(other))

    def _embed_one(self, text: str) -> NDArray[np.float32]:
        ids = self._tokenizer.encode(f" {text}", add_special_tokens=False).ids if text else []
        if not ids:
            return np.zeros(self._table.shape[1], np.float32)
        rows = _widen(self._table[ids]) - self._middle
        vector: NDArray[np.float32] = _shorten(rows).mean(axis=0)
        return _shorten(vector)


def find_meaning(workspace: Workspace) -> Meaning | None:
    """The vectors of the starter of this home; None while it is not there."""
    folder = base_path_if_ready(find_base(STARTER_ID), workspace)
    if folder is None:
        log.info("the starter is not on this machine: questions are compared by words alone")
        return None
    return open_meaning(folder)


@functools.lru_cache(maxsize=1)
def open_meaning(folder: Path) -> Meaning | None:
    """The vectors of the base model in `folder` (0.5 s, 0.2 GB for its tokens); None where they
    are too short to tell anything or not in one file of bfloat16."""
    from tokenizers import Tokenizer

    table = _map_table(folder / "model.safetensors")
    if table is None or table.shape[1] < _LEAST_WIDTH:
        log.info("%s has no token vectors to compare by", folder)
        return None
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Meaning(table, tokenizer)


def _map_table(path: Path) -> NDArray[np.uint16] | None:
    """The token vectors, mapped into memory. The format: 8 bytes of length, JSON, the numbers."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(size)).get(_TABLE)
    if entry is None or entry["dtype"] != "BF16":
        return None
    start = 8 + size + int(entry["data_offsets"][0])
    shape = (int(entry["shape"][0]), int(entry["shape"][1]))
    return np.memmap(path, dtype="<u2", mode="r", offset=start, shape=shape)


def _widen(rows: NDArray[np.uint16]) -> NDArray[np.float32]:
    """bfloat16 is the upper half of a float32."""
    wide: NDArray[np.float32] = (rows.astype(np.uint32) << 16).view(np.float32)
    return wide


def _shorten(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each to length 1; zeros stay."""
    lengths: Any = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)
