"""Background work in named threads; the Job row in the store is the truth.

Two lanes: *gpu* (training, exam, local generation, export: one at a time) and *io* (parsing,
remote generation, uploads: a few at once). A kind of work is registered once as a function
`work(progress, payload) -> result`; anything that must survive a restart is in the payload, so
that `resume` can hand the same Job to the same function in a new process.

This module does not know what the work is, and starts no process.
"""

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from gemma_garage.errors import GarageError, NotFound, Stopped
from gemma_garage.schema import RESUMABLE, Job, now
from gemma_garage.store import Store

LANES = {"gpu": 1, "io": 4}
REPORT_EVERY_S = 0.5
HEARTBEAT_EVERY_S = 5.0

Work = Callable[["Progress", dict[str, Any]], dict[str, Any] | None]
log = logging.getLogger(__name__)


class Progress:
    """What running work uses to say how far it is and to learn that it should stop."""

    def __init__(self, store: Store, job_id: int, stopping: threading.Event) -> None:
        self.job_id = job_id
        self._store = store
        self._stopping = stopping
        self._reported_s = 0.0
        self._last: tuple[str, float] = ("", -1.0)

    @property
    def stop_requested(self) -> bool:
        return self._stopping.is_set()

    def check(self) -> None:
        """Raise Stopped if the user asked for a stop."""
        if self._stopping.is_set():
            raise Stopped("Stopped at your request. What was done until then is kept.")

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
        self._queues: dict[str, queue.Queue[int | None]] = {lane: queue.Queue() for lane in LANES}
        self._stopping: dict[int, threading.Event] = {}
        self._done = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()

    def register(self, kind: str, lane: str, work: Work) -> None:
        """Make `work` the function behind Jobs of this kind."""
        if lane not in LANES:
            raise ValueError(f"unknown lane {lane!r}; there are {', '.join(LANES)}")
        self._work[kind] = (lane, work)

    def start(self) -> None:
        """Mark what a dead process left as interrupted, then start the threads."""
        for job in self._store.interrupt_jobs():
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
        job = self._store.add(
            Job(kind=kind, lane=lane, title=title, payload=payload, project_id=project_id)
        )
        self._enqueue(job.id, lane)
        return job.id

    def stop(self, job_id: int) -> None:
        """Ask a Job to stop. One that still waits is stopped at once."""
        stopping = self._stopping.get(job_id)
        if stopping is not None:
            stopping.set()
        job = self._store.get(Job, job_id)
        if job.status == "queued" and self._store.finish_job(job_id, "stopped"):
            self._announce()

    def resume(self, job_id: int) -> None:
        """Queue a stopped, failed or interrupted Job again. Raises NotFound for any other."""
        job = self._store.get(Job, job_id)
        if not self._store.requeue_job(job_id, RESUMABLE):
            raise NotFound(
                f"“{job.title}” is {job.status}; only what was stopped, failed or was "
                "interrupted can go on."
            )
        self._enqueue(job_id, job.lane)

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
        """Ask everything to stop, wait for it, and mark what did not make it as interrupted."""
        self._closing.set()
        for stopping in list(self._stopping.values()):
            stopping.set()
        for lane, size in LANES.items():
            for _ in range(size):
                self._queues[lane].put(None)
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._threads.clear()
        self._store.interrupt_jobs()

    def _enqueue(self, job_id: int, lane: str) -> None:
        self._stopping[job_id] = threading.Event()
        self._queues[lane].put(job_id)

    def _serve(self, lane: str) -> None:
        jobs = self._queues[lane]
        while (job_id := jobs.get()) is not None:
            if self._closing.is_set():
                continue
            try:
                self._run(job_id)
            except Exception:
                log.exception("job %d could not be run or recorded", job_id)
            finally:
                self._stopping.pop(job_id, None)
                self._announce()

    def _run(self, job_id: int) -> None:
        if not self._store.start_job(job_id):
            return
        job = self._store.get(Job, job_id)
        progress = Progress(self._store, job_id, self._stopping[job_id])
        ended = threading.Event()
        beat = threading.Thread(
            target=self._beat, args=(job_id, ended), name=f"beat-{job_id}", daemon=True
        )
        beat.start()
        try:
            result = self._work[job.kind][1](progress, dict(job.payload))
        except Stopped as stopped:
            # A stop at shutdown was the process's wish, not the user's.
            status = "interrupted" if self._closing.is_set() else "stopped"
            self._store.finish_job(job_id, status, error=str(stopped))
        except GarageError as error:
            log.warning("job %d (%s) failed: %s", job_id, job.title, error)
            self._store.finish_job(job_id, "failed", error=str(error))
        except Exception as error:
            reference = uuid.uuid4().hex[:8]
            log.exception("job %d (%s) broke, reference %s", job_id, job.title, reference)
            self._store.finish_job(
                job_id,
                "failed",
                error=f"Something unforeseen broke ({type(error).__name__}: {error}). The log has "
                f"the details under {reference}. What was done until then is kept.",
            )
        else:
            self._store.finish_job(job_id, "finished", fraction=1.0, result=result or {})
        finally:
            ended.set()
            beat.join()

    def _beat(self, job_id: int, ended: threading.Event) -> None:
        while not ended.wait(HEARTBEAT_EVERY_S):
            self._store.update(Job, job_id, heartbeat=now())

    def _announce(self) -> None:
        with self._done:
            self._done.notify_all()
