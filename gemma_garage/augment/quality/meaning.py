"""How near two texts are in meaning, by static word vectors: no model runs, nothing is downloaded.

The vectors are those that the `wordllama` package ships (32,000 × 256, half precision, 16 MB); they
are read here from its folder, because importing it sets up the logging of the whole process and
loads compiled code that is not needed. A text is the mean of its tokens (Arora et al. 2017, "A
simple but tough-to-beat baseline for sentence embeddings", without the weights).
"""

import functools
import importlib.util
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WEIGHTS = Path("weights", "l2_supercat_256.safetensors")
_TOKENIZER = Path("tokenizers", "l2_supercat_tokenizer_config.json")
log = logging.getLogger(__name__)


class Meaning:
    """Vectors of texts. `table`: (tokens, 256)."""

    def __init__(self, table: NDArray[np.float16], tokenizer: Any) -> None:
        self._table, self._tokenizer = table, tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.embed_one = functools.lru_cache(maxsize=20_000)(self._embed_one)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (texts, 256); a text without any token is all zeros."""
        rows = [self._embed_one(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self._table.shape[1]), np.float32)

    def compare(self, one: str, other: str) -> float:
        """Cosine of both, -1 to 1; 0 where one is empty."""
        return float(self.embed_one(one) @ self.embed_one(other))

    def _embed_one(self, text: str) -> NDArray[np.float32]:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        if not ids:
            return np.zeros(self._table.shape[1], np.float32)
        vector: NDArray[np.float32] = self._table[ids].mean(axis=0, dtype=np.float32)
        length = float(np.linalg.norm(vector))
        return vector / length if length else vector


@functools.cache
def open_meaning() -> Meaning | None:
    """The vectors, read once (0.3 s, 40 MB); None on machines that `wordllama` has no wheel for."""
    found = importlib.util.find_spec("wordllama")
    if found is None or not found.submodule_search_locations:
        log.info("wordllama is not installed: questions are not compared by meaning")
        return None
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = Path(found.submodule_search_locations[0])
    table = load_file(folder / _WEIGHTS)["embedding.weight"]
    return Meaning(table, Tokenizer.from_file(str(folder / _TOKENIZER)))
