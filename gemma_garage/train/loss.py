"""The loss of a causal Gemma, computed only where there is a label, a few tokens at a time.

With a vocabulary of 262,144, the logits of one token are 1 MB in fp32. Ordinary training makes
them for every token and keeps them for the backward pass. Here the head runs only on hidden
states that have a label. Two ways:

- exact: `CHUNK_TOKENS` at a time; the gradient of the hidden states, and of the head where it is
  trained, is taken in the same sweep: nothing but these is kept.
- sampled: against all tokens that occur as labels and a few thousand others drawn anew for each
  step, which stand for the rest (importance sampling; Jean et al. 2015, arXiv 1412.2007). On a
  processor the head is most of the work, and this removes nearly all of it.
"""

import math
from collections.abc import Callable
from typing import Any

CHUNK_TOKENS = 128
DRAWN_TOKENS = 4096
SHAPE_MULTIPLE = 32

Count = Callable[[Any], None]  # gets, for each target, whether it was the most likely token


def pick_labelled(hidden: Any, labels: Any) -> tuple[Any, Any]:
    """Hidden states (n, width) that predict a labelled token, and those tokens (n,), from hidden
    states (rows, tokens, width) and labels (rows, tokens)."""
    targets = labels[:, 1:].reshape(-1)
    places = (targets != -100).nonzero().squeeze(-1)
    states = hidden[:, :-1].reshape(-1, hidden.shape[-1])
    return states.index_select(0, places), targets.index_select(0, places)


def sum_exact_loss(causal: Any, states: Any, targets: Any, count: Count | None = None) -> Any:
    """Sum of the cross entropies of `targets` over the whole vocabulary."""
    weight = causal.get_output_embeddings().weight
    return _head_loss().apply(states.to(weight.dtype), weight, targets, _softcap(causal), count)


class SampledVocabulary:
    """The head restricted to the tokens that are labels somewhere, and others drawn each step.

    The draw uses torch's own random numbers, so a resumed run draws what it would have drawn.
    """

    def __init__(self, causal: Any, label_ids: set[int]) -> None:
        import torch

        self.weight = causal.get_output_embeddings().weight.detach()
        device = self.weight.device
        known = torch.tensor(sorted(label_ids), device=device)
        self.place = torch.full((self.weight.shape[0],), -1, device=device)
        self.place[known] = torch.arange(len(known), device=device)
        self.rest = (self.place < 0).nonzero().squeeze(-1)
        self.known_weight = self.weight.index_select(0, known)
        self.softcap = _softcap(causal)

    @classmethod
    def fits(cls, causal: Any, label_ids: set[int]) -> bool:
        """Whether sampling saves anything: the vocabulary is much larger than the sample."""
        size = int(causal.get_output_embeddings().weight.shape[0])
        return size > 4 * (len(label_ids) + DRAWN_TOKENS)

    def sum_loss(self, states: Any, targets: Any, count: Count | None = None) -> Any:
        """Sum of the estimated cross entropies of `targets`, all of them known labels. What is
        counted as most likely is so among the sample."""
        import torch

        drawn = self.rest[torch.randint(len(self.rest), (DRAWN_TOKENS,))]
        stands_for = math.log(len(self.rest) / DRAWN_TOKENS)
        # Few different shapes: in bf16 a processor keeps a kernel with its memory for each.
        missing = -len(targets) % SHAPE_MULTIPLE
        states = torch.nn.functional.pad(states.to(self.weight.dtype), (0, 0, 0, missing))
        places = torch.nn.functional.pad(self.place[targets], (0, missing), value=-100)
        known = self._cap((states @ self.known_weight.t()).float())
        others = self._cap((states @ self.weight.index_select(0, drawn).t()).float())
        if count is not None:
            # One drawn token among the others, not the share of the rest that it stands for.
            likely = torch.maximum(known.amax(dim=-1), others.amax(dim=-1))
            hits = known.gather(-1, places.clamp(min=0).unsqueeze(-1)).squeeze(-1) >= likely
            count(hits[: len(targets)].detach())
        logits = torch.cat([known, others + stands_for], dim=-1)
        return torch.nn.functional.cross_entropy(logits, places, reduction="sum")

    def _cap(self, logits: Any) -> Any:
        return logits if self.softcap is None else self.softcap * (logits / self.softcap).tanh()


def _softcap(causal: Any) -> float | None:
    return getattr(causal.config.get_text_config(), "final_logit_softcapping", None)


def _head_loss() -> Any:
    """The autograd function, made on first use: torch must not load with this module."""
    global _HEAD_LOSS
    if _HEAD_LOSS is not None:
        return _HEAD_LOSS
    import torch

    class HeadLoss(torch.autograd.Function):  # type: ignore[misc]  # torch is untyped here
        """Sum of cross entropies: hidden (n, width), weight (vocabulary, width), labels (n,)."""

        @staticmethod
        def forward(
            ctx: Any,
            hidden: Any,
            weight: Any,
            labels: Any,
            softcap: float | None,
            count: Count | None,
        ) -> Any:
            wants_gradient = ctx.needs_input_grad[0]
            gradient = torch.empty_like(hidden) if wants_gradient else None
            # None of it for a frozen head, which is the usual case: it is as large as the head.
            moved = torch.zeros_like(weight) if ctx.needs_input_grad[1] else None
            total = torch.zeros((), dtype=torch.float32, device=hidden.device)
            for start in range(0, hidden.shape[0], CHUNK_TOKENS):
                piece = slice(start, start + CHUNK_TOKENS)
                rows = labels[piece].unsqueeze(-1)
                logits = (hidden[piece] @ weight.t()).float()
                if softcap is not None:
                    logits = logits.div_(softcap).tanh_()
                    slope = 1 - logits.square() if wants_gradient else None
                    logits.mul_(softcap)
                if count is not None:
                    count(logits.argmax(dim=-1) == labels[piece])
                log_sum = torch.logsumexp(logits, dim=-1, keepdim=True)
                total += (log_sum - logits.gather(-1, rows)).sum()
                if gradient is None:
                    continue
                delta = logits.sub_(log_sum).exp_()  # the softmax, in the logits' own memory
                delta.scatter_add_(-1, rows, torch.full_like(rows, -1, dtype=delta.dtype))
                if softcap is not None:
                    delta.mul_(slope)
                delta = delta.to(weight.dtype)
                gradient[piece] = delta @ weight
                if moved is not None:
                    moved.addmm_(delta.t(), hidden[piece])
            ctx.save_for_backward(gradient)
            ctx.moved = moved  # not saved for backward: it is changed in place there
            return total

        @staticmethod
        def backward(ctx: Any, scale: Any) -> Any:
            (gradient,) = ctx.saved_tensors
            scale = scale.to(gradient.dtype)
            moved, ctx.moved = ctx.moved, None
            moved = None if moved is None else moved.mul_(scale)
            return gradient * scale, moved, None, None, None

    _HEAD_LOSS = HeadLoss
    return HeadLoss


_HEAD_LOSS: Any = None
