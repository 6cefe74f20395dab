"""Decode base and tuned in lock-step: one token of each at a time, from one model in memory.

Two ways with the same result: `together`, both sides as one batch in which each row has its own
adapter (a GPU waits for memory, so the second row is nearly free), or in turn, one row each (on a
CPU the batch saves nothing, and in turn each side is computed exactly as it is alone).
It knows token ids only; no text, no store.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gemma_garage.errors import Stopped
from gemma_garage.gemma.decode_step import Sampling, pick_tokens

TOP_K, TOP_P = 64, 0.95  # what Gemma's makers sample with


@dataclass(slots=True)
class Side:
    """One side's answer so far. `busy_s`: time in which its tokens were computed; `computed`: how
    many, the one that ends the answer too, which is not among `ids`."""

    adapter: str
    ids: list[int] = field(default_factory=list)
    first_token_s: float | None = None
    busy_s: float = 0.0
    computed: int = 0
    done: bool = False

    @property
    def tokens_per_second(self) -> float | None:
        """How fast it writes: the tokens after the first over the time after the first, in which
        the prompt was read. None until there are two."""
        if self.first_token_s is None or self.computed < 2 or self.busy_s <= self.first_token_s:
            return None
        return (self.computed - 1) / (self.busy_s - self.first_token_s)


def decode_pair(
    model: Any,
    adapters: Sequence[str],
    prompt_ids: Sequence[int],
    *,
    stop_ids: Sequence[int],
    pad_id: int,
    max_new_tokens: int,
    together: bool,
    temperature: float = 0.0,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[tuple[Side, ...]]:
    """Answer the prompt with each of `adapters` (names of a PEFT model, "__base__" for none).

    Yields the sides, which grow, after each token and once more when all are done. All sides
    sample with the same numbers. Temperature 0 is greedy. Raises Stopped. Run it in one thread.
    """
    import torch

    sides = tuple(Side(adapter) for adapter in adapters)
    groups = [_Group(model, sides)] if together else [_Group(model, (side,)) for side in sides]
    sampling = Sampling(temperature, TOP_K, TOP_P)
    draws = torch.rand(1, max_new_tokens, generator=torch.Generator().manual_seed(seed))
    stops = frozenset(stop_ids)
    for step in range(max_new_tokens):
        for group in groups:
            if should_stop is not None and should_stop():
                raise Stopped("Stopped at your request. What was written until then is kept.")
            if all(side.done for side in group.sides):
                continue
            started_s = time.perf_counter()
            with torch.inference_mode():
                logits = group.advance(prompt_ids if step == 0 else None, pad_id)
                rows = logits.split(1)
                picked = [int(pick_tokens(row, sampling, draws[:, step])) for row in rows]
            elapsed_s = time.perf_counter() - started_s
            for side, token in zip(group.sides, picked, strict=True):
                if side.done:
                    continue
                side.busy_s += elapsed_s
                side.computed += 1
                if token in stops:
                    side.done = True
                else:
                    side.ids.append(token)
                    side.done = len(side.ids) == max_new_tokens
                if side.first_token_s is None:
                    side.first_token_s = side.busy_s
        yield sides
        if all(side.done for side in sides):
            return


class _Group:
    """Sides that are computed as one batch, with their cache."""

    def __init__(self, model: Any, sides: Sequence[Side]) -> None:
        self.model, self.sides = model, sides
        self.device = next(model.parameters()).device
        self.cache: Any = None

    def advance(self, prompt_ids: Sequence[int] | None, pad_id: int) -> Any:
        """Logits of each side's next token; reads the prompt, or each side's last token."""
        import torch

        if prompt_ids is not None:
            inputs = [list(prompt_ids) for _ in self.sides]
        else:  # a side that is done goes on with padding; nobody reads its row
            inputs = [[pad_id if side.done else side.ids[-1]] for side in self.sides]
        output = self.model(
            input_ids=torch.tensor(inputs, device=self.device),
            past_key_values=self.cache,
            adapter_names=[side.adapter for side in self.sides],
            use_cache=True,
            logits_to_keep=1,
        )
        self.cache = output.past_key_values
        return output.logits[:, -1]
