"""`kill -9` at work, then start again: nothing is lost, nothing is done twice, all goes on."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.generate import GenerateRequest, submit_generate
from gemma_garage.augment.ingest import ingest_files
from gemma_garage.garage import Garage, open_garage
from gemma_garage.schema import Job, Run
from gemma_garage.settings import read_settings
from gemma_garage.train.checkpoints import last_checkpoint
from gemma_garage.train.run import resume_run, start_run
from tests.e2e.crash_child import (
    HELD_AT_PASSAGE,
    HELD_AT_STEP,
    PASSAGES,
    open_for_test,
    slow_config,
    write_document,
)

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 250
LONGEST_LEAVE_S = 30  # what a service manager usually gives a process after SIGTERM

pytestmark = pytest.mark.slow


def _kill_when(
    home: Path,
    tiny: Path,
    phase: str,
    ready: Callable[[Garage], bool],
    end: signal.Signals = signal.SIGKILL,
) -> None:
    """Start the child, watch its store from outside, end it as soon as `ready`."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.crash_child", str(home), str(tiny), phase], cwd=ROOT
    )
    watching = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    try:
        deadline = time.monotonic() + WAIT_S
        while not ready(watching):
            assert child.poll() is None, "the child ended by itself"
            assert time.monotonic() < deadline, "the child never came that far"
            time.sleep(0.02)
        os.kill(child.pid, end)
        child.wait(LONGEST_LEAVE_S)
    finally:
        child.kill()
        child.wait()
        watching.store.close()


@pytest.fixture
def open_here(
    home: Path, tiny_gemma: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Garage]:
    return lambda: open_for_test(home, tiny_gemma, patch=monkeypatch.setattr)


def _prepare(open_garage_here: Callable[[], Garage], tmp_path: Path) -> int:
    garage = open_garage_here()
    try:
        project_id = garage.store.projects()[0].id
        (outcome,) = ingest_files(garage, project_id, [write_document(tmp_path)])
        assert outcome.job_id is not None, outcome.error
        assert garage.jobs.wait(outcome.job_id, WAIT_S).status == "finished"
    finally:
        garage.close()
    return project_id


def test_generation_goes_on_with_the_next_passage(
    home: Path, tmp_path: Path, tiny_gemma: Path, open_here: Callable[[], Garage]
) -> None:
    project_id = _prepare(open_here, tmp_path)
    _kill_when(
        home,
        tiny_gemma,
        "generate",
        lambda garage: garage.store.examples(project_id)[1] >= 4 * HELD_AT_PASSAGE,
    )
    garage = open_here()
    try:
        before, count = garage.store.examples(project_id)
        assert count == 4 * HELD_AT_PASSAGE < 4 * PASSAGES
        (job,) = garage.store.jobs(kind="generate")
        assert job.status == "interrupted"
        garage.jobs.resume(job.id)
        assert garage.jobs.wait(job.id, WAIT_S).status == "finished"
        after, _ = garage.store.examples(project_id)
        assert {row.id for row in before} <= {row.id for row in after}
        questions = Counter(row.question for row in after if row.question)
        assert len(questions) == 4 * PASSAGES
        assert set(questions.values()) == {1}
    finally:
        garage.close()


def test_a_run_goes_on_from_its_last_checkpoint_and_ends_as_without(
    home: Path, tmp_path: Path, tiny_gemma: Path, open_here: Callable[[], Garage]
) -> None:
    project_id = _prepare(open_here, tmp_path)
    garage = open_here()
    job_id = submit_generate(garage, project_id, GenerateRequest(generator="local"))
    assert garage.jobs.wait(job_id, WAIT_S).status == "finished"
    dataset = freeze(garage, project_id)
    # The same run without a kill, to compare with.
    whole_id = start_run(garage, project_id, dataset.id, slow_config())
    whole_job = garage.store.get(Run, whole_id).job_id
    assert whole_job is not None
    finished = garage.jobs.wait(whole_job, WAIT_S)
    assert finished.status == "finished", finished.error
    garage.close()

    def trained_some(watching: Garage) -> bool:
        newest = watching.store.runs(project_id)[0]
        return newest.id != whole_id and len(watching.store.metrics(newest.id)) >= HELD_AT_STEP

    _kill_when(home, tiny_gemma, "train", trained_some)
    garage = open_here()
    try:
        run = garage.store.runs(project_id)[0]
        assert run.adapter is None
        assert garage.store.get(Job, run.job_id).status == "interrupted"
        reached = len(garage.store.metrics(run.id))
        resume_run(garage, run.id)
        assert run.job_id is not None
        job = garage.jobs.wait(run.job_id, WAIT_S)
        assert job.status == "finished", job.error
        whole, resumed = garage.store.metrics(whole_id), garage.store.metrics(run.id)
        steps = [metric.step for metric in resumed]
        # Step 0 is the watched question before anything was learned.
        assert steps == [metric.step for metric in whole] == list(range(len(steps)))
        assert len(steps) > reached
        for mine, theirs in zip(resumed, whole, strict=True):
            assert mine.values.get("answer") == theirs.values.get("answer")
            if mine.step:
                assert mine.values["loss"] == pytest.approx(theirs.values["loss"], abs=1e-3)
        assert garage.store.get(Run, run.id).adapter is not None
        assert len(garage.store.documents(project_id)) == 1
        assert garage.store.get(Run, whole_id).adapter is not None
    finally:
        garage.close()


@pytest.mark.parametrize(("way", "status"), [("serve", "interrupted"), ("command", "stopped")])
def test_a_run_that_is_told_to_leave_writes_a_checkpoint_first(
    home: Path,
    tmp_path: Path,
    tiny_gemma: Path,
    open_here: Callable[[], Garage],
    way: str,
    status: str,
) -> None:
    project_id = _prepare(open_here, tmp_path)
    garage = open_here()
    job_id = submit_generate(garage, project_id, GenerateRequest(generator="local"))
    assert garage.jobs.wait(job_id, WAIT_S).status == "finished"
    freeze(garage, project_id)
    garage.close()

    def trained_some(watching: Garage) -> bool:
        runs = watching.store.runs(project_id)
        return bool(runs) and watching.store.last_values(runs[0].id).get("step", 0) >= 5

    _kill_when(home, tiny_gemma, way, trained_some, signal.SIGTERM)
    watching = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    run = watching.store.runs(project_id)[0]
    assert watching.store.get(Job, run.job_id).status == status
    reached = watching.store.last_values(run.id)["step"]
    checkpoint = last_checkpoint(watching.workspace.run(run.id))
    # It would have saved the first one at its end: this one is for the signal.
    assert checkpoint is not None and checkpoint.name == f"checkpoint-{reached}"
    assert reached < watching.store.last_values(run.id)["total"]
    watching.store.close()
