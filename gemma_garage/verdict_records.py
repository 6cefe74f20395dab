"""Queries about what a judge said of Examples. What it is asked is in `augment/judge.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from gemma_garage.records import Records
from gemma_garage.schema import Example


@dataclass(frozen=True, slots=True)
class Judged:
    """What to keep of one Example. `reason`: for which it is to be rejected, or "". `question` and
    `answer`: the wording that was judged."""

    example_id: int
    question: str
    answer: str
    scores: Mapping[str, Any]
    score: float
    reason: str = ""


class VerdictRecords(Records):
    """Queries about what a judge said of Examples."""

    def keep_verdicts(self, judged: Sequence[Judged]) -> set[int]:
        """Keep scores and reject what is to be rejected, in one step; the ids of what was rejected.

        An Example that was reworded or removed meanwhile is left alone. Only what is `accepted` is
        rejected: what a person edited stands, whatever a judge says.
        """
        rejected: set[int] = set()
        with self._write() as session:
            for verdict in judged:
                row = session.get(Example, verdict.example_id)
                if row is None or (row.question, row.answer) != (verdict.question, verdict.answer):
                    continue
                row.scores, row.score = {**row.scores, **verdict.scores}, verdict.score
                if verdict.reason and row.status == "accepted":
                    row.status, row.reason = "rejected", verdict.reason
                    rejected.add(row.id)
        return rejected

    def count_scored(self, project_id: int) -> int:
        """How many Examples of the project have a score."""
        query = select(func.count(Example.id)).where(
            Example.project_id == project_id, Example.score.is_not(None)
        )
        with self._read() as session:
            return session.scalar(query) or 0
