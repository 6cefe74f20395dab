"""A run before it is started: its settings, and what it will take of memory, disk and time.

The estimate is kept with the Run (`Run.estimate`) and held against what was measured when it has
ended. It starts nothing (`run.py`) and loads nothing.
"""

from dataclasses import dataclass
from typing import Any

from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import BaseModel, find_base
from gemma_garage.gemma.device import Machine, detect_machine
from gemma_garage.gemma.obtain import base_path_if_ready
from gemma_garage.gemma.shape import read_shape
from gemma_garage.schema import Dataset, Run
from gemma_garage.train.config import Method, Objective, TrainConfig
from gemma_garage.train.fit import Need, estimate_need, fit_batch
from gemma_garage.train.pace import Pace, estimate_pace, is_same_pace
from gemma_garage.train.rows import RowSizes, guess_rows, measure_rows
from gemma_garage.train.sizing import Effort, count_rows, size_config

MEASURED = {"memory_gb": "peak_memory_gb", "seconds": "seconds"}  # estimate → result


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run with `config` will take. `download_gb`: of the base, 0 when it is here."""

    config: TrainConfig
    base: BaseModel
    machine: Machine
    rows: RowSizes
    need: Need
    pace: Pace
    download_gb: float

    def as_dict(self) -> dict[str, Any]:
        """What is kept with the Run."""
        return {
            "memory_gb": round(self.need.memory_gb, 2),
            "available_gb": round(self.need.available_gb, 2),
            "disk_gb": round(self.need.disk_gb, 2),
            "seconds": round(self.pace.seconds),
            "steps": self.pace.steps,
            "pace_measured": self.pace.measured,
            "parts": self.need.parts,
        }


def size_run(
    garage: Garage,
    base_id: str,
    dataset_id: int | None,
    effort: Effort = "balanced",
    *,
    method: Method | None = None,
    objective: Objective = "answers",
) -> TrainConfig:
    """Settings sized for base, machine and rows, with the largest batch that fits.

    Raises NotFound, ConfigError (method and objective exclude each other), DatasetError.
    """
    machine = detect_machine()
    counts = garage.store.get(Dataset, dataset_id).counts if dataset_id is not None else {}
    config = size_config(
        base_id,
        machine,
        max(1, count_rows(counts, objective)),
        effort,
        method=method,
        objective=objective,
    )
    base, rows = find_base(base_id), _measure(garage, dataset_id, config)
    shape = read_shape(base, base_path_if_ready(base, garage.workspace))
    return fit_batch(config, shape, machine, rows)


def plan_run(garage: Garage, dataset_id: int | None, config: TrainConfig) -> Plan:
    """What a run with exactly these settings will take. Raises NotFound, DatasetError."""
    base, machine = find_base(config.base_model), detect_machine()
    folder = base_path_if_ready(base, garage.workspace)
    shape, rows = read_shape(base, folder), _measure(garage, dataset_id, config)
    return Plan(
        config=config,
        base=base,
        machine=machine,
        rows=rows,
        need=estimate_need(config, shape, machine, rows),
        pace=estimate_pace(config, shape, machine, rows, _find_earlier(garage, config)),
        download_gb=0.0 if folder is not None else base.download_gb,
    )


def compare_estimate(run: Run) -> dict[str, tuple[float, float]]:
    """(estimated, measured) of memory and time, for what of it is known."""
    return {
        name: (float(run.estimate[name]), float(run.result[measured]))
        for name, measured in MEASURED.items()
        if run.estimate.get(name) and run.result.get(measured)
    }


def _measure(garage: Garage, dataset_id: int | None, config: TrainConfig) -> RowSizes:
    if dataset_id is None:
        return guess_rows(1, config)
    folder = garage.workspace.absolute(garage.store.get(Dataset, dataset_id).path)
    return measure_rows(folder, config)


def _find_earlier(garage: Garage, config: TrainConfig) -> dict[str, Any] | None:
    """The result of the newest run that ended well and trained tokens as fast as this one will."""
    runs = [run for project in garage.store.projects() for run in garage.store.runs(project.id)]
    alike = [run for run in runs if run.adapter and is_same_pace(config, run.config)]
    return max(alike, key=lambda run: run.id).result if alike else None
