"""A Job is queued, runs once, and ends in exactly one of the ways there are."""

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import BadInput, Busy, NotFound
from gemma_garage.garage import Garage, is_at_work, open_garage
from gemma_garage.jobs import SILENT_AFTER_S, Progress, find_silence_s
from gemma_garage.schema import Job
from gemma_garage.settings import read_settings
from gemma_garage.workspace import Workspace

WAIT_S = 20


def _until_stopped(started: threading.Event) -> Any:
    def work(progress: Progress, payload: dict[str, Any]) -> None:
        started.set()
        for _ in range(WAIT_S * 100):
            progress.check()
            threading.Event().wait(0.01)

    return work


def test_a_job_runs_reports_and_keeps_its_result(garage: Garage) -> None:
    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        progress.report(0.25, "half of the half")
        return {"doubled": payload["number"] * 2}

    garage.jobs.register("double", "io", work)
    garage.jobs.start()
    job = garage.jobs.wait(garage.jobs.submit("double", "Doubling", {"number": 21}), WAIT_S)
    assert (job.status, job.result, job.fraction, job.error) == (
        "finished",
        {"doubled": 42},
        1,
        None,
    )
    assert job.stage == "half of the half"
    assert job.started and job.finished and job.heartbeat


def test_a_known_error_is_the_message_and_an_unknown_one_a_reference(garage: Garage) -> None:
    def known(progress: Progress, payload: dict[str, Any]) -> None:
        raise BadInput("The file is empty. Choose another.")

    def unknown(progress: Progress, payload: dict[str, Any]) -> None:
        raise ZeroDivisionError("inside")

    garage.jobs.register("known", "io", known)
    garage.jobs.register("unknown", "io", unknown)
    garage.jobs.start()
    first = garage.jobs.wait(garage.jobs.submit("known", "K", {}), WAIT_S)
    second = garage.jobs.wait(garage.jobs.submit("unknown", "U", {}), WAIT_S)
    assert (first.status, first.error) == ("failed", "The file is empty. Choose another.")
    assert second.status == "failed"
    assert "ZeroDivisionError" in (second.error or "")
    assert "under" in (second.error or "")


def test_the_gpu_lane_takes_one_at_a_time_and_the_io_lane_several(garage: Garage) -> None:
    at_once: dict[str, int] = {"gpu": 0, "io": 0}
    most: dict[str, int] = {"gpu": 0, "io": 0}
    lock = threading.Lock()

    def work_in(lane: str) -> Any:
        def work(progress: Progress, payload: dict[str, Any]) -> None:
            with lock:
                at_once[lane] += 1
                most[lane] = max(most[lane], at_once[lane])
            threading.Event().wait(0.2)
            with lock:
                at_once[lane] -= 1

        return work

    for lane in at_once:
        garage.jobs.register(lane, lane, work_in(lane))
    garage.jobs.start()
    ids = [garage.jobs.submit(lane, lane, {}) for lane in ("gpu", "io") * 3]
    assert all(garage.jobs.wait(job_id, WAIT_S).status == "finished" for job_id in ids)
    assert most["gpu"] == 1
    assert most["io"] > 1


def test_a_stop_ends_running_and_waiting_jobs_and_both_can_go_on(garage: Garage) -> None:
    started = threading.Event()
    garage.jobs.register("long", "gpu", _until_stopped(started))
    garage.jobs.start()
    running, waiting = (garage.jobs.submit("long", name, {}) for name in ("first", "second"))
    assert started.wait(WAIT_S)
    garage.jobs.stop(waiting)
    garage.jobs.stop(running)
    assert garage.jobs.wait(running, WAIT_S).status == "stopped"
    assert garage.jobs.wait(waiting, WAIT_S).status == "stopped"

    garage.jobs.register("long", "gpu", lambda progress, payload: {"went": "on"})
    for job_id in (running, waiting):
        garage.jobs.resume(job_id)
        job = garage.jobs.wait(job_id, WAIT_S)
        assert (job.status, job.result, job.error) == ("finished", {"went": "on"}, None)
    with pytest.raises(NotFound, match="finished; only what was stopped"):
        garage.jobs.resume(running)


def test_what_a_dead_process_left_is_interrupted_and_goes_on(garage: Garage) -> None:
    dead = garage.store.add(Job(kind="work", lane="io", status="running", title="Left"))
    garage.jobs.register("work", "io", lambda progress, payload: {"done": 1})
    garage.jobs.start()
    assert garage.store.get(Job, dead.id).status == "interrupted"
    garage.jobs.resume(dead.id)
    assert garage.jobs.wait(dead.id, WAIT_S).status == "finished"


