"""The Job around `trainer.train`: a Run in the store, its folder on disk, its metrics and log.

`start_run` → Job "train" in the gpu lane → metrics per step, checkpoints, `runs/<id>/adapter`.
A Job that is resumed goes on from the newest whole checkpoint. A full disk is waited for. The exam
after training is not started here (`wiring.py` does): this package does not know it.
"""

import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from gemma_garage.errors import BadInput, DiskFull, Stopped
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.obtain import obtain_base
from gemma_garage.jobs import Progress
from gemma_garage.schema import Dataset, Job, Run
from gemma_garage.train import logs
from gemma_garage.train.checkpoints import last_checkpoint, read_step
from gemma_garage.train.config import TrainConfig, change_config
from gemma_garage.train.logs import RunLog
from gemma_garage.train.plan import plan_run
from gemma_garage.train.ready import require_ready, require_room
from gemma_garage.train.recorder import Recorder
from gemma_garage.train.stages import place_in_whole
from gemma_garage.workspace import write_whole

KIND = "train"
LOOK_FOR_ROOM_EVERY_S = 5.0

logger = logging.getLogger(__name__)


def start_run(garage: Garage, project_id: int, dataset_id: int, config: TrainConfig) -> int:
    """Queue a Run and give its id; what it is reckoned to take is kept with it.

    Raises NotFound, ConfigError, DatasetError, MachineError before it starts.
    """
    base = find_base(config.base_model)
    dataset = garage.store.get(Dataset, dataset_id)
    require_ready(config, base, detect_machine(), garage.workspace.absolute(dataset.path))
    plan = plan_run(garage, dataset_id, config)
    require_room(config, plan.need, plan.machine)
    purpose = f"the run's checkpoints and result ({plan.need.disk_gb:.1f} GB)"
    garage.workspace.require_free(plan.need.disk_gb + plan.download_gb, purpose)
    run = garage.store.add(
        Run(
            project_id=project_id,
            dataset_id=dataset_id,
            number=garage.store.next_run_number(project_id),
            base_model=base.id,
            config=config.model_dump(mode="json"),
            estimate=plan.as_dict(),
        )
    )
    folder = garage.workspace.run(run.id)
    shutil.rmtree(folder, ignore_errors=True)  # a database put back may give an id again
    with write_whole(folder / "config.json") as path:
        path.write_text(config.model_dump_json(indent=2), encoding="utf-8")
    job_id = garage.jobs.submit(KIND, f"Training run {run.number}", {"run_id": run.id}, project_id)
    garage.store.update(Run, run.id, job_id=job_id)
    return run.id


def clone_run(garage: Garage, run_id: int, **changes: Any) -> int:
    """Queue a new Run with the settings and the Dataset of this one; gives its id.

    `changes`: settings that shall differ. Raises as `start_run`, ConfigError.
    """
    run = garage.store.get(Run, run_id)
    config = change_config(TrainConfig.model_validate(run.config), **changes)
    return start_run(garage, run.project_id, run.dataset_id, config)


def stop_run(garage: Garage, run_id: int) -> None:
    """Ask for a stop: within one step, leaving a checkpoint."""
    garage.jobs.stop(find_job(garage, run_id).id)


def pause_run(garage: Garage, run_id: int) -> None:
    """Let the Run wait after its present step, with its memory. Raises BadInput when it is over."""
    garage.jobs.pause(find_job(garage, run_id).id)


def resume_run(garage: Garage, run_id: int) -> None:
    """Go on: where it paused, or from the newest whole checkpoint. Raises NotFound for a Run that
    has ended well."""
    job = find_job(garage, run_id)
    if job.wish == "pause":
        garage.jobs.go_on(job.id)
    else:
        garage.jobs.resume(job.id)


def find_job(garage: Garage, run_id: int) -> Job:
    """The Job of a Run. Raises BadInput for one that was killed before it was queued."""
    run = garage.store.get(Run, run_id)
    if run.job_id is not None:
        return garage.store.get(Job, run.job_id)
    for job in garage.store.jobs(project_id=run.project_id, kind=KIND, limit=10_000):
        if job.payload.get("run_id") == run_id:  # killed before the Run knew its Job
            garage.store.update(Run, run_id, job_id=job.id)
            return job
    raise BadInput(f"Run {run.number} was never queued. Clone it, and delete this one.")


