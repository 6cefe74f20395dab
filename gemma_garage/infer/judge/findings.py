"""What judges said of a Run's exam, read from the store, and told in words.

Of several judgings against the same opponent the newest counts. What was said of answers that have
changed since is left out.
"""

from dataclasses import dataclass
from typing import Any

from gemma_garage.infer.exam_result import TUNED_SUBJECT
from gemma_garage.infer.judge.agreement import (
    AFTER,
    BEFORE,
    Agreement,
    Judged,
    Tally,
    measure_agreement,
    tally_better,
)
from gemma_garage.infer.judge.pairs import find_pairs, name_side
from gemma_garage.infer.judge.run import list_judge_jobs
from gemma_garage.opinion_records import Opinion
from gemma_garage.schema import Job, Run
from gemma_garage.store import Store


@dataclass(frozen=True, slots=True)
class Finding:
    """One judging. `judge`: who judged. `missing`: questions that both have answered and that have
    no opinion: not judged, or answered anew since."""

    job_id: int
    against: str
    judge: str
    rubric: str
    judged: tuple[Judged, ...]
    missing: int
    tally: Tally
    agreement: Agreement


def read_findings(store: Store, run_id: int) -> list[Finding]:
    """The newest judging against each opponent, the newest first; those that found nothing yet
    are not in. Raises NotFound."""
    run = store.get(Run, run_id)
    findings: dict[str, Finding] = {}
    for job in list_judge_jobs(store, run):
        if job.payload["against"] not in findings and (found := _read_finding(store, run, job)):
            findings[found.against] = found
    return list(findings.values())


def _read_finding(store: Store, run: Run, job: Job) -> Finding | None:
    rows = store.opinions(job.id)
    against = job.payload["against"]
    if not rows:
        return None
    pairs = {pair.row.question_id: pair for pair in find_pairs(store, run, against)}
    judged = tuple(
        Judged(
            pairs[row.question_id],
            Opinion.model_validate(row.given),
            Opinion.model_validate(row.swapped),
        )
        for row in rows
        if row.question_id in pairs and pairs[row.question_id].pair.wording == row.wording
    )
    return Finding(
        job.id,
        against,
        " and ".join(dict.fromkeys(row.judge for row in rows)),
        job.payload["rubric"],
        judged,
        len(pairs) - len(judged),
        tally_better(judged),
        measure_agreement(judged),
    )


def find_subject(finding: Finding, side: str) -> str:
    """The subject that is on this side, or the word itself for tie and undecided."""
    return {BEFORE: finding.against, AFTER: TUNED_SUBJECT}.get(side, side)


def say_finding(finding: Finding) -> str:
    """Who was better, how far the order decided, how far it agrees with the grade."""
    tally, agreement = finding.tally, finding.agreement
    if not tally.total:
        return f"{finding.judge} judged answers that have been given anew since. Ask it again."
    said = [
        f"{finding.judge} prefers the tuned model in {tally.after:,} of {tally.total:,} questions, "
        f"{name_side(finding.against)} in {tally.before:,}, neither in {tally.tie:,} "
        f"(sign test p = {_say_p(tally.p_value)}).",
        f"{_say_share(tally.undecided, tally.total)} undecided: the verdict changed with the order "
        "of the answers.",
    ]
    if agreement.compared:
        kappa = "" if agreement.kappa is None else f", Cohen's kappa {agreement.kappa:.2f}"
        said.append(
            f"Right or not: it agrees with the grade on {agreement.agree:,} of "
            f"{agreement.compared:,} answers ({agreement.agree / agreement.compared:.0%}"
            f"{kappa}).".replace("%", " %")
        )
    if agreement.undecided:
        said.append(f"Called otherwise in the other order: {agreement.undecided:,} answers.")
    if finding.missing:
        said.append(f"Not judged, or answered anew since: {finding.missing:,}.")
    return " ".join(said)


def say_differences(finding: Finding) -> str:
    return (
        "Where judge and grade differ: look at these. In the judge's words the first answer is "
        f"that of {name_side(finding.against)}, the second that of the tuned model."
    )


def list_differences(finding: Finding) -> list[dict[str, Any]]:
    """The answers that judge and grade call otherwise, to be looked at. In its reason the first
    answer is the other's, the second the tuned model's."""
    return [
        {
            "question": one.pair.row.question,
            "expected": one.pair.row.expected,
            "subject": find_subject(finding, side),
            "answer": one.answer(side).text,
            "correct": one.answer(side).correct,
            "judge": one.grade(side),
            "reason": one.given.reason,
        }
        for one, side in finding.agreement.differ
    ]


def describe_finding(finding: Finding) -> dict[str, Any]:
    """A judging as programs get it."""
    tally, agreement = finding.tally, finding.agreement
    return {
        "told": say_finding(finding),
        "judge": finding.judge,
        "against": finding.against,
        "rubric": finding.rubric,
        "questions": tally.total,
        "missing": finding.missing,
        "better": {
            "tuned": tally.after,
            "other": tally.before,
            "tie": tally.tie,
            "undecided": tally.undecided,
            "p_value": round(tally.p_value, 6),
        },
        "agreement": {
            "agree": agreement.agree,
            "compared": agreement.compared,
            "undecided": agreement.undecided,
            "kappa": None if agreement.kappa is None else round(agreement.kappa, 4),
        },
        "differences": list_differences(finding),
    }


def list_opinions(finding: Finding) -> dict[tuple[int, str], tuple[str, str]]:
    """By question and subject what the judge calls the answer, and which one is better."""
    return {
        (one.pair.row.question_id, find_subject(finding, side)): (
            one.grade(side),
            find_subject(finding, one.better),
        )
        for one in finding.judged
        for side in (BEFORE, AFTER)
    }


def _say_share(count: int, total: int) -> str:
    return f"{count:,} of {total:,} ({count / total:.0%})".replace("%", " %")


def _say_p(p_value: float) -> str:
    return f"{p_value:.2f}" if p_value >= 0.01 else f"{max(p_value, 0.001):.3f}"
