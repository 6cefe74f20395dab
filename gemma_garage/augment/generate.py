"""Generation as a Job of the kind "generate": asked for, previewed, run, resumed.

How rows are written is in `from_documents.py`, `rewording.py` and `more_like.py`; here is what they
have in common: who writes, what it cost, and that nothing is asked for twice at once.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from gemma_garage.augment.drafts import UNANSWERABLE
from gemma_garage.augment.errand import OPENING_SHARE, Errand, open_duplicates
from gemma_garage.augment.estimate import Estimate, estimate
from gemma_garage.augment.from_documents import write_from_documents
from gemma_garage.augment.judge.choose import choose_judge
from gemma_garage.augment.judge.request import JudgeRequest
from gemma_garage.augment.judge.run import submit_judge
from gemma_garage.augment.judging import judge_drafts
from gemma_garage.augment.material import find_material, open_retriever
from gemma_garage.augment.more_like import choose_seed_rows, write_more
from gemma_garage.augment.open_generator import (
    Generator,
    Metered,
    Opener,
    choose_default_generator,
    find_model,
    open_generator,
    require_generator,
)
from gemma_garage.augment.plan import plan_tasks
from gemma_garage.augment.prices import sum_usage
from gemma_garage.augment.request import GenerateRequest
from gemma_garage.augment.rewording import reword_rows
from gemma_garage.augment.tally import Tally
from gemma_garage.errors import Busy, ConfigError, DatasetError
from gemma_garage.garage import Garage
from gemma_garage.jobs import Progress, Work
from gemma_garage.schema import ACTIVE, Chunk, Document, Example, Job

__all__ = [
    "Estimate",
    "GenerateRequest",
    "Generator",
    "Preview",
    "choose_default_generator",
    "estimate",
    "judge_drafts",
    "preview_generate",
    "register",
    "submit_generate",
]

KIND = "generate"
PREVIEWED_CHUNKS = 3
log = logging.getLogger(__name__)
_WRITERS = {
    "documents": write_from_documents,
    "paraphrase": reword_rows,
    "more-like-these": write_more,
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What one Chunk would give: judged Examples that are not stored."""

    chunk: Chunk
    examples: list[Example]


def register(garage: Garage, opener: Opener = open_generator) -> None:
    """Make this the work of the kind "generate"; `opener` is replaced in tests."""
    garage.jobs.register(KIND, "gpu", _work(garage, opener))


def submit_generate(garage: Garage, project_id: int, request: GenerateRequest) -> int:
    """Queue the work and give the Job's id: lane gpu for the local model, io otherwise.

    Its result has chunks, skipped, asked, produced (accepted + rejected), accepted, rejected,
    reasons, gave_nothing (requests that found nothing to ask about) and spoiled (those without a
    usable reply, by reason: they are made again next time); with a target also
    rows and, where it was not reached, short; remote also usage with calls, kept, prompt_tokens,
    reply_tokens and price_usd.
    Raises ConfigError (no key, no server, a wish that the generator cannot follow, no judge),
    DatasetError (nothing to write from), Busy (the same is being done).
    """
    require_generator(garage.settings, request)
    if request.judged_by != "none":
        choose_judge(garage.settings, JudgeRequest(judge=request.judged_by), Counter())
    if request.mode == "documents":
        documents = _require_text(garage, project_id, request)
        names = ", ".join(document.name for document in documents[:3])
        more = f" and {len(documents) - 3} more" if len(documents) > 3 else ""
        title = f"Examples from {names}{more}"
    else:
        rows, _ = garage.store.examples(project_id, statuses=("accepted", "edited"))
        title = _require_rows(request, rows)
    _refuse_twice(garage, project_id, request)
    return garage.jobs.submit(
        KIND,
        title,
        {
            "project_id": project_id,
            "request": request.model_dump(mode="json"),
            "newest": garage.store.newest_example_id(project_id),
        },
        project_id,
        lane="gpu" if request.generator == "local" and request.mode == "documents" else "io",
    )


