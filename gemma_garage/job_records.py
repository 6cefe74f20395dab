"""Queries about Jobs and the moves between their statuses."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from gemma_garage.records import Records
from gemma_garage.schema import (
    ACTIVE,
    Job,
    now,
)


class JobRecords(Records):
    """Queries about Jobs and the moves between their statuses."""

    def jobs(
        self,
        *,
        project_id: int | None = None,
        kind: str | None = None,
        statuses: Sequence[str] = (),
        limit: int = 100,
    ) -> Sequence[Job]:
        """Jobs, newest first."""
        query = select(Job).order_by(Job.id.desc()).limit(limit)
        if project_id is not None:
            query = query.where(Job.project_id == project_id)
        if kind is not None:
            query = query.where(Job.kind == kind)
        if statuses:
            query = query.where(Job.status.in_(statuses))
        with self._read() as session:
            return session.scalars(query).all()

    def start_job(self, job_id: int) -> bool:
        """queued → running; False if it was stopped before it could start."""
        return self._move_job(job_id, ("queued",), status="running", started=now(), heartbeat=now())

    def finish_job(self, job_id: int, status: str, **values: Any) -> bool:
        return self._move_job(job_id, ACTIVE, status=status, finished=now(), **values)

    def requeue_job(self, job_id: int, statuses: Sequence[str]) -> bool:
        """Back to queued from one of `statuses`; False if it is in none of them."""
        return self._move_job(job_id, statuses, status="queued", error=None, finished=None)

    def interrupt_jobs(self) -> Sequence[Job]:
        """Mark what an earlier process left queued or running; give those Jobs back."""
        left = self.jobs(statuses=ACTIVE, limit=10_000)
        for job in left:
            self.finish_job(job.id, "interrupted")
        return left

    def _move_job(self, job_id: int, statuses: Sequence[str], **values: Any) -> bool:
        query = update(Job).where(Job.id == job_id, Job.status.in_(statuses)).values(**values)
        with self._write() as session:
            moved: int = session.execute(query).rowcount  # type: ignore[attr-defined]
        return moved == 1
