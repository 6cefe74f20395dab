"""Does the training do anything at all? Asked while it runs, so that no one waits for nothing.

Three things are looked at: gradients reach the trained weights in the first steps, the weights
move, and what was trained changes the model's answers. Where one fails the run ends with the
cause. That the loss is finite is looked at in each step (`sft.py`).
"""

from collections.abc import Callable
from typing import Any

from gemma_garage.errors import TrainingError
from gemma_garage.train.callbacks import Event

FIRST_STEPS = 3
EFFECT_AFTER = 10  # steps behind the warm-up: before, a difference can drown in bf16
SAMPLED = 256  # values of each weight that are remembered to see it move
EFFECT_TOKENS = 32


def require_trained_tokens(trained_tokens: int) -> None:
    """Raise TrainingError when every label is masked."""
    if trained_tokens == 0:
        raise TrainingError(
            "The rows have 0 tokens to learn from; at least 1 is needed. All of them are masked as "
            "prompt: the answers are empty, or the chat template of this base hides them. Look at "
            "the rows as trained on, or choose another base model."
        )


def make_learning_watch(
    model: Any, ids: list[int], learning_rate: float, events: Callable[[Event], None]
) -> Any:
    """A transformers TrainerCallback that raises TrainingError when nothing is learned.

    `ids`: the tokens of one training row, on which the adapter's effect is measured.
    """
    from transformers import TrainerCallback

    trained = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    if not trained:
        raise TrainingError(
            "0 of the model's weights can be trained: the adapter is frozen. This is a fault of "
            "the libraries' versions together; install the tested set (constraints.txt) and start "
            "again."
        )

    class WatchLearning(TrainerCallback):  # type: ignore[misc]  # transformers has no types
        def __init__(self) -> None:
            self.first_step = 0
            self.reached: set[str] = set()
            self.before: dict[str, Any] = {}

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.first_step = state.global_step
            self.before = {name: _sample(weight) for name, weight in trained}

        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step - self.first_step < FIRST_STEPS:
                self.reached |= {
                    name
                    for name, weight in trained
                    if weight.grad is not None and bool(weight.grad.any())
                }

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            done, is_last = (
                state.global_step - self.first_step,
                state.global_step >= state.max_steps,
            )
            if done == FIRST_STEPS or (is_last and done < FIRST_STEPS):
                self._require_gradients(state.global_step)
                self._require_movement(state.global_step)
                self.before.clear()
            warmup = args.get_warmup_steps(state.max_steps)
            if is_last or state.global_step == warmup + EFFECT_AFTER:
                self._require_effect(state.global_step)

        def _require_gradients(self, step: int) -> None:
            if not self.reached:
                raise TrainingError(
                    f"Nothing is learned: after {step} steps no gradient has reached any of the "
                    f"{len(trained)} trained matrices. What they belong to plays no part in the "
                    "answer. Choose another base model, or other target_modules."
                )
            events(
                {
                    "stage": "checked",
                    "note": f"gradients reach {len(self.reached)} of {len(trained)} matrices",
                }
            )

        def _require_movement(self, step: int) -> None:
            if not any(bool((_sample(w) != self.before[name]).any()) for name, w in trained):
                raise TrainingError(
                    f"Nothing is learned: after {step} steps none of the {len(trained)} trained "
                    f"matrices has moved. The learning rate is {learning_rate:g}; set "
                    "learning_rate to 1e-4 or more."
                )

        def _require_effect(self, step: int) -> None:
            effect = measure_effect(model, ids[:EFFECT_TOKENS])
            if effect is None:
                return
            if effect == 0:
                raise TrainingError(
                    f"Nothing is learned: after {step} steps the answers are the same with and "
                    f"without the adapter. The learning rate is {learning_rate:g}; raise it ten "
                    "times. If that changes nothing, the adapter is not part of the answer: choose "
                    "another base model."
                )
            note = f"the adapter moves the logits by up to {effect:.3g}"
            events({"stage": "checked", "note": note})

    return WatchLearning()


def measure_effect(model: Any, ids: list[int]) -> float | None:
    """The largest difference of any logit with the adapter and without; None without an adapter."""
    import torch
    from peft import PeftModel

    if not isinstance(model, PeftModel):
        return None
    causal = model.get_base_model()
    batch = torch.tensor([ids], device=next(causal.parameters()).device)
    was_training = causal.training
    causal.eval()
    try:
        with torch.no_grad():
            tuned = causal(input_ids=batch, use_cache=False).logits.float()
            with model.disable_adapter():
                base = causal(input_ids=batch, use_cache=False).logits.float()
    finally:
        causal.train(was_training)
    return float((tuned - base).abs().max())


def _sample(weight: Any) -> Any:
    return weight.detach().flatten()[:SAMPLED].clone()
