"""Which work stands behind which kind of Job: the one place that knows all packages at once."""

import logging

from gemma_garage.augment import compare_documents, generate, ingest, publish
from gemma_garage.augment.judge import run as judge
from gemma_garage.augment.judge.pairs import PairJudge
from gemma_garage.errors import GarageError
from gemma_garage.export import adapter, push
from gemma_garage.garage import Garage, open_garage
from gemma_garage.infer import batch, exam
from gemma_garage.infer.grade import grade
from gemma_garage.infer.judge import run as judge_exam
from gemma_garage.schema import Run
from gemma_garage.settings import Settings
from gemma_garage.train import run

log = logging.getLogger(__name__)


def open_wired(settings: Settings) -> Garage:
    """Open the garage, register every kind of Job, mark what was interrupted, start the lanes."""
    garage = open_garage(settings, exclusive=True)
    ingest.register(garage)
    generate.register(garage)
    judge.register(garage)
    compare_documents.register(garage)
    run.register(garage, after=lambda run_id: _examine(garage, run_id), grade=grade)
    exam.register(garage)
    judge_exam.register(garage, PairJudge)
    batch.register(garage)
    adapter.register(garage)
    push.register(garage)
    publish.register(garage)
    garage.jobs.start()
    ingest.resume_ingests(garage)  # reading is short and free: it goes on without being asked
    return garage


def _examine(garage: Garage, run_id: int) -> None:
    # A run that trained well stays finished, also when there is nothing to examine it with.
    try:
        if garage.store.get(Run, run_id).config.get("examine_after", True):
            exam.submit_usual_exam(garage, run_id)
    except GarageError as error:
        log.warning("run %d is not examined: %s", run_id, error)
