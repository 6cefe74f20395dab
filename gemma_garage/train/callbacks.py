"""The one callback of the trainer: it reports each step as an event and reads the stop flag.

An event is a plain dict: `stage` is always there; a step has `step`, `total`, `epoch`, `loss`,
`learning_rate`, `grad_norm`, `tokens_per_second`, `elapsed_s`, `eta_s`; a measurement on held-out
rows has `step`, `total` and `eval_loss`; a checkpoint has `step`, `total` and `checkpoint`.
It stores nothing and draws nothing.
"""

import time
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]


def make_callback(events: Callable[[Event], None], should_stop: Callable[[], bool]) -> Any:
    """A transformers TrainerCallback. `should_stop` is asked at every step's end; when it says
    yes, a checkpoint is written and the training ends there."""
    from transformers import TrainerCallback

    class ReportProgress(TrainerCallback):  # type: ignore[misc]  # transformers has no types
        def __init__(self) -> None:
            self.started_s = 0.0
            self.first_step = 0
            self.first_tokens = 0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.started_s = time.perf_counter()
            self.first_step = state.global_step
            self.first_tokens = int(state.num_input_tokens_seen)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if should_stop():
                control.should_training_stop = True
                control.should_save = True

        def on_log(
            self, args: Any, state: Any, control: Any, logs: Event | None = None, **_: Any
        ) -> None:
            logs = logs or {}
            if "eval_loss" in logs:
                events(self._event(state, eval_loss=float(logs["eval_loss"])))
            elif "loss" in logs:
                elapsed_s = max(time.perf_counter() - self.started_s, 1e-9)
                done = max(state.global_step - self.first_step, 1)
                tokens = int(state.num_input_tokens_seen) - self.first_tokens
                events(
                    self._event(
                        state,
                        epoch=float(state.epoch or 0.0),
                        loss=float(logs["loss"]),
                        learning_rate=float(logs["learning_rate"]),
                        grad_norm=float(logs["grad_norm"]),
                        tokens_per_second=tokens / elapsed_s,
                        elapsed_s=elapsed_s,
                        eta_s=elapsed_s / done * (state.max_steps - state.global_step),
                    )
                )

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            events(self._event(state, checkpoint=f"checkpoint-{state.global_step}"))

        def _event(self, state: Any, **values: Any) -> Event:
            step = int(state.global_step)
            return {"stage": "training", "step": step, "total": int(state.max_steps)} | values

    return ReportProgress()
