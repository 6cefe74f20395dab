"""The loss of a causal Gemma, computed only where there is a label, a few tokens at a time.

With a vocabulary of 262,144, the logits of one token are 1 MB in fp32. Ordinary training makes
them for every token and keeps them for the backward pass. Here the head runs only on hidden
states that have a label, `CHUNK_TOKENS` at a time, and since the head is frozen, the gradient of
the hidden states is taken in the same sweep: two products with the head, nothing kept.
The value is the exact cross entropy; nothing is sampled or approximated.
"""

from typing import Any

CHUNK_TOKENS = 128


def measure_answer_loss(
    causal: Any, inputs: dict[str, Any], items: Any = None
) -> tuple[Any, int]:
    """Cross entropy of the labelled tokens of a padded batch, and how many there are.

    `causal`: a transformers Gemma causal language model (adapters inside it take part).
    `inputs`: input_ids, attention_mask, labels, each (rows, tokens). `items`: divide the sum by
    this number instead of by the labelled tokens of this batch (gradient accumulation).
    The head must be frozen: no gradient reaches its weight.
    """
    import torch

    hidden = causal.get_decoder()(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        use_cache=False,
    ).last_hidden_state
    next_labels = inputs["labels"][:, 1:].reshape(-1)
    places = (next_labels != -100).nonzero().squeeze(-1)
    width = hidden.shape[-1]
    chosen = hidden[:, :-1].reshape(-1, width).index_select(0, places)
    weight = causal.get_output_embeddings().weight
    softcap = getattr(causal.config.get_text_config(), "final_logit_softcapping", None)
    total = _frozen_head_loss().apply(
        chosen.to(weight.dtype), weight, next_labels.index_select(0, places), softcap
    )
    count = int(places.numel())
    divisor = items if items is not None else max(count, 1)
    if isinstance(divisor, torch.Tensor):
        divisor = divisor.to(total.device)
    return total / divisor, count


def _frozen_head_loss() -> Any:
    """The autograd function, made on first use: torch must not load with this module."""
    global _FROZEN_HEAD_LOSS
    if _FROZEN_HEAD_LOSS is not None:
        return _FROZEN_HEAD_LOSS
    import torch

    class FrozenHeadLoss(torch.autograd.Function):
        """Sum of cross entropies: hidden (n, width), weight (vocabulary, width), labels (n,)."""

        @staticmethod
        def forward(ctx: Any, hidden: Any, weight: Any, labels: Any, softcap: float | None) -> Any:
            wants_gradient = ctx.needs_input_grad[0]
            gradient = torch.empty_like(hidden) if wants_gradient else None
            total = torch.zeros((), dtype=torch.float32, device=hidden.device)
            for start in range(0, hidden.shape[0], CHUNK_TOKENS):
                piece = slice(start, start + CHUNK_TOKENS)
                rows = labels[piece].unsqueeze(-1)
                logits = (hidden[piece] @ weight.t()).float()
                if softcap is not None:
                    logits = logits.div_(softcap).tanh_()
                    slope = 1 - logits.square() if wants_gradient else None
                    logits.mul_(softcap)
                log_sum = torch.logsumexp(logits, dim=-1, keepdim=True)
                total += (log_sum - logits.gather(-1, rows)).sum()
                if gradient is None:
                    continue
                delta = logits.sub_(log_sum).exp_()  # the softmax, in the logits' own memory
                delta.scatter_add_(-1, rows, torch.full_like(rows, -1, dtype=delta.dtype))
                if softcap is not None:
                    delta.mul_(slope)
                gradient[piece] = delta.to(weight.dtype) @ weight
            ctx.save_for_backward(gradient)
            return total

        @staticmethod
        def backward(ctx: Any, scale: Any) -> Any:
            (gradient,) = ctx.saved_tensors
            return gradient * scale.to(gradient.dtype), None, None, None

    _FROZEN_HEAD_LOSS = FrozenHeadLoss
    return FrozenHeadLoss


_FROZEN_HEAD_LOSS: Any = None
