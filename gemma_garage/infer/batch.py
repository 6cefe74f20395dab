"""A file of prompts, asked of several as a Job: answers are kept batch by batch, and at a stop each
that has ended, so it goes on where it was. Rows that cannot be asked are told and passed over.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gemma_garage.errors import NotFound
from gemma_garage.garage import Garage
from gemma_garage.gemma.decode import ScoredText, generate
from gemma_garage.gemma.turns import encode_prompt
from gemma_garage.infer.answerers import find_answerers
from gemma_garage.infer.batch_file import read_prompts
from gemma_garage.infer.batch_report import sum_batch
from gemma_garage.infer.column import Column, score_column
from gemma_garage.infer.request import Drawing
from gemma_garage.infer.session import Session, open_answerers
from gemma_garage.infer.structure import read_schema
from gemma_garage.jobs import Progress
from gemma_garage.schema import BatchRow, Job

KIND = "batch"
_CPU_BATCH, _GPU_BATCH = 16, 64
_LOAD_SHARE = 0.02  # of the progress bar
_STORED_AT_ONCE = 1_000


def submit_batch(
    garage: Garage,
    project_id: int,
    names: Sequence[str],
    path: Path,
    *,
    drawing: Drawing | None = None,
    system: str = "",
    schema: str = "",
) -> int:
    """Keep the rows of the file and queue a Job that asks them; gives its id.

    Raises BadInput (the file, the settings, who is asked) and NotFound; then nothing is kept.
    """
    drawing = drawing or Drawing()
    drawing.check()
    if schema.strip():
        read_schema(schema)
    asked = find_answerers(garage, project_id, names)
    prompts = read_prompts(path)
    payload = {
        "names": [who.name for who in asked.all],
        "titles": {who.name: who.title for who in asked.all},
        "drawing": asdict(drawing),
        "system": system.strip(),
        "schema": schema.strip(),
        "file": path.name,
    }
    # Not queued until its rows are there: no lane may take it before.
    job = garage.store.add(
        Job(
            kind=KIND,
            lane="gpu",
            title=f"{len(prompts):,} prompts of {path.name}",
            payload=payload,
            project_id=project_id,
            status="stopped",
        )
    )
    rows = [
        BatchRow(
            job_id=job.id,
            number=number,
            prompt=prompt.text,
            turns=prompt.turns,
            reference=prompt.reference,
            problem=prompt.problem,
        )
        for number, prompt in enumerate(prompts, start=1)
    ]
    for first in range(0, len(rows), _STORED_AT_ONCE):
        garage.store.add_batch_rows(rows[first : first + _STORED_AT_ONCE])
    garage.jobs.resume(job.id)
    return job.id


def own_batch(garage: Garage, project_id: int, job_id: int) -> Job:
    """The Job, if it is a batch of this project. NotFound."""
    try:
        job = garage.store.get(Job, job_id)
    except NotFound:
        raise NotFound(f"There is no job {job_id}. Check the number.") from None
    if job.kind != KIND:
        raise NotFound(f"Job {job_id} is “{job.title}”, not a file of prompts. Check the number.")
    if job.project_id != project_id:
        raise NotFound("This batch belongs to another project. Choose that project.")
    return job


def register(garage: Garage) -> None:
    """Make this module the one behind Jobs of kind "batch"."""

    def work(progress: Progress, _: dict[str, Any]) -> dict[str, Any]:
        return answer_batch(garage, progress)

    garage.jobs.register(KIND, "gpu", work)


def answer_batch(garage: Garage, progress: Progress) -> dict[str, Any]:
    """Ask what has no answer yet. Raises Stopped, Busy, NotFound, ModelError, MachineError."""
    store = garage.store
    job = store.get(Job, progress.job_id)
    if job.project_id is None:
        raise NotFound("The batch has no project any more. Start it again.")
    asked = find_answerers(garage, job.project_id, job.payload["names"])
    total, answered, broken = store.count_batch(job.id)
    with open_answerers(
        garage,
        asked,
        job.title,
        report=lambda share, stage: progress.report(share * _LOAD_SHARE, stage),
        should_stop=lambda: progress.stop_requested,
    ) as session:
        size = _GPU_BATCH if session.machine.kind == "cuda" else _CPU_BATCH
        last = 0
        while rows := store.waiting_batch_rows(job.id, last, size):
            progress.check()
            progress.wait_while_paused()
            share = (answered + broken) / total
            progress.report(
                _LOAD_SHARE + (1 - _LOAD_SHARE) * share,
                f"Asking: {answered:,} of {total - broken:,} prompts",
            )
            kept = _ask(garage, session, job, rows, progress)
            answered, broken = answered + kept, broken + len(rows) - kept
            last = rows[-1].number
    return {"answered": answered, "broken": broken, "totals": sum_batch(store, job)}


def _ask(
    garage: Garage, session: Session, job: Job, rows: Sequence[BatchRow], progress: Progress
) -> int:
    """Ask some rows of all, and keep their answers; how many could be asked."""
    payload = job.payload
    drawing = Drawing(**payload["drawing"])
    schema = read_schema(payload["schema"]) if payload["schema"] else None
    prompts: dict[int, list[int]] = {}
    for row in rows:
        ids, problem = _encode(session, row, payload["system"], drawing.max_new_tokens)
        if problem:
            garage.store.break_batch_row(row.id, problem)
        else:
            prompts[row.id] = ids
    # What an earlier stop left has some answers already.
    answers = {row.id: dict(row.answers) for row in rows if row.id in prompts}
    try:
        for name in payload["names"]:
            progress.check()
            waiting = [row for row in rows if row.id in prompts and name not in answers[row.id]]
            if not waiting:
                continue

            def keep(
                place: int, said: ScoredText, name: str = name, waiting: list[BatchRow] = waiting
            ) -> None:
                row = waiting[place]
                text = str(session.tokenizer.decode(said.ids, skip_special_tokens=True)).strip()
                column = Column(text, None, None, len(said.ids), done=True)
                column = score_column(column, row.prompt, row.reference, schema)
                answers[row.id][name] = {
                    "text": text,
                    "matches": column.matches,
                    "f1": column.f1,
                    "problems": None if column.problems is None else list(column.problems),
                }

            with session.use(name) as model:
                generate(
                    model,
                    [prompts[row.id] for row in waiting],
                    stop_ids=session.stop_ids,
                    pad_id=session.pad_id,
                    max_new_tokens=drawing.max_new_tokens,
                    temperature=drawing.temperature,
                    top_k=drawing.top_k,
                    top_p=drawing.top_p,
                    # A row's own seed: after a stop it stands among other rows.
                    seed=[drawing.seed + row.number for row in waiting],
                    on_text=keep,
                    should_stop=lambda: progress.stop_requested,
                )
    finally:
        garage.store.keep_batch_answers(answers, len(payload["names"]))
    return len(prompts)


def _encode(session: Session, row: BatchRow, system: str, room: int) -> tuple[list[int], str]:
    """The row's token ids, and why it cannot be asked, or ""."""
    turns = list(row.turns)
    if system and not any(turn["role"] == "system" for turn in turns):
        turns.insert(0, {"role": "system", "content": system})
    ids = encode_prompt(session.tokenizer, row.prompt, turns)
    if len(ids) + room > session.context_tokens:
        return [], (
            f"has {len(ids):,} tokens; with {room:,} for the answer this model reads "
            f"{session.context_tokens:,}"
        )
    return ids, ""
