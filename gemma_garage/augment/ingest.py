"""Take documents in: copy, read in the background, split into Chunks, store.

The Document row is `reading` from the moment its file is safe, then `ready` or `failed` with a
message. Every step can be repeated, so a killed process loses nothing. Passwords are kept in
memory until they are used, and nowhere else. A ZIP is no Document; each file in it becomes one.
Files of rows (CSV, JSON …) go from here to `rows/importing.py`.
"""

import hashlib
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from gemma_garage.augment import unpack
from gemma_garage.augment.chunk import chunk
from gemma_garage.augment.outcome import IngestOutcome
from gemma_garage.augment.reading.archive import is_archive
from gemma_garage.augment.reading.parse import check_file, parse
from gemma_garage.augment.reading.parsed import TEXT_FILE, ParsedDocument
from gemma_garage.augment.rows import importing
from gemma_garage.augment.rows.formats import check_row_file, is_row_file, is_row_format
from gemma_garage.augment.transcribe import OcrName, open_transcriber, require_ocr
from gemma_garage.augment.unpack import Member, keep_archive, take_apart
from gemma_garage.errors import DocumentError, GarageError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.jobs import Jobs, Progress
from gemma_garage.schema import ACTIVE, Chunk, Document, Job
from gemma_garage.workspace import safe_name, write_whole

KIND = "ingest"
PICTURES = "pictures"  # folder beside the file: what was read of its pictures so far
HEADROOM_GB = 0.1  # for the text and the database, beside the copy itself
READING_SHARE = 0.9  # of the progress; the rest is splitting and storing
UNFORESEEN = "Reading it broke in an unforeseen way; the log has the details. Add it again."

log = logging.getLogger(__name__)
# Beside the Jobs that they are for, by Document: a Job's payload would be written to disk.
_passwords: WeakKeyDictionary[Jobs, dict[int, str]] = WeakKeyDictionary()


def register(garage: Garage) -> None:
    """Make this module the work behind Jobs of the kinds "ingest", "import" and "unpack"."""
    importing.register(garage)
    garage.jobs.register(KIND, "io", _work(garage))
    unpack.register(
        garage,
        lambda ticket, member: _ingest_member(garage, ticket.project_id, member, ocr=ticket.ocr),
    )


def add_document(
    garage: Garage,
    project_id: int,
    path: Path,
    *,
    name: str | None = None,
    password: str | None = None,
    origin: str = "",
) -> tuple[Document, bool]:
    """Copy the file into the home and make its row. The same content is one Document.

    Returns the Document and whether it is new; it is read once `submit_ingest` was called. A
    `password` is remembered, in memory, until then; `origin` says which archive it came out of.
    Raises DocumentError for what can be told from outside (empty, too large, mislabelled, a type
    that is not read), MachineError when the disk is full; then nothing is left behind.
    """
    name = name or path.name
    check = check_row_file if is_row_file(name) else check_file
    known = check(path, name, garage.settings.max_upload_mb)
    size_bytes = path.stat().st_size
    garage.workspace.require_free(size_bytes / 1e9 + HEADROOM_GB, f"“{name}”")
    sha256 = _hash(path)
    found = garage.store.find_document(project_id, sha256)
    if found is not None and _is_whole(garage, found):
        _remember(garage, found.id, password)
        return found, False
    document, is_new = garage.store.ensure_document(
        Document(
            project_id=project_id,
            name=name,
            sha256=sha256,
            format=known.name,
            size_bytes=size_bytes,
            path="",
            origin=origin,
        )
    )
    target = garage.workspace.document(document.id) / safe_name(name)
    try:
        with write_whole(target) as temporary:
            _copy(path, temporary, sha256, name)
    except BaseException:
        if is_new:
            remove_document(garage, document.id)
        raise
    garage.store.update(Document, document.id, path=garage.workspace.relative(target))
    _remember(garage, document.id, password)
    return garage.store.get(Document, document.id), is_new


