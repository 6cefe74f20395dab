"""The exam of a Run as an export carries it: counts, and every question with both answers.

Only questions that base and tuned have both answered count. The exam's figure is that of the
paraphrases of trained facts; other kinds, and the user's own questions (kind `own`), are counted
apart. It grades nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gemma_garage.schema import ExamQuestion, ExamResult

OWN, HEADLINE = "own", "paraphrase"
ADDED = frozenset({"general", "reasoning"})  # to the exam later; never its one figure
SIDES = frozenset({"base", "tuned"})


@dataclass(frozen=True, slots=True)
class Score:
    """How many of `total` questions the base and the tuned model answered right."""

    base: int
    tuned: int
    total: int

    def as_dict(self) -> dict[str, dict[str, int]]:
        return {
            "base": {"correct": self.base, "total": self.total},
            "tuned": {"correct": self.tuned, "total": self.total},
        }


@dataclass(frozen=True, slots=True)
class Scores:
    """The exam, the user's own questions (None without any), the exam by kind, and each answer:
    `{"kind", "question", "expected", "base": {"answer", "correct"}, "tuned": …}`."""

    exam: Score | None
    own: Score | None
    kinds: dict[str, Score]
    questions: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """What exam.json holds."""
        return {
            "exam": self.exam.as_dict() if self.exam else None,
            "exam_by_kind": {kind: score.as_dict() for kind, score in self.kinds.items()},
            "own_questions": self.own.as_dict() if self.own else None,
            "questions": self.questions,
        }


def count_scores(results: Iterable[tuple[ExamResult, ExamQuestion]]) -> Scores:
    """Count what `store.exam_results` gives."""
    asked: dict[int, dict[str, Any]] = {}
    for result, question in results:
        if result.subject not in SIDES:
            continue
        entry = asked.setdefault(
            question.id,
            {"kind": question.kind, "question": question.question, "expected": question.answer},
        )
        entry[result.subject] = {"answer": result.answer, "correct": result.correct}
    both = [entry for entry in asked.values() if "base" in entry and "tuned" in entry]
    exam = [entry for entry in both if entry["kind"] != OWN]
    own = [entry for entry in both if entry["kind"] == OWN]
    kinds = sorted({entry["kind"] for entry in exam})
    return Scores(
        exam=_count(
            [entry for entry in exam if entry["kind"] == HEADLINE]
            or [entry for entry in exam if entry["kind"] not in ADDED]
        ),
        own=_count(own),
        kinds={
            kind: score
            for kind in kinds
            if (score := _count([entry for entry in exam if entry["kind"] == kind]))
        },
        questions=both,
    )


def _count(entries: list[dict[str, Any]]) -> Score | None:
    if not entries:
        return None
    return Score(
        base=sum(entry["base"]["correct"] for entry in entries),
        tuned=sum(entry["tuned"]["correct"] for entry in entries),
        total=len(entries),
    )
