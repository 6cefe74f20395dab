"""Who can answer side by side: the base, Runs and their checkpoints, all on one base. It loads
nothing.

A name says who is meant: `base`, `run-5` (a Run by its id), `run-5-step-40` (a checkpoint of it).
The same name is the adapter's in memory and the column's in the history.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gemma_garage.errors import BadInput, GarageError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.infer.exam_result import CHECKPOINT
from gemma_garage.infer.subjects import find_checkpoint, list_checkpoints
from gemma_garage.schema import Run
from gemma_garage.store import Store

BASE_NAME = "base"
MOST_TUNED = 3
_NAME = re.compile(r"run-(\d+)(?:-(step-\d+))?")


@dataclass(frozen=True, slots=True)
class Answerer:
    """One who answers. `folder`: the adapter's, or the whole model's where `is_whole`; None for
    the base."""

    name: str
    title: str
    run_id: int | None = None
    folder: Path | None = None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Answerers:
    """Those who answer one request, in the order of their columns, and the base they stand on."""

    base_model: str
    four_bit: bool
    all: tuple[Answerer, ...]

    @property
    def first_run_id(self) -> int:
        return next(who.run_id for who in self.all if who.run_id is not None)


def find_trained_run(store: Store, run_id: int) -> Run:
    """The Run, if it has an adapter. NotFound, BadInput."""
    run = store.get(Run, run_id)
    if run.adapter is None:
        raise BadInput(
            f"Run {run.number} has no adapter yet: it has not trained to its end. Resume it in "
            "Train, or choose another run."
        )
    return run


def find_answerers(garage: Garage, project_id: int, names: Sequence[str]) -> Answerers:
    """Who these names mean. The base is asked in 16 or 32 bits unless every Run was trained on it
    in four.

    Raises BadInput: none or too many, twice the same, Runs of two bases, a Run without an adapter;
    NotFound: no such Run or checkpoint in the project.
    """
    wanted = list(dict.fromkeys(names))
    tuned = [name for name in wanted if name != BASE_NAME]
    if not 1 <= len(tuned) <= MOST_TUNED:
        raise BadInput(
            f"{len(tuned)} runs or checkpoints are chosen; 1 to {MOST_TUNED} can be asked side by "
            "side, with the base or without. Choose others."
        )
    found = [(name, *_find_run(garage, project_id, name)) for name in tuned]
    first = found[0][1]
    for _, run, _ in found:
        if run.base_model != first.base_model:
            raise BadInput(
                f"Run {first.number} was trained on {name_base(first)}, run {run.number} on "
                f"{name_base(run)}; side by side they need one base. Choose runs of one of the two."
            )
    by_name = {name: _describe(garage, name, run, step) for name, run, step in found}
    by_name[BASE_NAME] = Answerer(BASE_NAME, name_base(first))
    four_bit = all(run.config.get("method") == "qlora" for _, run, _ in found)
    return Answerers(first.base_model, four_bit, tuple(by_name[name] for name in wanted))


def list_names(garage: Garage, project_id: int) -> list[tuple[str, str]]:
    """(title, name) of all that can be asked in the project: the base, then Runs, newest first,
    each with its checkpoints."""
    listed = [("Base", BASE_NAME)]
    for run in garage.store.runs(project_id):
        if run.adapter is None:
            continue
        listed.append((f"Run {run.number} · {name_base(run)}", name_run(run)))
        if run.config.get("method") != "full":
            listed += [
                (f"Run {run.number}, {_say_step(step)}", f"{name_run(run)}-{step}")
                for step in reversed(list_checkpoints(garage, run))
            ]
    return listed if len(listed) > 1 else []


def name_run(run: Run) -> str:
    return f"run-{run.id}"


def name_base(run: Run) -> str:
    """The title of the base model that this Run trained."""
    try:
        return find_base(run.base_model).title
    except GarageError:  # a base that has left the catalogue still has its id
        return run.base_model


def _find_run(garage: Garage, project_id: int, name: str) -> tuple[Run, str | None]:
    matched = _NAME.fullmatch(name)
    if matched is None:
        raise BadInput(
            f"There is no “{name}” to ask; a name is base, run-N or run-N-step-M. Choose another."
        )
    run = find_trained_run(garage.store, int(matched[1]))
    if run.project_id != project_id:
        raise NotFound(f"Run {run.number} belongs to another project. Reload the page.")
    return run, matched[2]


def _describe(garage: Garage, name: str, run: Run, step: str | None) -> Answerer:
    title, is_whole = f"Run {run.number}", run.config.get("method") == "full"
    if step is None:
        folder = garage.workspace.absolute(str(run.adapter))
        return Answerer(name, title, run.id, folder, is_whole)
    if is_whole:
        raise BadInput(
            f"Run {run.number} trained every weight, so its checkpoints cannot be put on the base. "
            "Choose the run itself."
        )
    known = list_checkpoints(garage, run)
    if step not in known:
        listed = ", ".join(map(_say_step, known)) or "none"
        raise NotFound(
            f"Run {run.number} has no checkpoint of {_say_step(step)}; there are: {listed}. "
            "Older ones make room for newer ones. Choose another."
        )
    return Answerer(
        name, f"{title}, {_say_step(step)}", run.id, find_checkpoint(garage, run.id, step)
    )


def _say_step(step: str) -> str:
    return f"step {step.removeprefix(CHECKPOINT)}"
