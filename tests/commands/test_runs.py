"""`gemma-garage runs`, `resume` and `stop`: alone, and beside a process that has the Jobs."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.cli import main
from gemma_garage.garage import Garage, open_garage
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.infer import session
from gemma_garage.settings import read_settings
from gemma_garage.train import run, sft
from gemma_garage.train.run import find_job, start_run
from tests.train.small import STEPS, add_dataset, configure

WAIT_S = 100
Call = Callable[..., tuple[int, Any, str]]


@pytest.fixture(autouse=True)
def tiny_base(tiny_gemma: Path, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The tiny Gemma in the starter's place, slow until the event is set."""
    let, sum_loss = threading.Event(), sft.sum_exact_loss

    def wait(*arguments: Any) -> Any:
        let.wait(0.05)
        return sum_loss(*arguments)

    for module in (run, session):
        monkeypatch.setattr(module, "obtain_base", lambda *_, **__: tiny_gemma)
    monkeypatch.setattr(sft, "sum_exact_loss", wait)
    return let


@pytest.fixture
def at_work(home: Path) -> Iterator[Garage]:
    """A process with Jobs, in which a run is started."""
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}), exclusive=True)
    run.register(garage)
    garage.jobs.start()
    project = garage.store.projects()[0].id
    start_run(garage, project, add_dataset(garage), configure(base_model=STARTER_ID))
    yield garage
    garage.close()


@pytest.fixture
def call(home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    def command(verb: str, *more: str) -> tuple[int, Any, str]:
        code = main([verb, "--home", str(home), "--json", *more])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else None, told.err

    return command


def _wait_for_step(garage: Garage, step: int) -> None:
    while garage.store.last_values(1).get("step", 0) < step:
        assert find_job(garage, 1).status in ("queued", "running"), find_job(garage, 1).error
        threading.Event().wait(0.01)


def test_beside_an_open_page_a_run_is_listed_paused_stopped_and_resumed(
    at_work: Garage, call: Call, tiny_base: threading.Event
) -> None:
    _wait_for_step(at_work, 2)
    code, told, _ = call("runs")
    (listed,) = told["runs"]
    assert code == 0 and (listed["number"], listed["status"]) == (1, "running")
    assert listed["total"] == STEPS and listed["silent_s"] is None and listed["exam"] is None
    code, told, said = call("stop", "--pause")
    assert (code, told["wish"], told["status"]) == (0, "pause", "running")
    assert "pauses after its present step" in said
    code, told, _ = call("stop", "1")
    assert (code, told["status"]) == (0, "stopped")
    code, told, said = call("stop")
    assert code == 1 and "Run 1 is stopped: there is nothing to stop." in said
    code, told, said = call("resume", "1")
    assert code == 0 and told["status"] in ("queued", "running")
    assert "the Gemma Garage that is open there goes on with it" in said
    tiny_base.set()
    assert at_work.jobs.wait(find_job(at_work, 1).id, WAIT_S).status == "finished"


def test_alone_a_dead_run_is_interrupted_and_resumed_in_this_process(
    at_work: Garage, call: Call, tiny_base: threading.Event
) -> None:
    _wait_for_step(at_work, 2)
    at_work.close()
    at_work.store.update(type(find_job(at_work, 1)), find_job(at_work, 1).id, status="running")
    at_work.store.close()
    code, told, _ = call("runs")
    assert (code, told["runs"][0]["status"]) == (0, "interrupted")
    code, _, said = call("stop")
    assert code == 1 and "Run 1 is interrupted: there is nothing to stop." in said
    tiny_base.set()
    code, told, said = call("resume")
    assert code == 0, said
    assert (told["status"], told["step"]) == ("finished", STEPS)
    assert Path(told["adapter"]).is_dir()
    assert "Training" in said


def test_a_run_that_is_not_there_is_told_with_those_that_are(at_work: Garage, call: Call) -> None:
    code, told, said = call("stop", "7")
    assert (code, told) == (1, None)
    assert "There is no run 7; there are: 1." in said


def test_without_runs_it_says_how_to_begin(home: Path, call: Call) -> None:
    code, told, said = call("runs")
    assert (code, told) == (0, {"runs": []})
    assert "gemma-garage train" in said


def test_runs_of_other_projects_are_named(at_work: Garage, call: Call) -> None:
    at_work.store.ensure_project("Empty")
    code, told, said = call("runs", "--project", "Empty")
    assert (code, told) == (0, {"runs": []})
    (project,) = [row for row in at_work.store.projects() if at_work.store.runs(row.id)]
    assert f"There are runs in “{project.name}”: name it with --project." in said
