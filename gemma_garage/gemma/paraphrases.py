"""Different wordings of a question, brought together in the lower layers of the starter.

To a small pretrained Gemma "How long am I covered?" and "How long is the guarantee?" are two
questions: what it learns from the one it does not find from the other. The weights that ship here,
an adapter of the lower nine of its 18 layers, were taught that what these layers make of a
question's last token is alike for all wordings of one fact, and unlike for those of other facts of
the same document. They hold no knowledge: `tools/train_paraphrases.py` makes them from questions
about invented things (`tools/writer`, `tools/documents`).

Method: contrastive learning with the other facts of a batch as negatives (van den Oord et al.
2018, "Representation Learning with Contrastive Predictive Coding", arXiv 1807.03748; of sentences:
Gao et al. 2021, "SimCSE", arXiv 2104.08821). It chooses nothing and trains nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gemma_garage.errors import ConfigError

WEIGHTS = Path(__file__).parent / "paraphrase_weights" / "paraphrases.safetensors"
LAYERS, RANK = 9, 16  # of the weights that ship; their scaling is 1


def place_paraphrases(model: Any, scaling: float) -> None:
    """Fill the adapters of `model` (PEFT, rank at least RANK) in its lower layers with the weights
    that ship. `scaling`: the model's own, alpha / rank. The adapter's further ranks are left at
    zero effect. ConfigError: `model` is no starter, or has other adapters."""
    import torch

    modules = dict(model.named_modules())
    for name, weights in _read_pairs():
        module = modules.get(name)
        if module is None or not hasattr(module, "lora_A"):
            raise _misfit(f"it has no adapter at {name}")
        inner, outer = module.lora_A["default"].weight, module.lora_B["default"].weight
        if (inner.shape[1], outer.shape[0]) != (weights[0].shape[1], weights[1].shape[0]):
            raise _misfit(f"the matrix at {name} is {tuple(outer.shape[:1] + inner.shape[1:])}")
        if inner.shape[0] < RANK:
            raise _misfit(f"the adapter's rank is {inner.shape[0]}, and at least {RANK} is needed")
        with torch.no_grad():
            inner[:RANK] = weights[0].to(inner)
            outer.zero_()
            outer[:, :RANK] = (weights[1].float() / scaling).to(outer)


def load_weights() -> dict[str, Any]:
    """By name: the adapter's matrices, and `mean` and `spread` of the base's last states, by
    which each dimension is measured (a few are hundreds of times as large as the others)."""
    from safetensors.torch import load_file

    return load_file(WEIGHTS)


def _read_pairs() -> Iterator[tuple[str, tuple[Any, Any]]]:
    """(the name of a module, its two matrices): (RANK, in) and (out, RANK)."""
    weights = load_weights()
    for name, inner in weights.items():
        module, part, _ = name.rpartition(".lora_A.weight")
        if part:
            yield module, (inner, weights[f"{module}.lora_B.weight"])


def _misfit(why: str) -> ConfigError:
    return ConfigError(
        f"lower_layers is paraphrases, and these weights were made for the starter model: {why}. "
        "Set lower_layers to base."
    )
