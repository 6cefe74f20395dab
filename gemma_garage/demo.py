"""`gemma-garage demo`: the whole way without a browser, with the same verbs the page calls.

Documents → Examples by the local Gemma → frozen Dataset with its exam → training → exam of base
and tuned. Everything is kept in a Project of its own, so the page shows it afterwards.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.generate import GenerateRequest, submit_generate
from gemma_garage.augment.ingest import ingest_files
from gemma_garage.commands.waiting import Say, wait_for
from gemma_garage.errors import DatasetError, GarageError, GatedModel, HubError, MachineError
from gemma_garage.export.adapter import pack_adapter
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import BaseModel, choose_method, default_base, find_base
from gemma_garage.gemma.device import Machine, detect_machine
from gemma_garage.gemma.obtain import require_obtainable
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.infer.exam import submit_exam, summarise_exam
from gemma_garage.infer.questions import add_own_questions, read_questions
from gemma_garage.schema import Dataset, Document, Run, now
from gemma_garage.train.config import change_config
from gemma_garage.train.plan import size_run
from gemma_garage.train.run import start_run
from gemma_garage.train.sizing import Effort


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What `demo` made; `failed` names files that could not be read, with the reason."""

    seconds: float
    base_model: str
    examples: dict[str, int]
    exam: dict[str, dict[str, int]]
    own_questions: dict[str, dict[str, int]] | None
    adapter: str
    failed: tuple[str, ...] = ()

    def as_json(self) -> str:
        return json.dumps(
            {
                "seconds": round(self.seconds, 1),
                "base_model": self.base_model,
                "examples": self.examples,
                "exam": self.exam,
                "own_questions": self.own_questions,
                "adapter": self.adapter,
            }
        )


def sample_folder() -> Path:
    """Where the sample manual (manual.pdf, manual.docx, manual.md, questions.jsonl) lies."""
    return Path(str(resources.files("gemma_garage") / "sample"))


def run_demo(
    garage: Garage,
    files: Sequence[Path],
    say: Say,
    *,
    questions: Path | None = None,
    base_id: str | None = None,
    effort: Effort = "balanced",
) -> DemoResult:
    """Walk the whole way; `say` gets one line for each step. Without files: the sample manual.

    Raises GarageError when a step cannot be done; what was finished stays in the home.
    """
    started_s = time.monotonic()
    store = garage.store
    if not files:
        files = [sample_folder() / "manual.pdf"]
        questions = questions or sample_folder() / "questions.jsonl"
    machine = detect_machine()
    # What would fail at the end is refused before minutes are spent.
    base = choose_base(garage, machine, base_id, say)
    if questions is not None:
        read_questions(questions)
    project = store.ensure_project(f"Demo {now()[:19].replace('T', ' ')}")
    say(f"Project “{project.name}” in {garage.settings.home}, on {machine.name}")

    say("1  Documents")
    failed = []
    for outcome in ingest_files(garage, project.id, files):
        error = outcome.error
        if outcome.job_id is not None:
            error = garage.jobs.wait(outcome.job_id).error
        if error is not None or outcome.document_id is None:
            failed.append(f"{outcome.name}: {error}")
            say(f"   {outcome.name} was left out: {error}")
            continue
        document = store.get(Document, outcome.document_id)
        pages = f"{document.pages} pages, " if document.pages else ""
        say(f"   {document.name}: {pages}{document.characters:,} characters")
    if not store.chunks(project.id):
        raise DatasetError("None of the files could be read: " + " | ".join(failed))

    say("2  Examples, written by the local Gemma")
    request = GenerateRequest(generator="local")
    wait_for(garage, submit_generate(garage, project.id, request), say)
    counts: dict[str, int] = {}
    for (status, _), count in store.count_examples(project.id).items():
        counts[status] = counts.get(status, 0) + count
    say("   " + ", ".join(f"{count} {status}" for status, count in sorted(counts.items())))

    say("3  Dataset")
    dataset = freeze(garage, project.id)
    counted = dataset.counts
    say(
        f"   {counted['train']} questions, {counted['cues']} cues and {counted['text']} statements "
        f"to train on, {counted['exam']} questions in the exam"
    )
    if questions is not None:
        added = add_own_questions(garage, dataset.id, questions)
        say(f"   {added} questions of your own, graded apart")

    say(f"4  Training {base.title}")
    # The everyday questions and the base with the passage would double the exam's time.
    config = change_config(size_run(garage, base.id, dataset.id, effort), examine_after=False)
    run_id = start_run(garage, project.id, dataset.id, config)
    wait_for(garage, store.get(Run, run_id).job_id, say)

    say("5  Exam")
    wait_for(garage, submit_exam(garage, run_id), say)
    return _report(garage, run_id, dataset, time.monotonic() - started_s, failed, say)


def choose_base(garage: Garage, machine: Machine, base_id: str | None, say: Say) -> BaseModel:
    """The one asked for; else the best for this machine, or the starter where that is out of reach.

    Raises NotFound, MachineError when it does not fit, and HubError or GatedModel for one that was
    asked for and cannot be had.
    """
    base = find_base(base_id) if base_id else default_base(machine)
    _require_trainable(base, machine)
    try:
        require_obtainable(base, garage.workspace, garage.settings.hub_token)
    except (HubError, GatedModel) as error:
        if base_id:
            raise
        starter = find_base(STARTER_ID)
        _require_trainable(starter, machine)
        say(
            f"The best base model for this machine, {base.title}, cannot be downloaded. {error} "
            f"{starter.title} takes its place: it needs no network."
        )
        return starter
    return base


def _require_trainable(base: BaseModel, machine: Machine) -> None:
    reason = choose_method(base, machine)[1]
    if reason:
        raise MachineError(
            f"{base.title} cannot be trained here: it {reason}. Mend that, or choose another base "
            "model."
        )


def _report(
    garage: Garage, run_id: int, dataset: Dataset, seconds: float, failed: list[str], say: Say
) -> DemoResult:
    run = garage.store.get(Run, run_id)
    summary = summarise_exam(garage.store, run_id)
    if summary is None or run.adapter is None:
        raise GarageError("The exam left no result. Run it again from the Train tab.")
    exam = {"base": _tally(summary.base), "tuned": _tally(summary.tuned)}
    own = None
    if summary.own_base is not None and summary.own_tuned is not None:
        own = {"base": _tally(summary.own_base), "tuned": _tally(summary.own_tuned)}
    adapter = str(garage.workspace.absolute(run.adapter))
    for title, scores in (("Exam", exam), ("Your own questions", own)):
        if scores is not None:
            say(
                f"   {title}: base {scores['base']['correct']}/{scores['base']['total']}, "
                f"tuned {scores['tuned']['correct']}/{scores['tuned']['total']}"
            )
    packed = pack_adapter(garage, run_id)
    say(f"   Adapter: {adapter}")
    say(f"   With its model card and licence: {garage.workspace.absolute(str(packed.path))}")
    say(f"Done in {seconds / 60:.1f} minutes")
    counts = {"train": int(dataset.counts["train"]), "exam": int(dataset.counts["exam"])}
    return DemoResult(seconds, run.base_model, counts, exam, own, adapter, tuple(failed))


def _tally(score: Any) -> dict[str, int]:
    return {"correct": score.correct, "total": score.total}
