"""What goes wrong while a base model is loaded is said in our words."""

import importlib.util
from pathlib import Path

import pytest

from gemma_garage.errors import ModelError
from gemma_garage.gemma.device import Machine
from gemma_garage.gemma.load import load_model

CPU = Machine(kind="cpu", name="CPU", cores=2, ram_gb=8.0, vram_gb=0.0, bf16=False)


@pytest.mark.skipif(importlib.util.find_spec("timm") is not None, reason="timm is installed")
def test_gemma_3n_without_timm_says_what_to_install(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file
    from transformers import Gemma3nConfig, Gemma3nTextConfig

    text = Gemma3nTextConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_kv_shared_layers=0,
        layer_types=["full_attention"] * 2,
        activation_sparsity_pattern=[0.0] * 2,
        vocab_size=300,
        vocab_size_per_layer_input=300,
    )
    Gemma3nConfig(text_config=text).save_pretrained(tmp_path)
    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"not installed.*pip install timm"):
        load_model(tmp_path, machine=CPU)
