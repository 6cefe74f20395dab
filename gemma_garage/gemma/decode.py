"""Batched decoding with a key-value cache, greedy or sampled, on any device.

Prompts are sorted by length and padded on the left; a beginning that all prompts of a batch share
(few-shot examples) is computed once; equal prompts are prefilled once; finished rows leave the
batch; logits are made for the last position only. Greedy decoding agrees with `model.generate`
token for token. It applies no chat template and knows no adapters: it runs the model it is given.

Sampling: top-k, then nucleus (Holtzman et al. 2020, arXiv 1904.09751). Each row draws its own
numbers from the seed, so a row's text does not depend on the batch it ran in.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gemma_garage.errors import Stopped

_CPU_BATCH, _GPU_BATCH = 48, 128
_SHARED_MIN_TOKENS = 24
_DROP_BELOW = 0.75  # copying the cache pays once a quarter of the rows has finished


@dataclass(frozen=True, slots=True)
class _Sampling:
    temperature: float
    top_k: int
    top_p: float


def generate(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    stop_ids: Sequence[int],
    pad_id: int,
    max_new_tokens: int,
    temperature: float = 0.0,
    top_k: int = 64,
    top_p: float = 0.95,
    seed: int = 0,
    samples: int = 1,
    allowed_ids: Sequence[Sequence[int]] | None = None,
    batch_size: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[list[int]]:
    """Continue each prompt (token ids); return the new ids without the stop token.

    The arguments are those of `generate_scored`, which also tells how sure the model was.
    """
    scored = generate_scored(
        model,
        prompts,
        stop_ids=stop_ids,
        pad_id=pad_id,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        seed=seed,
        samples=samples,
        allowed_ids=allowed_ids,
        batch_size=batch_size,
        on_progress=on_progress,
        should_stop=should_stop,
    )
    return [text.ids for text in scored]


@dataclass(slots=True)
class ScoredText:
    """New token ids, and the mean log-probability of each (the stop token counts as one)."""

    ids: list[int]
    mean: float


def generate_scored(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    stop_ids: Sequence[int],
    pad_id: int,
    max_new_tokens: int,
    temperature: float = 0.0,
    top_k: int = 64,
    top_p: float = 0.95,
    seed: int = 0,
    samples: int = 1,
    allowed_ids: Sequence[Sequence[int]] | None = None,
    batch_size: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[ScoredText]:
    """Continue each prompt (token ids); return the new ids without the stop token, scored.

    With `samples` > 1 every prompt gets that many continuations, one after the other in the
    result. `allowed_ids` restricts each prompt's continuation to its own tokens; on a plain Gemma 3
    the others' logits are then not computed at all, most of the work of a small model. `on_progress`
    gets (rows done, rows in all). Temperature 0 is greedy. Raises Stopped when `should_stop` says
    so, ValueError for an empty prompt.
    """
    import torch

    if any(len(prompt) == 0 for prompt in prompts):
        raise ValueError("a prompt has no tokens: put <bos> in front")
    device = next(model.parameters()).device
    rows_at_once = batch_size or (_CPU_BATCH if device.type == "cpu" else _GPU_BATCH)
    prompts_at_once = max(1, rows_at_once // samples)
    order = sorted(range(len(prompts)), key=lambda index: (len(prompts[index]), index))
    total = len(prompts) * samples
    draws = torch.rand(total, max_new_tokens, generator=torch.Generator().manual_seed(seed))
    head = _Head(model, allowed_ids)
    results = [ScoredText([], 0.0) for _ in range(total)]
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for first in range(0, len(order), prompts_at_once):
                batch = order[first : first + prompts_at_once]
                rows = [index * samples + copy for index in batch for copy in range(samples)]
                texts = _decode_batch(
                    model,
                    head,
                    [prompts[index] for index in batch],
                    copies=samples,
                    stop_ids=frozenset(stop_ids),
                    pad_id=pad_id,
                    max_new_tokens=max_new_tokens,
                    sampling=_Sampling(temperature, top_k, top_p),
                    draws=draws[rows],
                    bias=head.make_bias(batch),
                    should_stop=should_stop,
                )
                for row, text in zip(rows, texts, strict=True):
                    results[row] = text
                if on_progress:
                    on_progress(min(total, (first + len(batch)) * samples), total)
    finally:
        model.train(was_training)
    return results


def stream(
    model: Any,
    tokenizer: Any,
    prompt_ids: Sequence[int],
    *,
    stop_ids: Sequence[int],
    max_new_tokens: int,
    temperature: float = 0.0,
    top_k: int = 64,
    top_p: float = 0.95,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Continue one prompt and yield the text piece by piece; ends early when `should_stop` says so.

    A piece that ends within a character (byte fallback) is held back until the character is whole.
    """
    import torch

    head = _Head(model, None)
    sampling = _Sampling(temperature, top_k, top_p)
    draws = torch.rand(1, max_new_tokens, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        state = _prefill(model, head, [list(prompt_ids)], pad_id=0)
    ids: list[int] = []
    told = ""
    for step in range(max_new_tokens):
        with torch.inference_mode():
            token = _pick(state.logits, sampling, draws[:, step])
            chosen = int(head.to_ids(token)[0])
            if chosen in stop_ids or (should_stop and should_stop()):
                break
            ids.append(chosen)
            state.advance(model, head, torch.tensor([[chosen]], device=state.mask.device))
        text = tokenizer.decode(ids, skip_special_tokens=True)
        if not text.endswith("\ufffd") and len(text) > len(told):
            yield text[len(told) :]
            told = text
    text = tokenizer.decode(ids, skip_special_tokens=True)
    if len(text) > len(told):
        yield text[len(told) :]


class _Head:
    """Last hidden state to logits, for all tokens or for those that some prompt allows."""

    def __init__(self, model: Any, allowed_ids: Sequence[Sequence[int]] | None) -> None:
        import torch

        self.allowed = None
        self.weight = None
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
class _State:
    logits: Any
    cache: Any
    mask: Any
    lengths: Any
    bias: Any = None

    def advance(self, model: Any, head: _Head, tokens: Any) -> None:
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


def _decode_batch(
    model: Any,
    head: _Head,
    prompts: list[Sequence[int]],
    *,
    copies: int,
    stop_ids: frozenset[int],
    pad_id: int,
    max_new_tokens: int,
    sampling: _Sampling,
    draws: Any,
    bias: Any,
    should_stop: Callable[[], bool] | None,
) -> list[ScoredText]:
    import torch

    state = _prefill(model, head, prompts, pad_id)
    state.bias = bias
    if copies > 1:
        state.keep(torch.arange(len(prompts), device=state.mask.device).repeat_interleave(copies))
    texts: list[list[int]] = [[] for _ in range(len(prompts) * copies)]
    active = list(range(len(texts)))  # the text that each row of the state continues
    open_rows = set(active)
    sums, counts = [0.0] * len(texts), [0] * len(texts)
    for step in range(max_new_tokens):
        if should_stop and should_stop():
            raise Stopped("Stopped while the model was writing.")
        logits = state.logits if state.bias is None else state.logits + state.bias
        columns = _pick(logits, sampling, draws[active, step])
        picked = head.to_ids(columns)
        sure = logits.gather(1, columns[:, None])[:, 0] - logits.logsumexp(dim=-1)
        for text, token, part in zip(active, picked.tolist(), sure.tolist(), strict=True):
            if text in open_rows:
                sums[text], counts[text] = sums[text] + part, counts[text] + 1
            if text in open_rows and token in stop_ids:
                open_rows.discard(text)
            elif text in open_rows:
                texts[text].append(token)
        if not open_rows or step + 1 == max_new_tokens:
            break
        if len(open_rows) < _DROP_BELOW * len(active):
            rows = [row for row, text in enumerate(active) if text in open_rows]
            index = torch.tensor(rows, device=state.mask.device)
            state.keep(index)
            picked, active = picked[index], [active[row] for row in rows]
        state.advance(model, head, picked[:, None])
    means = [total / max(1, count) for total, count in zip(sums, counts, strict=True)]
    return [ScoredText(ids, mean) for ids, mean in zip(texts, means, strict=True)]


def _prefill(model: Any, head: _Head, prompts: list[Sequence[int]], pad_id: int) -> _State:
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
    return _State(logits, cache, mask, mask.sum(dim=1))


def _can_share(model: Any, prompts: list[Sequence[int]]) -> bool:
    """A shared beginning leaves gaps between it and shorter rows; a sliding window would count them.

    So it is used only where the whole prompt lies well within the window.
    """
    if len(prompts) < 2 or not is_plain_gemma3(model):
        return False
    window = getattr(model.config, "sliding_window", None) or 0
    return max(map(len, prompts)) + 64 <= window


def count_shared(prompts: Sequence[Sequence[int]]) -> int:
    """Count the leading tokens that all prompts share, at least one token left to each; 0 if few."""
    limit = min(map(len, prompts)) - 1
    first = prompts[0]
    shared = next(
        (at for at in range(limit) if any(prompt[at] != first[at] for prompt in prompts)), limit
    )
    return shared if shared >= _SHARED_MIN_TOKENS else 0


def _pick(logits: Any, sampling: _Sampling, draws: Any) -> Any:
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
