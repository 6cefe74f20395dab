"""Queries about Runs: metrics, exams, exports."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, func, select

from gemma_garage.records import Records
from gemma_garage.schema import (
    ExamQuestion,
    ExamResult,
    Export,
    Job,
    Metric,
    Reading,
    Run,
)


class RunRecords(Records):
    """Queries about Runs: metrics, exams, exports."""

    def runs(self, project_id: int) -> Sequence[Run]:
        query = select(Run).where(Run.project_id == project_id).order_by(Run.id.desc())
        with self._read() as session:
            return session.scalars(query).all()

    def next_run_number(self, project_id: int) -> int:
        query = select(func.max(Run.number)).where(Run.project_id == project_id)
        with self._read() as session:
            return (session.scalar(query) or 0) + 1

    def record_metric(self, run_id: int, step: int, values: dict[str, Any]) -> None:
        """Keep what was reported at `step`; the same step again (after a resume) joins it."""
        with self._write() as session:
            row = session.get(Metric, (run_id, step))
            if row is None:
                session.add(Metric(run_id=run_id, step=step, values=values))
            else:
                row.values = {**row.values, **values}

    def forget_metrics_after(self, run_id: int, step: int) -> None:
        """Drop what lies behind the checkpoint a run resumes from."""
        with self._write() as session:
            session.execute(delete(Metric).where(Metric.run_id == run_id, Metric.step > step))

    def metrics(self, run_id: int, most: int | None = None) -> Sequence[Metric]:
        """What was reported, by step. With `most`: every n-th step, so that at most about that
        many rows come, and each that was measured on held-out rows."""
        query = select(Metric).where(Metric.run_id == run_id).order_by(Metric.step)
        with self._read() as session:
            if most is not None:
                last = session.scalar(select(func.max(Metric.step)).where(Metric.run_id == run_id))
                stride = -(-(last or 0) // most)
                if stride > 1:
                    kept = (Metric.step % stride == 0) | (Metric.step == last)
                    kept |= _has("eval_loss")
                    query = query.where(kept)
            return session.scalars(query).all()

    def answers(self, run_id: int) -> Sequence[tuple[int, str]]:
        """(step, answer) of the watched question, by step."""
        query = select(Metric).where(Metric.run_id == run_id, _has("answer")).order_by(Metric.step)
        with self._read() as session:
            return [(row.step, str(row.values["answer"])) for row in session.scalars(query)]

    def last_values(self, run_id: int, rows: int = 100) -> dict[str, Any]:
        """The newest value of each name in the last rows, with the `step` they reach."""
        query = select(Metric).where(Metric.run_id == run_id).order_by(Metric.step.desc())
        with self._read() as session:
            newest = session.scalars(query.limit(rows)).all()
        values: dict[str, Any] = {}
        for metric in reversed(newest):
            values |= metric.values
        return values | {"step": newest[0].step} if newest else {}

    def record_reading(self, run_id: int, step: int, values: dict[str, Any]) -> None:
        with self._write() as session:
            session.add(Reading(run_id=run_id, step=step, values=values))

    def readings(self, run_id: int) -> Sequence[Reading]:
        """How busy the machine was while the run trained, oldest first."""
        query = select(Reading).where(Reading.run_id == run_id).order_by(Reading.id)
        with self._read() as session:
            return session.scalars(query).all()

    def last_reading(self, run_id: int) -> Reading | None:
        query = select(Reading).where(Reading.run_id == run_id).order_by(Reading.id.desc())
        with self._read() as session:
            return session.scalar(query.limit(1))

    def forget_run(self, run_id: int, job_ids: Sequence[int]) -> None:
        """Delete a run with all that hangs on it, and these Jobs."""
        with self._write() as session:
            session.execute(delete(Run).where(Run.id == run_id))
            session.execute(delete(Job).where(Job.id.in_(job_ids)))

    def record_exam_results(self, results: Sequence[ExamResult]) -> None:
        """Keep answers; an earlier answer of the same subject to the same question is replaced."""
        with self._write() as session:
            for result in results:
                session.execute(
                    delete(ExamResult).where(
                        ExamResult.run_id == result.run_id,
                        ExamResult.question_id == result.question_id,
                        ExamResult.subject == result.subject,
                    )
                )
            session.add_all(results)

    def forget_exam_results(self, run_id: int) -> int:
        """Drop all answers of a run; gives how many there were."""
        with self._write() as session:
            gone = session.execute(delete(ExamResult).where(ExamResult.run_id == run_id))
        count: int = gone.rowcount  # type: ignore[attr-defined]
        return count

    def exam_results(self, run_id: int) -> Sequence[tuple[ExamResult, ExamQuestion]]:
        """Every answer of a run with its question, in the order of the exam."""
        query = (
            select(ExamResult, ExamQuestion)
            .join(ExamQuestion, ExamResult.question_id == ExamQuestion.id)
            .where(ExamResult.run_id == run_id)
            .order_by(ExamQuestion.id, ExamResult.subject)
        )
        with self._read() as session:
            return [(result, question) for result, question in session.execute(query)]

    def exam_subjects(self, dataset_id: int) -> dict[int, set[str]]:
        """By Run on the Dataset who has answered questions of its exam."""
        query = (
            select(ExamResult.run_id, ExamResult.subject)
            .join(Run, ExamResult.run_id == Run.id)
            .where(Run.dataset_id == dataset_id)
            .distinct()
        )
        subjects: dict[int, set[str]] = {}
        with self._read() as session:
            for run_id, subject in session.execute(query):
                subjects.setdefault(run_id, set()).add(subject)
        return subjects

    def exports(self, project_id: int) -> Sequence[tuple[Export, Run]]:
        """Exports of the project with their Runs, newest first."""
        query = (
            select(Export, Run)
            .join(Run, Export.run_id == Run.id)
            .where(Run.project_id == project_id)
            .order_by(Export.id.desc())
        )
        with self._read() as session:
            return [(export, run) for export, run in session.execute(query)]


def _has(name: str) -> ColumnElement[bool]:
    """Whether a metric has this name. By its text: a gradient norm may be NaN, and SQLite's own
    JSON functions refuse the whole query then."""
    return cast(Metric.values, Text).like(f'%"{name}":%')
