"""The Job of the kind "contradictions": where documents answer the same question differently.

Its result lists the pairs; nothing is rejected, as only a person knows which document is right.
"""

from typing import Any

from gemma_garage.augment.quality.contradictions import find_contradictions
from gemma_garage.errors import Busy, DatasetError
from gemma_garage.garage import Garage
from gemma_garage.jobs import Progress, Work
from gemma_garage.schema import ACTIVE

KIND = "contradictions"


def register(garage: Garage) -> None:
    """Make this the work of the kind "contradictions"."""
    garage.jobs.register(KIND, "io", _work(garage))


def submit_contradictions(garage: Garage, project_id: int) -> int:
    """Queue the work and give the Job's id; its result has rows and pairs ([id, id] and why).

    Raises DatasetError (fewer than two accepted rows), Busy (it is being done).
    """
    for job in garage.store.jobs(project_id=project_id, kind=KIND, statuses=ACTIVE):
        raise Busy(f"“{job.title}” is {job.status}. Wait until it is finished, or stop it.")
    rows = _count_rows(garage, project_id)
    if rows < 2:
        raise DatasetError(
            f"{rows} rows are accepted; comparing answers needs two. Generate or accept more."
        )
    title = f"{rows:,} rows compared for contradictions"
    return garage.jobs.submit(KIND, title, {"project_id": project_id}, project_id)


def _work(garage: Garage) -> Work:
    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        def report(done: int, of: int) -> None:
            progress.check()
            progress.report(done / of, f"Row {done:,} of {of:,}")

        project_id: int = payload["project_id"]
        rows = _count_rows(garage, project_id)
        found = find_contradictions(garage, project_id, report=report)
        pairs = [{"ids": list(one.example_ids), "why": one.why} for one in found]
        return {"rows": rows, "pairs": pairs}

    return work


def _count_rows(garage: Garage, project_id: int) -> int:
    counts = garage.store.count_examples(project_id).items()
    return sum(count for (status, _), count in counts if status in ("accepted", "edited"))