def test_what_waits_for_its_turn_waits_on_in_the_next_process(garage: Garage) -> None:
    titles = ("ran", "next", "last")
    left = [
        garage.store.queue_job(Job(kind="turn", lane="gpu", title=title, wish="")).id
        for title in titles
    ]
    garage.store.update(Job, left[0], status="running")
    done: list[int] = []
    garage.jobs.register("turn", "gpu", lambda progress, payload: done.append(1), keeps_turn=True)
    garage.jobs.start()
    jobs = [garage.store.get(Job, job_id) for job_id in left]
    assert [(job.status, job.wish) for job in jobs] == [
        ("interrupted", ""),
        ("queued", "pause"),
        ("queued", "pause"),
    ]
    assert [job.title for job in garage.store.queued_jobs("gpu")] == ["next", "last"]
    garage.jobs.go_on(left[1])
    assert garage.jobs.wait(left[1], WAIT_S).status == "finished"
    assert len(done) == 1


def test_a_shutdown_interrupts_and_does_not_say_that_the_user_stopped(garage: Garage) -> None:
    started = threading.Event()
    garage.jobs.register("long", "gpu", _until_stopped(started))
    garage.jobs.start()
    running = garage.jobs.submit("long", "first", {})
    waiting = garage.jobs.submit("long", "second", {})
    assert started.wait(WAIT_S)
    garage.jobs.shutdown()
    assert garage.store.get(Job, running).status == "interrupted"
    assert garage.store.get(Job, waiting).status == "interrupted"


def test_a_home_takes_one_process_at_a_time(home: Any) -> None:
    settings = read_settings({"GEMMA_GARAGE_HOME": str(home)})
    first = open_garage(settings, exclusive=True)
    with pytest.raises(Exception, match="Another Gemma Garage is at work"):
        open_garage(settings, exclusive=True)
    first.close()
    open_garage(settings, exclusive=True).close()


