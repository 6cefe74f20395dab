"""Queries about Examples: pages, counts, review."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select, update

from gemma_garage.errors import NotFound
from gemma_garage.records import Records
from gemma_garage.schema import (
    Chunk,
    Example,
    now,
)


class ExampleRecords(Records):
    """Queries about Examples: pages, counts, review."""

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
