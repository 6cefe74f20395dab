"""The exam of a Run as an export carries it: counts, and every question with both answers.

Only questions that base and tuned have both answered count. The exam's figure is that of the
paraphrases of trained facts; other kinds, and the user's own questions (kind `own`), are counted
apart. What the leak check names counts nowhere, but its answers are kept and marked. Sums in words
have two figures, always both. It grades nothing else anew.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gemma_garage.alike.sums import passes_leniently, passes_strictly
from gemma_garage.exam_score import Score
from gemma_garage.schema import ExamQuestion, ExamResult

OWN, HEADLINE, SUMS = "own", "paraphrase", "reasoning"
ADDED = frozenset({"general", SUMS})  # to the exam later; never its one figure
BASE, TUNED, PASSAGE = SUBJECTS = "base", "tuned", "passage"


@dataclass(frozen=True, slots=True)
class Sides:
    """What the base and the tuned model answered right of the same questions. `passage`: the base
    with the right passage before the question, of those among them that it was asked so; None: of
    none."""

    base: Score
    tuned: Score
    passage: Score | None

    def as_dict(self) -> dict[str, dict[str, int]]:
        sides = {BASE: self.base.as_dict(), TUNED: self.tuned.as_dict()}
        return sides | ({PASSAGE: self.passage.as_dict()} if self.passage else {})


@dataclass(frozen=True, slots=True)
class Scores:
    """The exam, the user's own questions (None without any), the exam by kind, and each answer:
    `{"kind", "question", "expected", "base": {"answer", "correct"}, "tuned": …}`, of a sum in words
    with `strict` and `lenient` too. `sums`: both figures of them (strict, last number), or None.
    `left_out`: in no figure, as their answers prove little: how many questions, by reason; None:
    what was trained could not be looked at."""

    exam: Sides | None
    own: Sides | None
    kinds: dict[str, Sides]
    questions: list[dict[str, Any]]
    sums: tuple[Sides, Sides] | None = None
    left_out: Mapping[str, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        """What exam.json holds."""
        kinds: dict[str, Any] = {kind: score.as_dict() for kind, score in self.kinds.items()}
        if self.sums:
            strict, lenient = (score.as_dict() for score in self.sums)
            kinds[SUMS] |= {"strict": strict, "lenient": lenient}
        return {
            "exam": self.exam.as_dict() if self.exam else None,
            "exam_by_kind": kinds,
            "own_questions": self.own.as_dict() if self.own else None,
            "left_out": self.left_out,
            "questions": self.questions,
        }


def count_scores(
    results: Iterable[tuple[ExamResult, ExamQuestion]], leaks: Mapping[int, str] | None
) -> Scores:
    """Count what `store.exam_results` gives. `leaks`: why a question proves little, by its id;
    None: nobody could look."""
    asked: dict[int, dict[str, Any]] = {}
    for result, question in results:
        if result.subject not in SUBJECTS:
            continue
        entry = asked.setdefault(
            question.id,
            {"kind": question.kind, "question": question.question, "expected": question.answer},
        )
        if leaks and question.id in leaks:
            entry["left_out"] = leaks[question.id]
        entry[result.subject] = {"answer": result.answer, "correct": result.correct}
        if question.kind == SUMS:
            entry[result.subject] |= {
                "strict": passes_strictly(result.answer, question.answer),
                "lenient": passes_leniently(result.answer, question.answer),
            }
    both = [entry for entry in asked.values() if BASE in entry and TUNED in entry]
    counted = [entry for entry in both if "left_out" not in entry]
    exam = [entry for entry in counted if entry["kind"] != OWN]
    own = [entry for entry in counted if entry["kind"] == OWN]
    kinds = sorted({entry["kind"] for entry in exam})
    sums = [entry for entry in exam if entry["kind"] == SUMS]
    strict, lenient = (_count(sums, by=figure) for figure in ("strict", "lenient"))
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
        sums=(strict, lenient) if strict and lenient else None,
        left_out=None
        if leaks is None
        else dict(Counter(entry["left_out"] for entry in both if "left_out" in entry)),
    )


def _count(entries: list[dict[str, Any]], *, by: str = "correct") -> Sides | None:
    if not entries:
        return None
    base, tuned, passage = (
        [bool(entry[subject][by]) for entry in entries if subject in entry] for subject in SUBJECTS
    )
    return Sides(
        Score(sum(base), len(base)),
        Score(sum(tuned), len(tuned)),
        Score(sum(passage), len(passage)) if passage else None,
    )
