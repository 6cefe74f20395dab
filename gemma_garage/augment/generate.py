"""From Chunks to Examples: the Job kind "generate".

Each Chunk's Drafts are judged and stored in one step, accepted and rejected alike, so none is
half done, and a Chunk that has Examples is never asked about again: stopped, failed or killed
work goes on where it was. A Chunk that gives nothing leaves one rejected Example that says why.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gemma_garage.augment.drafts import Draft, Passage
from gemma_garage.augment.open_generator import (
    GenerateRequest,
    Generator,
    Metered,
    Opener,
    choose_default_generator,
    open_generator,
    require_generator,
)
from gemma_garage.augment.plan import Task, choose_documents, plan_tasks
from gemma_garage.augment.quality import Duplicates, judge_draft
from gemma_garage.augment.remote.prompts import FAILED_KINDS, count_facts, count_reply_tokens
from gemma_garage.errors import Busy, DatasetError
from gemma_garage.garage import Garage
from gemma_garage.jobs import Progress, Work
from gemma_garage.schema import ACTIVE, Example

__all__ = [
    "Estimate",
    "GenerateRequest",
    "Generator",
    "choose_default_generator",
    "estimate",
    "register",
    "submit_generate",
]

KIND = "generate"
_OPENING_SHARE = 0.05  # of the progress bar: obtaining and loading the local model
_FILLED_SHARE = 0.6  # passages hold fewer facts than they are asked for
_INSTRUCTION_TOKENS = 400
_REMOTE_SECONDS_PER_CALL = 8.0
_LOCAL_SECONDS_PER_QUESTION = 0.35  # the starter on two cores: 258 questions in 85 s
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request will take; figures are rough. `calls` and tokens are 0 for the local one."""

    chunks: int
    skipped: int  # Chunks that have Examples already
    facts: int
    calls: int
    prompt_tokens: int
    reply_tokens: int
    minutes: float


def register(garage: Garage, opener: Opener = open_generator) -> None:
    """Make this the work of the kind "generate"; `opener` is replaced in tests."""
    garage.jobs.register(KIND, "gpu", _work(garage, opener))


def submit_generate(garage: Garage, project_id: int, request: GenerateRequest) -> int:
    """Queue the work and give the Job's id: lane gpu for the local generator, io otherwise.

    Raises ConfigError (no key, no server), DatasetError (no text to ask about), Busy (the same
    Documents are being asked about).
    """
    require_generator(garage.settings, request)
    documents = choose_documents(garage, project_id, request.document_ids)
    if not garage.store.chunks(project_id) or not documents:
        raise DatasetError(
            "There is no text to write questions about: the project has "
            f"{len(garage.store.documents(project_id))} documents, none of those chosen is ready. "
            "Add a document in Data, or wait until it has been read."
        )
    wanted = {document.id for document in documents}
    for job in garage.store.jobs(project_id=project_id, kind=KIND, statuses=ACTIVE):
        others = GenerateRequest.model_validate(job.payload["request"]).document_ids
        if others is None or wanted & set(others):
            raise Busy(
                f"“{job.title}” is {job.status} for the same documents. Wait until it is "
                "finished, or stop it."
            )
    names = ", ".join(document.name for document in documents[:3])
    more = f" and {len(documents) - 3} more" if len(documents) > 3 else ""
    return garage.jobs.submit(
        KIND,
        f"Examples from {names}{more}",
        {"project_id": project_id, "request": request.model_dump(mode="json")},
        project_id,
        lane="gpu" if request.generator == "local" else "io",
    )


