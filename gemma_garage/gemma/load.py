"""Load a base model and its tokenizer from a folder or a Hub id, in this machine's precision.

bf16 where the machine computes in it, else fp32; never fp16, where Gemma overflows. Obtains
nothing (`obtain.py`), attaches no adapter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gemma_garage.errors import GarageError, GatedModel, MachineError, ModelError
from gemma_garage.gemma.device import Machine

TEMPLATE = Path(__file__).with_name("gemma3.jinja")


def load_tokenizer(source: Path | str, *, token: str | None = None) -> Any:
    """The tokenizer; a pretrained Gemma that has no turn format of its own gets Gemma 3's.

    Raises ModelError, GatedModel.
    """
    from transformers import AutoTokenizer

    with _foreign_errors(source):
        tokenizer = AutoTokenizer.from_pretrained(str(source), token=token)
    if not tokenizer.chat_template:
        tokenizer.chat_template = TEMPLATE.read_text(encoding="utf-8")
    return tokenizer


def load_model(
    source: Path | str,
    *,
    machine: Machine,
    for_training: bool = False,
    four_bit: bool = False,
    bf16: bool | None = None,
    token: str | None = None,
) -> Any:
    """The model on this machine's device, in eval mode unless `for_training`.

    `four_bit`: bitsandbytes' nf4, CUDA only. `bf16`: the precision, where the caller knows better
    than the rule above (processors that multiply in bf16).
    Raises ModelError, GatedModel, MachineError (memory).
    """
    import torch
    from transformers import AutoModelForCausalLM

    halved = machine.bf16 and machine.kind != "cpu" if bf16 is None else bf16
    dtype = torch.bfloat16 if halved else torch.float32
    options: dict[str, Any] = {"dtype": dtype, "token": token}
    if four_bit:
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
        options["device_map"] = {"": 0}
    with _foreign_errors(source):
        model = AutoModelForCausalLM.from_pretrained(str(source), **options)
        if machine.kind != "cpu" and not four_bit:
            model = model.to(machine.kind)
    return model.train() if for_training else model.eval()


@contextmanager
def _foreign_errors(source: Path | str) -> Iterator[None]:
    """What transformers, safetensors and torch raise while loading, in our words."""
    from huggingface_hub.errors import GatedRepoError
    from safetensors import SafetensorError

    name = Path(source).name if Path(source).exists() else str(source)
    try:
        yield
    except GarageError:
        raise
    except GatedRepoError as error:
        raise GatedModel(
            f"The licence of {name} has to be accepted first. Open "
            f"https://huggingface.co/{source}, accept it, and set HF_TOKEN to a token of that "
            "account."
        ) from error
    except ImportError as error:  # such as timm, for the part of Gemma 3n that sees
        raise ModelError(
            f"{name} needs a Python package that is not installed: {' '.join(str(error).split())}"
        ) from error
    except MemoryError as error:
        raise _word_memory(name) from error
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        text = str(error)
        if "out of memory" in text or "can't allocate memory" in text:
            raise _word_memory(name) from error
        if "does not recognize this architecture" in text or isinstance(error, KeyError):
            raise ModelError(
                f"{name} needs a newer transformers than the installed "
                f"{version('transformers')}. Run make install again, or choose another base model."
            ) from error
        raise ModelError(
            f"{name} cannot be loaded ({type(error).__name__}: {text[:300]}). If its files are "
            "damaged, remove its folder under models in the home; it is obtained again."
        ) from error


def _word_memory(name: str) -> MachineError:
    return MachineError(
        f"There is not enough memory to load {name}. Close other programs, or choose a smaller "
        "base model."
    )
