"""Queries about Jobs and the moves between their statuses."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

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

    def queued_jobs(self, lane: str) -> Sequence[Job]:
        """What waits in a lane, in the order of its turns."""
        query = select(Job).where(Job.status == "queued", Job.lane == lane)
        with self._read() as session:
            return session.scalars(query.order_by(Job.place, Job.id)).all()

    def queue_job(self, job: Job) -> Job:
        """Add a Job at the end of the queue."""
        with self._write() as session:
            job.place = _next_place(session)
            session.add(job)
        return job

    def swap_queued(self, job_id: int, by: int) -> bool:
        """Change turns with the Job that waits `by` places later (or earlier) in the same lane;
        False if there is none."""
        with self._write() as session:
            job = session.get(Job, job_id)
            if job is None or job.status != "queued":
                return False
            query = select(Job).where(Job.status == "queued", Job.lane == job.lane)
            waiting = list(session.scalars(query.order_by(Job.place, Job.id)))
            there = waiting.index(job) + by
            if not 0 <= there < len(waiting):
                return False
            other = waiting[there]
            job.place, other.place = other.place, job.place
        return True

    def start_job(self, job_id: int) -> bool:
        """queued → running; False if it was stopped before it could start."""
        return self._move_job(job_id, ("queued",), status="running", started=now(), heartbeat=now())

    def finish_job(
        self, job_id: int, status: str, *, of: Sequence[str] = ACTIVE, **values: Any
    ) -> bool:
        """To an end, from one of the statuses `of`; False if it is in none of them."""
        return self._move_job(job_id, of, status=status, finished=now(), wish="", **values)

    def requeue_job(self, job_id: int, statuses: Sequence[str]) -> bool:
        """To the end of the queue from one of `statuses`; False if it is in none of them."""
        with self._write() as session:
            query = (
                update(Job)
                .where(Job.id == job_id, Job.status.in_(statuses))
                .values(
                    status="queued",
                    error=None,
                    finished=None,
                    fraction=0.0,
                    stage="",
                    wish="",
                    place=_next_place(session),
                )
            )
            moved: int = session.execute(query).rowcount  # type: ignore[attr-defined]
        return moved == 1

    def wish_job(self, job_id: int, wish: str) -> bool:
        """Note what is asked of a Job that waits or runs; False if it does neither."""
        return self._move_job(job_id, ACTIVE, wish=wish)

    def interrupt_jobs(self, keeps_turn: Collection[str] = ()) -> Sequence[Job]:
        """Mark what an earlier process left queued or running as interrupted; give those back.

        Jobs of the kinds in `keeps_turn` that wait keep their turn: they are paused, not ended.
        """
        left = []
        for job in self.jobs(statuses=ACTIVE, limit=10_000):
            if job.kind in keeps_turn and self._move_job(job.id, ("queued",), wish="pause"):
                continue
            self.finish_job(job.id, "interrupted")
            left.append(job)
        return left

    def _move_job(self, job_id: int, statuses: Sequence[str], **values: Any) -> bool:
        query = update(Job).where(Job.id == job_id, Job.status.in_(statuses)).values(**values)
        with self._write() as session:
            moved: int = session.execute(query).rowcount  # type: ignore[attr-defined]
        return moved == 1


def _next_place(session: Session) -> int:
    return (session.scalar(select(func.max(Job.place))) or 0) + 1
