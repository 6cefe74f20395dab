"""Which backend trains where, without importing any; and how Unsloth is imported."""

import sys
from pathlib import Path

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


def test_unsloths_switches_are_set_before_it_is_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_gemma: Path
) -> None:
    """It reads them as it comes, and it comes with the tokenizer already."""
    lines = "import os\nSEEN = os.environ.get('UNSLOTH_ENABLE_FLEX_ATTENTION')\n"
    (tmp_path / "unsloth.py").write_text(lines)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "unsloth", raising=False)
    for name in ("GEMMA_GARAGE_BACKEND", "UNSLOTH_DISABLE_STATISTICS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("UNSLOTH_ENABLE_FLEX_ATTENTION", "")
    monkeypatch.delenv("UNSLOTH_ENABLE_FLEX_ATTENTION")
    backends.open_tokenizer(tiny_gemma, Machine("cuda", "a card", 8, 64.0, 16.0, True))
    assert sys.modules["unsloth"].SEEN == "0"
    sys.modules.pop("unsloth")
