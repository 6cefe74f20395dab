"""`gemma-garage train`: a run on a frozen Dataset, examined when it has ended; or what it would
take.

Ctrl-C (or SIGTERM) ends it within a step, with a checkpoint to go on from.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemma_garage.commands.fields import add_fields, read_fields
from gemma_garage.commands.terminal import add_shared, answer, find_project, open_home, say
from gemma_garage.errors import BadInput, GarageError, NotFound, Stopped
from gemma_garage.train.config import TrainConfig

if TYPE_CHECKING:
    from gemma_garage.garage import Garage
    from gemma_garage.schema import Dataset, Project
    from gemma_garage.train.plan import Plan

EFFORTS = ("quick", "balanced", "thorough")  # of train/sizing.py; a test holds them together


def add_parser(commands: Any, shared: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "train",
        parents=[shared],
        help="train a base model on a frozen dataset",
        description="Settings are sized for the base, the machine and the dataset; --config and "
        "the options below override them. With --estimate nothing is trained.",
    )
    parser.add_argument(
        "--dataset", type=int, metavar="VERSION", help="its version in the project (the newest)"
    )
    parser.add_argument("--base", metavar="ID", help="base model (the best that fits this machine)")
    parser.add_argument("--effort", choices=EFFORTS, default="balanced")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings as YAML")
    parser.add_argument(
        "--estimate", action="store_true", help="say what it would take, and the settings"
    )
    add_shared(parser)
    add_fields(parser.add_argument_group("settings"), TrainConfig, leave_out=("base_model",))
    parser.set_defaults(run=run_train)


def run_train(options: argparse.Namespace) -> int:
    """Train to the end and through the exam; 1 when it failed or was stopped."""
    try:
        given = _read_given(options)
    except BadInput as error:
        say(str(error))
        return 2
    with open_home(options, works=not options.estimate) as garage:
        from gemma_garage.train.plan import plan_run

        project = find_project(garage, options)
        dataset = find_dataset(garage, project, options.dataset)
        config = _size(garage, dataset, options, given)
        plan = plan_run(garage, dataset.id, config)
        for line in say_plan(plan):
            say(line)
        if options.estimate:
            answer(options, {"estimate": plan.as_dict(), "config": config.model_dump(mode="json")})
            return 0
        return _train(garage, project, dataset, plan, options)


def find_dataset(garage: "Garage", project: "Project", version: int | None) -> "Dataset":
    """The project's Dataset of that version, else its newest. NotFound."""
    datasets = garage.store.datasets(project.id)
    for dataset in datasets:
        if version is None or dataset.version == version:
            return dataset
    known = ", ".join(str(dataset.version) for dataset in datasets) or "none"
    raise NotFound(
        f"There is no dataset version {1 if version is None else version} in “{project.name}”; "
        f"there are: {known}. `gemma-garage datasets freeze` makes one."
    )


def say_plan(plan: "Plan") -> list[str]:
    """What the run will take, for a person."""
    config, need, pace = plan.config, plan.need, plan.pace
    kind = "GPU memory" if plan.machine.kind == "cuda" else "memory"
    source = "by an earlier run" if pace.measured else "reckoned"
    return [
        f"{plan.base.title}, {config.method} on {config.objective}: {plan.rows.rows:,} rows, "
        f"{pace.steps:,} updates of {config.batch_size} × {config.accumulation} rows",
        f"about {need.memory_gb:.1f} of {need.available_gb:.0f} GB {kind}, {need.disk_gb:.1f} GB "
        f"of disk, {max(1, round(pace.seconds / 60))} min ({source})"
        + (f", {plan.download_gb:.1f} GB to download first" if plan.download_gb else ""),
    ]


