"""Queries about Examples: add, find, count. Verdicts are in `review_records.py`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from gemma_garage.example_filter import EVERYTHING, Filter, Order, fold_text
from gemma_garage.records import Records
from gemma_garage.schema import EXAMPLES_IN_ORDER, Chunk, Document, Example, ExampleText


class ExampleRecords(Records):
    """Queries about Examples: add, find, count."""

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
        wanted: Filter = EVERYTHING,
        *,
        statuses: Sequence[str] = (),
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[Sequence[Example], int]:
        """One page of the wanted Examples in their order, and how many there are in all.

        `statuses` is short for a Filter of nothing else. Without a `limit` all of them come.
        """
        if statuses:
            wanted = replace(wanted, statuses=tuple(statuses))
        with self._read() as session:
            if limit is None and not offset:
                everything = narrow_examples(select(Example), project_id, wanted)
                rows = session.scalars(order_examples(everything, wanted.order)).all()
                return rows, len(rows)
            # The ids come out of an index; only the rows of this page are opened.
            page, total = _cut_page(session, project_id, wanted, offset, limit)
            found = session.scalars(select(Example).where(Example.id.in_(page)))
            by_id = {row.id: row for row in found}
        return [by_id[row_id] for row_id in page], total

    def count_matching(self, project_id: int, wanted: Filter) -> int:
        """How many Examples a Filter finds."""
        with self._read() as session:
            return _count(session, project_id, wanted)

    def count_examples(self, project_id: int) -> dict[tuple[str, str], int]:
        """How many Examples there are by (status, reason)."""
        counts: dict[tuple[str, str], int] = {}
        for (status, reason, *_), count in self.count_facets(project_id).items():
            counts[status, reason] = counts.get((status, reason), 0) + count
        return counts

    def count_facets(self, project_id: int) -> dict[tuple[str, str, str, str], int]:
        """How many Examples there are by (status, reason, kind, origin)."""
        columns = (Example.status, Example.reason, Example.kind, Example.origin)
        query = (
            select(*columns, func.count())
            .where(Example.project_id == project_id)
            .group_by(*columns)
        )
        with self._read() as session:
            return {
                (status, reason, kind, origin): count
                for status, reason, kind, origin, count in session.execute(query)
            }

    def count_by_chunk(self, project_id: int) -> dict[int, dict[tuple[str, str], int]]:
        """How many Examples each Chunk gave, by (status, reason); Chunks without any are not in."""
        query = (
            select(Example.chunk_id, Example.status, Example.reason, func.count())
            .where(Example.project_id == project_id, Example.chunk_id.is_not(None))
            .group_by(Example.chunk_id, Example.status, Example.reason)
        )
        counts: dict[int, dict[tuple[str, str], int]] = {}
        with self._read() as session:
            for chunk_id, status, reason, count in session.execute(query):
                if chunk_id is not None:
                    counts.setdefault(chunk_id, {})[status, reason] = count
        return counts

    def add_imported(self, document_id: int, examples: Sequence[Example]) -> bool:
        """Add Examples of whole rows of a Document in one step; False, and nothing added, when
        the Document is not there any more."""
        with self._write() as session:
            if session.get(Document, document_id) is None:
                return False
            session.add_all(examples)
        return True

    def count_imported(self, document_id: int) -> tuple[dict[tuple[str, str], int], int]:
        """Imported Examples of the Document by (status, reason), and how many of its rows are in:
        where an import goes on."""
        query = (
            select(Example.status, Example.reason, func.count(), func.max(Example.fact))
            .where(Example.document_id == document_id)
            .group_by(Example.status, Example.reason)
        )
        with self._read() as session:
            found = session.execute(query).all()
        counts = {(status, reason): count for status, reason, count, _ in found}
        return counts, max((last for *_, last in found), default=-1) + 1

    def generated_chunk_ids(self, project_id: int) -> set[int]:
        """Chunks that already have Examples: what a resumed generation leaves out."""
        query = select(Example.chunk_id).where(Example.project_id == project_id).distinct()
        with self._read() as session:
            return {chunk_id for chunk_id in session.scalars(query) if chunk_id is not None}


def narrow_examples(query: Select[Any], project_id: int, wanted: Filter) -> Select[Any]:
    """`query` over Examples with all that the Filter asks for."""
    query = query.where(Example.project_id == project_id)
    for column, values in (
        (Example.status, wanted.statuses),
        (Example.reason, wanted.reasons),
        (Example.kind, wanted.kinds),
        (Example.origin, wanted.origins),
    ):
        if values:
            query = query.where(column.in_(values))
    if wanted.lowest is not None:
        query = query.where(Example.score >= wanted.lowest)
    if wanted.highest is not None:
        query = query.where(Example.score <= wanted.highest)
    if wanted.document_id is not None:
        of_document = select(Chunk.id).where(Chunk.document_id == wanted.document_id)
        query = query.where(
            or_(Example.chunk_id.in_(of_document), Example.document_id == wanted.document_id)
        )
    if text := fold_text(wanted.search):
        # A query of its own, so that the texts are read once from end to end and not one by one.
        has_text = ExampleText.folded.contains(text, autoescape=True)
        query = query.where(Example.id.in_(select(ExampleText.example_id).where(has_text)))
    if wanted.ids is not None:
        query = query.where(Example.id.in_(wanted.ids))
    return query


def order_examples(query: Select[Any], order: Order) -> Select[Any]:
    """Examples without a score come last; nothing is left to chance, so pages never overlap."""
    if order in ("doubtful", "sure"):
        return _order_scored(query.order_by(Example.score.is_(None)), order)
    if order == "newest":
        return query.order_by(Example.id.desc())
    return query.order_by(*(getattr(Example, name) for name in EXAMPLES_IN_ORDER[1:]))


def _order_scored(query: Select[Any], order: Order) -> Select[Any]:
    if order == "sure":
        return query.order_by(Example.score.desc(), Example.id.desc())
    return query.order_by(Example.score, Example.id)


def _cut_page(
    session: Session, project_id: int, wanted: Filter, offset: int, limit: int | None
) -> tuple[list[int], int]:
    """The ids of one page in their order, and how many Examples the Filter finds."""

    def narrow(*more: Any) -> Select[Any]:
        return narrow_examples(select(Example.id), project_id, wanted).where(*more)

    if wanted.search:
        # A search reads every text, so it is done once for the page and the total alike.
        ids = order_examples(narrow().add_columns(func.count().over()), wanted.order)
        cut = session.execute(ids.offset(offset).limit(limit)).all()
        past_the_end = offset and not cut
        total = _count(session, project_id, wanted) if past_the_end else (cut[0][1] if cut else 0)
        return [row[0] for row in cut], total
    total = _count(session, project_id, wanted)
    if wanted.order not in ("doubtful", "sure"):
        ids = order_examples(narrow(), wanted.order)
        return list(session.scalars(ids.offset(offset).limit(limit))), total
    # In two steps, each in the order of an index: sorting all by "has it a score" reads them all.
    scored = _order_scored(narrow(Example.score.is_not(None)), wanted.order)
    page = list(session.scalars(scored.offset(offset).limit(limit)))
    left = None if limit is None else limit - len(page)
    if left != 0 and wanted.lowest is None and wanted.highest is None:
        with_score = (
            len(page) + offset
            if page
            else _count(session, project_id, wanted, Example.score.is_not(None))
        )
        others = _order_scored(narrow(Example.score.is_(None)), wanted.order)
        start = max(0, offset - with_score)
        page += session.scalars(others.offset(start).limit(left))
    return page, total


def _count(session: Session, project_id: int, wanted: Filter, *more: Any) -> int:
    query = narrow_examples(select(func.count(Example.id)), project_id, wanted).where(*more)
    return session.scalar(query) or 0