def preview_generate(
    garage: Garage, project_id: int, request: GenerateRequest, opener: Opener = open_generator
) -> list[Preview]:
    """What three Chunks, evenly chosen among those still to be asked, would give.

    Nothing is stored but the replies that were paid for: the generation itself uses them again.
    Raises what `submit_generate` raises, and what the generator raises.
    """
    require_generator(garage.settings, request)
    if request.mode != "documents":
        raise ConfigError("Only what is written from documents can be previewed. Press Generate.")
    _require_text(garage, project_id, request)
    material = find_material(garage, project_id, request.document_ids)
    tasks, _ = plan_tasks(material, request, rows_left=request.target)
    ids = list(dict.fromkeys(task.chunk.id for task in tasks))
    if not ids:
        raise DatasetError(
            "All passages have been asked for these kinds already. Choose another kind, add a "
            "document, or say how many rows you want, and more is asked for."
        )
    count = min(PREVIEWED_CHUNKS, len(ids))
    chosen = {ids[(2 * at + 1) * len(ids) // (2 * count)] for at in range(count)}
    tasks = [task for task in tasks if task.chunk.id in chosen]
    duplicates = open_duplicates(garage, project_id)
    retriever = open_retriever(garage, project_id) if UNANSWERABLE in request.kinds else None
    found: dict[int, Preview] = {}
    with opener(garage, project_id, request, lambda fraction, stage: None) as generator:
        for index, drafts in generator.write([task.ask for task in tasks]):
            task = tasks[index]
            preview = found.setdefault(task.chunk.id, Preview(task.chunk, []))
            preview.examples.extend(
                judge_drafts(
                    drafts,
                    task.ask.passage,
                    duplicates,
                    limit=task.limit,
                    translated=bool(request.language.strip()),
                    chunk_id=task.chunk.id,
                    kind=task.ask.kinds[0],
                    retriever=retriever,
                )
            )
    return [found[chunk_id] for chunk_id in ids if chunk_id in found]


def _work(garage: Garage, opener: Opener) -> Work:
    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        project_id: int = payload["project_id"]
        request = GenerateRequest.model_validate(payload["request"])
        tally = Tally(request.target)

        def report_opening(fraction: float, stage: str) -> None:
            progress.check()
            progress.report(fraction * OPENING_SHARE, stage)

        with ExitStack() as stack:
            errand = Errand(
                garage,
                project_id,
                request,
                lambda: stack.enter_context(
                    opener(garage, project_id, request, report_opening, progress.job_id)
                ),
                progress,
                tally,
                payload.get("newest", 0),
            )
            try:
                _WRITERS[request.mode](errand)
            finally:
                # What a stopped or failed Job cost is to be known too.
                if request.is_remote:
                    tally.usage = _sum_usage(garage, request, errand)
                garage.store.update(Job, progress.job_id, result=tally.as_dict())
        return tally.as_dict() | _have_judged(garage, project_id, request)

    return work


def _have_judged(garage: Garage, project_id: int, request: GenerateRequest) -> dict[str, int]:
    """Queue the judging of what was written, if that was asked for: {"judge_job": its id}."""
    if request.judged_by == "none":
        return {}
    asked = JudgeRequest(
        judge=request.judged_by, document_ids=request.document_ids, threads=request.threads
    )
    try:
        return {"judge_job": submit_judge(garage, project_id, asked)}
    except (Busy, DatasetError) as error:  # it is being done already, or there is nothing to judge
        log.info("what was written is not judged: %s", error)
        return {}


def _sum_usage(garage: Garage, request: GenerateRequest, errand: Errand) -> dict[str, Any]:
    """What the whole Job cost; and how many replies were there already, if a model was opened."""
    kept: dict[str, int] = {}
    model = find_model(garage.settings, request)
    for generator in errand.opened:
        if isinstance(generator, Metered):
            kept, model = {"kept": generator.usage.kept}, generator.model
    return sum_usage(garage, request, model, errand.progress.job_id) | kept


def _require_text(garage: Garage, project_id: int, request: GenerateRequest) -> Sequence[Document]:
    material = find_material(garage, project_id, request.document_ids)
    if not material.chunks:
        raise DatasetError(
            "There is no text to write questions about: the project has "
            f"{len(garage.store.documents(project_id))} documents, none of those chosen is ready. "
            "Add a document in Data, or wait until it has been read."
        )
    return material.documents


def _require_rows(request: GenerateRequest, rows: Sequence[Example]) -> str:
    """The title of the Job; raises DatasetError when there are no rows to start from."""
    if request.mode == "more-like-these":
        seeds = choose_seed_rows(rows, request.seed_example_ids)
        return f"Rows like {len(seeds)} examples"
    chosen = request.seed_example_ids
    count = sum(chosen is None or row.id in chosen for row in rows)
    if not count:
        raise DatasetError(
            "There are no accepted rows to reword. Generate or import some in Data, and accept "
            "those that are right."
        )
    return f"New wordings of {count} rows"


def _refuse_twice(garage: Garage, project_id: int, request: GenerateRequest) -> None:
    for job in garage.store.jobs(project_id=project_id, kind=KIND, statuses=ACTIVE):
        other = GenerateRequest.model_validate(job.payload["request"])
        apart = (
            request.document_ids is not None
            and other.document_ids is not None
            and not set(request.document_ids) & set(other.document_ids)
        )
        if other.mode == request.mode and not (apart and request.mode == "documents"):
            what = "for the same documents" if request.mode == "documents" else "for these rows"
            raise Busy(
                f"“{job.title}” is {job.status} {what}. Wait until it is finished, or stop it."
            )
