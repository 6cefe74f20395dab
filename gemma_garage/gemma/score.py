"""How likely a model finds given continuations: many short ones after a shared beginning.

One forward pass, no decoding. The beginning may be extended step by step (examples, then a
sentence, then questions), each step computed once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Prefix:
    """A beginning, its token ids, and its cache for one row, which forks of it leave untouched."""

    ids: tuple[int, ...]
    cache: Any

    @property
    def length(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Score:
    """Mean and lowest log-probability per token; `is_greedy`: greedy decoding would write it."""

    mean: float
    lowest: float
    is_greedy: bool


def extend_prefix(model: Any, ids: Sequence[int], prefix: Prefix | None = None) -> Prefix:
    """Run `ids` after `prefix` and keep the cache."""
    import torch

    if prefix and _outgrows_window(model, prefix):
        return extend_prefix(model, [*prefix.ids, *ids])
    device = next(model.parameters()).device
    cache = _fork(prefix.cache, 1) if prefix else None
    start = prefix.length if prefix else 0
    positions = torch.arange(start, start + len(ids), device=device)[None]
    with torch.inference_mode():
        output = model.get_decoder()(
            input_ids=torch.tensor([list(ids)], device=device),
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        )
    return Prefix((*(prefix.ids if prefix else ()), *ids), output.past_key_values)


def score_continuations(
    model: Any,
    prefix: Prefix,
    rows: Sequence[tuple[Sequence[int], Sequence[int]]],
    *,
    vocabulary: Sequence[int] | None = None,
    batch_size: int = 48,
) -> list[Score]:
    """Score each row's second part after prefix + first part; parts are token ids, none empty.

    `vocabulary` (which must hold every scored token) limits what the model could have said
    instead; with a few thousand tokens of a vocabulary of 262,144 most of the work is saved.
    """
    import torch

    if _outgrows_window(model, prefix):
        rows = [([*prefix.ids, *context], answer) for context, answer in rows]
        prefix = Prefix((), None)
    scores: list[Score] = []
    device = next(model.parameters()).device
    weight, column_of = _cut_head(model, vocabulary)
    for first in range(0, len(rows), batch_size):
        batch = rows[first : first + batch_size]
        joined = [list(context) + list(answer) for context, answer in batch]
        width = max(map(len, joined))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in joined], device=device)
        known = torch.tensor(
            [[1] * (prefix.length + len(row)) + [0] * (width - len(row)) for row in joined],
            device=device,
        )
        positions = torch.arange(prefix.length, prefix.length + width, device=device)
        with torch.inference_mode():
            hidden = model.get_decoder()(
                input_ids=ids,
                attention_mask=known,
                position_ids=positions[None].expand(len(batch), -1),
                past_key_values=_fork(prefix.cache, len(batch)) if prefix.cache else None,
                use_cache=prefix.cache is not None,
            ).last_hidden_state
            picked = [
                (row, at - 1)
                for row, (context, answer) in enumerate(batch)
                for at in range(len(context), len(context) + len(answer))
            ]
            row_index, columns = zip(*picked, strict=True)
            logits = hidden[list(row_index), list(columns)].float() @ weight.T
            targets = column_of[ids[list(row_index), [column + 1 for column in columns]]]
            found = logits.log_softmax(dim=-1).gather(1, targets[:, None])[:, 0].tolist()
            greedy = (logits.argmax(dim=-1) == targets).tolist()
        at = 0
        for _, answer in batch:
            part = found[at : at + len(answer)]
            scores.append(
                Score(sum(part) / len(part), min(part), all(greedy[at : at + len(answer)]))
            )
            at += len(answer)
    return scores


def _outgrows_window(model: Any, prefix: Prefix) -> bool:
    """The cache of a beginning longer than the sliding window has lost its start."""
    window = model.config.get_text_config().sliding_window
    return bool(window) and prefix.length >= window


def _cut_head(model: Any, vocabulary: Sequence[int] | None) -> tuple[Any, Any]:
    """Return the head's rows for `vocabulary`, and the row of each token id."""
    import torch

    weight = model.get_output_embeddings().weight.detach().float()
    column_of = torch.arange(len(weight), device=weight.device)
    if vocabulary is None:
        return weight, column_of
    kept = torch.tensor(sorted(set(vocabulary)), device=weight.device)
    column_of = torch.full_like(column_of, -1)
    column_of[kept] = torch.arange(len(kept), device=weight.device)
    return weight[kept], column_of


def _fork(cache: Any, rows: int) -> Any:
    from transformers import DynamicCache

    copy = DynamicCache()
    for index, layer in enumerate(cache.layers):
        copy.update(
            layer.keys.expand(rows, -1, -1, -1), layer.values.expand(rows, -1, -1, -1), index
        )
    return copy
