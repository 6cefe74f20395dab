"""One run on the page: stages, figures, answers, its curve, its log, its turn, its end."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Job, Run
from gemma_garage.train import run as train_run
from gemma_garage.ui import (
    comparing_runs,
    controlling,
    curves,
    frame,
    run_log,
    terms,
    training,
    watching,
)
from tests.ui.filled import EVIL, Filled, fill_project

SKIP = {"__type__": "update"}


@pytest.fixture
def running(garage: Garage) -> Filled:
    filled = fill_project(garage, "Running", run_status="running")
    garage.store.update(Job, filled.job, heartbeat=datetime.now(UTC).isoformat())
    return filled


def draw(garage: Garage, filled: Filled) -> tuple[str, str, str]:
    stages, now, answers, more = watching.draw_live(garage, filled.project, filled.run)
    assert more.visible
    return stages, now, answers


def test_the_figures_tell_step_speed_and_time_left(garage: Garage, running: Filled) -> None:
    values = {"loss": 0.1, "total": 60, "token_accuracy": 0.5, "steps_per_second": 0.25}
    garage.store.record_metric(running.run, 31, values)
    reading = {"cpu_percent": 97.0, "ram_used_gb": 3.9, "ram_total_gb": 24.0, "power_w": 70.0}
    garage.store.record_reading(running.run, 31, reading)
    _, now, _ = draw(garage, running)
    for told in ("31 of 60", "62 tokens/s", "0.2 steps/s", "about 40 s", "50 %"):
        assert told in now, told
    assert "processor 97 % · memory 3.9 of 24 GB · 70 W" in now


def test_each_stage_has_a_bar_and_the_present_one_is_marked(
    garage: Garage, running: Filled
) -> None:
    stages, _, _ = draw(garage, running)
    assert stages.count("<progress") == 7
    titles = ("Queued", "Preparing data", "Formatting", "Loading the model", "Training", "Saving")
    assert all(title in stages for title in (*titles, "Examining"))
    (now,) = [item for item in stages.split("<li") if 'aria-current="step"' in item]
    assert "Training" in now and 'value="47"' in now
    garage.store.update(Job, running.job, status="finished", fraction=1.0)
    exam = garage.store.add(
        Job(
            project_id=running.project,
            kind="exam",
            lane="gpu",
            status="running",
            fraction=0.3,
            payload={"run_id": running.run},
        )
    )
    stages, _, _ = draw(garage, running)
    (now,) = [item for item in stages.split("<li") if 'aria-current="step"' in item]
    assert "Examining" in now and 'value="30"' in now
    garage.store.update(Job, exam.id, status="finished", fraction=1.0)
    assert 'aria-current="step"' not in draw(garage, running)[0]


def test_a_run_without_a_heartbeat_is_shown_as_such(garage: Garage, running: Filled) -> None:
    assert "No sign of life" not in draw(garage, running)[1]
    long_ago = datetime.now(UTC) - timedelta(minutes=3)
    garage.store.update(Job, running.job, heartbeat=long_ago.isoformat())
    _, now, _ = draw(garage, running)
    assert "No sign of life for 3 min" in now and "last checkpoint" in now


def test_the_watched_answers_are_shown_where_they_changed(garage: Garage, running: Filled) -> None:
    garage.store.update(Run, running.run, config={"probe_prompt": "How often is the oil changed?"})
    for step, answer in enumerate([EVIL, EVIL, "every 50 hours", "every 500 hours"] * 4):
        garage.store.record_metric(running.run, step, {"answer": answer})
    _, _, answers = draw(garage, running)
    assert "How often is the oil changed?" in answers
    assert answers.count("<dt>") == watching.SHOWN_ANSWERS
    assert "<dt>step 0</dt>" in answers and "every 500 hours" in answers
    assert "<dt>step 1</dt>" not in answers  # as at step 0
    assert "<img" not in answers


def test_the_curve_has_few_points_keeps_the_last_and_those_of_held_out_rows(
    garage: Garage, running: Filled
) -> None:
    with garage.store._write() as session:
        from gemma_garage.schema import Metric

        session.add_all(
            Metric(
                run_id=running.run,
                step=step,
                values={"loss": 2.0, "total": 6_000}
                | ({"eval_loss": 1.0} if step % 1_499 == 0 else {})
                | ({"loss": math.nan} if step == 40 else {}),
            )
            for step in range(31, 6_001)
        )
    lines = curves.collect_lines(garage, running.run, curves.MEASURES["loss"], [])
    assert sum(map(len, lines.values())) <= curves.MOST_POINTS
    assert lines["training"][-1][0] == 6_000
    assert [step for step, _ in lines["held out"]] == [1_499, 2_998, 4_497, 5_996]
    assert all(math.isfinite(value) for _, value in lines["training"])


def test_other_runs_lie_beside_the_curve_within_the_same_number_of_points(
    garage: Garage, running: Filled
) -> None:
    store = garage.store
    ids = [running.run]
    for number in range(2, 5):
        run = Run(
            project_id=running.project, dataset_id=running.dataset, number=number, base_model="a"
        )
        ids.append(store.add(run).id)
        store.record_metric(ids[-1], 1, {"loss": 1.0})
        store.record_metric(ids[-1], 2, {"loss": 0.5})
    drawn = curves.draw_curve(garage, running.project, ids[0], "loss", 0.0, False, ids)
    assert list(drawn.color_map) == ["training", "run 2", "run 3", "run 4"]
    offered = comparing_runs.list_others(garage, running.project, ids[0], [ids[2], 999])
    assert [value for _, value in offered.choices] == ids[:0:-1]
    assert offered.value == [ids[2]]


def test_smoothing_keeps_the_level_and_a_logarithm_only_what_is_above_zero() -> None:
    assert curves.smooth([(1, 4.0), (2, 4.0), (3, 4.0)], 0.9) == [
        (1, pytest.approx(4.0)),
        (2, pytest.approx(4.0)),
        (3, pytest.approx(4.0)),
    ]
    assert curves.smooth([(1, 1.0), (2, 3.0)], 0.0) == [(1, 1.0), (2, 3.0)]
    jumps = [(step, float(step % 2)) for step in range(100)]
    assert 0.4 < curves.smooth(jumps, 0.95)[-1][1] < 0.6
    table = curves.make_table({"a": [(1, 100.0), (2, 0.0), (3, 0.01)]}, 0.0, True)
    assert table["value"].tolist() == [2.0, -2.0]


def test_a_measure_that_is_not_there_is_refused(garage: Garage, running: Filled) -> None:
    with pytest.raises(BadInput, match="no measure 'speed of light'"):
        curves.draw_curve(garage, running.project, running.run, "speed of light", 0, False, [])


def read(garage: Garage, filled: Filled, *choices: str, is_open: bool = True) -> Any:
    return run_log.draw_log(garage, filled.project, filled.run, is_open, *choices)


def test_the_log_is_filtered_searched_escaped_and_linked(garage: Garage, running: Filled) -> None:
    from gemma_garage.train.logs import RunLog

    log = RunLog(garage.workspace.run(running.run) / "log.jsonl", running.run)
    log.write("loading", "Gemma is loaded")
    log.write("training", "out of memory", "warning")
    drawn = read(garage, running, "debug", "all", "")
    assert "Gemma is loaded" in drawn and "<img" not in drawn and "&lt;img" in drawn
    assert f'href="/files/runs/{running.run}/log.jsonl"' in drawn
    assert drawn.index("out of memory") < drawn.index("Gemma is loaded")  # newest first
    assert "log-warning" in read(garage, running, "warning", "all", "")
    assert "Gemma is" not in read(garage, running, "warning", "all", "")
    assert "out of memory" not in read(garage, running, "debug", "loading", "")
    assert "out of memory" in read(garage, running, "debug", "all", "MEMORY")
    assert "No line" in read(garage, running, "debug", "all", "not there")
    with pytest.raises(BadInput, match="filter of the log is unknown"):
        read(garage, running, "debug", "anywhere", "")


def test_a_log_that_is_shut_is_not_read(
    garage: Garage, running: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_log, "read_log", None)
    assert read(garage, running, "debug", "all", "", is_open=False) == SKIP


def test_waiting_runs_change_their_turn(garage: Garage) -> None:
    filled = fill_project(garage)
    terms.accept(garage, True)
    train_run.register(garage)
    config = {"base_model": "gemma-3-270m-starter", "rank": 8, "alpha": 8}
    garage.store.update(Run, filled.run, config=config)
    first, second = (
        int(controlling.clone(garage, filled.project, filled.run).value) for _ in range(2)
    )

    def turn(run_id: int) -> tuple[int, int]:
        job = garage.store.get(Job, garage.store.get(Run, run_id).job_id)
        return controlling.find_turn(garage, job)

    def arrows(run_id: int) -> tuple[bool, bool]:
        buttons = controlling.draw_controls(garage, filled.project, run_id)
        return buttons[3].visible, buttons[4].visible

    assert (turn(first), turn(second)) == ((1, 2), (2, 2))
    assert training.show_newest_run(garage, filled.project, filled.run).value == first
    job_id = garage.store.get(Run, filled.run).job_id
    assert job_id is not None
    garage.store.update(Job, job_id, status="running")
    assert training.show_newest_run(garage, filled.project, second).value == filled.run
    assert "running" in frame.draw_tabs(garage, filled.project)[1].label
    assert (arrows(first), arrows(second)) == ((False, True), (True, False))
    controlling.move(garage, filled.project, second, -1)
    assert (turn(first), turn(second)) == ((2, 2), (1, 2))
    assert "Queued, 2 of 2" in watching.draw_live(garage, filled.project, first)[0]
    assert "2 of 2" in watching.draw_runs(garage, filled.project)
    with pytest.raises(BadInput, match="no earlier turn"):
        controlling.move(garage, filled.project, second, -1)
    controlling.stop(garage, filled.project, second)
    assert turn(first) == (1, 1)
    assert garage.store.get(Run, first).config["rank"] == 8


def test_a_paused_run_says_so_and_goes_on(garage: Garage, running: Filled) -> None:
    controlling.pause(garage, running.project, running.run)
    pause, _, resume, *_ = controlling.draw_controls(garage, running.project, running.run)
    assert (pause.visible, resume.visible, resume.value) == (False, True, "Go on")
    assert "badge-paused" in draw(garage, running)[1]
    controlling.resume(garage, running.project, running.run)
    assert "badge-running" in draw(garage, running)[1]


def test_a_deletion_says_first_what_goes_and_what_it_frees(garage: Garage) -> None:
    filled = fill_project(garage)
    (garage.workspace.run(filled.run) / "weights").write_bytes(b"x" * 2_000_000)
    sure, told = controlling.ask_delete(garage, filled.project, filled.run)
    assert sure.visible
    assert "run 1" in told and "1 export" in told and "frees 2 MB" in told
    sure, picker = controlling.delete(garage, filled.project, filled.run)
    assert not sure.visible and picker.value is None
    with pytest.raises(NotFound):
        garage.store.get(Run, filled.run)


def test_runs_side_by_side_show_what_differs_and_what_came_out(garage: Garage) -> None:
    filled = fill_project(garage)
    store = garage.store
    config = store.get(Run, filled.run).config
    other = store.add(
        Run(
            project_id=filled.project,
            dataset_id=filled.dataset,
            number=2,
            base_model="gemma-3-270m-starter",
            config=config | {"rank": 16, "odd": EVIL},
            result={"steps": 60, "loss": 0.25, "seconds": 100.0},
        )
    ).id
    table = comparing_runs.draw_comparison(garage, filled.project, filled.run, [other])
    assert "Capacity (LoRA rank)" in table and "learning_rate" not in table
    assert "3 of 4" in table and "0.2500" in table
    assert "<img" not in table and "&lt;img" in table
    alone = comparing_runs.draw_comparison(garage, filled.project, filled.run, [])
    assert "empty" in alone