def test_a_killed_process_is_waited_for_while_its_lock_goes(home: Path) -> None:
    # As after kill -9 of a process with much memory: it is a zombie, and what is left of it (here a
    # child of it) has the lock still.
    code = (
        "import os, sys, time\n"
        "from gemma_garage.garage import open_garage\n"
        "from gemma_garage.settings import read_settings\n"
        "garage = open_garage(read_settings({'GEMMA_GARAGE_HOME': sys.argv[1]}), exclusive=True)\n"
        "if os.fork() == 0:\n"
        "    time.sleep(2)\n"
        "    os._exit(0)\n"
        "print('held', flush=True)\n"
        "time.sleep(100)\n"
    )
    command = [sys.executable, "-c", code, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        settings = read_settings({"GEMMA_GARAGE_HOME": str(home)})
        workspace = Workspace(home)
        with pytest.raises(Busy):
            open_garage(settings, exclusive=True)
        assert is_at_work(workspace)
        child.kill()
        open_garage(settings, exclusive=True).close()
        assert not is_at_work(workspace)


def _pausable(seen: list[str], started: threading.Event) -> Any:
    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        steps = 0
        started.set()
        while not progress.stop_requested and steps < WAIT_S * 100:
            threading.Event().wait(0.01)
            progress.wait_while_paused()
            steps += 1
            seen.append(str(payload.get("name", "")))
        progress.check()
        return {"steps": steps}

    return work


def test_the_queue_is_taken_in_its_order_and_a_turn_can_be_changed(garage: Garage) -> None:
    order: list[str] = []
    held = threading.Event()

    def work(progress: Progress, payload: dict[str, Any]) -> None:
        order.append(payload["name"])
        held.wait(WAIT_S)

    garage.jobs.register("work", "gpu", work)
    garage.jobs.start()
    ids = {name: garage.jobs.submit("work", name, {"name": name}) for name in "abcd"}
    while garage.store.get(Job, ids["a"]).status == "queued":
        threading.Event().wait(0.01)
    assert garage.store.swap_queued(ids["d"], -1)  # b d c
    assert garage.store.swap_queued(ids["d"], -1)  # d b c
    assert not garage.store.swap_queued(ids["d"], -1)  # it is the first already
    assert not garage.store.swap_queued(ids["a"], 1)  # it runs
    garage.jobs.stop(ids["c"])
    held.set()
    assert garage.jobs.wait(ids["b"], WAIT_S).status == "finished"
    assert order == ["a", "d", "b"]
    assert garage.store.get(Job, ids["c"]).status == "stopped"


def test_a_paused_job_waits_where_it_is_and_goes_on_or_stops(garage: Garage) -> None:
    seen: list[str] = []
    started = threading.Event()
    garage.jobs.register("long", "gpu", _pausable(seen, started))
    garage.jobs.start()
    job_id = garage.jobs.submit("long", "first", {})
    assert started.wait(WAIT_S)
    garage.jobs.pause(job_id)
    threading.Event().wait(0.1)  # the step that was under way
    reached = len(seen)
    threading.Event().wait(0.3)
    assert len(seen) == reached
    assert garage.store.get(Job, job_id).status == "running"
    garage.jobs.go_on(job_id)
    while len(seen) == reached:
        threading.Event().wait(0.01)
    garage.jobs.pause(job_id)
    garage.jobs.stop(job_id)
    job = garage.jobs.wait(job_id, WAIT_S)
    assert (job.status, job.wish) == ("stopped", "")
    with pytest.raises(BadInput, match="is stopped; only what waits or runs can be paused"):
        garage.jobs.pause(job_id)


def test_a_paused_job_in_the_queue_lets_others_pass(garage: Garage) -> None:
    order: list[str] = []
    first = garage.store.queue_job(Job(kind="work", lane="gpu", title="first", wish="pause"))
    garage.jobs.register("work", "gpu", lambda progress, payload: order.append("ran"))
    # Its own process queued it: it is not left over from a dead one.
    garage.store.interrupt_jobs = lambda keeps_turn: []  # type: ignore[method-assign]
    garage.jobs.start()
    second = garage.jobs.submit("work", "second", {})
    assert garage.jobs.wait(second, WAIT_S).status == "finished"
    assert garage.store.get(Job, first.id).status == "queued"
    garage.jobs.go_on(first.id)
    assert garage.jobs.wait(first.id, WAIT_S).status == "finished"
    assert len(order) == 2


def test_another_process_can_queue_pause_and_stop(garage: Garage, home: Any) -> None:
    seen: list[str] = []
    started = threading.Event()
    garage.jobs.register("long", "gpu", _pausable(seen, started))
    garage.jobs.start()
    other = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    try:
        job = other.store.queue_job(Job(kind="long", lane="gpu", title="from outside"))
        assert started.wait(WAIT_S)
        other.jobs.stop(job.id)
        assert garage.jobs.wait(job.id, WAIT_S).status == "stopped"
        other.jobs.resume(job.id)
        while garage.store.get(Job, job.id).status != "running":
            threading.Event().wait(0.01)
    finally:
        other.close()
    # Closing the garage that runs nothing leaves the other one's work alone.
    assert garage.store.get(Job, job.id).status == "running"
    garage.jobs.stop(job.id)
    assert garage.jobs.wait(job.id, WAIT_S).status == "stopped"


def test_a_running_job_without_a_heartbeat_is_silent() -> None:
    def job(status: str, seconds_ago: float) -> Job:
        then = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        return Job(status=status, heartbeat=then.isoformat(timespec="milliseconds"))

    assert find_silence_s(job("running", SILENT_AFTER_S - 10)) is None
    silence = find_silence_s(job("running", SILENT_AFTER_S + 10))
    assert silence is not None and silence > SILENT_AFTER_S
    assert find_silence_s(job("finished", 3_000)) is None
    assert find_silence_s(Job(status="running", heartbeat=None)) is None


def test_threads_that_reach_for_one_job_leave_its_stop_to_the_one_that_got_it(
    garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = garage.store.queued_jobs

    def read_slowly(lane: str) -> Any:
        waiting = read(lane)
        time.sleep(0.1)  # the other threads of the lane see the Job waiting as well
        return waiting

    monkeypatch.setattr(garage.store, "queued_jobs", read_slowly)
    started = threading.Event()
    garage.jobs.register("probe", "io", _until_stopped(started))
    garage.jobs.start()
    job_id = garage.jobs.submit("probe", "Probe", {})
    assert started.wait(20)
    time.sleep(0.5)
    assert job_id in garage.jobs._wishes  # else a stop waits for a look into the store
    garage.jobs.stop(job_id)
    assert garage.jobs.wait(job_id, 20).status == "stopped"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
def test_what_trains_stands_back_for_the_page(garage: Garage) -> None:
    def tell(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        return {"nice": os.getpriority(os.PRIO_PROCESS, threading.get_native_id())}

    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    garage.jobs.register("heavy", "gpu", tell)
    garage.jobs.register("light", "io", tell)
    garage.jobs.start()
    heavy, light = (
        garage.jobs.wait(garage.jobs.submit(kind, kind, {}), WAIT_S).result["nice"]
        for kind in ("heavy", "light")
    )
    assert (heavy, light) == (min(19, mine + 10), mine)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine
