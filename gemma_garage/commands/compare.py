"""`gemma-garage compare`: one prompt, or a file of them, asked of base and runs side by side.

A prompt is answered in this process. A file is a Job: it is asked here, or, while the page is open
on the same home, by the page's process.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemma_garage.commands.terminal import (
    CSV_GUARD,
    add_shared,
    answer,
    find_project,
    open_home,
    say,
)
from gemma_garage.errors import BadInput, Busy, NotFound

if TYPE_CHECKING:
    from gemma_garage.garage import Garage
    from gemma_garage.infer.column import Column
    from gemma_garage.infer.request import Drawing
    from gemma_garage.schema import Project


def add_parser(commands: Any, shared: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "compare", parents=[shared], help="ask base and runs the same, side by side"
    )
    parser.add_argument("prompt", nargs="?", help="what to ask")
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help="ask all of its prompts: TXT, CSV or JSONL"
    )
    parser.add_argument(
        "--resume",
        type=int,
        metavar="JOB",
        help="go on with a file that stopped, or, with --csv or --jsonl, write out a finished one",
    )
    parser.add_argument(
        "--run",
        action="append",
        dest="numbers",
        metavar="N[:STEP]",
        help="a run by its number in the project, or a checkpoint of it; up to three (the newest)",
    )
    parser.add_argument("--no-base", action="store_true", help="leave the base out")
    parser.add_argument("--system", default="", metavar="TEXT", help="a system prompt for all")
    parser.add_argument("--longest", type=int, default=128, metavar="N", help="in tokens (128)")
    parser.add_argument(
        "--gemma-sampling",
        action="store_true",
        help="draw as Gemma's makers do: temperature 1, top k 64, top p 0.95 (else greedy)",
    )
    parser.add_argument("--temperature", type=float, metavar="T", help="0 is greedy")
    parser.add_argument("--top-k", type=int, metavar="K")
    parser.add_argument("--top-p", type=float, metavar="P")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--schema", type=Path, metavar="FILE", help="a JSON schema to be met")
    parser.add_argument("--reference", default="", metavar="TEXT", help="the right answer")
    parser.add_argument(
        "--csv", type=Path, metavar="OUT", help=f"write a file's answers there ({CSV_GUARD})"
    )
    parser.add_argument("--jsonl", type=Path, metavar="OUT", help="write a file's answers there")
    add_shared(parser)
    parser.set_defaults(run=ask)


def ask(options: argparse.Namespace) -> int:
    given = [options.prompt is not None, options.file is not None, options.resume is not None]
    if sum(given) != 1:
        say("Give one of: a prompt, --file FILE, --resume JOB.")
        return 2
    if options.reference and options.prompt is None:
        say("--reference is for one prompt. In a file each has its own: a column “reference”.")
        return 2
    if options.prompt is not None and (options.csv or options.jsonl):
        say("--csv and --jsonl are for a file of prompts; one prompt is answered here (--json).")
        return 2
    if options.resume is not None and (
        options.numbers or options.system or options.schema or options.temperature is not None
    ):
        say("--resume goes on as it was begun: without --run, --system, --schema, --temperature.")
        return 2
    if options.prompt is not None:
        with open_home(options) as garage:
            return _ask_one(garage, options)
    try:
        with open_home(options, works=True) as garage:
            return _ask_file(garage, options)
    except Busy:
        with open_home(options) as garage:
            return _ask_file(garage, options)


def _ask_one(garage: "Garage", options: argparse.Namespace) -> int:
    from gemma_garage.infer.column import list_facts
    from gemma_garage.infer.compare import compare
    from gemma_garage.infer.request import Request

    project = find_project(garage, options)
    request = Request(
        project.id,
        tuple(_find_names(garage, project, options)),
        options.prompt,
        system=options.system,
        drawing=_read_drawing(options),
        reference=options.reference,
        schema=_read_schema(options),
    )
    *_, columns = compare(garage, request)
    for column in columns:
        say(f"── {column.title} ({', '.join(list_facts(column))})\n{column.text}")
        for line in _list_scores(column):
            say(f"   {line}")
        say("")
    answer(options, {"prompt": request.prompt, "columns": [column.store() for column in columns]})
    return 0


def _list_scores(column: "Column") -> list[str]:
    lines = []
    if column.matches is not None:
        shared = f", F1 {column.f1:.2f}" if column.f1 is not None else ""
        lines.append(f"{'right' if column.matches else 'wrong'}{shared}")
    if column.problems is not None:
        lines += [f"fails the schema: {said}" for said in column.problems]
        lines += [] if column.problems else ["meets the schema"]
    return lines


def _ask_file(garage: "Garage", options: argparse.Namespace) -> int:
    from gemma_garage.commands.waiting import wait_for
    from gemma_garage.infer.batch import own_batch, submit_batch
    from gemma_garage.infer.batch_report import write_csv, write_jsonl
    from gemma_garage.workspace import write_whole

    project = find_project(garage, options)
    if options.resume is not None:
        found = own_batch(garage, project.id, options.resume)
        job_id = found.id
        # One that is finished has only its files to be written.
        if found.status != "finished" or not (options.csv or options.jsonl):
            garage.jobs.resume(job_id)
    else:
        if not options.file.is_file():
            raise BadInput(f"There is no file {options.file}. Check the name.")
        job_id = submit_batch(
            garage,
            project.id,
            _find_names(garage, project, options),
            options.file,
            drawing=_read_drawing(options),
            system=options.system,
            schema=_read_schema(options),
        )
    say(f"Job {job_id}: if it is stopped, --resume {job_id} goes on with it.")
    job = wait_for(garage, job_id, say)
    for path, write in ((options.csv, write_csv), (options.jsonl, write_jsonl)):
        if path:
            with write_whole(path) as temporary, temporary.open("w", encoding="utf-8") as file:
                file.writelines(write(garage.store, job))
            say(str(path))
    broken = garage.store.batch_rows(job_id, broken=True)
    for row in broken[:10]:
        say(f"Prompt {row.number} {row.problem}.")
    say(f"{job.result['answered']:,} answered, {len(broken):,} cannot be asked.")
    told = [{"number": row.number, "problem": row.problem} for row in broken]
    answer(options, {"job": job_id, **job.result, "problems": told})
    return 0


def _find_names(garage: "Garage", project: "Project", options: argparse.Namespace) -> list[str]:
    """Who is asked, by the names of `infer/answerers.py`. NotFound: nothing is trained yet."""
    from gemma_garage.commands.runs import say_other_projects
    from gemma_garage.infer.answerers import BASE_NAME, name_run

    runs = {str(run.number): run for run in garage.store.runs(project.id)}
    trained = [number for number, run in runs.items() if run.adapter]
    if not trained:
        more = say_other_projects(garage, project) or "`gemma-garage train` starts a run."
        raise NotFound(f"Nothing is trained in “{project.name}” to be asked. {more}")
    names = [] if options.no_base else [BASE_NAME]
    for wanted in options.numbers or trained[:1]:
        number, _, step = wanted.partition(":")
        run = runs.get(number)
        if run is None or (step and not (step.isascii() and step.isdigit())):
            listed = ", ".join(sorted(trained, key=int))
            raise BadInput(
                f"There is no run “{wanted}” in this project; trained are {listed}. A checkpoint "
                "is N:STEP."
            )
        names.append(name_run(run) + (f"-step-{step}" if step else ""))
    return names


def _read_drawing(options: argparse.Namespace) -> "Drawing":
    from gemma_garage.infer.request import GEMMA_TEMPERATURE, Drawing

    drawing: dict[str, Any] = {"max_new_tokens": options.longest, "seed": options.seed}
    if options.gemma_sampling:
        drawing["temperature"] = GEMMA_TEMPERATURE
    for name in ("temperature", "top_k", "top_p"):
        if getattr(options, name) is not None:
            drawing[name] = getattr(options, name)
    return Drawing(**drawing)


def _read_schema(options: argparse.Namespace) -> str:
    from gemma_garage.infer.structure import LARGEST_SCHEMA
    from gemma_garage.infer.text_file import read_text

    # A character may take four bytes.
    return read_text(options.schema, 4 * LARGEST_SCHEMA / 1e6) if options.schema else ""