def _read_given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings of the file, and over them those of the call. ConfigError, BadInput."""
    from gemma_garage.train.settings_file import read_yaml

    given: dict[str, Any] = {}
    if options.config is not None:
        try:
            text = options.config.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(
                f"The settings {options.config} cannot be read ({error}). Check the name."
            ) from error
        given = read_yaml(text, str(options.config))
    return given | read_fields(options, TrainConfig)


def _size(
    garage: "Garage", dataset: "Dataset", options: argparse.Namespace, given: dict[str, Any]
) -> TrainConfig:
    from gemma_garage.gemma.catalogue import default_base, find_base
    from gemma_garage.gemma.device import detect_machine
    from gemma_garage.train.config import change_config
    from gemma_garage.train.plan import size_run

    base = find_base(options.base or given.get("base_model") or default_base(detect_machine()).id)
    sized = size_run(
        garage,
        base.id,
        dataset.id,
        options.effort,
        method=given.get("method"),
        objective=given.get("objective", "answers"),
    )
    return change_config(sized, **(given | {"base_model": base.id}))


def _train(
    garage: "Garage",
    project: "Project",
    dataset: "Dataset",
    plan: "Plan",
    options: argparse.Namespace,
) -> int:
    from gemma_garage.commands.waiting import wait_for
    from gemma_garage.gemma.catalogue import GEMMA_LICENCE
    from gemma_garage.gemma.starter import GEMMA_TERMS
    from gemma_garage.schema import ACTIVE, Run
    from gemma_garage.train.run import start_run

    if plan.base.licence == GEMMA_LICENCE:
        say(GEMMA_TERMS)
    run_id = start_run(garage, project.id, dataset.id, plan.config)
    run = garage.store.get(Run, run_id)
    say(f"Run {run.number}")
    code = 0
    try:
        wait_for(garage, run.job_id, say)
        for job in garage.store.jobs(project_id=project.id, kind="exam", statuses=ACTIVE):
            if job.payload.get("run_id") == run_id:
                wait_for(garage, job.id, say)
    except Stopped as error:
        code = 1
        where = "" if options.home is None else f" --home {options.home}"
        say(f"{error} Go on with: gemma-garage resume {run.number}{where}")
    except GarageError as error:
        code = 1
        say(str(error))
    told = describe_trained(garage, run_id)
    for line in _say_result(told):
        say(line)
    answer(options, told)
    return code


def describe_trained(garage: "Garage", run_id: int) -> dict[str, Any]:
    """A Run as programs get it, when `train` ends. `peak_memory_gb`, `seconds`: estimated and
    measured; what is not known is null."""
    from gemma_garage.infer.exam_result import summarise_exam
    from gemma_garage.schema import Job, Run

    run = garage.store.get(Run, run_id)
    job = garage.store.get(Job, run.job_id) if run.job_id is not None else None
    result, estimate = run.result, run.estimate
    exam = summarise_exam(garage.store, run_id)
    return {
        "run": run.id,
        "number": run.number,
        "status": job.status if job else "interrupted",
        "error": job.error if job else None,
        "base_model": run.base_model,
        "backend": result.get("backend"),
        "steps": result.get("steps"),
        "loss": result.get("loss"),
        "eval_loss": result.get("eval_loss"),
        "tokens_per_second": result.get("tokens_per_second"),
        "peak_memory_gb": {
            "estimated": estimate.get("memory_gb"),
            "measured": result.get("peak_memory_gb"),
        },
        "seconds": {"estimated": estimate.get("seconds"), "measured": result.get("seconds")},
        "adapter": str(garage.workspace.absolute(run.adapter)) if run.adapter else None,
        "exam": {
            subject: {"correct": score.correct, "total": score.total}
            for subject, score in (("base", exam.base), ("tuned", exam.tuned))
        }
        if exam
        else None,
        "config": run.config,
    }


def _say_result(told: dict[str, Any]) -> list[str]:
    lines = []
    if told["loss"] is not None:
        lines.append(
            f"{told['steps']} updates, loss {told['loss']:.3f}, "
            f"{told['tokens_per_second']:,.0f} tokens/s"
        )
    for name, unit in (("peak_memory_gb", "GB of memory"), ("seconds", "s")):
        held = told[name]
        if held["measured"] is not None and held["estimated"]:
            lines.append(f"{held['measured']:.1f} {unit}; estimated were {held['estimated']:.1f}")
    if told["exam"]:
        scores = told["exam"]
        lines.append(
            "Exam: "
            + ", ".join(
                f"{subject} {scores[subject]['correct']}/{scores[subject]['total']}"
                for subject in ("base", "tuned")
            )
        )
    if told["adapter"]:
        lines.append(f"Result: {told['adapter']}")
    return lines
