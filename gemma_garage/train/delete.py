"""Deleting a run: what it holds is measured first, so that a person knows what goes and what it
frees.

The files go before the rows: an id that is given again must not find another run's checkpoints.
"""

import shutil
from dataclasses import dataclass

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.schema import ACTIVE, Run
from gemma_garage.train.checkpoints import list_checkpoints, measure_bytes

DOOMED = ".deleted-"


@dataclass(frozen=True, slots=True)
class Held:
    """What a run holds on disk. `exports`: files made from it; on a Hub nothing is touched."""

    size_bytes: int
    checkpoints: int
    has_result: bool
    exports: int


def measure_run(garage: Garage, run_id: int) -> Held:
    """What deleting the run would free. Raises NotFound."""
    run = garage.store.get(Run, run_id)
    folder, exports = garage.workspace.run(run_id), garage.workspace.export(run_id)
    made = [export for export, of in garage.store.exports(run.project_id) if of.id == run_id]
    return Held(
        size_bytes=measure_bytes(folder) + measure_bytes(exports),
        checkpoints=len(list_checkpoints(folder)),
        has_result=run.adapter is not None,
        exports=sum(export.path is not None for export in made),
    )


def delete_run(garage: Garage, run_id: int) -> Held:
    """Delete the run, its exam, comparisons, exports and files; gives what that freed.

    Raises NotFound, BadInput while work on it waits or goes on.
    """
    run = garage.store.get(Run, run_id)
    jobs = [
        job
        for job in garage.store.jobs(project_id=run.project_id, limit=100_000)
        if job.id == run.job_id or job.payload.get("run_id") == run_id
    ]
    active = [job.title for job in jobs if job.status in ACTIVE]
    if active:
        raise BadInput(
            f"Run {run.number} cannot be deleted while there is work on it: {', '.join(active)}. "
            "Stop it first."
        )
    held = measure_run(garage, run_id)
    trash = []
    for folder in (garage.workspace.run(run_id), garage.workspace.export(run_id)):
        doomed = folder.with_name(f"{DOOMED}{run_id}")
        shutil.rmtree(doomed, ignore_errors=True)  # of a process killed while deleting
        trash.append(folder.rename(doomed))
    garage.store.forget_run(run_id, [job.id for job in jobs])
    for folder in trash:
        shutil.rmtree(folder, ignore_errors=True)
    return held
