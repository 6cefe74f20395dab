"""Opening a base model to train, with a fresh adapter or with its own weights unfrozen: Unsloth on
CUDA where it is installed, else transformers + PEFT. Both give a model that the same trainer takes.

It decides the precision as well: bf16 where the machine computes in it, else fp32, never fp16
(Gemma overflows there). It trains nothing.
"""

import logging
import os
import re
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gemma_garage.errors import ConfigError, MachineError
from gemma_garage.gemma.device import Machine
from gemma_garage.gemma.load import load_model, load_tokenizer
from gemma_garage.gemma.paraphrases import place_paraphrases
from gemma_garage.train.config import ATTENTION_MODULES, MLP_MODULES, MODULE_NAMES, TrainConfig
from gemma_garage.train.depth import can_cut, count_untrained_layers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """A base to train: a PEFT model, or with the method full the model itself. `backend`:
    "unsloth" or "transformers"."""

    model: Any
    tokenizer: Any
    backend: str
    bf16: bool
    versions: dict[str, str]

    @property
    def causal(self) -> Any:
        """The model without what PEFT puts around it."""
        return self.model.get_base_model() if self.is_adapter else self.model

    @property
    def is_adapter(self) -> bool:
        return hasattr(self.model, "peft_config")


def choose_backend(machine: Machine) -> str:
    """ "unsloth" on CUDA where it is installed, else "transformers". Looks without importing:
    `import unsloth` changes transformers, trl and peft for the whole process.

    On a card without bf16 Unsloth computes in fp16, where Gemma overflows, and afterwards answers
    in fp32 break in the same process: there it is "transformers" too. GEMMA_GARAGE_BACKEND=
    transformers does without Unsloth everywhere. ConfigError: another value."""
    wanted = os.environ.get("GEMMA_GARAGE_BACKEND") or "auto"
    if wanted not in ("auto", "transformers"):
        raise ConfigError(
            f"GEMMA_GARAGE_BACKEND is {wanted!r}; it must be auto or transformers. Correct the "
            "variable or unset it."
        )
    if wanted == "transformers":
        return wanted
    able = machine.kind == "cuda" and machine.bf16
    return "unsloth" if able and find_spec("unsloth") else "transformers"


def computes_bf16(machine: Machine) -> bool:
    """Whether matrices are multiplied in bf16 by the hardware. On a processor that takes AVX-512
    BF16 or AMX; elsewhere torch emulates it, many times slower than fp32."""
    if machine.kind != "cpu":
        return machine.bf16
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def open_tokenizer(base_path: Path | str, machine: Machine) -> Any:
    """The base's tokenizer, before the base itself is loaded. ModelError, GatedModel."""
    if choose_backend(machine) == "unsloth":
        _import_unsloth()
    return load_tokenizer(base_path)


def open_for_training(
    config: TrainConfig, base_path: Path | str, machine: Machine, tokenizer: Any
) -> Opened:
    """The base at `base_path` (folder or Hub id) with an untrained adapter in it; with the method
    full without one, in fp32 and its language model unfrozen.

    ConfigError: qlora without what it needs. ModelError, MachineError: from loading.
    """
    backend = choose_backend(machine)
    if config.method == "qlora" and (machine.kind != "cuda" or not find_spec("bitsandbytes")):
        raise ConfigError(
            f"method is qlora and this machine is {machine.kind}"
            f"{'' if machine.kind != 'cuda' else ' without bitsandbytes'}: 4-bit bases need an "
            "NVIDIA GPU and bitsandbytes. Set method to lora."
        )
    if backend == "unsloth":
        model = _open_unsloth(config, str(base_path))
    else:
        model = _open_transformers(config, base_path, machine)
    names = ["torch", "transformers", "trl", "peft", "accelerate"]
    names += ["unsloth"] if backend == "unsloth" else []
    return Opened(
        model, tokenizer, backend, computes_bf16(machine), {name: version(name) for name in names}
    )


