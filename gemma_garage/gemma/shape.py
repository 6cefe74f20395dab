"""How a Gemma is built: layers, widths, vocabulary. From its config.json, or from what is known of
its size before it is here. It loads nothing.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemma_garage.gemma.catalogue import BaseModel


@dataclass(frozen=True, slots=True)
class Shape:
    """The language model's measures; `parameters` counts what sees and hears too. `is_guess`: taken
    from a neighbour in size."""

    layers: int
    width: int
    inner: int
    heads: int
    kv_heads: int
    head_width: int
    vocabulary: int
    parameters: int
    is_guess: bool = False

    @property
    def matrices(self) -> dict[str, tuple[int, int]]:
        """(in, out) of each linear matrix of a layer."""
        query, key = self.heads * self.head_width, self.kv_heads * self.head_width
        return {
            "q_proj": (self.width, query),
            "k_proj": (self.width, key),
            "v_proj": (self.width, key),
            "o_proj": (query, self.width),
            "gate_proj": (self.width, self.inner),
            "up_proj": (self.width, self.inner),
            "down_proj": (self.inner, self.width),
        }

    @property
    def layer_parameters(self) -> int:
        """Weights of one layer's matrices."""
        return sum(rows * columns for rows, columns in self.matrices.values())

    @property
    def head_parameters(self) -> int:
        return self.vocabulary * self.width


# Gemma 3's own configs: layers, width, inner width, heads, key heads, width of a head.
_GEMMA_3: dict[int, tuple[int, int, int, int, int, int]] = {
    268_098_176: (18, 640, 2048, 4, 1, 256),
    999_885_952: (26, 1152, 6912, 4, 1, 256),
    4_300_079_472: (34, 2560, 10240, 8, 4, 256),
    12_187_325_040: (48, 3840, 15360, 16, 8, 256),
    27_432_406_640: (62, 5376, 21504, 32, 16, 128),
}
_VOCABULARY = 262_144


def read_shape(base: BaseModel, folder: Path | None) -> Shape:
    """From `folder`/config.json if it is there, else from the table, else the nearest in it."""
    file = folder / "config.json" if folder is not None else None
    if file is not None and file.is_file():
        config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        text = config.get("text_config") or config
        inner = text["intermediate_size"]  # Gemma 3n has one for each layer
        return Shape(
            layers=int(text["num_hidden_layers"]),
            width=int(text["hidden_size"]),
            inner=max(inner) if isinstance(inner, list) else int(inner),
            heads=int(text["num_attention_heads"]),
            kv_heads=int(text["num_key_value_heads"]),
            head_width=int(text["head_dim"]),
            vocabulary=int(text["vocab_size"]),
            parameters=base.parameters,
        )
    nearest = min(_GEMMA_3, key=lambda known: abs(known - base.parameters))
    guess = nearest != base.parameters
    return Shape(*_GEMMA_3[nearest], _VOCABULARY, base.parameters, is_guess=guess)
