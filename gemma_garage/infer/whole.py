"""Base and tuned where a Run trained every weight: two models, used like one with an adapter.

It has what the callers of a PEFT model use here, so that they need not know which they have.
"""

from collections.abc import Iterator, Sequence
from typing import Any


class WholePair:
    """A call names one of the two by `adapter_names`, as PEFT's mixed batches do; all rows of a
    call are answered by the same one."""

    def __init__(self, base: Any, tuned: Any, base_name: str) -> None:
        self.base, self.tuned, self.base_name = base, tuned, base_name

    def __call__(self, *, adapter_names: Sequence[str], **inputs: Any) -> Any:
        (name,) = set(adapter_names)
        return (self.base if name == self.base_name else self.tuned)(**inputs)

    @property
    def config(self) -> Any:
        return self.base.config

    @property
    def generation_config(self) -> Any:
        return self.base.generation_config

    def parameters(self) -> Iterator[Any]:
        yield from self.base.parameters()
