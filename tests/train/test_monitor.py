"""The machine is read while a run trains, and nothing is left behind when it ends."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import ConfigError, DiskFull
from gemma_garage.train import monitor, tracking
from gemma_garage.train.event_files import EventFiles
from gemma_garage.train.monitor import Monitor
from gemma_garage.train.tracking import choose_reporting, require_tracker
from tests.train.small import Run, configure


def test_readings_come_with_the_step_they_belong_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "FIRST_AFTER_S", 0.01)
    monkeypatch.setattr(monitor, "EVERY_S", 0.01)
    seen: list[dict[str, Any]] = []
    enough = threading.Event()

    def take(event: dict[str, Any]) -> None:
        seen.append(event)
        if len(seen) == 2:
            raise DiskFull("The disk is full.")  # the thread goes on all the same
        if len(seen) == 4:
            enough.set()

    with Monitor(take, lambda: 7):
        assert enough.wait(20)
    assert "monitor" not in {thread.name for thread in threading.enumerate()}
    assert {"stage", "step", "cpu_percent", "ram_used_gb", "process_ram_gb"} <= seen[0].keys()
    assert (seen[0]["stage"], seen[0]["step"]) == ("machine", 7)
    assert None not in seen[0].values()  # a figure this machine does not give is left out


def test_a_resumed_run_hides_what_was_written_behind_its_checkpoint(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def write(steps: range, purge_after: int | None) -> None:
        with EventFiles(tmp_path, purge_after) as files:
            for step in steps:
                files.write({"stage": "training", "step": step, "loss": float(step)})
                files.write({"stage": "machine", "step": step, "cpu_percent": 50.0})
            files.write({"stage": "training", "step": steps[-1], "answer": "every 500 hours"})
            files.write({"stage": "loading"})

    write(range(1, 8), None)
    # Files are read in the order of their names, which hold the second, then a counter that does
    # not sort ("10" before "9"). Nobody resumes a run within the second.
    time.sleep(1.1)
    write(range(5, 10), 4)
    read = EventAccumulator(str(tmp_path))
    read.Reload()
    assert [entry.step for entry in read.Scalars("train/loss")] == list(range(1, 10))
    assert "machine/cpu_percent" in read.Tags()["scalars"]
    assert "answer/text_summary" in read.Tags()["tensors"]


def test_a_tracker_that_is_not_installed_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    require_tracker(configure())
    with pytest.raises(ConfigError, match=r"report_to is wandb.*pip install wandb"):
        require_tracker(configure(report_to="wandb"))


def test_only_the_tracker_that_was_asked_for_is_used() -> None:
    assert choose_reporting(configure(), "7") == {"report_to": "none"}
    told = choose_reporting(configure(report_to="trackio"), "7")
    assert told["report_to"] == ["trackio"] and told["trackio_static_space_id"] is False


def test_a_tracker_hears_the_last_evaluation_before_the_training_ends(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import TrainerCallback
    from transformers.integrations import integration_utils

    heard: list[str] = []

    class Tracker(TrainerCallback):  # type: ignore[misc]  # transformers has no types
        def on_log(self, *_: Any, logs: dict[str, Any], **__: Any) -> None:
            heard.extend(key for key in logs if key in ("loss", "eval_loss"))

        def on_train_end(self, *_: Any, **__: Any) -> None:
            heard.append("end")

    monkeypatch.setattr(tracking, "find_spec", lambda name: name)
    monkeypatch.setitem(integration_utils.INTEGRATION_TO_CALLBACK, "trackio", Tracker)
    result = run("told", configure(report_to="trackio", epochs=1))
    assert result.eval_loss is not None
    assert heard.count("loss") == result.steps and heard[-2:] == ["eval_loss", "end"]
