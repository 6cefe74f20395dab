"""Which backend trains on which machine. Nothing is imported to find out."""

import pytest

from gemma_garage.gemma.device import Machine
from gemma_garage.train import backends


@pytest.mark.parametrize(
    ("kind", "bf16", "installed", "backend"),
    [
        ("cuda", True, True, "unsloth"),
        ("cuda", True, False, "transformers"),
        ("cuda", False, True, "transformers"),  # a T4: Unsloth would compute in fp16
        ("cpu", True, True, "transformers"),
    ],
)
def test_unsloth_trains_where_it_can_do_so_in_bf16(
    monkeypatch: pytest.MonkeyPatch, kind: str, bf16: bool, installed: bool, backend: str
) -> None:
    monkeypatch.setattr(backends, "find_spec", lambda name: object() if installed else None)
    machine = Machine(kind, "a machine", 8, 64.0, 16.0 if kind == "cuda" else 0.0, bf16)  # type: ignore[arg-type]
    assert backends.choose_backend(machine) == backend
