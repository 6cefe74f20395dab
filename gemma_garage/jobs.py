"""Background work in named threads; the Job row in the store is the truth.

Two lanes: *gpu* (training, exam, local generation, export: one at a time) and *io* (parsing,
remote generation, uploads: a few at once). A kind of work is registered once as a function
`work(progress, payload) -> result`; anything that must survive a restart is in the payload, so
that `resume` can hand the same Job to the same function in a new process.

What waits, in which order, and what the user asked of a Job (stop, pause) stand in the store as
well: another process (a command) may write it there and is obeyed within `LOOK_EVERY_S`.
This module does not know what the work is, and starts no process.
"""

import contextlib
import logging
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from gemma_garage.errors import BadInput, GarageError, NotFound, Stopped
from gemma_garage.schema import RESUMABLE, Job, now
from gemma_garage.store import Store

LANES = {"gpu": 1, "io": 4}
NICE = {"gpu": 10, "io": 0}  # how far a lane stands back for the page, where both want a core
LOOK_EVERY_S = 1.0  # for what another process queued or asked
REPORT_EVERY_S = 0.5
HEARTBEAT_EVERY_S = 5.0
SILENT_AFTER_S = 30.0  # without a heartbeat a running Job is shown as hung

Work = Callable[["Progress", dict[str, Any]], dict[str, Any] | None]
log = logging.getLogger(__name__)


class Wishes:
    """What was asked of one running Job, as its threads see it."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.free = threading.Event()  # cleared while the Job is paused
        self.free.set()

    def ask_stop(self) -> None:
        self.stop.set()
        self.free.set()  # who is paused has to see the stop

    def obey(self, wish: str) -> None:
        """Take over what the Job's row says."""
        if wish == "stop":
            self.ask_stop()
        elif wish == "pause" and not self.stop.is_set():
            self.free.clear()
        else:
            self.free.set()


class Progress:
    """What running work uses to say how far it is and to learn that it should stop or wait."""

    def __init__(self, store: Store, job_id: int, wishes: Wishes) -> None:
        self.job_id = job_id
        self._store = store
        self._wishes = wishes
        self._reported_s = 0.0
        self._last: tuple[str, float] = ("", -1.0)

    @property
    def stop_requested(self) -> bool:
        return self._wishes.stop.is_set()

    def check(self) -> None:
        """Raise Stopped if the user asked for a stop."""
        if self.stop_requested:
            raise Stopped("Stopped at your request. What was done until then is kept.")

    def wait_while_paused(self) -> None:
        """Return at once, or, while the user has paused the Job, when it may go on or must stop."""
        self._wishes.free.wait()

    def wait_for_stop(self, timeout_s: float) -> bool:
        """Sleep, but wake for a stop; whether one was asked for."""
        return self._wishes.stop.wait(timeout_s)

    def report(self, fraction: float, stage: str = "") -> None:
        """Say how far the work is (0 to 1). Writes at most twice a second, a new stage at once."""
        fraction = min(max(fraction, 0.0), 1.0)
        elapsed_s = time.monotonic() - self._reported_s
        if stage == self._last[0] and fraction < 1 and elapsed_s < REPORT_EVERY_S:
            return
        if (stage, fraction) == self._last:
            return
        self._reported_s, self._last = time.monotonic(), (stage, fraction)
        self._store.update(Job, self.job_id, fraction=fraction, stage=stage, heartbeat=now())


