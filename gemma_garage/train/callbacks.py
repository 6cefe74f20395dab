"""What the trainer tells while it runs: each step as an event; and the stop flag, read each step.

An event is a plain dict: `stage` is always there; a step has `step`, `total`, `epoch`, `loss`,
`learning_rate`, `grad_norm`, `token_accuracy`, `tokens_per_second`, `examples_per_second`,
`steps_per_second`, `elapsed_s`, `eta_s`; a measurement on held-out rows has `step`, `total`,
`eval_loss` and `eval_token_accuracy`; a checkpoint has `step`, `total` and `checkpoint`.
It stores nothing and draws nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]


@dataclass
class Tally:
    """Counts that the trainer keeps for the callback, since the start of this process.

    `hits`: for training and for held-out rows, how many labelled tokens were the most likely one,
    and how many there were; emptied when they are reported.
    """

    tokens: int = 0
    rows: int = 0
    hits: dict[bool, list[Any]] = field(default_factory=lambda: {True: [], False: []})

    def count_hits(self, hits: Any, *, training: bool) -> None:
        """`hits`: a tensor of booleans, one a labelled token. Nothing is read from it here: that
        would make a GPU wait."""
        self.hits[training].append(hits)

    def read_accuracy(self, *, training: bool) -> float | None:
        """Share of hits since the last call; None without any."""
        counted, self.hits[training] = self.hits[training], []
        total = sum(len(hits) for hits in counted)
        return sum(int(hits.sum()) for hits in counted) / total if total else None


def make_callback(
    events: Callable[[Event], None],
    should_stop: Callable[[], bool],
    tally: Tally,
    *,
    evaluates: bool,
) -> Any:
    """A transformers TrainerCallback. `should_stop` is asked at every step's end; when it says
    yes, a checkpoint is written and the training ends there (`asked_to_stop` is then true). Time
    spent in it (a pause) does not count. `evaluates`: on the held-out rows behind the last step,
    inside the training: a tracker takes what comes later for a run of its own."""
    from transformers import TrainerCallback

    class ReportProgress(TrainerCallback):  # type: ignore[misc]  # transformers has no types
        asked_to_stop = False

        def __init__(self) -> None:
            self.started_s = 0.0
            self.waited_s = 0.0
            self.first_step = 0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.started_s = time.perf_counter()
            self.first_step = state.global_step

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            asked_s = time.perf_counter()
            if should_stop():
                self.asked_to_stop = True
                control.should_training_stop = True
                control.should_save = True
            self.waited_s += time.perf_counter() - asked_s
            if evaluates and not self.asked_to_stop and state.global_step >= state.max_steps:
                control.should_evaluate = True

        def on_log(
            self, args: Any, state: Any, control: Any, logs: Event | None = None, **_: Any
        ) -> None:
            logs = logs or {}
            if "eval_loss" in logs:
                accuracy = tally.read_accuracy(training=False)
                measured = {"eval_loss": float(logs["eval_loss"])}
                if accuracy is None:
                    accuracy = logs.get("eval_mean_token_accuracy")  # TRL's own loss
                if accuracy is not None:
                    measured["eval_token_accuracy"] = float(accuracy)
                events(self._event(state, **measured))
            elif "loss" in logs:
                events(self._event(state, **self._measure(state, logs)))

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            events(self._event(state, checkpoint=f"checkpoint-{state.global_step}"))

        def _measure(self, state: Any, logs: Event) -> Event:
            elapsed_s = max(time.perf_counter() - self.started_s - self.waited_s, 1e-9)
            done = max(state.global_step - self.first_step, 1)
            measured = {
                "epoch": float(state.epoch or 0.0),
                "loss": float(logs["loss"]),
                "learning_rate": float(logs["learning_rate"]),
                "grad_norm": float(logs["grad_norm"]),
                "tokens_per_second": tally.tokens / elapsed_s,
                "examples_per_second": tally.rows / elapsed_s,
                "steps_per_second": done / elapsed_s,
                "elapsed_s": elapsed_s,
                "eta_s": elapsed_s / done * (state.max_steps - state.global_step),
            }
            accuracy = tally.read_accuracy(training=True)
            if accuracy is None:
                accuracy = logs.get("mean_token_accuracy")  # TRL's own loss
            if accuracy is not None:
                measured["token_accuracy"] = float(accuracy)
            return measured

        def _event(self, state: Any, **values: Any) -> Event:
            step = int(state.global_step)
            return {"stage": "training", "step": step, "total": int(state.max_steps)} | values

    return ReportProgress()
