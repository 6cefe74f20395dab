"""The whole state, behind named queries. The only user of SQLAlchemy beside `schema.py`.

Each method opens one short session; rows leave it detached and complete (there are no lazy
relationships). A write that breaks leaves nothing behind. Any thread may call any method.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, delete, event, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from gemma_garage.errors import NotFound
from gemma_garage.schema import (
    ACTIVE,
    Change,
    Chunk,
    Comparison,
    Dataset,
    Document,
    Example,
    ExamQuestion,
    ExamResult,
    Export,
    Job,
    Metric,
    Project,
    Run,
    Table,
    now,
)

Row = TypeVar("Row", bound=Table)


class Store:
    """The database at `url`; `migrate()` brings its schema up to date before first use."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _set_pragmas)
            event.listen(self._engine, "begin", _begin)
        self._reading = sessionmaker(self._engine, expire_on_commit=False)
        self._writing = sessionmaker(
            self._engine.execution_options(writes=True), expire_on_commit=False
        )

    @classmethod
    def at(cls, path: Path) -> "Store":
        return cls(f"sqlite:///{path}")

    def migrate(self, backups: Path | None = None) -> None:
        """Bring the schema to the newest version; a SQLite file is copied to `backups` first."""
        from alembic import command
        from alembic.config import Config
        from alembic.runtime.migration import MigrationContext
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", "gemma_garage:migrations")
        with self._engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current == ScriptDirectory.from_config(config).get_current_head():
            return
        database = self._engine.url.database
        if current and backups and self._engine.dialect.name == "sqlite" and database:
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
            copy_database(Path(database), backups / f"garage-{current}-{stamp}.db")
        with self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        self._engine.dispose()

    # ── any row ──────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with self._reading() as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self._writing.begin() as session:
            yield session
            session.execute(update(Change).values(counter=Change.counter + 1))

    def get(self, table: type[Row], row_id: int | None) -> Row:
        """The row. Raises NotFound."""
        with self._read() as session:
            row = session.get(table, row_id) if row_id is not None else None
        if row is None:
            raise NotFound(
                f"{table.__name__} {row_id} is not there (any more). Reload the page and choose "
                "another."
            )
        return row

    def add(self, row: Row) -> Row:
        """Insert one row; its id is set when this returns."""
        with self._write() as session:
            session.add(row)
        return row

    def update(self, table: type[Table], row_id: int, **values: Any) -> None:
        with self._write() as session:
            session.execute(update(table).where(_key(table) == row_id).values(**values))

    def delete(self, table: type[Table], row_id: int) -> None:
        """Remove the row and all that hangs on it."""
        with self._write() as session:
            session.execute(delete(table).where(_key(table) == row_id))

    def change_counter(self) -> int:
        """A number that moves with every write: the cheap question a page polls."""
        with self._read() as session:
            return session.scalar(select(Change.counter)) or 0

    # ── projects and documents ───────────────────────────────────────────────────────────────

    def projects(self) -> Sequence[Project]:
        with self._read() as session:
            return session.scalars(select(Project).order_by(Project.id)).all()

    def ensure_project(self, name: str) -> Project:
        """The project of that name, made if it is not there."""
        with self._write() as session:
            project = session.scalar(select(Project).where(Project.name == name))
            if project is None:
                project = Project(name=name)
                session.add(project)
        return project

    def documents(self, project_id: int) -> Sequence[Document]:
        query = select(Document).where(Document.project_id == project_id).order_by(Document.id)
        with self._read() as session:
            return session.scalars(query).all()

    def find_document(self, project_id: int, sha256: str) -> Document | None:
        query = select(Document).where(Document.project_id == project_id, Document.sha256 == sha256)
        with self._read() as session:
            return session.scalar(query)

    def ensure_document(self, document: Document) -> tuple[Document, bool]:
        """The project's Document of that content, made from this row if it is not there."""
        query = select(Document).where(
            Document.project_id == document.project_id, Document.sha256 == document.sha256
        )
        with self._write() as session:
            found = session.scalar(query)
            if found is None:
                session.add(document)
        return found or document, found is None

    def finish_document(self, document_id: int, chunks: Sequence[Chunk], **values: Any) -> None:
        """Replace the Document's Chunks and mark it ready, in one step."""
        with self._write() as session:
            session.execute(delete(Chunk).where(Chunk.document_id == document_id))
            session.add_all(chunks)
            session.execute(
                update(Document)
                .where(Document.id == document_id)
                .values(status="ready", error=None, **values)
            )

    def chunks(self, project_id: int, document_id: int | None = None) -> Sequence[Chunk]:
        """The Chunks of all ready Documents of the project (or of one), in reading order."""
        query = (
            select(Chunk)
            .join(Document, Chunk.document_id == Document.id)
            .where(Document.project_id == project_id, Document.status == "ready")
            .order_by(Chunk.document_id, Chunk.number)
        )
        if document_id is not None:
            query = query.where(Chunk.document_id == document_id)
        with self._read() as session:
            return session.scalars(query).all()

    # ── examples ─────────────────────────────────────────────────────────────────────────────

    def add_examples(self, examples: Sequence[Example]) -> None:
        with self._write() as session:
            session.add_all(examples)

    def add_examples_once(self, chunk_id: int, examples: Sequence[Example]) -> bool:
        """Add all Examples of a Chunk in one step; False, and nothing added, when the Chunk has
        some already or is not there any more."""
        query = select(func.count()).select_from(Example).where(Example.chunk_id == chunk_id)
        with self._write() as session:
            if session.get(Chunk, chunk_id) is None or session.scalar(query):
                return False
            session.add_all(examples)
        return True

    def examples(
        self,
        project_id: int,
        *,
        statuses: Sequence[str] = (),
        reason: str = "",
        search: str = "",
        document_id: int | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[Sequence[Example], int]:
        """One page of Examples in reading order, and how many there are in all."""
        query = select(Example).where(Example.project_id == project_id)
        if statuses:
            query = query.where(Example.status.in_(statuses))
        if reason:
            query = query.where(Example.reason == reason)
        if search:
            text = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            query = query.where(
                or_(
                    Example.question.ilike(text, escape="\\"),
                    Example.answer.ilike(text, escape="\\"),
                )
            )
        if document_id is not None:
            query = query.join(Chunk, Example.chunk_id == Chunk.id).where(
                Chunk.document_id == document_id
            )
        with self._read() as session:
            total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
            ordered = query.order_by(Example.chunk_id, Example.fact, Example.id)
            rows = session.scalars(ordered.offset(offset).limit(limit)).all()
        return rows, total

    def count_examples(self, project_id: int) -> dict[tuple[str, str], int]:
        """How many Examples there are by (status, reason)."""
        query = (
            select(Example.status, Example.reason, func.count())
            .where(Example.project_id == project_id)
            .group_by(Example.status, Example.reason)
        )
        with self._read() as session:
            return {(status, reason): count for status, reason, count in session.execute(query)}

    def generated_chunk_ids(self, project_id: int) -> set[int]:
        """Chunks that already have Examples: what a resumed generation leaves out."""
        query = select(Example.chunk_id).where(Example.project_id == project_id).distinct()
        with self._read() as session:
            return {chunk_id for chunk_id in session.scalars(query) if chunk_id is not None}

    def review_examples(self, ids: Sequence[int], status: str, reason: str = "") -> None:
        with self._write() as session:
            session.execute(
                update(Example).where(Example.id.in_(ids)).values(status=status, reason=reason)
            )

    def edit_example(self, example_id: int, **values: Any) -> None:
        """Change the texts; the wording before is kept, the status becomes `edited`."""
        with self._write() as session:
            row = session.get(Example, example_id)
            if row is None:
                raise NotFound(f"Example {example_id} is not there any more. Reload the page.")
            kept = {name: getattr(row, name) for name in values}
            row.before = [*row.before, {**kept, "status": row.status, "at": now()}]
            for name, value in values.items():
                setattr(row, name, value)
            row.status, row.reason = "edited", ""

    # ── datasets and exams ───────────────────────────────────────────────────────────────────

    def datasets(self, project_id: int) -> Sequence[Dataset]:
        query = select(Dataset).where(Dataset.project_id == project_id).order_by(Dataset.id.desc())
        with self._read() as session:
            return session.scalars(query).all()

    def add_dataset(
        self,
        dataset: Dataset,
        questions: Sequence[ExamQuestion],
        write: Callable[[], None],
    ) -> Dataset:
        """Add a Dataset as its project's next version, with its exam.

        `write` makes the files: it is called when all ids are known and before any of the rows
        can be seen, so a Dataset that is there is whole. It may change `dataset`.
        """
        newest = select(func.max(Dataset.version)).where(Dataset.project_id == dataset.project_id)
        with self._write() as session:
            dataset.version = (session.scalar(newest) or 0) + 1
            session.add(dataset)
            session.flush()
            for question in questions:
                question.dataset_id = dataset.id
            session.add_all(questions)
            session.flush()
            write()
        return dataset

    def add_exam_questions(self, questions: Sequence[ExamQuestion]) -> None:
        with self._write() as session:
            session.add_all(questions)

    def exam_questions(self, dataset_id: int) -> Sequence[ExamQuestion]:
        query = (
            select(ExamQuestion)
            .where(ExamQuestion.dataset_id == dataset_id)
            .order_by(ExamQuestion.id)
        )
        with self._read() as session:
            return session.scalars(query).all()

    # ── runs, metrics, results ───────────────────────────────────────────────────────────────

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

    def metrics(self, run_id: int) -> Sequence[Metric]:
        query = select(Metric).where(Metric.run_id == run_id).order_by(Metric.step)
        with self._read() as session:
            return session.scalars(query).all()

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

    def comparisons(self, project_id: int, limit: int = 50) -> Sequence[Comparison]:
        query = select(Comparison).where(Comparison.project_id == project_id)
        with self._read() as session:
            return session.scalars(query.order_by(Comparison.id.desc()).limit(limit)).all()

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

    # ── jobs ─────────────────────────────────────────────────────────────────────────────────

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


def copy_database(source: Path, target: Path) -> Path:
    """A consistent copy of a SQLite file, also while others write to it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    reading, writing = sqlite3.connect(source), sqlite3.connect(target)
    try:
        reading.backup(writing)
    finally:
        reading.close()
        writing.close()
    shutil.copymode(source, target)
    return target


def _key(table: type[Table]) -> Any:
    return next(iter(table.__table__.primary_key))


def _set_pragmas(connection: sqlite3.Connection, _: object) -> None:
    # Autocommit mode hands BEGIN to `_begin`, which can then ask for the write lock at once.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.execute("PRAGMA busy_timeout=15000").close()


def _begin(connection: Connection) -> None:
    # A deferred transaction that reads first and writes later fails with "database is locked"
    # without waiting; IMMEDIATE waits its turn.
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
