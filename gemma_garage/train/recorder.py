"""The trainer's events, put where a person looks: metrics, readings, progress, the run's log."""

import threading
from typing import Any

from gemma_garage.jobs import Progress
from gemma_garage.schema import Run
from gemma_garage.store import Store
from gemma_garage.train.callbacks import Event
from gemma_garage.train.logs import RunLog
from gemma_garage.train.stages import BY_NAME, name_stage, place_in_whole

WARNED = ("smaller",)  # events that a person should see among thousands of steps
SHOWN = ("loss", "eval_loss", "eval_recall", "token_accuracy", "learning_rate", "grad_norm")


class Recorder:
    """`take` is given to the trainer; it is called from the trainer's thread and the monitor's."""

    def __init__(self, store: Store, run_id: int, progress: Progress, log: RunLog) -> None:
        self._store, self._run_id, self._progress, self._log = store, run_id, progress, log
        self._lock = threading.Lock()

    def take(self, event: Event) -> None:
        with self._lock:
            if event["stage"] == "machine":
                self._store.record_reading(self._run_id, event["step"], _values(event))
            elif event["stage"] == "training":
                self._take_step(event)
            else:
                self._take_stage(event)

    def _take_step(self, event: Event) -> None:
        step, total, values = event["step"], event["total"], _values(event)
        self._store.record_metric(self._run_id, step, values)
        eta = f", {event['eta_s']:.0f} s left" if "eta_s" in event else ""
        share = step / total if total else 0.0
        self._progress.report(
            place_in_whole("training", share), f"Training: step {step} of {total}{eta}"
        )
        numbers = " ".join(f"{name} {values[name]:.4g}" for name in SHOWN if name in values)
        message = f"step {step}/{total} {numbers}"
        if "answer" in event:
            message = f"step {step}/{total} answers: {event['answer']}"
        elif "checkpoint" in event:
            message = f"step {step}/{total} {event['checkpoint']} is written"
        # Steps are many: what is seldom stands out from them.
        self._log.write("training", message, "debug" if "loss" in event else "info")

    def _take_stage(self, event: Event) -> None:
        stage = name_stage(event["stage"])
        if event["stage"] in BY_NAME or event["stage"] == "tokenising":
            self._progress.report(place_in_whole(stage), BY_NAME[stage].title)
        if event["stage"] == "resuming":
            self._store.forget_metrics_after(self._run_id, event["from_step"])
        if event["stage"] == "smaller":
            # A resumed run begins with what fitted.
            run = self._store.get(Run, self._run_id)
            fitted = {name: event[name] for name in ("batch_size", "accumulation")}
            self._store.update(Run, self._run_id, result={**run.result, **fitted})
        message = event.get("note") or " ".join(
            [event["stage"], *(f"{name} {value}" for name, value in _values(event).items())]
        )
        self._log.write(stage, message, "warning" if event["stage"] in WARNED else "info")


def _values(event: Event) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("stage", "step")}
