"""`gemma-garage runs`, `resume` and `stop`: what was trained, going on with it, and ending it.

They work beside an open page: what they ask is then done by its process. Without one, `resume`
trains in this process.
"""

import argparse
from typing import TYPE_CHECKING, Any

from gemma_garage.commands.terminal import add_shared, answer, find_project, open_home, say
from gemma_garage.errors import Busy, NotFound

if TYPE_CHECKING:
    from gemma_garage.garage import Garage
    from gemma_garage.schema import Project, Run

LONGEST_STOP_S = 60.0  # one step of a large model may take a while


def add_parser(commands: Any, shared: argparse.ArgumentParser) -> None:
    listing = commands.add_parser("runs", parents=[shared], help="the runs, newest first")
    add_shared(listing)
    listing.set_defaults(run=list_runs)

    resuming = commands.add_parser(
        "resume",
        parents=[shared],
        help="go on with a run that was stopped, paused, interrupted or failed",
    )
    _add_run(resuming)
    resuming.set_defaults(run=resume)

    stopping = commands.add_parser(
        "stop", parents=[shared], help="stop a run within a step; its checkpoint is kept"
    )
    _add_run(stopping)
    stopping.add_argument("--pause", action="store_true", help="let it wait instead, in memory")
    stopping.set_defaults(run=stop)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "number", nargs="?", type=int, metavar="RUN", help="its number in the project (the newest)"
    )
    add_shared(parser)


def list_runs(options: argparse.Namespace) -> int:
    from gemma_garage.garage import is_at_work

    with open_home(options) as garage:
        project = find_project(garage, options)
        runs = [describe_run(garage, run) for run in garage.store.runs(project.id)]
        others = say_other_projects(garage, project)
        if not is_at_work(garage.workspace):
            for run in runs:
                if run["status"] in ("queued", "running"):
                    run["status"] = "interrupted"  # its process died
    for run in runs:
        said = [f"Run {run['number']}: {run['status']}", f"step {run['step']} of {run['total']}"]
        said += [f"loss {run['loss']:.3f}"] if run["loss"] is not None else []
        said += [f"exam {run['exam']['tuned']}"] if run["exam"] else []
        say(", ".join(said) + (f" ({run['error']})" if run["error"] else ""))
    if not runs:
        say(f"Nothing was trained yet in “{project.name}”. `gemma-garage train` starts a run.")
        if others:
            say(others)
    answer(options, {"runs": runs})
    return 0


def resume(options: argparse.Namespace) -> int:
    from gemma_garage.train.run import find_job, resume_run

    try:
        with open_home(options, works=True) as garage:
            from gemma_garage.commands.waiting import wait_for

            run = find_run(garage, options)
            resume_run(garage, run.id)
            wait_for(garage, find_job(garage, run.id).id, say)
            _wait_for_exam(garage, run)
            told = describe_run(garage, run)
    except Busy:
        with open_home(options) as garage:
            run = find_run(garage, options)
            resume_run(garage, run.id)
            told = describe_run(garage, run)
        say(f"Run {run.number} is queued; the Gemma Garage that is open there goes on with it.")
    answer(options, told)
    return 0


def stop(options: argparse.Namespace) -> int:
    from gemma_garage.garage import is_at_work
    from gemma_garage.train.run import KIND, find_job, pause_run, stop_run

    with open_home(options) as garage:
        run = find_run(garage, options)
        job = find_job(garage, run.id)
        if not is_at_work(garage.workspace):
            garage.store.interrupt_jobs((KIND,))  # its process died
            job = find_job(garage, run.id)
        if job.status not in ("queued", "running"):
            say(f"Run {run.number} is {job.status}: there is nothing to stop.")
            answer(options, describe_run(garage, run))
            return 1
        if options.pause:
            pause_run(garage, run.id)
            say(f"Run {run.number} pauses after its present step.")
        else:
            stop_run(garage, run.id)
            garage.jobs.wait(job.id, LONGEST_STOP_S)
            say(f"Run {run.number} is {find_job(garage, run.id).status}.")
        answer(options, describe_run(garage, run))
    return 0


def find_run(garage: "Garage", options: argparse.Namespace) -> "Run":
    """The project's run of that number, else its newest. NotFound."""
    project = find_project(garage, options)
    runs = garage.store.runs(project.id)
    for run in runs:
        if options.number is None or run.number == options.number:
            return run
    if not runs:
        more = say_other_projects(garage, project)
        raise NotFound(f"There is no run in “{project.name}” yet. {more}".strip())
    told = ", ".join(str(run.number) for run in runs)
    raise NotFound(f"There is no run {options.number}; there are: {told}.")


def say_other_projects(garage: "Garage", project: "Project") -> str:
    """Where there are runs, for who looks in a project without any; "" if nowhere."""
    names = [
        f"“{other.name}”"
        for other in garage.store.projects()
        if other.id != project.id and garage.store.runs(other.id)
    ]
    return f"There are runs in {', '.join(names)}: name it with --project." if names else ""


def describe_run(garage: "Garage", run: "Run") -> dict[str, Any]:
    """A Run as programs get it. `silent_s`: seconds without a sign of life, if that is too long."""
    from gemma_garage.infer.exam_result import summarise_exam
    from gemma_garage.jobs import find_silence_s
    from gemma_garage.schema import Job
    from gemma_garage.schema import Run as Table

    run = garage.store.get(Table, run.id)
    job = garage.store.get(Job, run.job_id) if run.job_id is not None else None
    last = garage.store.last_values(run.id)
    exam = summarise_exam(garage.store, run.id)
    result = run.result
    return {
        "id": run.id,
        "number": run.number,
        "base_model": run.base_model,
        "dataset": run.dataset_id,
        "status": job.status if job else "interrupted",
        "wish": job.wish if job else "",
        "silent_s": find_silence_s(job) if job else None,
        "error": job.error if job else None,
        "step": last.get("step", 0),
        "total": last.get("total", 0),
        "loss": last.get("loss"),
        "eval_loss": last.get("eval_loss"),
        "tokens_per_second": result.get("tokens_per_second", last.get("tokens_per_second")),
        "seconds": result.get("seconds"),
        "backend": result.get("backend"),
        "adapter": str(garage.workspace.absolute(run.adapter)) if run.adapter else None,
        "exam": {
            "base": f"{exam.base.correct}/{exam.base.total}",
            "tuned": f"{exam.tuned.correct}/{exam.tuned.total}",
        }
        if exam
        else None,
        "config": run.config,
        "created": run.created,
    }


def _wait_for_exam(garage: "Garage", run: "Run") -> None:
    from gemma_garage.commands.waiting import wait_for
    from gemma_garage.schema import ACTIVE

    for job in garage.store.jobs(project_id=run.project_id, kind="exam", statuses=ACTIVE):
        if job.payload.get("run_id") == run.id:
            wait_for(garage, job.id, say)
