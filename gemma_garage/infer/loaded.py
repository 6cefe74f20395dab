"""Models in memory: a base with the adapters that were put on it, and whole tuned models.

Adapters are switched, not reloaded: each stays in memory under the name of who answers with it
until there are too many. What is asked, and who owns the memory, is not known here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gemma_garage.errors import ModelError
from gemma_garage.gemma.device import Machine
from gemma_garage.infer.fingerprint import fingerprint_weights

MOST_ADAPTERS = 8


@dataclass(slots=True)
class LoadedBase:
    """One base. `model` is the plain one until the first adapter is put on, then PEFT's.
    `adapters`: by name the fingerprint of its files, the one used last stands last."""

    base_model: str
    path: Path
    four_bit: bool
    machine: Machine
    model: Any
    tokenizer: Any
    adapters: dict[str, str] = field(default_factory=dict)

    def free(self) -> None:
        """Let go of the model; whoever still computes with it keeps it until then."""
        self.model = None
        self.adapters.clear()

    def attach(self, name: str, folder: Path, title: str) -> None:
        """Have this adapter in memory under `name`, read anew only if its files are others; a
        message calls it `title`.

        ModelError: damaged, or of another shape; then the model must not be used any more.
        """
        prints = fingerprint_weights(folder)
        known = self.adapters.pop(name, None)
        if known is not None and known != prints:  # the id of a deleted run is given again
            self.model.delete_adapter(name)
        if known != prints:
            with explain_adapter(title, self.base_model):
                self._load(name, folder)
        self.adapters[name] = prints

    def drop_unused(self, used: set[str]) -> None:
        """Let adapters go, the one used longest ago first, but none of `used`."""
        for name in [name for name in self.adapters if name not in used]:
            if len(self.adapters) <= MOST_ADAPTERS:
                return
            self.model.delete_adapter(name)
            del self.adapters[name]

    @contextmanager
    def plain(self) -> Iterator[Any]:
        """The model without any adapter: its logits are exactly the base's."""
        if not self.adapters:
            yield self.model
            return
        with self.model.disable_adapter():
            yield self.model

    def switch(self, name: str) -> Any:
        """The model with this adapter."""
        if not self.is_on(name):
            self.model.set_adapter(name)
        return self.model

    def is_on(self, name: str) -> bool:
        """Whether this adapter is the one that is switched on."""
        return name in self.adapters and self.model.active_adapters == [name]

    def _load(self, name: str, folder: Path) -> None:
        if hasattr(self.model, "peft_config"):
            self.model.load_adapter(str(folder), adapter_name=name)
            return
        from peft import PeftModel

        self.model = PeftModel.from_pretrained(self.model, str(folder), adapter_name=name).eval()


@dataclass(slots=True)
class LoadedWhole:
    """The model of a Run that trained every weight."""

    model: Any

    def free(self) -> None:
        self.model = None


@contextmanager
def explain_adapter(title: str, base_model: str) -> Iterator[None]:
    """What PEFT, safetensors and torch raise while an adapter is read, in our words."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        text = str(error)
        if "size mismatch" in text:  # torch names every weight, in dozens of lines
            raise ModelError(
                f"The adapter of {title} does not fit {base_model}: its weights have other shapes, "
                "so it was trained on another base. Put the run's own files back, or train the run "
                "again."
            ) from error
        raise ModelError(
            f"The adapter of {title} cannot be loaded ({type(error).__name__}: {text[:300]}). If "
            "its files were changed or removed, train the run again."
        ) from error
