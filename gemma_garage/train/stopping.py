"""Early stopping: which step was the best, and when to hope no longer.

It decides by the log that is saved with each checkpoint, so a resumed run decides the same. What
it looks at are the dataset's held-out rows, never the exam.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gemma_garage.train.callbacks import Event
from gemma_garage.train.config import TrainConfig


@dataclass(frozen=True, slots=True)
class Best:
    """The best measurement so far; `waited`: how many came after it."""

    step: int
    value: float
    waited: int


def find_best(history: Sequence[dict[str, Any]], config: TrainConfig) -> Best | None:
    """The best step by what the config looks at (the held-out loss, unless it says recall)."""
    name = "eval_recall" if config.stop_early_on == "recall" else "eval_loss"
    sign = 1 if name == "eval_recall" else -1
    measured = {int(entry["step"]): float(entry[name]) for entry in history if name in entry}
    if not measured:
        return None
    steps = sorted(measured)
    best = max(steps, key=lambda step: (sign * measured[step], -step))
    return Best(best, measured[best], sum(step > best for step in steps))


def is_over(history: Sequence[dict[str, Any]], config: TrainConfig) -> bool:
    """Whether the patience is spent."""
    if config.stop_early_on == "never":
        return False
    best = find_best(history, config)
    return best is not None and best.waited >= config.patience


def make_early_stop(
    config: TrainConfig,
    events: Callable[[Event], None],
    measure_recall: Callable[[], float] | None,
) -> Any:
    """A transformers TrainerCallback: keeps a checkpoint of each new best, ends when over."""
    from transformers import TrainerCallback

    class StopEarly(TrainerCallback):  # type: ignore[misc]  # transformers has no types
        def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            step, total = int(state.global_step), int(state.max_steps)
            if measure_recall is not None:
                recall = measure_recall()
                state.log_history.append({"eval_recall": recall, "step": step})
                values = {"step": step, "total": total, "eval_recall": recall}
                events({"stage": "training"} | values)
            best = find_best(state.log_history, config)
            if best is None:
                return
            if best.step == step:
                control.should_save = True
            if is_over(state.log_history, config) and step < total:
                control.should_training_stop = True
                control.should_save = True
                note = f"no better since step {best.step}, after {config.patience} measurements"
                events({"stage": "enough", "note": note})

    return StopEarly()
