"""The whole state, behind named queries. SQLAlchemy is known here and in what this is made of.

Each method opens one short session; rows leave it detached and complete (there are no lazy
relationships). A write that breaks leaves nothing behind. Any thread may call any method.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update

from gemma_garage.call_records import CallRecords
from gemma_garage.compare_records import CompareRecords
from gemma_garage.job_records import JobRecords
from gemma_garage.opinion_records import OpinionRecords
from gemma_garage.review_records import ReviewRecords
from gemma_garage.run_records import RunRecords
from gemma_garage.schema import (
    Chunk,
    Dataset,
    Document,
    ExamQuestion,
    Project,
)
from gemma_garage.verdict_records import VerdictRecords


class Store(
    ReviewRecords,
    VerdictRecords,
    CallRecords,
    CompareRecords,
    OpinionRecords,
    RunRecords,
    JobRecords,
):
    """The database at `url`; `migrate()` brings its schema up to date before first use."""

    # ── projects and documents ──

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

    def find_chunk(self, document_id: int, offset: int) -> Chunk | None:
        """The Chunk of the Document that holds the character at `offset`, or the last before it."""
        query = (
            select(Chunk)
            .where(Chunk.document_id == document_id, Chunk.start <= offset)
            .order_by(Chunk.number.desc())
            .limit(1)
        )
        with self._read() as session:
            return session.scalar(query)

    # ── datasets and exams ──

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