def _open_transformers(config: TrainConfig, base_path: Path | str, machine: Machine) -> Any:
    import torch
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    four_bit, full = config.method == "qlora", config.method == "full"
    base = load_model(
        base_path,
        machine=machine,
        for_training=True,
        four_bit=four_bit,
        # Steps of a full training are too small for weights in bf16: they would be rounded away.
        bf16=computes_bf16(machine) and not full,
    )
    if full:
        return free_language_model(base)
    if four_bit:
        base = prepare_model_for_kbit_training(base, use_gradient_checkpointing=False)
    torch.manual_seed(config.seed)  # the adapter's first values
    lora = LoraConfig(
        task_type="CAUSAL_LM",
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        bias="none",
        target_modules=name_targets(base, config),
        **_choose_layers(base, config),
    )
    model = get_peft_model(base, lora)
    if config.lower_layers == "paraphrases":
        place_paraphrases(model, config.alpha / config.rank)
        _freeze_layers(model, count_untrained_layers(base, config.depth_percent))
    return model


def _freeze_layers(model: Any, first: int) -> None:
    """Leave the adapters below layer `first` as they are."""
    for name, weight in model.named_parameters():
        layer = re.search(r"\.layers\.(\d+)\.", name)
        if layer and int(layer[1]) < first:
            weight.requires_grad_(False)


def free_language_model(base: Any) -> Any:
    """The same model with all weights to be trained, but for what sees and hears."""
    names = [name for name, _ in base.named_modules()]
    towers = any("language_model" in name.split(".") for name in names)
    for name, weight in base.named_parameters():
        parts = name.split(".")
        weight.requires_grad_(not towers or "language_model" in parts or "lm_head" in parts)
    return base


def name_targets(base: Any, config: TrainConfig) -> list[str] | str:
    """What gets an adapter: module names, or for a base that also sees and hears a pattern that
    keeps to its language model (plain names would hit the vision and audio towers too)."""
    names = MODULE_NAMES[config.target_modules]
    if any(".language_model." in name for name, _ in base.named_modules()):
        return rf".*language_model\..*\.({'|'.join(names)})"
    return list(names)


def _choose_layers(base: Any, config: TrainConfig) -> dict[str, Any]:
    first = count_untrained_layers(base, config.depth_percent)
    if first == 0 or config.lower_layers != "base":
        return {}
    if not can_cut(base):
        raise ConfigError(
            f"depth_percent is {config.depth_percent}, and the layers of {config.base_model} "
            "cannot be trained in part. Set depth_percent to 100."
        )
    layers = int(base.config.num_hidden_layers)
    return {"layers_to_transform": list(range(first, layers)), "layers_pattern": "layers"}


def _import_unsloth() -> Any:
    """Unsloth: as it comes it patches transformers, trl and peft, and reads its switches."""
    # Else loading a model tells its makers, by a download, what machine this is.
    os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")
    # Compiled anew for each length of rows: on an H200 no first step came in minutes.
    os.environ.setdefault("UNSLOTH_ENABLE_FLEX_ATTENTION", "0")
    import unsloth

    return unsloth


def _open_unsloth(config: TrainConfig, base_path: str) -> Any:
    if config.depth_percent < 100 or config.loss != "exact":
        raise ConfigError(
            f"depth_percent is {config.depth_percent} and loss is {config.loss}: with Unsloth only "
            "100 and exact are possible. Change both."
        )
    unsloth = _import_unsloth()
    try:
        model, _ = unsloth.FastModel.from_pretrained(
            base_path,
            max_seq_length=config.max_length_tokens,
            dtype=None,
            load_in_4bit=config.method == "qlora",
            full_finetuning=config.method == "full",
        )
        if config.method == "full":
            return free_language_model(model)
        names = MODULE_NAMES[config.target_modules]
        model = unsloth.FastModel.get_peft_model(
            model,
            finetune_vision_layers=False,
            finetune_language_layers=True,
            finetune_attention_modules=ATTENTION_MODULES[0] in names,
            finetune_mlp_modules=MLP_MODULES[0] in names,
            r=config.rank,
            lora_alpha=config.alpha,
            lora_dropout=config.dropout,
            bias="none",
            random_state=config.seed,
        )
        if config.lower_layers == "paraphrases":
            place_paraphrases(model, config.alpha / config.rank)
    except NotImplementedError as error:  # what Unsloth raises when it finds no accelerator
        raise MachineError(
            f"Unsloth cannot use this machine's GPU: {error}. Update the GPU driver, or uninstall "
            "unsloth to train with transformers and PEFT."
        ) from error
    return model
