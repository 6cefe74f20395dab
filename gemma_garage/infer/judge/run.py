"""The Job of the kind "judge-exam": a judge model looks at answers of an exam that are there.

What it says is kept question by question, so a stopped or killed Job goes on where it was; its
replies are kept too, so that judging the same again costs nothing. No grade is changed.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from gemma_garage.errors import Busy
from gemma_garage.garage import Garage
from gemma_garage.infer.answerers import find_trained_run
from gemma_garage.infer.exam_result import BASE_SUBJECT
from gemma_garage.infer.judge.pairs import find_pairs, require_pairs
from gemma_garage.infer.judge.rubric import RUBRIC, check_rubric
from gemma_garage.jobs import Progress
from gemma_garage.opinion_records import ExamJudge, Opinion, Pair
from gemma_garage.schema import ACTIVE, ExamOpinion, Job, Run
from gemma_garage.store import Store

KIND, LANE = "judge-exam", "io"
SENT = "The exam's questions, right answers and proofs, and the models' answers,"


class PairJudge(Protocol):
    """What judges pairs of answers; see `augment/remote/pair_judge.py`."""

    @property
    def name(self) -> str: ...

    def judge(
        self,
        pairs: Sequence[Pair],
        *,
        should_stop: Callable[[], bool],
        on_notice: Callable[[str], None],
    ) -> Iterator[tuple[int, tuple[Opinion, Opinion] | None]]: ...

    def sum_usage(self) -> dict[str, Any]: ...


class OpenJudge(Protocol):
    """Opens the judge of a Job, by its rubric. Raises ConfigError."""

    def __call__(
        self, garage: Garage, judge: ExamJudge, rubric: str, job_id: int, /
    ) -> PairJudge: ...


def register(garage: Garage, open_judge: OpenJudge) -> None:
    """Make this the work of the kind "judge-exam"."""

    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        return _judge_exam(garage, open_judge, progress, payload)

    garage.jobs.register(KIND, LANE, work)


def submit_exam_judge(
    garage: Garage,
    run_id: int,
    judge: ExamJudge,
    *,
    against: str = BASE_SUBJECT,
    rubric: str = RUBRIC,
) -> int:
    """Queue the judging of the Run's answers beside those of `against`; gives the Job's id.

    Its result has judge, pairs, judged, unjudged and usage. Raises BadInput (the rubric, no such
    opponent, no adapter), DatasetError (no answers), Busy (the Run is being judged).
    """
    run = find_trained_run(garage.store, run_id)
    rubric = check_rubric(rubric)
    for job in list_judge_jobs(garage.store, run):
        if job.status in ACTIVE:
            raise Busy(f"“{job.title}” is {job.status}. Wait until it is finished, or stop it.")
    require_pairs(garage.store, run, against)
    payload = {"run_id": run.id, "judge": judge, "against": against, "rubric": rubric}
    title = f"Exam of run {run.number} judged by {judge}"
    return garage.jobs.submit(KIND, title, payload, run.project_id, lane=LANE)


def list_judge_jobs(store: Store, run: Run) -> list[Job]:
    """All judgings of the Run's exam, newest first."""
    jobs = store.jobs(project_id=run.project_id, kind=KIND, limit=2_000)
    return [job for job in jobs if job.payload.get("run_id") == run.id]


def _judge_exam(
    garage: Garage, open_judge: OpenJudge, progress: Progress, payload: dict[str, Any]
) -> dict[str, Any]:
    run = find_trained_run(garage.store, int(payload["run_id"]))
    pairs = find_pairs(garage.store, run, payload["against"])
    done = {row.question_id: row.wording for row in garage.store.opinions(progress.job_id)}
    left = [
        (pair.row.question_id, pair.pair)
        for pair in pairs
        if done.get(pair.row.question_id) != pair.pair.wording
    ]
    judge = open_judge(garage, payload["judge"], payload["rubric"], progress.job_id)
    judged, unjudged = len(pairs) - len(left), 0

    def report(notice: str = "") -> None:
        told = notice or f"Question {judged + unjudged:,} of {len(pairs):,}, each asked twice"
        progress.report((judged + unjudged) / max(len(pairs), 1), told)

    try:
        report()
        for index, opinions in judge.judge(
            [pair for _, pair in left],
            should_stop=lambda: progress.stop_requested,
            on_notice=report,
        ):
            question_id, pair = left[index]
            if opinions is None:
                unjudged += 1
            else:
                judged += 1
                _keep(garage, progress.job_id, question_id, judge.name, pair, opinions)
            report()
    finally:
        # What a stopped or failed Job found and cost is to be known too.
        result = {
            "judge": judge.name,
            "pairs": len(pairs),
            "judged": judged,
            "unjudged": unjudged,
            "usage": judge.sum_usage(),
        }
        garage.store.update(Job, progress.job_id, result=result)
    progress.check()
    return result


def _keep(
    garage: Garage,
    job_id: int,
    question_id: int,
    judge: str,
    pair: Pair,
    opinions: tuple[Opinion, Opinion],
) -> None:
    given, swapped = opinions
    garage.store.keep_opinion(
        ExamOpinion(
            job_id=job_id,
            question_id=question_id,
            judge=judge,
            wording=pair.wording,
            given=given.model_dump(),
            swapped=swapped.model_dump(),
        )
    )
