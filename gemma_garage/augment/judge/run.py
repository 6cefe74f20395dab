"""The Job of the kind "judge": asked for, run, stopped, resumed.

Four questions of yes or no a row (`quality.reasons.JUDGED`); each answer is kept in
`Example.scores`, the share of yes is its score. A no rejects the row, unless the user only wants
figures; what a person edited is never rejected. A row is judged once by its wording: what a person
took back stays taken back, and a stopped Job goes on where it was.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import Any

from gemma_garage.augment.judge.choose import Judge, choose_judge, is_same_model, open_judge
from gemma_garage.augment.judge.plan import Batch, count_origins, key_wording, plan_batches
from gemma_garage.augment.judge.request import JudgeRequest
from gemma_garage.augment.prices import sum_usage
from gemma_garage.augment.quality.reasons import JUDGED
from gemma_garage.augment.remote.judge import Verdict
from gemma_garage.augment.request import GenerateRequest, GeneratorName
from gemma_garage.errors import Busy, DatasetError
from gemma_garage.garage import Garage
from gemma_garage.jobs import Progress, Work
from gemma_garage.schema import ACTIVE, Example, Job
from gemma_garage.verdict_records import Judged

KIND = "judge"
JudgeOpener = Callable[[Garage, GeneratorName, JudgeRequest, int | None], Judge]


def register(garage: Garage, opener: JudgeOpener | None = None) -> None:
    """Make this the work of the kind "judge"; `opener` is replaced in tests."""
    garage.jobs.register(KIND, "io", _work(garage, opener or open_judge))


def submit_judge(garage: Garage, project_id: int, request: JudgeRequest) -> int:
    """Queue the work and give the Job's id.

    Its result has judge, same, rows, judged, without_passage, unjudged, yes (by question),
    rejected, reasons and usage. Raises ConfigError (no model to judge with), DatasetError (nothing
    to judge), Busy (the same project is being judged).
    """
    for job in garage.store.jobs(project_id=project_id, kind=KIND, statuses=ACTIVE):
        raise Busy(f"“{job.title}” is {job.status}. Wait until it is finished, or stop it.")
    chosen = choose_judge(garage.settings, request, count_origins(garage, project_id))
    batches, without = plan_batches(garage, project_id, request)
    if not batches:
        left = f" {without} rows have no passage to judge them by." if without else ""
        raise DatasetError(
            f"There is nothing to judge: all accepted rows with a passage have been judged.{left} "
            "Generate more in Data, or change the wording of a row."
        )
    count = sum(len(batch.rows) for batch in batches)
    payload = {"project_id": project_id, "request": request.model_dump(mode="json")}
    return garage.jobs.submit(KIND, f"{count:,} rows judged by {chosen}", payload, project_id)


def _work(garage: Garage, opener: JudgeOpener) -> Work:
    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        project_id: int = payload["project_id"]
        request = JudgeRequest.model_validate(payload["request"])
        origins = count_origins(garage, project_id)
        chosen = choose_judge(garage.settings, request, origins)
        batches, without = plan_batches(garage, project_id, request)
        judge = opener(garage, chosen, request, progress.job_id)
        tally = _Tally(sum(len(batch.rows) for batch in batches), without)
        try:
            _judge(garage, request, batches, judge, progress, tally)
        finally:
            # What a stopped or failed Job found and cost is to be known too.
            asked = GenerateRequest(generator=chosen)
            result = tally.as_dict() | {
                "judge": judge.name,
                "same": is_same_model(chosen, judge.model, origins),
                "usage": sum_usage(garage, asked, judge.model, progress.job_id)
                | {"kept": judge.usage.kept},
            }
            garage.store.update(Job, progress.job_id, result=result)
        progress.check()
        return result

    return work


def _judge(
    garage: Garage,
    request: JudgeRequest,
    batches: Sequence[Batch],
    judge: Judge,
    progress: Progress,
    tally: "_Tally",
) -> None:
    progress.report(0.0, tally.describe())
    replies = judge.judge(
        [batch.case for batch in batches],
        should_stop=lambda: progress.stop_requested,
        on_notice=lambda notice: progress.report(tally.fraction, notice or tally.describe()),
    )
    for index, verdicts in replies:
        judged = [
            _read_verdict(row, verdict, judge.name, request)
            for row, verdict in zip(batches[index].rows, verdicts, strict=True)
            if verdict is not None
        ]
        rejected = garage.store.keep_verdicts(judged)
        tally.count(judged, rejected, len(verdicts) - len(judged))
        progress.report(tally.fraction, tally.describe())


def _read_verdict(row: Example, verdict: Verdict, judge: str, request: JudgeRequest) -> Judged:
    said = asdict(verdict)
    noes = [JUDGED[name] for name in JUDGED if not said[name]]
    return Judged(
        row.id,
        row.question,
        row.answer,
        {**said, "judge": judge, "wording": key_wording(row)},
        sum(said[name] for name in JUDGED) / len(JUDGED),
        noes[0] if noes and request.reject else "",
    )


class _Tally:
    """Counts for the line of progress and the Job's result."""

    def __init__(self, rows: int, without_passage: int) -> None:
        self.rows, self.without_passage = rows, without_passage
        self.judged = self.unjudged = self.rejected = 0
        self.yes: Counter[str] = Counter(dict.fromkeys(JUDGED, 0))
        self.reasons: Counter[str] = Counter()

    @property
    def fraction(self) -> float:
        return (self.judged + self.unjudged) / self.rows if self.rows else 1.0

    def count(self, judged: Sequence[Judged], rejected: Collection[int], unjudged: int) -> None:
        self.judged += len(judged)
        self.unjudged += unjudged
        self.rejected += len(rejected)
        for verdict in judged:
            self.yes.update(name for name in JUDGED if verdict.scores[name])
            if verdict.example_id in rejected:
                self.reasons[verdict.reason] += 1

    def describe(self) -> str:
        return f"Row {self.judged:,} of {self.rows:,}: {self.rejected:,} rejected"

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "judged": self.judged,
            "without_passage": self.without_passage,
            "unjudged": self.unjudged,
            "yes": dict(self.yes),
            "rejected": self.rejected,
            "reasons": dict(self.reasons),
        }