def register(
    garage: Garage,
    after: Callable[[int], object] | None = None,
    grade: Callable[[str, str, str], bool] | None = None,
) -> None:
    """Make this module the one behind Jobs of kind "train"; `after(run_id)` follows a good end.

    `grade(given, expected, question)`: how answers to held-out questions are graded.
    """

    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        run_id = int(payload["run_id"])
        result = train_run(garage, run_id, progress, grade)
        if after is not None:
            after(run_id)
        return result

    garage.jobs.register(KIND, "gpu", work, keeps_turn=True)


def train_run(
    garage: Garage,
    run_id: int,
    progress: Progress,
    grade: Callable[[str, str, str], bool] | None = None,
) -> dict[str, Any]:
    """Train in this thread; the result's numbers are stored with the Run and given back."""
    run = garage.store.get(Run, run_id)
    if run.adapter is not None:
        return run.result
    log = RunLog(garage.workspace.run(run_id) / logs.NAME, run_id)
    try:
        with log.capture():
            while True:
                try:
                    return _train_once(garage, run, progress, log, grade)
                except DiskFull as error:
                    log.write("training", str(error), "warning", error)
                    needed_bytes = max(error.needed_bytes, 1)
                # Behind the `except`: until there, the error's frames hold the model.
                _wait_for_room(garage, progress, needed_bytes)
                log.write("preparing", "There is room on the disk again")
    except Stopped as stopped:
        log.write("training", str(stopped))
        raise
    except Exception as error:
        log.write("training", f"{type(error).__name__}: {error}", "error", error)
        raise


def _train_once(
    garage: Garage, run: Run, progress: Progress, log: RunLog, grade: Any
) -> dict[str, Any]:
    from gemma_garage.train.trainer import train

    store, workspace = garage.store, garage.workspace
    folder, machine = workspace.run(run.id), detect_machine()
    config = _read_config(store.get(Run, run.id))

    def report_obtaining(share: float, stage: str) -> None:
        progress.check()
        progress.report(place_in_whole("preparing", share), stage)

    def should_stop() -> bool:
        progress.wait_while_paused()
        return progress.stop_requested

    with garage.occupancy.claim(f"training run {run.number}"):
        log.write("preparing", f"Base model {config.base_model} on {machine.name}")
        report_obtaining(0.0, "Preparing data")
        base_path = obtain_base(
            find_base(config.base_model),
            workspace,
            report=report_obtaining,
            token=garage.settings.hub_token,
        )
        progress.check()
        checkpoint = last_checkpoint(folder)
        recorder = Recorder(store, run.id, progress, log)
        if checkpoint is not None:
            recorder.take({"stage": "resuming", "from_step": read_step(checkpoint)})
        else:  # what a killed process reported before its first checkpoint comes again
            store.forget_metrics_after(run.id, -1)
        result = train(
            config,
            workspace.absolute(store.get(Dataset, run.dataset_id).path),
            base_path,
            folder,
            machine=machine,
            events=recorder.take,
            should_stop=should_stop,
            resume_from=checkpoint,
            grade=grade,
        )
    numbers = {name: value for name, value in asdict(result).items() if name != "adapter"}
    if result.stopped or result.adapter is None:
        store.update(Run, run.id, result=numbers)
        raise Stopped(
            f"Stopped after step {result.steps}; a checkpoint is kept. Resume goes on from there."
        )
    # The adapter's path goes in last: its existence in the store proves that it is whole.
    store.update(Run, run.id, result=numbers, adapter=workspace.relative(result.adapter))
    log.write("saving", f"{result.steps} steps in {result.seconds:.0f} s, loss {result.loss:.3f}")
    return numbers


def _read_config(run: Run) -> TrainConfig:
    """The Run's settings, with the batches that were found to fit the memory."""
    config = TrainConfig.model_validate(run.config)
    found = {name: run.result.get(name) for name in ("batch_size", "accumulation")}
    return change_config(config, **found) if all(found.values()) else config


def _wait_for_room(garage: Garage, progress: Progress, needed_bytes: int) -> None:
    """Return when the disk has room again. Raises Stopped."""
    while garage.workspace.free_gb() * 1e9 < needed_bytes:
        try:
            progress.report(
                place_in_whole("training"),
                f"The disk is full: waiting for {needed_bytes / 1e6:,.0f} MB. Make room, or stop",
            )
        except DiskFull as error:  # the database lies on the same disk
            logger.warning("%s", error)
        progress.wait_for_stop(LOOK_FOR_ROOM_EVERY_S)
        progress.check()