class Jobs:
    """The lanes of one process. `start` recovers and begins; `shutdown` ends within its time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._work: dict[str, tuple[str, Work]] = {}
        self._keep_turn: set[str] = set()
        self._wishes: dict[int, Wishes] = {}
        self._taking = threading.Lock()
        self._queued = threading.Condition()  # something was put into a queue
        self._queuings = 0
        self._done = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()

    def register(self, kind: str, lane: str, work: Work, *, keeps_turn: bool = False) -> None:
        """Make `work` the function behind Jobs of this kind.

        `keeps_turn`: those that wait when the process ends wait on, paused, in the next one.
        """
        if lane not in LANES:
            raise ValueError(f"unknown lane {lane!r}; there are {', '.join(LANES)}")
        self._work[kind] = (lane, work)
        if keeps_turn:
            self._keep_turn.add(kind)

    def start(self) -> None:
        """Mark what a dead process left as interrupted, then start the threads."""
        for job in self._store.interrupt_jobs(self._keep_turn):
            log.warning("job %d (%s) was interrupted", job.id, job.title)
        for lane, size in LANES.items():
            for number in range(size):
                thread = threading.Thread(
                    target=self._serve, args=(lane,), name=f"{lane}-{number}", daemon=True
                )
                thread.start()
                self._threads.append(thread)

    def submit(
        self,
        kind: str,
        title: str,
        payload: dict[str, Any],
        project_id: int | None = None,
        *,
        lane: str | None = None,
    ) -> int:
        """Queue a Job and give its id back at once; `lane` overrides that of its kind."""
        lane = lane or self._work[kind][0]
        job = self._store.queue_job(
            Job(kind=kind, lane=lane, title=title, payload=payload, project_id=project_id)
        )
        self._announce_queued()
        return job.id

    def stop(self, job_id: int) -> None:
        """Ask a Job to stop. One that still waits is stopped at once."""
        wishes = self._wishes.get(job_id)
        if wishes is not None:
            wishes.ask_stop()  # first: it needs no disk
        if self._store.finish_job(job_id, "stopped", of=("queued",)):
            self._announce_done()
        else:
            self._store.wish_job(job_id, "stop")

    def pause(self, job_id: int) -> None:
        """Ask a Job to wait where it is, or to let others pass in the queue. Raises BadInput."""
        self._wish(job_id, "pause")

    def go_on(self, job_id: int) -> None:
        """Take a pause back. Raises BadInput."""
        self._wish(job_id, "")
        self._announce_queued()

    def resume(self, job_id: int) -> None:
        """Queue a stopped, failed or interrupted Job again. Raises NotFound for any other."""
        job = self._store.get(Job, job_id)
        if not self._store.requeue_job(job_id, RESUMABLE):
            raise NotFound(
                f"“{job.title}” is {job.status}; only what was stopped, failed or was "
                "interrupted can go on."
            )
        self._announce_queued()

    def wait(self, job_id: int, timeout_s: float | None = None) -> Job:
        """Block until the Job has ended (or the time is over) and give its row back."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._done:
            while (job := self._store.get(Job, job_id)).status in ("queued", "running"):
                left_s = 1.0 if deadline is None else min(1.0, deadline - time.monotonic())
                if left_s <= 0:
                    break
                self._done.wait(left_s)
        return job

    def shutdown(self, timeout_s: float = 25.0) -> None:
        """Ask everything to stop, wait for it, and mark what did not make it as interrupted.

        What another process works on is not touched.
        """
        if not self._threads:
            return
        self._closing.set()
        for wishes in list(self._wishes.values()):
            wishes.ask_stop()
        self._announce_queued()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._threads.clear()
        self._store.interrupt_jobs(self._keep_turn)

    def _wish(self, job_id: int, wish: str) -> None:
        if not self._store.wish_job(job_id, wish):
            job = self._store.get(Job, job_id)
            raise BadInput(
                f"“{job.title}” is {job.status}; only what waits or runs can be paused or go on. "
                "Resume it instead."
            )
        wishes = self._wishes.get(job_id)
        if wishes is not None:
            wishes.obey(wish)

    def _serve(self, lane: str) -> None:
        _stand_back(NICE[lane])
        while not self._closing.is_set():
            seen = self._queuings
            try:
                job = self._take(lane)
            except GarageError:
                log.exception("the queue could not be read")
                job = None
            if job is None:
                with self._queued:
                    if self._queuings == seen and not self._closing.is_set():
                        self._queued.wait(LOOK_EVERY_S)
                continue
            try:
                self._run(job)
            except Exception:
                log.exception("job %d could not be run or recorded", job.id)
            finally:
                self._wishes.pop(job.id, None)
                self._announce_done()

    def _take(self, lane: str) -> Job | None:
        """The first waiting Job of the lane, started; paused ones and unknown kinds are left."""
        # One at a time: a second thread's Wishes would take the place of the first one's.
        with self._taking:
            for job in self._store.queued_jobs(lane):
                if job.wish == "pause" or job.kind not in self._work:
                    continue
                # Before it starts, so that no stop comes between.
                self._wishes[job.id] = wishes = Wishes()
                if self._store.start_job(job.id):
                    if self._closing.is_set():
                        wishes.ask_stop()
                    return job
                self._wishes.pop(job.id, None)  # another process was faster
        return None

    def _run(self, job: Job) -> None:
        wishes = self._wishes[job.id]
        progress = Progress(self._store, job.id, wishes)
        ended = threading.Event()
        beat = threading.Thread(
            target=self._beat, args=(job.id, wishes, ended), name=f"beat-{job.id}", daemon=True
        )
        beat.start()
        try:
            result = self._work[job.kind][1](progress, dict(job.payload))
        except Stopped as stopped:
            # A stop at shutdown was the process's wish, not the user's.
            status = "interrupted" if self._closing.is_set() else "stopped"
            self._store.finish_job(job.id, status, error=str(stopped))
        except GarageError as error:
            log.warning("job %d (%s) failed: %s", job.id, job.title, error)
            self._store.finish_job(job.id, "failed", error=str(error))
        except Exception as error:
            reference = uuid.uuid4().hex[:8]
            log.exception("job %d (%s) broke, reference %s", job.id, job.title, reference)
            self._store.finish_job(
                job.id,
                "failed",
                error=f"Something unforeseen broke ({type(error).__name__}: {error}). The log has "
                f"the details under {reference}. What was done until then is kept.",
            )
        else:
            self._store.finish_job(job.id, "finished", fraction=1.0, result=result or {})
        finally:
            ended.set()
            beat.join()

    def _beat(self, job_id: int, wishes: Wishes, ended: threading.Event) -> None:
        """Write the heartbeat, and read what another process may have asked of the Job."""
        beaten_s = time.monotonic()
        while not ended.wait(LOOK_EVERY_S):
            try:
                if time.monotonic() - beaten_s >= HEARTBEAT_EVERY_S:
                    beaten_s = time.monotonic()
                    self._store.update(Job, job_id, heartbeat=now())
                wish = self._store.get(Job, job_id).wish
                if wish or not wishes.free.is_set():
                    wishes.obey(wish)
            except GarageError as error:  # such as a full disk: the work itself will say so
                log.warning("job %d: %s", job_id, error)

    def _announce_queued(self) -> None:
        with self._queued:
            self._queuings += 1
            self._queued.notify_all()

    def _announce_done(self) -> None:
        with self._done:
            self._done.notify_all()


def _stand_back(nice: int) -> None:
    """Let this thread, and those it starts, give way to the others of the process.

    Only Linux has a priority for each thread; elsewhere it would slow the page as well.
    """
    if nice and sys.platform == "linux":
        with contextlib.suppress(OSError):  # a sandbox may forbid it; it is only a kindness
            mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(19, mine + nice))


def find_silence_s(job: Job) -> float | None:
    """Seconds since a running Job's last sign of life, where that is too long; else None."""
    if job.status != "running" or job.heartbeat is None:
        return None
    silent_s = (datetime.now(UTC) - datetime.fromisoformat(job.heartbeat)).total_seconds()
    return silent_s if silent_s > SILENT_AFTER_S else None
