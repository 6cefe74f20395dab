"""Wait for a Job at a terminal: say each stage, stop it on Ctrl-C or SIGTERM."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from gemma_garage.errors import GarageError, Stopped

if TYPE_CHECKING:
    from gemma_garage.garage import Garage
    from gemma_garage.schema import Job

POLL_S = 0.5
TOLD_EVERY = 0.1  # of the work, when its stage stays the same
Say = Callable[[str], None]


def wait_for(garage: "Garage", job_id: int | None, say: Say, *, is_own: bool = True) -> "Job":
    """Wait for a Job, saying each new stage and each tenth of it. Raises what it failed with.

    Ctrl-C stops it, unless it is another's (`is_own`): then only the waiting ends.
    """
    if job_id is None:
        raise GarageError("The work was not queued.")
    said, told = "", 0.0
    try:
        with _heed_sigterm():
            while (job := garage.jobs.wait(job_id, POLL_S)).status in ("queued", "running"):
                stage = job.stage.partition(":")[0]
                if stage and (stage != said or job.fraction - told >= TOLD_EVERY):
                    said, told = stage, job.fraction
                    say(f"   {job.fraction:4.0%}  {job.stage}")
    except KeyboardInterrupt:
        if not is_own:
            raise Stopped(
                f"Job {job_id} was begun elsewhere and goes on there; only the waiting ended."
            ) from None
        garage.jobs.stop(job_id)
        job = garage.jobs.wait(job_id, 60)
        raise Stopped(f"{job.title} was stopped; what was done until then is kept.") from None
    if job.status != "finished":
        raise GarageError(f"{job.title} {job.status}: {job.error}")
    return job


@contextmanager
def _heed_sigterm() -> Iterator[None]:
    """SIGTERM is Ctrl-C here: what asks a service to leave must not cost a checkpoint."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
