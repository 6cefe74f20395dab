"""The Job around a training: metrics, readings, log; stop, pause, a full disk, a clone."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import BadInput, ConfigError, DiskFull
from gemma_garage.garage import Garage
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.schema import Job, Run
from gemma_garage.train import checkpoints, monitor, run, sft
from gemma_garage.train.checkpoints import last_checkpoint
from gemma_garage.train.logs import read_log
from gemma_garage.train.run import clone_run, find_job, pause_run, resume_run, start_run, stop_run
from gemma_garage.workspace import Workspace
from tests.train.small import STEPS, add_dataset, configure

WAIT_S = 100


@pytest.fixture
def ready(
    garage: Garage, tiny_gemma: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Garage, int]]:
    """A garage whose starter is the tiny Gemma, with the small dataset in it; and its id."""
    monkeypatch.setattr(run, "obtain_base", lambda *_, **__: tiny_gemma)
    dataset_id = add_dataset(garage)
    run.register(garage, grade=lambda given, expected, question: False)
    garage.jobs.start()
    yield garage, dataset_id


def begin(ready: tuple[Garage, int], **changes: Any) -> int:
    garage, dataset_id = ready
    project = garage.store.projects()[0].id
    config = configure(base_model=STARTER_ID, **changes)
    return start_run(garage, project, dataset_id, config)


def finish(garage: Garage, run_id: int) -> Job:
    return garage.jobs.wait(find_job(garage, run_id).id, WAIT_S)


def wait_for_step(garage: Garage, run_id: int, step: int) -> None:
    while garage.store.last_values(run_id).get("step", 0) < step:
        assert find_job(garage, run_id).status in ("queued", "running")
        threading.Event().wait(0.01)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Each step takes at least a twentieth of a second, so that there is time to do something."""
    sum_loss, let = sft.sum_exact_loss, threading.Event()

    def wait(*arguments: Any) -> Any:
        let.wait(0.05)
        return sum_loss(*arguments)

    monkeypatch.setattr(sft, "sum_exact_loss", wait)
    return let.set


