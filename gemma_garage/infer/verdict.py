"""The verdict on a Run in a few sentences, each with its uncertainty. It reads an exam's rows.

"Better" and "worse" are said only where chance is no explanation, at 5 % for all kinds together
(Bonferroni); what no test shows is "no clear difference". "Unchanged" is said of everyday questions
only where a change of ten points is ruled out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gemma_garage.exam_score import Score, say_interval, say_share
from gemma_garage.infer.exam_result import (
    BASE_SUBJECT,
    CHECKPOINT,
    PASSAGE_SUBJECT,
    TUNED_SUBJECT,
    ExamRow,
    count_reasoning,
    count_subject,
    list_subjects,
)
from gemma_garage.infer.kinds import GENERAL, HEADLINE, REASONING, TITLES, UNANSWERABLE
from gemma_garage.infer.significance import BETTER, LEVEL, SAME, Difference, compare_answers

PASSES_FROM = 0.7  # of the questions, for the base with the passage to be called good enough
UNCHANGED_WITHIN = 0.1  # of the everyday questions
FEW_QUESTIONS = 20  # fewer are told with the share
_ORDER = list(TITLES)


@dataclass(frozen=True, slots=True)
class KindVerdict:
    """One kind: how the two did, and what may be said of the difference."""

    kind: str
    before: Score
    after: Score
    difference: Difference
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kinds` in the order of telling; `advice` is empty where there is none. `text` is all."""

    kinds: tuple[KindVerdict, ...]
    advice: str

    @property
    def text(self) -> str:
        sentences = [kind.sentence for kind in self.kinds]
        return " ".join([*sentences, self.advice] if self.advice else sentences)

    @property
    def shows_difference(self) -> bool:
        return any(kind.difference.call != SAME for kind in self.kinds)


def judge_run(
    rows: Sequence[ExamRow],
    *,
    before: str = BASE_SUBJECT,
    after: str = TUNED_SUBJECT,
    seed: int = 0,
) -> Verdict:
    """Compare two subjects on the questions both have answered, kind by kind."""
    both = [row for row in rows if before in row.answers and after in row.answers]
    kinds = sorted({row.kind for row in both}, key=_place)
    told = []
    for kind in kinds:
        asked = [row for row in both if row.kind == kind]
        pairs = [(row.answers[before].correct, row.answers[after].correct) for row in asked]
        difference = compare_answers(pairs, level=LEVEL / len(kinds), seed=seed)
        scores = count_subject(asked, before), count_subject(asked, after)
        sentence = (
            _tell_reasoning(asked, before, after, difference)
            if kind == REASONING
            else _tell(kind, *scores, difference)
        )
        told.append(KindVerdict(kind, *scores, difference, sentence))
    return Verdict(tuple(told), _advise(both, after, seed))


def judge_checkpoints(rows: Sequence[ExamRow]) -> dict[str, Verdict]:
    """Each checkpoint that was asked, by its subject, against the base."""
    asked = [subject for subject in list_subjects(rows) if subject.startswith(CHECKPOINT)]
    return {subject: judge_run(rows, after=subject) for subject in asked}


def _tell(kind: str, before: Score, after: Score, difference: Difference) -> str:
    title = TITLES.get(kind, kind)
    noun = "question" if after.total == 1 else "questions"
    few = f" of {after.total} {noun}" if after.total < FEW_QUESTIONS else ""
    now = f"{say_share(after)}{few} {say_interval(after)}"
    call = "no clear difference" if difference.call == SAME else difference.call
    if kind == GENERAL and difference.call == SAME and _is_close(difference, after.total):
        return f"{title}: unchanged ({say_share(after)}, was {say_share(before)})."
    if kind in (GENERAL, UNANSWERABLE):
        return f"{title}: {now}, was {say_share(before)}: {call}."
    said = "" if difference.call == BETTER else f": {call}"
    return f"{title}: {now} against {say_share(before)}{said}."


def _is_close(difference: Difference, total: int) -> bool:
    """Is a change of UNCHANGED_WITHIN ruled out? By fewer questions than 3 for one it never is (the
    rule of three, Hanley and Lippman-Hand 1983)."""
    return max(-difference.low, difference.high, 3 / total) <= UNCHANGED_WITHIN


def _tell_reasoning(
    rows: Sequence[ExamRow], before: str, after: str, difference: Difference
) -> str:
    parts = []
    counted = (count_reasoning(rows, who) for who in (before, after))
    for name, was, now in zip(("strict form", "last number"), *counted, strict=True):
        parts.append(f"{name} {say_share(now)} {say_interval(now)}, was {say_share(was)}")
    call = "no clear difference" if difference.call == SAME else difference.call
    return f"{TITLES[REASONING]} (n = {len(rows)}): {'; '.join(parts)}: {call} by the last number."


def _advise(rows: Sequence[ExamRow], after: str, seed: int) -> str:
    """Whether looking passages up would do as well."""
    asked = [row for row in rows if row.kind == HEADLINE and PASSAGE_SUBJECT in row.answers]
    passage = count_subject(asked, PASSAGE_SUBJECT)
    if not asked or passage.share < PASSES_FROM:
        return ""
    pairs = [(r.answers[PASSAGE_SUBJECT].correct, r.answers[after].correct) for r in asked]
    if compare_answers(pairs, seed=seed).call == BETTER:
        return ""
    return (
        f"Given the right passage, the base alone answers {say_share(passage)} "
        f"{say_interval(passage)}: looking passages up (retrieval) may serve you better than "
        "training."
    )


def _place(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
