"""A short name for the weights in a folder: equal names, equal weights. It loads no model."""

import hashlib
from pathlib import Path

_SAMPLES, _SAMPLE_BYTES = 64, 65_536
_CONFIGS = ("config.json", "adapter_config.json", "tokenizer.json")


def fingerprint_weights(folder: Path) -> str:
    """A short name for what decides the answers in `folder`, a model's or an adapter's: sizes and
    samples of the weights, the configs, the tokenizer.

    64 blocks of each file are read, so it takes a moment also for a large model; training of any
    kind changes every block.
    """
    digest = hashlib.sha256()
    for path in [*sorted(folder.glob("*.safetensors")), *(folder / name for name in _CONFIGS)]:
        if not path.is_file():
            continue
        size = path.stat().st_size
        digest.update(f"{path.name} {size} ".encode())
        with path.open("rb") as file:
            for block in range(_SAMPLES):
                file.seek(block * size // _SAMPLES)
                digest.update(file.read(min(_SAMPLE_BYTES, size // _SAMPLES + 1)))
    return digest.hexdigest()[:16]
