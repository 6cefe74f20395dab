"""Which backend trains on which machine. Nothing is imported to find out."""

import pytest

from gemma_garage.errors import ConfigError
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
    monkeypatch.delenv("GEMMA_GARAGE_BACKEND", raising=False)
    monkeypatch.setattr(backends, "find_spec", lambda name: object() if installed else None)
    machine = Machine(kind, "a machine", 8, 64.0, 16.0 if kind == "cuda" else 0.0, bf16)  # type: ignore[arg-type]
    assert backends.choose_backend(machine) == backend


def test_a_user_can_do_without_unsloth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "find_spec", lambda name: object())
    machine = Machine("cuda", "a card", 8, 64.0, 16.0, True)
    monkeypatch.setenv("GEMMA_GARAGE_BACKEND", "transformers")
    assert backends.choose_backend(machine) == "transformers"
    monkeypatch.setenv("GEMMA_GARAGE_BACKEND", "unslot")
    with pytest.raises(ConfigError, match="auto or transformers"):
        backends.choose_backend(machine)
