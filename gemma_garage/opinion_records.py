"""What a judge model says of two answers to one exam question, and the queries about it.

The exam and the judge hand each other these. Who is asked and in which words stands in
`augment/remote/pair_prompt.py`, what many opinions mean in `infer/judge`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import delete, select

from gemma_garage.records import Records
from gemma_garage.schema import ExamOpinion

ExamJudge = Literal["gemini", "openai"]


def _fold(word: Any) -> Any:
    return word.strip().strip(".").lower() if isinstance(word, str) else word


Grade = Annotated[Literal["right", "partly", "wrong"], BeforeValidator(_fold)]
Better = Annotated[Literal["first", "second", "tie"], BeforeValidator(_fold)]
_OTHER: dict[str, Literal["first", "second", "tie"]] = {"first": "second", "second": "first"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one exam question. `evidence`: what proves the right answer, or ""."""

    question: str
    expected: str
    evidence: str
    first: str
    second: str

    def swap(self) -> "Pair":
        return replace(self, first=self.second, second=self.first)

    @property
    def wording(self) -> str:
        """Short, and equal for the same question and answers only."""
        return hashlib.sha256(json.dumps(astuple(self)).encode()).hexdigest()[:16]


class Opinion(BaseModel):
    """What a judge says of a Pair; the shape of its reply, and as it is stored."""

    model_config = ConfigDict(frozen=True)

    reason: str = Field(description="what decides, in one sentence")
    first: Grade = Field(description="the first answer by itself")
    second: Grade = Field(description="the second answer by itself")
    better: Better = Field(description="the better of the two answers")

    def swap(self) -> Self:
        """The same said of the swapped Pair."""
        told = {
            "first": self.second,
            "second": self.first,
            "better": _OTHER.get(self.better, "tie"),
        }
        return self.model_copy(update=told)


class OpinionRecords(Records):
    """Queries about what a judge model said of an exam's answers."""

    def keep_opinion(self, opinion: ExamOpinion) -> None:
        """Keep what a Job found of a question; what it found before is replaced."""
        with self._write() as session:
            session.execute(
                delete(ExamOpinion).where(
                    ExamOpinion.job_id == opinion.job_id,
                    ExamOpinion.question_id == opinion.question_id,
                )
            )
            session.add(opinion)

    def opinions(self, job_id: int) -> Sequence[ExamOpinion]:
        """All that a Job found, in the order of the exam."""
        query = select(ExamOpinion).where(ExamOpinion.job_id == job_id)
        with self._read() as session:
            return session.scalars(query.order_by(ExamOpinion.question_id)).all()
