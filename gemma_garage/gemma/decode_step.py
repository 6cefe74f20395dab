"""One step of decoding: hidden state to logits, the cache of a batch, the choice of a token.

Knows Gemma 3's sliding window; for other models it uses only what every causal model offers. It
loops over nothing and stops nowhere (`decode.py` does).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_SHARED_MIN_TOKENS = 24


@dataclass(frozen=True, slots=True)
class Sampling:
    """Temperature 0 is greedy; then `top_k` and the nucleus `top_p` do not matter."""

    temperature: float
    top_k: int
    top_p: float


class Head:
    """Last hidden state to logits, for all tokens or for those that some prompt allows."""

    def __init__(self, model: Any, allowed_ids: Sequence[Sequence[int]] | None) -> None:
        import torch

        self.allowed: Any = None
        self.weight: Any = None
        self.allowed_ids = allowed_ids
        if allowed_ids is not None:
            device = next(model.parameters()).device
            union = sorted(set().union(*allowed_ids))
            self.columns = {token: column for column, token in enumerate(union)}
            self.allowed = torch.tensor(union, device=device)
            if is_plain_gemma3(model):
                self.weight = model.get_output_embeddings().weight.detach()[self.allowed]

    def make_bias(self, batch: Sequence[int]) -> Any:
        """Return what to add to the logits so that each prompt of `batch` keeps to its tokens."""
        import torch

        if self.allowed_ids is None:
            return None
        bias = torch.full((len(batch), len(self.columns)), float("-inf"))
        for row, index in enumerate(batch):
            bias[row, [self.columns[token] for token in self.allowed_ids[index]]] = 0.0
        return bias.to(self.allowed.device)

    def run(self, model: Any, **inputs: Any) -> tuple[Any, Any]:
        """Return (logits of the last position, cache)."""
        if self.weight is not None:
            output = model.get_decoder()(**inputs, use_cache=True)
            return output.last_hidden_state[:, -1] @ self.weight.T, output.past_key_values
        output = model(**inputs, use_cache=True, logits_to_keep=1)
        logits = output.logits[:, -1].float()
        return (logits if self.allowed is None else logits[:, self.allowed]), output.past_key_values

    def to_ids(self, picked: Any) -> Any:
        return picked if self.allowed is None else self.allowed[picked]


def is_plain_gemma3(model: Any) -> bool:
    """Say whether `model` is a text-only Gemma 3, whose masks and cache are known here."""
    return bool(getattr(model.config, "model_type", "") == "gemma3_text")


@dataclass(slots=True)
class State:
    """A batch between two steps: last logits, cache, mask of known columns, lengths, bias."""

    logits: Any
    cache: Any
    mask: Any
    lengths: Any
    bias: Any = None

    def advance(self, model: Any, head: Head, tokens: Any) -> None:
        import torch

        self.mask = torch.cat([self.mask, self.mask.new_ones(len(tokens), 1)], dim=1)
        self.logits, self.cache = head.run(
            model,
            input_ids=tokens,
            attention_mask=self.mask,
            position_ids=self.lengths[:, None],
            past_key_values=self.cache,
        )
        self.lengths = self.lengths + 1

    def keep(self, rows: Any) -> None:
        self.logits, self.mask = self.logits[rows], self.mask[rows]
        self.lengths = self.lengths[rows]
        self.bias = None if self.bias is None else self.bias[rows]
        self.cache.batch_select_indices(rows)


def prefill(model: Any, head: Head, prompts: list[Sequence[int]], pad_id: int) -> State:
    """Run the prompts, what they share once, padded on the left."""
    import torch

    device = next(model.parameters()).device
    shared = count_shared(prompts) if _can_share(model, prompts) else 0
    past = None
    mask_parts = []
    if shared:
        start = torch.tensor([list(prompts[0][:shared])], device=device)
        _, past = head.run(model, input_ids=start)
        past.batch_repeat_interleave(len(prompts))
        mask_parts.append(torch.ones(len(prompts), shared, dtype=torch.long, device=device))
    tails = [list(prompt[shared:]) for prompt in prompts]
    width = max(map(len, tails))
    padded = [[pad_id] * (width - len(tail)) + tail for tail in tails]
    mask_parts.append(
        torch.tensor([[0] * (width - len(tail)) + [1] * len(tail) for tail in tails], device=device)
    )
    positions = (mask_parts[-1].cumsum(dim=1) - 1).clamp(min=0) + shared
    mask = torch.cat(mask_parts, dim=1)
    logits, cache = head.run(
        model,
        input_ids=torch.tensor(padded, device=device),
        attention_mask=mask,
        position_ids=positions,
        past_key_values=past,
    )
    return State(logits, cache, mask, mask.sum(dim=1))


def _can_share(model: Any, prompts: list[Sequence[int]]) -> bool:
    """Say whether the whole text lies well within the sliding window.

    A shared beginning leaves gaps between it and shorter rows, which a window would count.
    """
    if len(prompts) < 2 or not is_plain_gemma3(model):
        return False
    window = getattr(model.config, "sliding_window", None) or 0
    return max(map(len, prompts)) + 64 <= window


def count_shared(prompts: Sequence[Sequence[int]], least: int = _SHARED_MIN_TOKENS) -> int:
    """Count the leading tokens all prompts share, one left to each; 0 if fewer than `least`."""
    limit = min(map(len, prompts)) - 1
    first = prompts[0]
    shared = next(
        (at for at in range(limit) if any(prompt[at] != first[at] for prompt in prompts)), limit
    )
    return shared if shared >= least else 0


def pick_tokens(logits: Any, sampling: Sampling, draws: Any) -> Any:
    """Pick one column for each row of `logits`; `draws` are the rows' numbers in [0, 1)."""
    if sampling.temperature <= 0:
        return logits.argmax(dim=-1)
    scores, columns = logits.float().topk(min(sampling.top_k, logits.shape[-1]), dim=-1)
    parts = (scores / sampling.temperature).softmax(dim=-1)
    before = parts.cumsum(dim=-1) - parts
    parts = parts * (before < sampling.top_p)
    running = parts.cumsum(dim=-1)
    target = draws.to(running.device)[:, None] * running[:, -1:]
    choice = (running <= target).sum(dim=-1, keepdim=True).clamp(max=parts.shape[-1] - 1)
    return columns.gather(1, choice)[:, 0]