def submit_ingest(
    garage: Garage, document_id: int, password: str | None = None, *, ocr: OcrName = "local"
) -> int:
    """Queue the reading of a Document and give the Job's id back; a live one is not doubled.

    `ocr`: who reads pages that are pictures; "gemini" sends them to Google. Raises ConfigError
    when there is no key for it.
    """
    require_ocr(garage.settings, ocr)
    document = garage.store.get(Document, document_id)
    for job in _jobs_of(garage, document_id, ACTIVE):
        return job.id
    if is_row_format(document.format):
        return importing.submit_import(garage, document_id)
    _remember(garage, document_id, password)
    if document.status != "ready":
        garage.store.update(Document, document_id, status="reading", error=None)
    title = f"Reading {document.name}"
    payload = {"document_id": document_id, "ocr": ocr}
    return garage.jobs.submit(KIND, title, payload, document.project_id)


def ingest_files(
    garage: Garage,
    project_id: int,
    paths: Sequence[Path],
    *,
    names: Sequence[str] | None = None,
    password: str | None = None,
    ocr: OcrName = "local",
) -> list[IngestOutcome]:
    """Add and submit several files; one that is refused does not keep the others from going on.

    A file that is already there and ready is left as it is; one that failed is read again. A ZIP
    is taken apart at once: it gives one outcome for each file in it, named after its `origin`.
    `ocr`: who reads pages that are pictures; "gemini" sends them to Google. Raises ConfigError
    when there is no key for it.
    """
    require_ocr(garage.settings, ocr)
    outcomes: list[IngestOutcome] = []
    for number, path in enumerate(paths):
        name = names[number] if names else path.name
        if not is_archive(name):
            outcomes.append(_ingest_file(garage, project_id, path, name, password, ocr=ocr))
            continue
        try:
            ticket = keep_archive(garage, project_id, path, name, ocr)
            outcomes += take_apart(
                garage,
                ticket,
                lambda member: _ingest_member(garage, project_id, member, password, ocr=ocr),
            )
        except GarageError as error:
            outcomes.append(IngestOutcome(name, error=str(error)))
    return outcomes


def _ingest_file(
    garage: Garage,
    project_id: int,
    path: Path,
    name: str,
    password: str | None,
    origin: str = "",
    *,
    ocr: OcrName,
) -> IngestOutcome:
    shown = origin or name
    try:
        document, is_new = add_document(
            garage, project_id, path, name=name, password=password, origin=origin
        )
        first = document.origin or document.name
        job_id = None
        if document.status != "ready":
            job_id = submit_ingest(garage, document.id, ocr=ocr)
    except GarageError as error:
        return IngestOutcome(shown, error=str(error))
    double_of = first if not is_new and first != shown else ""
    return IngestOutcome(shown, document.id, job_id, double_of=double_of)


def _ingest_member(
    garage: Garage,
    project_id: int,
    member: Member,
    password: str | None = None,
    *,
    ocr: OcrName,
) -> IngestOutcome:
    if member.path is None:
        return IngestOutcome(member.origin, error=member.error)
    return _ingest_file(
        garage, project_id, member.path, member.name, password, origin=member.origin, ocr=ocr
    )


def resume_ingests(garage: Garage) -> list[int]:
    """After a start: go on with every Document that a dead process was reading or about to read,
    and with every ZIP that it was taking apart.

    Returns the ids of the Jobs. Call it once the lanes have started.
    """
    interrupted: dict[int, int] = {}
    for kind in (KIND, importing.KIND):
        for job in garage.store.jobs(kind=kind, statuses=("interrupted",), limit=10_000):
            interrupted.setdefault(int(job.payload["document_id"]), job.id)
    resumed = []
    for project in garage.store.projects():
        for document in garage.store.documents(project.id):
            if document.status != "reading" or not _is_whole(garage, document):
                continue
            if job_id := interrupted.get(document.id):
                garage.jobs.resume(job_id)
            else:
                job_id = submit_ingest(garage, document.id)
            resumed.append(job_id)
    return resumed + unpack.resume_archives(garage)


def remove_document(garage: Garage, document_id: int) -> None:
    """Stop its reading, then remove the Document with its Chunks, Examples and files."""
    for job in _jobs_of(garage, document_id, ACTIVE):
        garage.jobs.stop(job.id)
        garage.jobs.wait(job.id, timeout_s=10)
    _passwords.get(garage.jobs, {}).pop(document_id, None)
    garage.store.delete(Document, document_id)
    shutil.rmtree(garage.workspace.document(document_id), ignore_errors=True)


