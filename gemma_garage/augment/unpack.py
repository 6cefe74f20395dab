"""Keep a ZIP in the home while its files are being taken out, so that a killed process goes on.

A Ticket is a folder `archives/<random>/` with the copied ZIP and, written last, who it is for. It
goes when each of its files became a Document or was refused. Making Documents is `ingest.py`'s; the
archive is opened in a process of its own, by `reading/archive.py`.
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gemma_garage.augment.outcome import IngestOutcome
from gemma_garage.augment.reading.parse import check_size
from gemma_garage.augment.reading.sandbox import (
    TIME_LIMIT_S,
    ChildBroke,
    ChildOutgrew,
    run_in_child,
)
from gemma_garage.augment.transcribe import OcrName
from gemma_garage.errors import Stopped
from gemma_garage.garage import Garage
from gemma_garage.jobs import Progress
from gemma_garage.schema import RESUMABLE, Job
from gemma_garage.workspace import write_whole

KIND = "unpack"
ARCHIVE, TICKET, FILES = "archive.zip", "ticket.json", "files"
MEMORY_LIMIT_MB = 512  # a list of members needs little; a hostile one may have millions
HEADROOM_GB = 0.1  # beside the copy itself; the child looks again before it unpacks


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ZIP in the home: `name` as the user knows it, `folder` where it lies, `ocr` who reads the
    pictures in it.
    """

    folder: Path
    project_id: int
    name: str
    ocr: OcrName = "local"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a ZIP. `origin`: "bundle.zip > folder/a.pdf"; `name`: "a.pdf".

    Either `path` is where it lies, or `error` says why it was left.
    """

    origin: str
    name: str
    path: Path | None = None
    error: str | None = None


Take = Callable[[Member], IngestOutcome]


def register(garage: Garage, take: Callable[[Ticket, Member], IngestOutcome]) -> None:
    """Make this module the work behind Jobs of kind "unpack", which go on with what a dead process
    left. `take(ticket, member)` makes the Document.
    """

    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        ticket = _read_ticket(garage.workspace.absolute(str(payload["archive"])))
        outcomes = []
        if ticket is not None:
            outcomes = take_apart(garage, ticket, partial(take, ticket), progress)
        taken = [outcome.document_id for outcome in outcomes if outcome.document_id]
        refused = {outcome.name: outcome.error for outcome in outcomes if outcome.error}
        return {"documents": taken, "refused": refused}

    garage.jobs.register(KIND, "io", work)


def keep_archive(
    garage: Garage, project_id: int, path: Path, name: str, ocr: OcrName = "local"
) -> Ticket:
    """Copy the ZIP into the home. Raises DocumentError (missing, empty, too large), MachineError
    when the disk is full; then nothing is left behind.
    """
    check_size(path, name, garage.settings.max_upload_mb)
    garage.workspace.require_free(path.stat().st_size / 1e9 + HEADROOM_GB, f"“{name}”")
    folder = Path(tempfile.mkdtemp(dir=garage.workspace.archives))
    try:
        with write_whole(folder / ARCHIVE) as temporary:
            shutil.copyfile(path, temporary)
        with write_whole(folder / TICKET) as temporary:
            values = {"project_id": project_id, "name": name, "ocr": ocr}
            temporary.write_text(json.dumps(values))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Ticket(folder, project_id, name, ocr)


def take_apart(
    garage: Garage, ticket: Ticket, take: Take, progress: Progress | None = None
) -> list[IngestOutcome]:
    """`take` every file of the ZIP, then forget the ZIP. Raises Stopped.

    Killed on the way it begins anew at the next start, so `take` must know a file again.
    """

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress.report(0.5 * done / max(total, 1), f"Unpacking {ticket.name}")

    outcomes: list[IngestOutcome] = []
    try:
        members = unpack(
            ticket,
            max_file_mb=garage.settings.max_upload_mb,
            on_progress=report,
            should_stop=lambda: progress is not None and progress.stop_requested,
        )
        for number, member in enumerate(members, start=1):
            if progress is not None:
                progress.check()
            outcomes.append(take(member))
            if member.path is not None:
                member.path.unlink()  # a copy of it is a Document's now
            if progress is not None:
                progress.report(0.5 + 0.5 * number / len(members), f"Adding from {ticket.name}")
    except Stopped:
        raise  # the Ticket stays: it goes on when the Job is resumed, or at the next start
    except Exception:
        _forget(ticket)  # else it would break again at every start
        raise
    _forget(ticket)
    return outcomes


def resume_archives(garage: Garage) -> list[int]:
    """After a start: go on with each ZIP that a dead process was taking apart; the ids of the Jobs.

    Half copies, and what the user had stopped, are removed. No living process must be at it.
    """
    known: dict[str, Job] = {}
    for job in garage.store.jobs(kind=KIND, statuses=RESUMABLE, limit=10_000):
        known.setdefault(str(job.payload["archive"]), job)
    projects = {project.id for project in garage.store.projects()}
    resumed = []
    for folder in sorted(garage.workspace.archives.iterdir()):
        ticket = _read_ticket(folder)
        archive = garage.workspace.relative(folder)
        before = known.get(archive)
        if (
            ticket is None
            or ticket.project_id not in projects
            or (before is not None and before.status == "stopped")
        ):
            shutil.rmtree(folder, ignore_errors=True)
        elif before is not None:
            garage.jobs.resume(before.id)
            resumed.append(before.id)
        else:
            title = f"Unpacking {ticket.name}"
            resumed.append(garage.jobs.submit(KIND, title, {"archive": archive}, ticket.project_id))
    return resumed


def unpack(
    ticket: Ticket,
    *,
    max_file_mb: float,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    memory_limit_mb: int = MEMORY_LIMIT_MB,
) -> list[Member]:
    """The files of the ZIP, in their order, each as a file of its own in the Ticket's folder.

    A ZIP that cannot be read at all gives one Member with the error. `on_progress` gets (files
    done, files known). Raises Stopped when `should_stop()` turned true.
    """
    folder = ticket.folder / FILES
    shutil.rmtree(folder, ignore_errors=True)  # what a killed process had taken out
    folder.mkdir()
    arguments = {
        "path": str((ticket.folder / ARCHIVE).resolve()),
        "name": ticket.name,
        "folder": str(folder.resolve()),
        "max_file_mb": max_file_mb,
    }
    try:
        answer = run_in_child(
            "gemma_garage.augment.reading.archive:unpack_here",
            arguments,
            on_progress=on_progress,
            should_stop=should_stop,
            time_limit_s=time_limit_s,
            memory_limit_mb=memory_limit_mb,
        )
    except ChildOutgrew as error:
        allowed = f"allowed are {time_limit_s:g} seconds and {memory_limit_mb} MB"
        return _give_up(ticket.name, f"{error} ({allowed})")
    except ChildBroke as error:
        return _give_up(ticket.name, str(error))
    return [
        Member(
            origin=str(found["origin"]),
            name=str(found["name"]),
            path=folder / str(int(found["number"])) if found["error"] is None else None,
            error=found["error"],
        )
        for found in answer
    ]


def _give_up(name: str, reason: str) -> list[Member]:
    error = (
        f"“{name}” could not be unpacked: {reason}. Unpack it yourself and add what is inside, or "
        "pack it anew in smaller parts."
    )
    return [Member(name, name, error=error)]


def _read_ticket(folder: Path) -> Ticket | None:
    """The Ticket in this folder; None when there is none (any more)."""
    try:
        values = json.loads((folder / TICKET).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Ticket(folder, int(values["project_id"]), str(values["name"]), values["ocr"])


def _forget(ticket: Ticket) -> None:
    # The ticket goes first: a folder that is only half removed must not begin anew.
    (ticket.folder / TICKET).unlink(missing_ok=True)
    shutil.rmtree(ticket.folder, ignore_errors=True)
