"""`gemma-garage exam`: ask a run's questions of base, tuned and others, and say what changed.

It examines in this process, or, while the page is open on the same home, waits for its process to.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemma_garage.commands.terminal import CSV_GUARD, add_shared, answer, open_home, say
from gemma_garage.errors import Busy

if TYPE_CHECKING:
    from gemma_garage.garage import Garage
    from gemma_garage.infer.verdict import Verdict
    from gemma_garage.schema import Run


def add_parser(commands: Any, shared: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "exam", parents=[shared], help="examine a run, and say the verdict"
    )
    parser.add_argument(
        "--run", dest="number", type=int, metavar="N", help="its number in the project (the newest)"
    )
    parser.add_argument(
        "--subject",
        action="append",
        metavar="NAME",
        help="base, passage, tuned or step-N; may be given several times (the first three)",
    )
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="add your own first: JSONL or CSV with question and answer",
    )
    parser.add_argument(
        "--hub",
        metavar="NAME",
        help="add rows of a dataset of the Hugging Face Hub first, such as openai/gsm8k",
    )
    parser.add_argument("--rows", type=int, default=100, metavar="N", help="of --hub (100)")
    parser.add_argument(
        "--judge",
        choices=("gemini", "openai"),
        help="then ask this model which answers are better, each pair twice with the sides "
        "exchanged; questions, right answers and answers leave this machine, unless that server "
        "runs on it",
    )
    parser.add_argument(
        "--rubric", type=Path, metavar="FILE", help="by which it judges (ours, see docs/exam.md)"
    )
    parser.add_argument(
        "--against",
        metavar="NAME",
        help="whose answers it sees beside tuned: base, passage, step-N or run-N (base)",
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help=f"write every answer there ({CSV_GUARD})"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report there")
    add_shared(parser)
    parser.set_defaults(run=examine)


def examine(options: argparse.Namespace) -> int:
    from gemma_garage.commands.runs import find_run

    if not options.judge and (options.rubric or options.against):
        say("--rubric and --against need --judge.")
        return 2
    try:
        with open_home(options, works=True) as garage:
            return _examine(garage, find_run(garage, options), options, works=True)
    except Busy:
        with open_home(options) as garage:
            return _examine(garage, find_run(garage, options), options)


def _examine(
    garage: "Garage", run: "Run", options: argparse.Namespace, *, works: bool = False
) -> int:
    from gemma_garage.commands.waiting import wait_for
    from gemma_garage.infer.exam import KIND, submit_exam, submit_usual_exam
    from gemma_garage.infer.questions import add_own_questions
    from gemma_garage.infer.report import write_csv, write_html
    from gemma_garage.schema import ACTIVE
    from gemma_garage.workspace import write_whole

    rubric = _read_rubric(garage, options)
    if options.questions:
        added = add_own_questions(garage, run.dataset_id, options.questions)
        say(f"{_count_questions(added)} of your own.")
    if options.hub:
        from gemma_garage.commands.hub_questions import add_hub_questions

        added = add_hub_questions(garage, run.dataset_id, options.hub, options.rows)
        say(f"{_count_questions(added)} of {options.hub}.")
    begun = {job.id for job in garage.store.jobs(kind=KIND, statuses=ACTIVE)}
    job_id = (
        submit_exam(garage, run.id, options.subject)
        if options.subject
        else submit_usual_exam(garage, run.id)
    )
    wait_for(garage, job_id, say, is_own=works or job_id not in begun)
    if options.judge:
        _ask_judge(garage, run, options, rubric)
    told = describe_exam(garage, run)
    say(str(told["verdict"] or "The verdict needs the answers of base and tuned."))
    for name, checkpoint in told["checkpoints"].items():
        say(f"{name}: {checkpoint['verdict']}")
    for leak in told["leaks"]:
        say(f"Proves little, {leak['reason']}: {leak['question']}")
    for judged in told["judges"]:
        say(judged["told"])
    for path, write in ((options.csv, write_csv), (options.html, write_html)):
        if path:
            with write_whole(path) as temporary:
                temporary.write_text(write(garage, run.id), encoding="utf-8")
            say(str(path))
    answer(options, told)
    return 0


def _count_questions(added: int) -> str:
    return f"{added:,} new question{'' if added == 1 else 's'}"


def _read_rubric(garage: "Garage", options: argparse.Namespace) -> str:
    """The judge's rubric. Raises what stands in a judge's way, before an exam that takes long."""
    from gemma_garage.augment.judge.pairs import require_judge
    from gemma_garage.infer.judge.rubric import RUBRIC, read_rubric

    if options.judge:
        require_judge(garage, options.judge)
    return read_rubric(options.rubric) if options.rubric else RUBRIC


def _ask_judge(garage: "Garage", run: "Run", options: argparse.Namespace, rubric: str) -> None:
    from gemma_garage.augment.destination import describe_place
    from gemma_garage.augment.judge.pairs import estimate_pairs
    from gemma_garage.commands.waiting import wait_for
    from gemma_garage.infer.exam_result import BASE_SUBJECT
    from gemma_garage.infer.judge.pairs import require_pairs
    from gemma_garage.infer.judge.run import SENT, submit_exam_judge

    against = options.against or BASE_SUBJECT
    pairs = [one.pair for one in require_pairs(garage.store, run, against)]
    expected = estimate_pairs(garage, options.judge, rubric, pairs)
    place = describe_place(options.judge, garage.settings)
    if place:
        say(f"{SENT} leave this machine and go to {place}.")
    price = "unknown" if expected.price_usd is None else f"about ${expected.price_usd:.3f}"
    say(
        f"{expected.calls - expected.kept:,} calls to judge ({expected.kept:,} answered before), "
        f"about {expected.prompt_tokens + expected.reply_tokens:,} tokens; list price {price}."
    )
    job_id = submit_exam_judge(garage, run.id, options.judge, against=against, rubric=rubric)
    wait_for(garage, job_id, say)


def describe_exam(garage: "Garage", run: "Run") -> dict[str, Any]:
    """An exam as programs get it: the verdict, that of each checkpoint against the base too, counts
    by subject and kind, leaks, judges."""
    from gemma_garage.exam_leaks import check_leaks
    from gemma_garage.infer.exam_result import (
        count_reasoning,
        count_subject,
        count_unasked,
        exam_table,
        list_subjects,
    )
    from gemma_garage.infer.judge.findings import describe_finding, read_findings
    from gemma_garage.infer.kinds import REASONING
    from gemma_garage.infer.report import measure_subject
    from gemma_garage.infer.verdict import judge_checkpoints, judge_run

    rows = exam_table(garage.store, run.id)
    verdict = judge_run(rows)
    subjects: dict[str, Any] = {}
    for subject in list_subjects(rows):
        f1, declined = measure_subject(rows, subject)
        kinds: dict[str, Any] = {}
        asked = [row for row in rows if subject in row.answers]
        for kind in dict.fromkeys(row.kind for row in asked):
            of_kind = [row for row in asked if row.kind == kind]
            score = count_subject(of_kind, subject)
            low, high = score.interval()
            kinds[kind] = {
                "correct": score.correct,
                "total": score.total,
                "interval": [round(low, 4), round(high, 4)],
                "not_asked": count_unasked(rows, kind, subject),
            }
            if kind == REASONING:
                both = zip(("strict", "lenient"), count_reasoning(of_kind, subject), strict=True)
                kinds[kind] |= {
                    name: {"correct": figure.correct, "total": figure.total}
                    for name, figure in both
                }
        subjects[subject] = {"f1": round(f1, 4), "declined": declined, "kinds": kinds}
    leaks = check_leaks(garage, run.dataset_id).leaks
    checkpoints = {
        subject: {"verdict": found.text, "differences": _describe_differences(found)}
        for subject, found in judge_checkpoints(rows).items()
    }
    return {
        "run": run.number,
        "base_model": run.base_model,
        "verdict": verdict.text,
        "differences": _describe_differences(verdict),
        "checkpoints": checkpoints,
        "subjects": subjects,
        "leaks": [{"question": leak.question, "reason": leak.reason} for leak in leaks],
        "judges": [describe_finding(finding) for finding in read_findings(garage.store, run.id)],
    }


def _describe_differences(verdict: "Verdict") -> dict[str, Any]:
    """By kind. `confidence`: of its interval; the kinds share what may be called wrongly."""
    return {
        kind.kind: {
            "call": kind.difference.call,
            "change": round(kind.difference.change, 4),
            "interval": [round(kind.difference.low, 4), round(kind.difference.high, 4)],
            "confidence": round(1 - kind.difference.level, 4),
            "p_value": float(f"{kind.difference.p_value:.3g}"),
        }
        for kind in verdict.kinds
    }