def read_text(garage: Garage, document_id: int) -> str:
    """The extracted text, into which the offsets of Chunks point. Raises NotFound."""
    path = garage.workspace.document(document_id) / TEXT_FILE
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        document = garage.store.get(Document, document_id)
        raise NotFound(
            f"The text of “{document.name}” is not there: the document is {document.status}. "
            "Wait until it is ready, or add it again."
        ) from error


def _work(garage: Garage) -> Callable[[Progress, dict[str, Any]], dict[str, Any]]:
    def ingest(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        document = garage.store.get(Document, int(payload["document_id"]))
        if document.status == "ready":
            return {"document_id": document.id}  # new Chunks would take its Examples with them
        garage.store.update(Document, document.id, status="reading", error=None)
        message = f"“{document.name}”: {UNFORESEEN}"
        try:
            result = _read_and_split(garage, document, progress, payload.get("ocr", "local"))
            message = ""
        except GarageError as error:
            message = str(error)
            raise
        finally:
            if message:
                garage.store.update(Document, document.id, status="failed", error=message)
        return result

    return ingest


def _read_and_split(
    garage: Garage, document: Document, progress: Progress, ocr: OcrName
) -> dict[str, Any]:
    password = _passwords.get(garage.jobs, {}).pop(document.id, None)
    progress.report(0.0, f"Opening {document.name}")

    share = 0.0

    def report(done: int, total: int) -> None:
        nonlocal share
        share = READING_SHARE * done / max(total, 1)
        progress.report(share, f"Reading {document.name}: {done} of {total}")

    def notice(text: str) -> None:
        progress.report(share, text or f"Reading {document.name}")

    def is_stopping() -> bool:
        return progress.stop_requested

    transcriber = None
    if ocr == "gemini":
        transcriber = open_transcriber(
            garage,
            document.id,
            progress.job_id,
            should_stop=is_stopping,
            on_notice=notice,
        )
    pictures = garage.workspace.document(document.id) / PICTURES
    parsed = parse(
        garage.workspace.absolute(document.path),
        password,
        name=document.name,
        on_progress=report,
        should_stop=is_stopping,
        pictures=pictures,
        transcriber=transcriber,
    )
    progress.check()
    progress.report(READING_SHARE, f"Splitting {document.name}")
    chunks = _store(garage, document, parsed)
    shutil.rmtree(pictures, ignore_errors=True)
    log.info("%s: %d chunks from %d characters", document.name, chunks, len(parsed.text))
    return {"document_id": document.id, "chunks": chunks, "notes": list(parsed.notes)}


def _store(garage: Garage, document: Document, parsed: ParsedDocument) -> int:
    """Write the text beside the file, then the Chunks and `ready` in one step; their number."""
    spans = chunk(parsed)
    with write_whole(garage.workspace.document(document.id) / TEXT_FILE) as temporary:
        temporary.write_text(parsed.text, encoding="utf-8", newline="\n")
    chunks = [
        Chunk(
            document_id=document.id,
            number=span.number,
            text=span.text,
            heading=span.heading,
            start=span.start,
            end=span.end,
            page=span.page,
            breaks=list(span.breaks),
            tokens=span.tokens,
        )
        for span in spans
    ]
    garage.store.finish_document(
        document.id,
        chunks,
        pages=parsed.pages,
        characters=len(parsed.text),
        cleaning=parsed.cleaning,
        details={**parsed.details, "notes": list(parsed.notes)},
    )
    return len(chunks)


def _remember(garage: Garage, document_id: int, password: str | None) -> None:
    if password:
        _passwords.setdefault(garage.jobs, {})[document_id] = password


def _jobs_of(garage: Garage, document_id: int, statuses: Sequence[str]) -> list[Job]:
    return [
        job
        for kind in (KIND, importing.KIND)
        for job in garage.store.jobs(kind=kind, statuses=statuses, limit=10_000)
        if job.payload.get("document_id") == document_id
    ]


def _is_whole(garage: Garage, document: Document) -> bool:
    """Whether its file is in place: a process may have died between the row and the copy."""
    return bool(document.path) and garage.workspace.absolute(document.path).is_file()


def _hash(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _copy(source: Path, target: Path, sha256: str, name: str) -> None:
    shutil.copyfile(source, target)
    if _hash(target) != sha256:
        raise DocumentError(
            f"“{name}” changed while it was being copied. Wait until it is saved and add it again."
        )
