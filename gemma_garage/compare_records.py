"""Queries about what was asked side by side: comparisons, votes on them, files asked as a whole."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select, update

from gemma_garage.records import Records
from gemma_garage.schema import BatchRow, Comparison, Example, Vote


class CompareRecords(Records):
    """Queries about what was asked side by side."""

    def comparisons(self, project_id: int, limit: int = 50) -> Sequence[Comparison]:
        """What was asked in the project, newest first."""
        query = select(Comparison).where(Comparison.project_id == project_id)
        with self._read() as session:
            return session.scalars(query.order_by(Comparison.id.desc()).limit(limit)).all()

    def comparisons_of(self, project_id: int, prompt: str) -> Sequence[Comparison]:
        """Where this very prompt was asked in the project."""
        query = select(Comparison).where(
            Comparison.project_id == project_id, Comparison.prompt == prompt
        )
        with self._read() as session:
            return session.scalars(query).all()

    def conversation(self, comparison_id: int) -> Sequence[Comparison]:
        """The Comparison that began a conversation and all that went on with it, in order; what was
        stopped is no part of it."""
        query = select(Comparison).where(
            or_(Comparison.id == comparison_id, Comparison.conversation_id == comparison_id)
        )
        with self._read() as session:
            rows = session.scalars(query.order_by(Comparison.id)).all()
        return [row for row in rows if all(column.get("done", True) for column in row.columns)]

    def newest_asked(self, project_id: int) -> tuple[int, int, int]:
        """The newest Comparison and the newest Vote of the project, by id, and the preferences
        made of votes; they tell whether anything is new."""
        made = Vote.example_id.is_not(None)
        compared = select(func.max(Comparison.id)).where(Comparison.project_id == project_id)
        voted = select(func.max(Vote.id), func.count().filter(made))
        with self._read() as session:
            newest = session.scalar(compared)
            vote, preferences = session.execute(voted.where(Vote.project_id == project_id)).one()
        return newest or 0, vote or 0, preferences

    # ── votes ──

    def keep_vote(self, vote: Vote) -> Vote:
        """Keep it; an earlier vote on the same Comparison is replaced, but what a preference was
        made of stays known."""
        with self._write() as session:
            earlier = session.scalar(select(Vote).where(Vote.comparison_id == vote.comparison_id))
            if earlier is not None:
                vote.example_id = earlier.example_id
                session.delete(earlier)
                session.flush()
            session.add(vote)
        return vote

    def votes(self, project_id: int) -> Sequence[tuple[Vote, Comparison]]:
        """Every vote of the project with what it was about, oldest first."""
        query = (
            select(Vote, Comparison)
            .join(Comparison, Vote.comparison_id == Comparison.id)
            .where(Vote.project_id == project_id)
            .order_by(Vote.id)
        )
        with self._read() as session:
            return [(vote, comparison) for vote, comparison in session.execute(query)]

    def find_vote(self, comparison_id: int) -> Vote | None:
        with self._read() as session:
            return session.scalar(select(Vote).where(Vote.comparison_id == comparison_id))

    def add_preferences(self, made: Sequence[tuple[int, Example]]) -> int:
        """Add an Example for each (vote id, Example), in one step; a vote that has one already, or
        is gone, is passed over. How many were added."""
        added = 0
        with self._write() as session:
            for vote_id, example in made:
                vote = session.get(Vote, vote_id)
                if vote is None or vote.example_id is not None:
                    continue
                session.add(example)
                session.flush()
                vote.example_id = example.id
                added += 1
        return added

    # ── files asked as a whole ──

    def add_batch_rows(self, rows: Sequence[BatchRow]) -> None:
        with self._write() as session:
            session.add_all(rows)

    def batch_rows(
        self, job_id: int, offset: int = 0, limit: int | None = None, *, broken: bool = False
    ) -> Sequence[BatchRow]:
        """Rows of the file in its order; `broken`: only those that cannot be asked."""
        query = select(BatchRow).where(BatchRow.job_id == job_id).order_by(BatchRow.number)
        if broken:
            query = query.where(BatchRow.problem != "")
        with self._read() as session:
            return session.scalars(query.offset(offset).limit(limit)).all()

    def waiting_batch_rows(self, job_id: int, after: int, limit: int) -> Sequence[BatchRow]:
        """The next rows behind the number `after` that have no answer yet."""
        waiting = (BatchRow.problem == "") & BatchRow.is_answered.is_(False)
        query = select(BatchRow).where(BatchRow.job_id == job_id, BatchRow.number > after, waiting)
        with self._read() as session:
            return session.scalars(query.order_by(BatchRow.number).limit(limit)).all()

    def count_batch(self, job_id: int) -> tuple[int, int, int]:
        """How many rows there are, how many of them are answered, how many cannot be asked."""
        query = select(
            func.count(),
            func.count().filter(BatchRow.is_answered),
            func.count().filter(BatchRow.problem != ""),
        ).where(BatchRow.job_id == job_id)
        with self._read() as session:
            total, answered, broken = session.execute(query).one()
        return total, answered, broken

    def keep_batch_answers(self, answers: Mapping[int, Mapping[str, Any]], asked: int) -> None:
        """Keep answers, by the row's id, in one step; a row that has those of all `asked` is
        answered."""
        with self._write() as session:
            for row_id, given in answers.items():
                session.execute(
                    update(BatchRow)
                    .where(BatchRow.id == row_id)
                    .values(answers=dict(given), is_answered=len(given) == asked)
                )

    def break_batch_row(self, row_id: int, problem: str) -> None:
        """Note why a row cannot be asked."""
        with self._write() as session:
            session.execute(update(BatchRow).where(BatchRow.id == row_id).values(problem=problem))
