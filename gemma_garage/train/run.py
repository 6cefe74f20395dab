"""The Job around `trainer.train`: a Run in the store, its folder on disk, its metrics and log.

`start_run` → Job "train" in the gpu lane → metrics per step, checkpoints, `runs/<id>/adapter`.
A Job that is resumed goes on from the newest whole checkpoint. The exam after training is not
started here (`wiring.py` does): this package does not know it.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gemma_garage.errors import DatasetError, MachineError, Stopped
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import find_base, why_not
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.obtain import obtain_base
from gemma_garage.jobs import Progress
from gemma_garage.schema import Dataset, Job, Run, now
from gemma_garage.train.callbacks import Event
from gemma_garage.train.checkpoints import last_checkpoint
from gemma_garage.train.config import TrainConfig
from gemma_garage.workspace import write_whole

KIND = "train"
LEAST_TRAIN_ROWS = 8
LOG_NAME = "log.jsonl"
# Share of the progress bar by what happens before the first step.
OBTAIN_SHARE, LOAD_SHARE = 0.05, 0.08

logger = logging.getLogger(__name__)


def start_run(garage: Garage, project_id: int, dataset_id: int, config: TrainConfig) -> int:
    """Queue a Run and give its id. Raises NotFound, DatasetError, MachineError before it starts."""
    base = find_base(config.base_model)
    dataset = garage.store.get(Dataset, dataset_id)
    rows = int(dataset.counts.get("train", 0))
    if rows < LEAST_TRAIN_ROWS:
        raise DatasetError(
            f"The dataset has {rows} rows to train on; a run needs at least {LEAST_TRAIN_ROWS}. "
            "Accept more Examples in Data and freeze them again."
        )
    reason = why_not(base, detect_machine(), config.method)
    if reason:
        raise MachineError(
            f"{base.title} cannot be trained here: it {reason}. Mend that, or choose another base "
            "model."
        )
    garage.workspace.require_free(1.0, "checkpoints and the adapter")
    run = garage.store.add(
        Run(
            project_id=project_id,
            dataset_id=dataset_id,
            number=garage.store.next_run_number(project_id),
            base_model=base.id,
            config=config.model_dump(mode="json"),
        )
    )
    folder = garage.workspace.run(run.id)
    with write_whole(folder / "config.json") as path:
        path.write_text(config.model_dump_json(indent=2), encoding="utf-8")
    job_id = garage.jobs.submit(KIND, f"Training run {run.number}", {"run_id": run.id}, project_id)
    garage.store.update(Run, run.id, job_id=job_id)
    return run.id


def stop_run(garage: Garage, run_id: int) -> None:
    """Ask for a stop: within one step, leaving a checkpoint."""
    job_id = garage.store.get(Run, run_id).job_id
    if job_id is not None:
        garage.jobs.stop(job_id)


def resume_run(garage: Garage, run_id: int) -> None:
    """Go on from the newest whole checkpoint. Raises NotFound for a run that has ended well."""
    garage.jobs.resume(garage.store.get(Job, garage.store.get(Run, run_id).job_id).id)


def register(garage: Garage, after: Callable[[int], int | None] | None = None) -> None:
    """Make this module the one behind Jobs of kind "train".

    `after(run_id)` follows a good end; the Job it queued is named in the result (`next_job`).
    """

    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        run_id = int(payload["run_id"])
        result = train_run(garage, run_id, progress)
        return result if after is None else {**result, "next_job": after(run_id)}

    garage.jobs.register(KIND, "gpu", work)


def train_run(garage: Garage, run_id: int, progress: Progress) -> dict[str, Any]:
    """Train in this thread; the result's numbers are stored with the Run and given back."""
    from gemma_garage.train.trainer import train

    store, workspace = garage.store, garage.workspace
    run = store.get(Run, run_id)
    if run.adapter is not None:
        return run.result
    config = TrainConfig.model_validate(run.config)
    folder = workspace.run(run_id)
    log = RunLog(folder / LOG_NAME)
    machine = detect_machine()

    def report_obtaining(share: float, stage: str) -> None:
        progress.check()
        progress.report(share * OBTAIN_SHARE, stage)

    try:
        with garage.occupancy.claim(f"training run {run.number}"):
            log.write("preparing", f"Base model {config.base_model} on {machine.name}")
            base_path = obtain_base(
                find_base(config.base_model),
                workspace,
                report=report_obtaining,
                token=garage.settings.hub_token,
            )
            progress.check()
            checkpoint = last_checkpoint(folder)
            if checkpoint is not None:
                step = int(checkpoint.name.rpartition("-")[2])
                store.forget_metrics_after(run_id, step)
                log.write("resuming", f"Going on from step {step}")
            result = train(
                config,
                workspace.absolute(store.get(Dataset, run.dataset_id).path),
                base_path,
                folder,
                machine=machine,
                events=_Recorder(garage, run_id, progress, log).take,
                should_stop=lambda: progress.stop_requested,
                resume_from=checkpoint,
            )
    except Stopped:
        log.write("stopped", "Stopped before the first step")
        raise
    except Exception as error:
        log.write("failed", f"{type(error).__name__}: {error}", level="error")
        raise
    numbers = {name: value for name, value in asdict(result).items() if name != "adapter"}
    if result.stopped or result.adapter is None:
        store.update(Run, run_id, result=numbers)
        log.write("stopped", f"Stopped after step {result.steps}; a checkpoint is kept")
        raise Stopped(f"Stopped after step {result.steps}. Resume goes on from there.")
    # The adapter's path goes in last: its existence in the store proves that it is whole.
    store.update(Run, run_id, result=numbers, adapter=workspace.relative(result.adapter))
    log.write("finished", f"{result.steps} steps in {result.seconds:.0f} s, loss {result.loss:.3f}")
    return numbers


