"""From a file of rows, or a dataset of the Hub, to Examples and passages: the Job kind "import".

First the rows are written down once, as JSON Lines in a process of its own. Without a choice of
the user the Document then waits for one (`waiting`), with what was recognised; with it the rows
become Examples, a batch in one step, so that stopped or killed work goes on where it was. The
choice is kept with the Document, so a Job needs nothing but its id.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from gemma_garage.augment.reading.parsed import TEXT_FILE
from gemma_garage.augment.rows.extract import (
    MAX_ROWS,
    Extracted,
    extract_rows,
    iter_rows,
    read_sample,
)
from gemma_garage.augment.rows.formats import HUB
from gemma_garage.augment.rows.hub_rows import HubSource, fetch_rows
from gemma_garage.augment.rows.judge import SeenRows, judge_row
from gemma_garage.augment.rows.mapping import MappedRow, Mapping, apply_mapping
from gemma_garage.augment.rows.passages import Passages, write_passages
from gemma_garage.augment.rows.shapes import SAMPLE_ROWS, Recognised, recognise
from gemma_garage.errors import BadInput, Busy, DatasetError, DocumentError, GarageError, Stopped
from gemma_garage.garage import Garage
from gemma_garage.jobs import Progress
from gemma_garage.schema import ACTIVE, Document, Example
from gemma_garage.workspace import write_whole

KIND = "import"
ROWS_FILE = "rows.jsonl"  # beside the file, until its rows are in
Mode = Literal["as-is", "augment", "both"]
WAITING = "waiting"
_BATCH_ROWS = 500
_READING_SHARE, _STORING_SHARE = 0.4, 0.9  # of the progress bar
UNFORESEEN = "Importing it broke in an unforeseen way; the log has the details. Add it again."
log = logging.getLogger(__name__)


class ImportRequest(BaseModel):
    """What is to be done with a Document's rows. `mode` None: look at them, then wait for the
    user. `mapping` None: the one that is recognised."""

    model_config = ConfigDict(frozen=True)

    mapping: Mapping | None = None
    mode: Mode | None = None
    source: HubSource | None = None


def register(garage: Garage) -> None:
    """Make this module the work behind Jobs of kind "import"."""
    garage.jobs.register(KIND, "io", _work(garage))


def submit_import(
    garage: Garage,
    document_id: int,
    *,
    mapping: Mapping | None = None,
    mode: Mode | None = None,
) -> int:
    """Queue the import of a Document's rows and give the Job's id; a live one is not doubled.

    Without `mapping` and `mode` an earlier choice holds, unless it failed; without one the rows
    are looked at and wait for it. Raises BadInput (its rows are in already), ConfigError (no such
    column), Busy (a choice while it is being read).
    """
    document = garage.store.get(Document, document_id)
    if document.status == "ready":
        raise BadInput(
            f"The rows of “{document.name}” are in already. Remove it in the list and add it again "
            "to import it otherwise."
        )
    for job in garage.store.jobs(kind=KIND, statuses=ACTIVE, limit=10_000):
        if job.payload.get("document_id") == document_id:
            if mode is None:
                return job.id
            raise Busy(f"“{document.name}” is still being read. Wait until it is.")
    if mapping is not None and "columns" in document.details:
        mapping.check(document.details["columns"])
    if mode is not None or document.status == "failed":
        request = read_request(document).model_copy(update={"mapping": mapping, "mode": mode})
        details = {**document.details, "request": request.model_dump(mode="json")}
        garage.store.update(Document, document_id, details=details)
    garage.store.update(Document, document_id, status="reading", error=None)
    title = f"Importing {document.name}"
    return garage.jobs.submit(KIND, title, {"document_id": document_id}, document.project_id)


def read_request(document: Document) -> ImportRequest:
    """What was last asked for with this Document's rows."""
    return ImportRequest.model_validate(document.details.get("request") or {})


def read_waiting(garage: Garage, document: Document) -> tuple[list[dict[str, Any]], Recognised]:
    """The first rows of a Document that waits, and what was recognised in them."""
    sample = read_sample(_rows_path(garage, document), SAMPLE_ROWS)
    return sample, recognise(sample)


def _rows_path(garage: Garage, document: Document) -> Path:
    return garage.workspace.document(document.id) / ROWS_FILE


def _work(garage: Garage) -> Callable[[Progress, dict[str, Any]], dict[str, Any]]:
    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        document = garage.store.get(Document, int(payload["document_id"]))
        if document.status == "ready":
            return {"document_id": document.id}
        garage.store.update(Document, document.id, status="reading", error=None)
        message = f"“{document.name}”: {UNFORESEEN}"
        try:
            result = _import(garage, document, progress)
            message = ""
        except Stopped:
            message = ""  # it stays `reading`, and can go on
            raise
        except GarageError as error:
            message = str(error)
            raise
        finally:
            if message:
                garage.store.update(Document, document.id, status="failed", error=message)
        return result

    return work


