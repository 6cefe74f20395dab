"""Decode several columns in lock-step: one token of each at a time, from one base in memory.

Two ways with the same result: columns that share a batch, in which each row has its own adapter,
and columns that are computed one row each, in turn (on a CPU the batch saves nothing, and in turn
each is computed exactly as it is alone). It knows token ids only; no text, no store.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gemma_garage.errors import Stopped
from gemma_garage.gemma.decode_step import Sampling, pick_tokens

Forward = Callable[..., Any]  # (names, **inputs of a causal model) -> its output


@dataclass(slots=True)
class Side:
    """One column's prompt, and its answer so far, of at most `room` tokens.

    `busy_s`: time in which its tokens were computed; `computed`: how many, the one that ends the
    answer too, which is not among `ids`.
    """

    name: str
    prompt_ids: Sequence[int]
    room: int
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


def decode_columns(
    forward: Forward,
    sides: Sequence[Side],
    *,
    device: Any,
    stop_ids: Sequence[int],
    pad_id: int,
    shares_batch: Callable[[str], bool],
    sampling: Sampling,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[None]:
    """Let the sides grow; yields after each token and once more when all are done.

    All sides sample with the same numbers. Temperature 0 is greedy. Raises Stopped. Run it in one
    thread.
    """
    import torch

    together = [side for side in sides if shares_batch(side.name)]
    batches = [together] if together else []
    batches += [[side] for side in sides if side not in together]
    groups = [_Group(forward, batch, device, pad_id) for batch in batches]
    steps = max(side.room for side in sides)
    draws = torch.rand(1, steps, generator=torch.Generator().manual_seed(seed))
    stops = frozenset(stop_ids)
    for step in range(steps):
        for group in groups:
            if should_stop is not None and should_stop():
                raise Stopped("Stopped at your request. What was written until then is kept.")
            if all(side.done for side in group.sides):
                continue
            started_s = time.perf_counter()
            with torch.inference_mode():
                rows = group.advance().split(1)
                picked = [int(pick_tokens(row, sampling, draws[:, step])) for row in rows]
            elapsed_s = time.perf_counter() - started_s
            for side, token in zip(group.sides, picked, strict=True):
                if not side.done:
                    _take(side, token, token in stops, elapsed_s)
        yield
        if all(side.done for side in sides):
            return


def _take(side: Side, token: int, ends: bool, elapsed_s: float) -> None:
    side.busy_s += elapsed_s
    side.computed += 1
    if not ends:
        side.ids.append(token)
    side.done = ends or len(side.ids) == side.room
    if side.first_token_s is None:
        side.first_token_s = side.busy_s


class _Group:
    """Sides that are computed as one batch, with their cache; shorter prompts have padding in
    front, which the mask hides."""

    def __init__(self, forward: Forward, sides: Sequence[Side], device: Any, pad_id: int) -> None:
        self.forward, self.sides, self.device, self.pad_id = forward, sides, device, pad_id
        self.names = [side.name for side in sides]
        self.cache: Any = None
        self.mask: Any = None
        lengths = [len(side.prompt_ids) for side in sides]
        self.is_padded = len(set(lengths)) > 1

    def advance(self) -> Any:
        """Logits of each side's next token; reads the prompts, or each side's last token."""
        import torch

        if self.cache is None:
            width = max(len(side.prompt_ids) for side in self.sides)
            gaps = [width - len(side.prompt_ids) for side in self.sides]
            rows = [
                [self.pad_id] * gap + list(side.prompt_ids)
                for gap, side in zip(gaps, self.sides, strict=True)
            ]
            mask = [[0] * gap + [1] * (width - gap) for gap in gaps]
            self.mask = torch.tensor(mask, device=self.device)
        else:  # a side that is done goes on with padding; nobody reads its row
            rows = [[self.pad_id if side.done else side.ids[-1]] for side in self.sides]
            self.mask = torch.cat([self.mask, self.mask.new_ones(len(rows), 1)], dim=1)
        inputs: dict[str, Any] = {}
        if self.is_padded:
            places = (self.mask.cumsum(dim=1) - 1).clamp(min=0)
            inputs = {
                "attention_mask": self.mask,
                "position_ids": places[:, -len(rows[0]) :],
            }
        output = self.forward(
            self.names,
            input_ids=torch.tensor(rows, device=self.device),
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
            **inputs,
        )
        self.cache = output.past_key_values
        return output.logits[:, -1]
