"""Wait for a Job at a terminal: say each stage, stop it on Ctrl-C."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gemma_garage.errors import GarageError, Stopped

if TYPE_CHECKING:
    from gemma_garage.garage import Garage
    from gemma_garage.schema import Job

POLL_S = 0.5
TOLD_EVERY = 0.1  # of the work, when its stage stays the same
Say = Callable[[str], None]


def wait_for(garage: "Garage", job_id: int | None, say: Say) -> "Job":
    """Wait for a Job, saying each new stage and each tenth of it. Raises what it failed with."""
    if job_id is None:
        raise GarageError("The work was not queued.")
    said, told = "", 0.0
    try:
        while (job := garage.jobs.wait(job_id, POLL_S)).status in ("queued", "running"):
            stage = job.stage.partition(":")[0]
            if stage and (stage != said or job.fraction - told >= TOLD_EVERY):
                said, told = stage, job.fraction
                say(f"   {job.fraction:4.0%}  {job.stage}")
    except KeyboardInterrupt:
        garage.jobs.stop(job_id)
        job = garage.jobs.wait(job_id, 60)
        raise Stopped(f"{job.title} was stopped; what was done until then is kept.") from None
    if job.status != "finished":
        raise GarageError(f"{job.title} {job.status}: {job.error}")
    return job
