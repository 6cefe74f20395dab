"""Batched decoding with a key-value cache, greedy or sampled, on any device.

Prompts are sorted by length and padded on the left; a beginning that all prompts of a batch share
(an instruction) is computed once; equal prompts are prefilled once; finished rows leave the
batch; logits are made for the last position only. Greedy decoding agrees with `model.generate`
token for token. It applies no chat template and knows no adapters: it runs the model it is given.

Sampling: top-k, then nucleus (Holtzman et al. 2020, arXiv 1904.09751). Each row draws its own
numbers from the seed, so a row's text does not depend on the batch it ran in.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gemma_garage.errors import Stopped
from gemma_garage.gemma.decode_step import Head, Sampling, pick_tokens, prefill

_CPU_BATCH, _GPU_BATCH = 48, 128
_DROP_BELOW = 0.75  # copying the cache pays once a quarter of the rows has finished


@dataclass(slots=True)
class ScoredText:
    """New token ids, and the mean log-probability of each (the stop token counts as one)."""

    ids: list[int]
    mean: float


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
    seed: int | Sequence[int] = 0,
    samples: int = 1,
    begins: Sequence[Sequence[int]] | None = None,
    allowed_ids: Sequence[Sequence[int]] | None = None,
    batch_size: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_text: Callable[[int, ScoredText], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[ScoredText]:
    """Continue each prompt (token ids); return the new ids without the stop token, scored.

    With `samples` > 1 every prompt gets that many continuations, one after the other in the
    result. `begins`: the token ids that each continuation (prompts x samples) has to begin with;
    they stand in the result and are not scored. `allowed_ids` restricts each prompt's continuation
    to its own tokens; on a plain Gemma 3 the others' logits are then not computed at all, which is
    most of the work of a small model.
    `seed`: one for all, or one for each continuation, which then says the same among any others.
    `on_progress` gets (rows done, rows in all), `on_text` each continuation (its place in the
    result) as soon as it has ended. Temperature 0 is greedy. Raises Stopped when `should_stop` says
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
    draws = _draw_numbers(seed, total, max_new_tokens)
    head = Head(model, allowed_ids)
    results = [ScoredText([], 0.0) for _ in range(total)]
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for first in range(0, len(order), prompts_at_once):
                batch = order[first : first + prompts_at_once]
                rows = [index * samples + copy for index in batch for copy in range(samples)]

                def tell(place: int, text: ScoredText, rows: Sequence[int] = rows) -> None:
                    results[rows[place]] = text
                    if on_text:
                        on_text(rows[place], text)

                _decode_batch(
                    model,
                    head,
                    [prompts[index] for index in batch],
                    copies=samples,
                    stop_ids=frozenset(stop_ids),
                    pad_id=pad_id,
                    max_new_tokens=max_new_tokens,
                    sampling=Sampling(temperature, top_k, top_p),
                    draws=draws[rows],
                    begins=[begins[row] for row in rows] if begins else [()] * len(rows),
                    bias=head.make_bias(batch),
                    tell=tell,
                    should_stop=should_stop,
                )
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

    head = Head(model, None)
    sampling = Sampling(temperature, top_k, top_p)
    draws = torch.rand(1, max_new_tokens, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        state = prefill(model, head, [list(prompt_ids)], pad_id=0)
    ids: list[int] = []
    told = ""
    for step in range(max_new_tokens):
        with torch.inference_mode():
            token = pick_tokens(state.logits, sampling, draws[:, step])
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


def _draw_numbers(seed: int | Sequence[int], rows: int, columns: int) -> Any:
    import torch

    if isinstance(seed, int):
        return torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed))
    drawn = [torch.rand(columns, generator=torch.Generator().manual_seed(one)) for one in seed]
    return torch.stack(drawn)


def _decode_batch(
    model: Any,
    head: Head,
    prompts: list[Sequence[int]],
    *,
    copies: int,
    stop_ids: frozenset[int],
    pad_id: int,
    max_new_tokens: int,
    sampling: Sampling,
    draws: Any,
    begins: Sequence[Sequence[int]],
    bias: Any,
    tell: Callable[[int, ScoredText], None],
    should_stop: Callable[[], bool] | None,
) -> None:
    """`tell` gets each text, by its place, as soon as it has ended."""
    import torch

    state = prefill(model, head, prompts, pad_id)
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
        columns = pick_tokens(logits, sampling, draws[active, step])
        picked = head.to_ids(columns)
        given = {row for row, text in enumerate(active) if step < len(begins[text])}
        for row in given:
            picked[row] = begins[active[row]][step]
        sure = logits.gather(1, columns[:, None])[:, 0] - logits.logsumexp(dim=-1)
        for row, (token, part) in enumerate(zip(picked.tolist(), sure.tolist(), strict=True)):
            text = active[row]
            if text in open_rows and row not in given:
                sums[text], counts[text] = sums[text] + part, counts[text] + 1
            if text in open_rows and token in stop_ids and row not in given:
                open_rows.discard(text)
                tell(text, ScoredText(texts[text], sums[text] / max(1, counts[text])))
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
    for text in sorted(open_rows):
        tell(text, ScoredText(texts[text], sums[text] / max(1, counts[text])))
