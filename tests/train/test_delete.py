"""Deleting a run says what it frees, takes all of it, and nothing of another run."""

from pathlib import Path

import pytest

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Job, Run
from gemma_garage.train.delete import delete_run, measure_run
from gemma_garage.train.differences import list_differences
from tests.ui.filled import fill_project


def _write(folder: Path, name: str, size: int) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x" * size)


def test_a_run_goes_with_all_that_hangs_on_it(garage: Garage) -> None:
    filled = fill_project(garage)
    other = fill_project(garage, "Other")
    store, workspace = garage.store, garage.workspace
    store.record_reading(filled.run, 3, {"cpu_percent": 50.0})
    store.add(
        Job(kind="exam", lane="gpu", project_id=filled.project, payload={"run_id": filled.run})
    )
    store.update(Job, store.jobs(kind="exam")[0].id, status="finished")
    _write(workspace.run(filled.run), "checkpoints/checkpoint-5/weights", 1_000)
    _write(workspace.export(filled.run), "a.zip", 500)
    _write(workspace.run(other.run), "adapter/weights", 700)
    log = (workspace.run(filled.run) / "log.jsonl").stat().st_size

    held = measure_run(garage, filled.run)
    assert (held.size_bytes, held.checkpoints, held.exports) == (1_500 + log, 1, 1)
    assert held.has_result
    assert delete_run(garage, filled.run) == held
    with pytest.raises(NotFound):
        store.get(Run, filled.run)
    assert not store.metrics(filled.run) and not store.readings(filled.run)
    assert not store.exports(filled.project) and not store.exam_results(filled.run)
    assert not store.jobs(project_id=filled.project)
    assert not (workspace.home / "runs" / str(filled.run)).exists()
    assert not list(workspace.home.rglob(".deleted-*"))
    assert store.metrics(other.run) and store.exports(other.project)
    assert (workspace.run(other.run) / "adapter" / "weights").exists()


def test_a_run_with_work_on_it_stays(garage: Garage) -> None:
    filled = fill_project(garage, run_status="running")
    with pytest.raises(BadInput, match=r"while there is work on it: Training run 1\. Stop it"):
        delete_run(garage, filled.run)
    assert garage.store.get(Run, filled.run)


def test_what_a_killed_deletion_left_does_not_stand_in_the_way(garage: Garage) -> None:
    filled = fill_project(garage)
    _write(garage.workspace.runs / f".deleted-{filled.run}", "weights", 10)
    delete_run(garage, filled.run)
    assert not list(garage.workspace.home.rglob(".deleted-*"))


def test_only_what_differs_is_listed() -> None:
    rows = list_differences(
        [
            {"rank": 8, "learning_rate": 1e-3, "base_model": "a"},
            {"rank": 64, "learning_rate": 1e-3, "base_model": "a", "gone": 1},
            {"rank": 8, "learning_rate": 1e-3, "base_model": "a", "patience": 3},
        ]
    )
    assert rows == [("rank", [8, 64, 8]), ("gone", [None, 1, None])]