def read_log_tail(garage: Garage, run_id: int, lines: int = 200) -> list[str]:
    """The last lines of a Run's log, oldest first, as "12:03:04 training  step 5 …"."""
    path = garage.workspace.run(run_id) / LOG_NAME
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines()[-lines:]:
        try:
            entry = json.loads(line)
        except ValueError:  # the last line of a process that died while writing it
            continue
        entries.append(f"{entry['at'][11:19]}  {entry['stage']:<10}  {entry['message']}")
    return entries


class RunLog:
    """One JSON object a line: at (UTC), level, stage, message."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, stage: str, message: str, level: str = "info") -> None:
        entry = {"at": now(), "level": level, "stage": stage, "message": message}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


class _Recorder:
    """Turns the trainer's events into metrics, progress and log lines."""

    def __init__(self, garage: Garage, run_id: int, progress: Progress, log: RunLog) -> None:
        self._store, self._run_id, self._progress, self._log = garage.store, run_id, progress, log

    def take(self, event: Event) -> None:
        step, total = event.get("step"), event.get("total")
        if step is None or not total:
            self._progress.report(LOAD_SHARE, event["stage"])
            details = {k: v for k, v in event.items() if k not in ("stage", "total")}
            self._log.write(event["stage"], " ".join(f"{k} {v}" for k, v in details.items()))
            return
        values = {k: v for k, v in event.items() if k not in ("stage", "step")}
        if event["stage"] == "training":
            self._store.record_metric(self._run_id, step, values)
        eta = f", {event['eta_s']:.0f} s left" if "eta_s" in event else ""
        self._progress.report(
            LOAD_SHARE + (1 - LOAD_SHARE) * step / total,
            f"{event['stage']}: step {step} of {total}{eta}",
        )
        shown = {k: v for k, v in values.items() if k in ("loss", "eval_loss", "learning_rate")}
        self._log.write(
            event["stage"],
            f"step {step}/{total} " + " ".join(f"{k} {v:.4g}" for k, v in shown.items()),
        )