def estimate(garage: Garage, project_id: int, request: GenerateRequest) -> Estimate:
    """Calls, tokens and minutes that `request` would take now."""
    tasks, skipped = plan_tasks(garage, project_id, request.document_ids, request.max_facts)
    asked = (count_facts(task.chunk.text, task.limit) for task in tasks)
    facts = [max(round(count * _FILLED_SHARE), 1) for count in asked]
    questions = sum(facts) * request.wordings
    if request.generator == "local":
        seconds = questions * _LOCAL_SECONDS_PER_QUESTION
        return Estimate(len(tasks), skipped, sum(facts), 0, 0, 0, seconds / 60)
    prompt_tokens = sum(task.chunk.tokens + _INSTRUCTION_TOKENS for task in tasks)
    # Half of the limit that is sent: it has as much again to spare.
    reply_tokens = sum(count_reply_tokens(count, request.wordings) // 2 for count in facts)
    seconds = len(tasks) * _REMOTE_SECONDS_PER_CALL / request.threads
    return Estimate(
        len(tasks), skipped, sum(facts), len(tasks), prompt_tokens, reply_tokens, seconds / 60
    )


def _work(garage: Garage, opener: Opener) -> Work:
    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        project_id: int = payload["project_id"]
        request = GenerateRequest.model_validate(payload["request"])
        tasks, skipped = plan_tasks(garage, project_id, request.document_ids, request.max_facts)
        tally = _Tally(len(tasks), skipped)
        if not tasks:
            return tally.as_dict()

        def report_opening(fraction: float, stage: str) -> None:
            progress.check()
            progress.report(fraction * _OPENING_SHARE, stage)

        limits = [task.limit for task in tasks if task.limit is not None]
        facts_per_passage = max(limits) if limits else None
        with opener(garage, request, facts_per_passage, report_opening) as generator:
            _write_examples(garage, project_id, request, tasks, generator, progress, tally)
            if isinstance(generator, Metered):
                tally.usage = generator.usage.as_dict()
        if tally.chunks < len(tasks):
            progress.check()
        return tally.as_dict()

    return work


def _write_examples(
    garage: Garage,
    project_id: int,
    request: GenerateRequest,
    tasks: Sequence[Task],
    generator: Generator,
    progress: Progress,
    tally: "_Tally",
) -> None:
    accepted, _ = garage.store.examples(project_id, statuses=("accepted", "edited"))
    duplicates = Duplicates((row.question, row.answer) for row in accepted)
    replies = generator.write(
        [task.passage for task in tasks], should_stop=lambda: progress.stop_requested
    )
    progress.report(_OPENING_SHARE, tally.describe())
    for index, drafts in replies:
        task = tasks[index]
        examples = judge_drafts(
            drafts,
            task.passage,
            duplicates,
            limit=task.limit,
            translated=bool(request.language.strip()),
        )
        for row in examples:
            row.project_id, row.chunk_id, row.origin = project_id, task.chunk.id, generator.name
        stored = garage.store.add_examples_once(task.chunk.id, examples)
        if not stored:
            log.info("chunk %d was removed or done by another job", task.chunk.id)
        tally.count(examples if stored else ())
        share = tally.chunks / len(tasks)
        progress.report(_OPENING_SHARE + share * (1 - _OPENING_SHARE), tally.describe())


def judge_drafts(
    drafts: Iterable[Draft],
    passage: Passage,
    duplicates: Duplicates,
    *,
    limit: int | None = None,
    translated: bool = False,
) -> list[Example]:
    """Examples of one passage, accepted or rejected with a reason; at least one.

    Accepted questions are added to `duplicates`. Facts over `limit` are rejected as such.
    """
    context = f"{passage.title}\n{passage.heading}"
    kept_facts: set[int] = set()
    examples: list[Example] = []
    for draft in drafts:
        if draft.kind in FAILED_KINDS and not draft.question:
            examples.append(_leave_note(draft.kind))
            continue
        reason = judge_draft(draft, passage.text, context=context, translated=translated)
        if not reason and duplicates.has(draft.question, draft.answer):
            reason = "duplicate"
        if not reason:
            if limit is not None and draft.fact not in kept_facts and len(kept_facts) >= limit:
                reason = "limit"
            else:
                kept_facts.add(draft.fact)
                duplicates.add(draft.question, draft.answer)
        examples.append(
            Example(
                question=draft.question,
                answer=draft.answer,
                evidence=draft.evidence,
                kind=draft.kind,
                fact=draft.fact,
                status="rejected" if reason else "accepted",
                reason=reason,
            )
        )
    return examples or [_leave_note("no-facts")]


def _leave_note(reason: str) -> Example:
    """What remembers that a passage was asked about in vain; the user may edit it into a row."""
    return Example(question="", answer="", status="rejected", reason=reason)


class _Tally:
    """Counts for the progress line and the Job's result."""

    def __init__(self, total: int, skipped: int) -> None:
        self.total, self.skipped = total, skipped
        self.chunks = 0
        self.accepted = 0
        self.reasons: Counter[str] = Counter()
        self.usage: dict[str, int] | None = None

    def count(self, examples: Iterable[Example]) -> None:
        self.chunks += 1
        for row in examples:
            if row.status == "accepted":
                self.accepted += 1
            else:
                self.reasons[row.reason] += 1

    def describe(self) -> str:
        return (
            f"Passage {self.chunks} of {self.total}: {self.accepted} accepted, "
            f"{self.reasons.total()} rejected"
        )

    def as_dict(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            "chunks": self.chunks,
            "skipped": self.skipped,
            "accepted": self.accepted,
            "rejected": self.reasons.total(),
            "reasons": dict(self.reasons),
        }
        return values | ({"usage": self.usage} if self.usage else {})
