"""Read a GGUF file: its metadata and the places of its tensors.

The fields are walked once with `struct`; the reader of the `gguf` package keeps one array per
token and takes half a minute over a vocabulary of 262,144. It does not dequantise anything and
reads version 2 and 3, little endian.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9


@dataclass(frozen=True, slots=True)
class TensorPlace:
    """One tensor: `shape` outermost first, `kind` a ggml type number, `offset` in bytes."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


@dataclass(frozen=True, slots=True)
class GgufFile:
    """`fields` by name (arrays of numbers as numpy arrays), and the tensors in file order."""

    path: Path
    fields: dict[str, Any]
    tensors: tuple[TensorPlace, ...]


class _Cursor:
    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, code: str) -> Any:
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize(code)
        return value

    def take_string(self) -> str:
        size = self.take("Q")
        start, self.at = self.at, self.at + size
        return str(self.data[start : self.at], "utf-8")

    def take_value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.take_string()
        if kind != _ARRAY:
            return self.take(_SCALARS[kind])
        item, count = self.take("I"), self.take("Q")
        if item in (_STRING, _ARRAY):
            return [self.take_value(item) for _ in range(count)]
        numbers = np.frombuffer(self.data, np.dtype("<" + _SCALARS[item]), count, self.at)
        self.at += numbers.nbytes
        return numbers


def read_gguf(path: Path) -> GgufFile:
    """Read all metadata of the GGUF file at `path`; about 1 s for a Gemma vocabulary.

    Raises ValueError when the file is no GGUF of version 2 or 3.
    """
    cursor = _Cursor(memoryview(np.memmap(path, np.uint8, "r").data))
    magic, version = cursor.take("I"), cursor.take("I")
    if magic != 0x46554747 or version not in (2, 3):
        raise ValueError(f"not a GGUF file of version 2 or 3: magic {magic:#x}, version {version}")
    tensor_count, field_count = cursor.take("Q"), cursor.take("Q")
    fields: dict[str, Any] = {}
    for _ in range(field_count):
        name = cursor.take_string()
        fields[name] = cursor.take_value(cursor.take("I"))
    places = []
    for _ in range(tensor_count):
        name = cursor.take_string()
        shape = tuple(cursor.take("Q") for _ in range(cursor.take("I")))
        places.append(TensorPlace(name, shape[::-1], cursor.take("I"), cursor.take("Q")))
    alignment = int(fields.get("general.alignment", 32))
    start = -(-cursor.at // alignment) * alignment
    tensors = tuple(TensorPlace(t.name, t.shape, t.kind, start + t.offset) for t in places)
    return GgufFile(path, fields, tensors)
