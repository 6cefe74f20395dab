"""Polling: nothing is sent while nothing happened; only the part that changed gets a new key."""

from typing import Any

import pytest

from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.schema import Document, Job, now
from gemma_garage.ui import frame, pulse
from tests.ui.filled import EVIL, Filled, fill_project


@pytest.fixture
def filled(garage: Garage) -> Filled:
    return fill_project(garage, run_status="running")


def changed(before: pulse.Pulse, after: pulse.Pulse) -> set[str]:
    return {part for part in pulse.PARTS if getattr(before, part) != getattr(after, part)}


def test_a_tick_without_a_write_skips_every_output(garage: Garage, filled: Filled) -> None:
    first = pulse.tick(garage, filled.project, filled.run, "")
    assert first[0].startswith(str(garage.store.change_counter()))
    again = pulse.tick(garage, filled.project, filled.run, first[0])
    assert all(isinstance(value, dict) and value["__type__"] == "update" for value in again)
    assert len(again) == len(first) == 1 + len(pulse.PARTS)


def test_progress_of_a_run_draws_the_live_part_and_not_the_review(
    garage: Garage, filled: Filled
) -> None:
    before = pulse.read_pulse(garage, filled.project, filled.run)
    garage.store.update(Job, filled.job, fraction=0.6, stage="training: step 36 of 60")
    after = pulse.read_pulse(garage, filled.project, filled.run)
    assert changed(before, after) == {"frame", "live"}


def test_a_step_draws_the_curve_and_only_so_often(garage: Garage, filled: Filled) -> None:
    before = pulse.read_pulse(garage, filled.project, filled.run)
    garage.store.record_metric(filled.run, 31, {"loss": 0.1, "total": 60})
    after = pulse.read_pulse(garage, filled.project, filled.run)
    assert changed(before, after) == {"curve"}
    keys = set()
    for step in range(1, 3_001):
        values = {"loss": 1.0, "total": 3_000}
        garage.store.last_values = lambda *_, s=step, v=values, **__: v | {"step": s}  # type: ignore[method-assign]
        keys.add(pulse._read_bucket(garage, filled.run))
    assert len(keys) <= pulse.CURVE_PARTS + 1


def test_a_run_that_falls_silent_is_drawn_though_nothing_was_written(
    garage: Garage, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "KEPT_BEAT_S", 0.0)
    garage.store.update(Job, filled.job, heartbeat=now())
    first = pulse.tick(garage, filled.project, filled.run, "")
    before = pulse.read_pulse(garage, filled.project, filled.run)
    monkeypatch.setattr("gemma_garage.jobs.SILENT_AFTER_S", -1.0)
    again = pulse.tick(garage, filled.project, filled.run, first[0])
    assert again[0] != first[0]
    after = pulse.read_pulse(garage, filled.project, filled.run)
    assert changed(before, after) == {"live"}


def test_many_pages_share_one_reading_and_one_drawing(
    garage: Garage, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = pulse.read_pulse, []

    def count(*arguments: Any) -> pulse.Pulse:
        reads.append(arguments)
        return read(*arguments)

    monkeypatch.setattr(pulse, "read_pulse", count)
    answers = [pulse.tick(garage, filled.project, filled.run, "") for _ in range(20)]
    assert len(reads) == 1 and set(answers) == {answers[0]}
    pulse.tick(garage, filled.project, None, "")
    assert len(reads) == 2  # another run is another question
    monkeypatch.setattr(pulse, "KEPT_BEAT_S", 0.0)
    pulse.tick(garage, filled.project, filled.run, "")
    assert len(reads) == 3

    drawn: list[tuple[Any, ...]] = []

    def draw(_: Garage, *values: Any) -> int:
        drawn.append(values)
        return len(drawn)

    shared = pulse._share("live", draw)
    assert [shared(garage, "key 1", 4, [5]) for _ in range(20)] == [1] * 20
    assert shared(garage, "key 1", 4, [6]) == 2  # another choice
    assert shared(garage, "key 2", 4, [5]) == 3  # it has changed
    monkeypatch.setattr(pulse, "KEPT_PICTURE_S", 0.0)
    assert shared(garage, "key 2", 4, [5]) == 4


def test_a_verdict_on_an_example_draws_the_review_and_not_the_run(
    garage: Garage, filled: Filled
) -> None:
    before = pulse.read_pulse(garage, filled.project, filled.run)
    garage.store.review_examples(
        filled.project, Filter(ids=(filled.examples[0],)), "rejected", "by hand"
    )
    after = pulse.read_pulse(garage, filled.project, filled.run)
    assert changed(before, after) == {"frame", "examples"}


def test_a_document_that_was_read_draws_the_list_of_documents(
    garage: Garage, filled: Filled
) -> None:
    before = pulse.read_pulse(garage, filled.project, filled.run)
    garage.store.update(Document, filled.documents[2], status="ready", error=None, pages=3)
    after = pulse.read_pulse(garage, filled.project, filled.run)
    assert changed(before, after) == {"documents"}


def test_another_project_changes_every_key(garage: Garage, filled: Filled) -> None:
    other = garage.store.ensure_project("Other").id
    one = pulse.read_pulse(garage, filled.project, filled.run)
    two = pulse.read_pulse(garage, other, None)
    assert changed(one, two) == set(pulse.PARTS)


def test_a_fresh_page_shows_the_project_that_works_unless_another_is_remembered(
    garage: Garage, filled: Filled
) -> None:
    garage.store.ensure_project("Newest")
    assert frame.restore(garage, None)[0].value == filled.project
    remembered = garage.store.ensure_project("My first project").id
    assert frame.restore(garage, remembered)[0].value == remembered
    assert frame.restore(garage, 999)[0].value == filled.project


def test_the_tabs_carry_the_state(garage: Garage, filled: Filled) -> None:
    labels = [tab.label for tab in frame.draw_tabs(garage, filled.project)]
    assert labels == ["Data · 48 accepted", "Train · running 50 %", "Compare", "Export · 2"]


def test_the_status_line_names_the_work_and_stops_only_the_projects_own(
    garage: Garage, filled: Filled
) -> None:
    garage.store.update(Job, filled.job, title=EVIL)
    bar, line, stop, job_id = frame.draw_status(garage, filled.project)
    assert bar.visible
    assert "step 30 of 60" in line
    assert "<img" not in line
    assert (stop.visible, job_id) == (True, filled.job)
    other = garage.store.ensure_project("Other").id
    _, line, stop, job_id = frame.draw_status(garage, other)
    assert "another project" in line
    assert (stop.visible, job_id) == (False, None)


def test_a_job_of_another_project_is_not_stopped(garage: Garage, filled: Filled) -> None:
    from gemma_garage.errors import NotFound

    other = garage.store.ensure_project("Other").id
    with pytest.raises(NotFound, match="another project"):
        frame.stop_job(garage, other, filled.job)
    assert garage.store.get(Job, filled.job).status == "running"


def test_a_project_needs_a_name_of_its_own(garage: Garage) -> None:
    from gemma_garage.errors import BadInput

    chosen, form, typed = frame.add_project(garage, "  Valves ")
    assert garage.store.projects()[-1].name == "Valves"
    assert (chosen.value, form.visible, typed) == (garage.store.projects()[-1].id, False, "")
    with pytest.raises(BadInput, match="already a project"):
        frame.add_project(garage, "Valves")
    with pytest.raises(BadInput, match="has 0"):
        frame.add_project(garage, " ")