def _import(garage: Garage, document: Document, progress: Progress) -> dict[str, Any]:
    request = read_request(document)
    path = _rows_path(garage, document)
    details = dict(document.details)
    if not path.is_file() or "columns" not in details:
        details |= _write_rows(garage, document, request, progress)
        garage.store.update(Document, document.id, details=details)
    recognised = recognise(read_sample(path, SAMPLE_ROWS))
    details |= {
        "shape": recognised.shape,
        "confidence": recognised.confidence,
        "guess": recognised.mapping.model_dump(),
    }
    if request.mode is None:
        garage.store.update(Document, document.id, status=WAITING, details=details)
        return {"document_id": document.id, "rows": details["rows"], "waiting": True}
    mapping = request.mapping or _require_sure(document, recognised, details["columns"])
    mapping.check(details["columns"])
    details["mapping"] = mapping.model_dump()
    passages = Passages()
    if request.mode != "augment" and not mapping.text:
        _add_examples(garage, document, mapping, int(details["rows"]), progress)
    if request.mode != "as-is" or mapping.text:
        progress.report(_STORING_SHARE, f"Splitting {document.name}")
        mapped = _iter_mapped(path, mapping)
        passages = write_passages(mapped, _make_title(document), document.id)
        with write_whole(garage.workspace.document(document.id) / TEXT_FILE) as temporary:
            temporary.write_text(passages.text, encoding="utf-8", newline="\n")
    progress.check()
    result = _summarise(garage, document, details, len(passages.chunks))
    details |= {name: result[name] for name in ("accepted", "rejected", "reasons", "chunks")}
    garage.store.finish_document(
        document.id, passages.chunks, characters=len(passages.text), details=details
    )
    path.unlink(missing_ok=True)
    log.info("%s: %d rows imported (%s)", document.name, details["rows"], request.mode)
    return result


def _write_rows(
    garage: Garage, document: Document, request: ImportRequest, progress: Progress
) -> dict[str, Any]:
    """Write the rows down, whole or not at all; what there is to say of them."""
    progress.report(0.0, f"Reading {document.name}")

    def report(done: int, limit: int) -> None:
        stage = f"Reading {document.name}: {done:,} rows"
        progress.report(_READING_SHARE * done / max(limit, 1), stage)

    with write_whole(_rows_path(garage, document)) as temporary:
        if request.source is not None:
            token = garage.settings.hub_token
            found = fetch_rows(garage.workspace, request.source, temporary, token, progress)
        else:
            found = extract_rows(
                garage.workspace.absolute(document.path),
                temporary,
                name=document.name,
                on_progress=report,
                should_stop=lambda: progress.stop_requested,
            )
        if not found.rows:
            raise DocumentError(_explain_no_rows(document, found))
    notes = list(found.notes)
    if found.more:
        if request.source is None:
            notes.append(f"Only the first {MAX_ROWS:,} rows were read. Split the file for more.")
        else:
            notes.append(f"The first {found.rows:,} rows of the split, as was asked.")
    return {
        "rows": found.rows,
        "columns": list(found.columns),
        "skipped": found.skipped,
        "problems": list(found.problems),
        "notes": notes,
    }


def _explain_no_rows(document: Document, found: Extracted) -> str:
    if found.problems:
        return (
            f"“{document.name}” holds no row that can be read: {found.skipped:,} were left out, "
            f"the first because of {found.problems[0]}. Correct it and add it again."
        )
    return f"“{document.name}” holds no rows (0). Check the file where it came from."


def _require_sure(document: Document, found: Recognised, columns: list[str]) -> Mapping:
    if found.is_sure:
        return found.mapping
    raise DatasetError(
        f"The columns of “{document.name}” ({', '.join(columns[:12])}) are of no known shape. Say "
        "which of them is the question, the answer, the conversation or the text: in Data, or with "
        "`gemma-garage ingest --columns question=NAME,answer=NAME`."
    )


def _add_examples(
    garage: Garage, document: Document, mapping: Mapping, total: int, progress: Progress
) -> None:
    store = garage.store
    _, done = store.count_imported(document.id)
    before, _ = store.examples(document.project_id, statuses=("accepted", "edited"))
    seen = SeenRows(before)
    rejected: Counter[str] = Counter()
    rows = iter_rows(_rows_path(garage, document), done)
    while batch := list(islice(rows, _BATCH_ROWS)):
        progress.check()
        examples: list[Example] = []
        for number, row in batch:
            for example in judge_row(apply_mapping(mapping, row), seen):
                example.project_id, example.document_id = document.project_id, document.id
                example.origin, example.fact = document.name[:100], number
                rejected[example.reason] += bool(example.reason)
                examples.append(example)
        if not store.add_imported(document.id, examples):
            raise Stopped(f"“{document.name}” was removed while it was being imported.")
        done = batch[-1][0] + 1
        share = (_STORING_SHARE - _READING_SHARE) * done / max(total, 1)
        stage = f"row {done:,} of {total:,}, {rejected.total():,} rejected"
        progress.report(_READING_SHARE + share, f"Importing {document.name}: {stage}")


def _iter_mapped(path: Path, mapping: Mapping) -> Iterator[MappedRow]:
    for _, row in iter_rows(path):
        yield apply_mapping(mapping, row)


def _summarise(
    garage: Garage, document: Document, details: dict[str, Any], chunks: int
) -> dict[str, Any]:
    counts, _ = garage.store.count_imported(document.id)
    reasons: Counter[str] = Counter()
    accepted = 0
    for (status, reason), count in counts.items():
        if status == "rejected":
            reasons[reason] += count
        else:
            accepted += count
    return {
        "document_id": document.id,
        "rows": details["rows"],
        "skipped": details["skipped"],
        "notes": details["notes"],
        "accepted": accepted,
        "rejected": reasons.total(),
        "reasons": dict(reasons),
        "chunks": chunks,
    }


def _make_title(document: Document) -> str:
    """What the passages stand under: the file's name without its ending, the dataset's name."""
    name = document.name if document.format == HUB else Path(document.name).stem
    return " ".join(name.replace("_", " ").replace(">", " ").split())