def test_a_run_leaves_metrics_readings_and_its_log(
    ready: tuple[Garage, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "FIRST_AFTER_S", 0.05)
    monkeypatch.setattr(monitor, "EVERY_S", 0.05)
    garage, _ = ready
    run_id = begin(ready, probe_every_steps=10, eval_every_steps=12)
    job = finish(garage, run_id)
    assert job.status == "finished", job.error
    metrics = {metric.step: metric.values for metric in garage.store.metrics(run_id)}
    assert list(metrics) == list(range(STEPS + 1))
    assert [step for step, values in metrics.items() if "answer" in values] == [0, 10, 20, 24]
    assert "eval_loss" in metrics[12] and "eval_token_accuracy" in metrics[12]
    assert {"loss", "token_accuracy", "examples_per_second"} <= metrics[5].keys()
    few = [metric.step for metric in garage.store.metrics(run_id, most=5)]
    assert few == [0, 5, 10, 12, 15, 20, 24]  # every fifth, the last, and the measured one
    assert garage.store.last_values(run_id)["step"] == STEPS
    reading = garage.store.last_reading(run_id)
    assert reading is not None and reading.values["ram_used_gb"] > 0
    assert len(garage.store.readings(run_id)) >= 1
    log = garage.workspace.run(run_id) / "log.jsonl"
    stages = {entry["stage"] for entry in read_log(log, limit=1_000)}
    assert stages == {"preparing", "loading", "formatting", "training", "saving"}
    assert len(read_log(log, search="step 7/24")) == 1


def test_a_pause_waits_and_goes_on_to_the_same_end(
    ready: tuple[Garage, int], slow: Callable[[], None]
) -> None:
    garage, _ = ready
    run_id = begin(ready)
    wait_for_step(garage, run_id, 3)
    pause_run(garage, run_id)
    threading.Event().wait(0.5)  # the step that was under way
    reached = garage.store.last_values(run_id)["step"]
    threading.Event().wait(0.5)
    assert garage.store.last_values(run_id)["step"] == reached < STEPS
    assert find_job(garage, run_id).status == "running"
    slow()
    resume_run(garage, run_id)
    assert finish(garage, run_id).status == "finished"
    with pytest.raises(BadInput, match="is finished"):
        pause_run(garage, run_id)


def test_a_stop_keeps_a_checkpoint_within_a_step_and_a_resume_ends_it(
    ready: tuple[Garage, int], slow: Callable[[], None]
) -> None:
    garage, _ = ready
    run_id = begin(ready)
    wait_for_step(garage, run_id, 4)
    stop_run(garage, run_id)
    reached = garage.store.last_values(run_id)["step"]
    job = finish(garage, run_id)
    assert job.status == "stopped" and "a checkpoint is kept" in (job.error or "")
    stopped_at = garage.store.last_values(run_id)["step"]
    assert stopped_at - reached <= 2  # the step that ran, and what was told meanwhile
    checkpoint = last_checkpoint(garage.workspace.run(run_id))
    assert checkpoint is not None and checkpoint.name == f"checkpoint-{stopped_at}"
    slow()
    resume_run(garage, run_id)
    assert finish(garage, run_id).status == "finished"
    steps = [metric.step for metric in garage.store.metrics(run_id)]
    assert steps == list(range(1, STEPS + 1))


def test_a_full_disk_is_waited_for_and_the_run_goes_on(
    ready: tuple[Garage, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    garage, _ = ready
    seal, full = checkpoints.seal_checkpoint, threading.Event()
    full.set()
    waiting = threading.Event()

    def fill_up(checkpoint: Path) -> None:
        if full.is_set() and checkpoint.name == "checkpoint-20":
            raise OSError(28, "No space left on device")
        seal(checkpoint)

    def measure(_: Workspace) -> float:
        waiting.set()
        return 0.0 if full.is_set() else 100.0

    monkeypatch.setattr(checkpoints, "seal_checkpoint", fill_up)
    monkeypatch.setattr(run, "LOOK_FOR_ROOM_EVERY_S", 0.02)
    run_id = begin(ready)
    monkeypatch.setattr(Workspace, "free_gb", measure)
    assert waiting.wait(WAIT_S)
    while "The disk is full" not in find_job(garage, run_id).stage:
        threading.Event().wait(0.01)
    full.clear()
    assert finish(garage, run_id).status == "finished"
    steps = [metric.step for metric in garage.store.metrics(run_id)]
    assert steps == list(range(1, STEPS + 1))


def test_a_run_that_waits_for_room_can_be_stopped(
    ready: tuple[Garage, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    garage, _ = ready

    def refuse(checkpoint: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "seal_checkpoint", refuse)
    run_id = begin(ready)
    monkeypatch.setattr(Workspace, "free_gb", lambda _: 0.0)
    while "The disk is full" not in find_job(garage, run_id).stage:
        assert find_job(garage, run_id).status in ("queued", "running")
        threading.Event().wait(0.01)
    stop_run(garage, run_id)
    assert finish(garage, run_id).status == "stopped"


def test_batches_that_fitted_are_remembered_by_a_resumed_run(
    ready: tuple[Garage, int], monkeypatch: pytest.MonkeyPatch, slow: Callable[[], None]
) -> None:
    garage, _ = ready
    sum_loss, widest = sft.sum_exact_loss, 0

    def refuse_many(causal: Any, states: Any, targets: Any, count: Any) -> Any:
        nonlocal widest
        widest = max(widest, len(targets))
        if len(targets) > 12:
            raise MemoryError
        return sum_loss(causal, states, targets, count)

    monkeypatch.setattr(sft, "sum_exact_loss", refuse_many)
    run_id = begin(ready, train_on_text=False, epochs=6)
    wait_for_step(garage, run_id, 2)
    stop_run(garage, run_id)
    assert finish(garage, run_id).status == "stopped"
    assert widest > 12
    halved = garage.store.get(Run, run_id).result["batch_size"]
    assert halved < 4
    log = garage.workspace.run(run_id) / "log.jsonl"
    (warned,) = read_log(log, least_level="warning", search="out of memory")
    assert f"going on with {halved}" in warned["message"]
    widest = 0
    slow()
    resume_run(garage, run_id)
    assert finish(garage, run_id).status == "finished"
    assert widest <= 12  # it did not try the larger batches again


def test_an_error_leaves_its_trace_in_the_log(
    ready: tuple[Garage, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("deep inside")

    garage, _ = ready
    monkeypatch.setattr(sft, "sum_exact_loss", fail)
    run_id = begin(ready)
    assert finish(garage, run_id).status == "failed"
    log = garage.workspace.run(run_id) / "log.jsonl"
    (entry,) = read_log(log, least_level="error")
    assert "deep inside" in entry["trace"] and "compute_loss" in entry["trace"]
    with log.open(encoding="utf-8") as lines:
        assert all(json.loads(line)["stage"] for line in lines)


def test_a_clone_has_the_settings_and_the_dataset_of_its_run(ready: tuple[Garage, int]) -> None:
    garage, dataset_id = ready
    first = begin(ready, epochs=0.3)
    finish(garage, first)
    second = clone_run(garage, first, seed=5)
    finish(garage, second)
    one, two = garage.store.get(Run, first), garage.store.get(Run, second)
    assert (two.number, two.dataset_id) == (one.number + 1, dataset_id)
    assert two.config == one.config | {"seed": 5}
    with pytest.raises(ConfigError):
        clone_run(garage, first, rank=0)


def test_a_run_that_was_killed_while_it_was_queued_finds_its_job(
    ready: tuple[Garage, int],
) -> None:
    garage, _ = ready
    run_id = begin(ready, epochs=0.3)
    finish(garage, run_id)
    job_id = garage.store.get(Run, run_id).job_id
    garage.store.update(Run, run_id, job_id=None)
    assert find_job(garage, run_id).id == job_id
    lost = garage.store.get(Run, run_id)
    orphan = garage.store.add(
        Run(
            project_id=lost.project_id,
            dataset_id=lost.dataset_id,
            number=9,
            base_model=STARTER_ID,
            config=lost.config,
        )
    )
    with pytest.raises(BadInput, match="Run 9 was never queued"):
        resume_run(garage, orphan.id)


def test_a_full_disk_says_what_it_needs() -> None:
    assert DiskFull("full", 5).needed_bytes == 5
