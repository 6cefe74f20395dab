"""A short name for the weights in a folder: equal names, equal weights. It loads no model."""

import hashlib
from functools import lru_cache
from pathlib import Path

_SAMPLES, _SAMPLE_BYTES = 64, 65_536
_CONFIGS = ("config.json", "adapter_config.json", "tokenizer.json")
_State = tuple[tuple[Path, int, int, int], ...]


def fingerprint_weights(folder: Path) -> str:
    """A short name for what decides the answers in `folder`, a model's or an adapter's: sizes and
    samples of the weights, the configs, the tokenizer.

    64 blocks of each file are read, so it takes a moment also for a large model; training of any
    kind changes every block. Files that were not touched since are not read again.
    """
    files = [*sorted(folder.glob("*.safetensors")), *(folder / name for name in _CONFIGS)]
    found = [(path, path.stat()) for path in files if path.is_file()]
    return _read(tuple((path, s.st_ino, s.st_size, s.st_ctime_ns) for path, s in found))


@lru_cache(maxsize=64)  # each request asks for the same folders
def _read(files: _State) -> str:
    digest = hashlib.sha256()
    for path, _, size, _ in files:
        digest.update(f"{path.name} {size} ".encode())
        with path.open("rb") as file:
            for block in range(_SAMPLES):
                file.seek(block * size // _SAMPLES)
                digest.update(file.read(min(_SAMPLE_BYTES, size // _SAMPLES + 1)))
    return digest.hexdigest()[:16]
