"""`gemma-garage ingest PATH…`: documents, ZIPs and files of rows into a project.

A folder gives all files below it. One file that cannot be read does not keep the others out.
"""

import argparse
import mimetypes
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemma_garage.commands.terminal import add_shared, answer, find_project, open_home, say
from gemma_garage.commands.waiting import wait_for
from gemma_garage.errors import BadInput, GarageError, Stopped

if TYPE_CHECKING:
    from gemma_garage.augment.outcome import IngestOutcome
    from gemma_garage.garage import Garage
    from gemma_garage.schema import Document

# The fields of augment/rows/mapping.py; a test holds them against each other.
PARTS = ("question", "context", "answer", "worse", "system", "turns", "text")
ROW_MODES = ("as-is", "augment", "both")
# What the system's own table may not know.
_MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "doc": "application/msword",
    "ppt": "application/vnd.ms-powerpoint",
    "md": "text/markdown",
    "epub": "application/epub+zip",
    "rtf": "application/rtf",
    "jsonl": "application/jsonl",
    "yaml": "application/yaml",
    "parquet": "application/vnd.apache.parquet",
    "webp": "image/webp",
}


def add_parser(commands: Any, shared: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "ingest",
        parents=[shared],
        help="read documents into a project",
        description="Exit 0 only if every file was read.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="its first line is the password of encrypted PDFs",
    )
    parser.add_argument(
        "--rows",
        choices=ROW_MODES,
        default="as-is",
        help="what files of rows (CSV, JSON …) are for: training as they are, writing from, both",
    )
    parser.add_argument(
        "--columns",
        metavar="PART=NAME,…",
        help="which column holds what, for all files of rows of this call, such as "
        f"question=Frage,answer=Antwort; parts: {', '.join(PARTS)}",
    )
    add_shared(parser)
    parser.set_defaults(run=run_ingest)


def run_ingest(options: argparse.Namespace) -> int:
    """Take the files in, wait until they are read; 0 when all could be."""
    from gemma_garage.augment.ingest import ingest_files

    password = _read_password(options.password_file)
    columns = read_columns(options.columns)
    paths, refused = list_files(options.paths)
    with open_home(options, works=True) as garage:
        project = find_project(garage, options, make=True)
        outcomes = ingest_files(garage, project.id, paths, password=password)
        told = [_finish(garage, outcome, options.rows, columns) for outcome in outcomes + refused]
    answer(options, {"project": project.name, "documents": told})
    return 0 if all(document["status"] == "ready" for document in told) else 1


def list_files(paths: Sequence[Path]) -> tuple[list[Path], list["IngestOutcome"]]:
    """The files, and those below the folders, by name; hidden ones are left out. Then the links in
    the folders that are refused: what lies outside a folder was not asked for by naming it."""
    from gemma_garage.augment.outcome import IngestOutcome

    files: list[Path] = []
    refused: list[IngestOutcome] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        for file in sorted(path.rglob("*")):
            name = file.relative_to(path)
            if any(part.startswith(".") for part in name.parts):
                continue
            if file.is_symlink() and (why := _refuse_link(file, path)):
                refused.append(IngestOutcome(str(name), error=why))
            elif file.is_file():
                files.append(file)
    return files, refused


def _refuse_link(link: Path, folder: Path) -> str:
    """Why this link below `folder` is not followed, or ""."""
    name = link.relative_to(folder)
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return f"“{name}” is a link that leads nowhere. Remove it, or mend where it points."
    if target.is_relative_to(folder.resolve()):
        return ""
    return (
        f"“{name}” is a link to {target}, outside of {folder}, and was not followed. Name that "
        "path itself to add it."
    )


def read_columns(text: str | None) -> dict[str, str] | None:
    """`--columns` as names of columns by part. A name may hold commas. Raises BadInput."""
    if text is None:
        return None
    pieces = re.split(rf"(?:^|,)\s*({'|'.join(PARTS)})\s*=", text)
    columns = {part: name.strip() for part, name in zip(pieces[1::2], pieces[2::2], strict=True)}
    if pieces[0].strip() or not columns or not all(columns.values()):
        raise BadInput(
            f"--columns is {text!r}; wanted is PART=NAME, several with commas between, such as "
            f"question=Frage,answer=Antwort. The parts are {', '.join(PARTS)}."
        )
    return columns


def describe_document(garage: "Garage", document: "Document", problem: str = "") -> dict[str, Any]:
    """A Document as programs get it. `text_path`: the text that was read, where there is any;
    `problem`: what is said where the Document itself does not know why it failed."""
    from gemma_garage.augment.reading.parsed import TEXT_FILE

    text = garage.workspace.document(document.id) / TEXT_FILE
    ready = document.status == "ready"
    return {
        "id": document.id,
        "name": document.name,
        "status": "ready" if ready else "failed",
        "error": None if ready else document.error or problem or f"It is {document.status}.",
        "media_type": find_media_type(document),
        "pages": document.pages,
        "characters": document.characters,
        "text_path": str(text) if ready and text.is_file() else None,
        "notes": [str(note) for note in document.details.get("notes") or ()],
        "rows": _describe_rows(document.details) if "rows" in document.details else None,
    }


def _describe_rows(details: Mapping[str, Any]) -> dict[str, Any]:
    """Of a file of rows: what was read, what was left out and why, and what became Examples."""
    told = {name: details.get(name, 0) for name in ("rows", "skipped", "accepted", "rejected")}
    told["read"] = told.pop("rows")
    return told | {
        "problems": list(details.get("problems") or ()),  # the first of what was skipped
        "reasons": dict(details.get("reasons") or {}),
        "shape": details.get("shape"),
        "passages": details.get("chunks", 0),
    }


def find_media_type(document: "Document") -> str:
    known = _MEDIA_TYPES.get(document.format) or mimetypes.guess_type(f"x.{document.format}")[0]
    return known or mimetypes.guess_type(document.name)[0] or "application/octet-stream"


def _finish(
    garage: "Garage",
    outcome: "IngestOutcome",
    row_mode: Any,
    columns: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Wait for one file, and say what became of it."""
    from gemma_garage.augment.rows.importing import WAITING, submit_import
    from gemma_garage.augment.rows.mapping import Mapping as Columns
    from gemma_garage.schema import Document

    if outcome.document_id is None:
        told: dict[str, Any] = dict.fromkeys(("id", "media_type", "text_path"))
        told |= {"name": outcome.name, "status": "failed", "error": outcome.error}
        told |= {"pages": 0, "characters": 0, "notes": [], "rows": None, "double_of": None}
    else:
        problem = ""
        try:
            if outcome.job_id is not None:
                wait_for(garage, outcome.job_id, say)
            if garage.store.get(Document, outcome.document_id).status == WAITING:
                mapping = Columns(**columns) if columns else None
                job_id = submit_import(garage, outcome.document_id, mapping=mapping, mode=row_mode)
                wait_for(garage, job_id, say)
        except Stopped:
            raise
        except GarageError as error:  # the others go on
            problem = str(error)
        document = garage.store.get(Document, outcome.document_id)
        told = describe_document(garage, document, problem)
        told["double_of"] = outcome.double_of or None
        if outcome.double_of:
            told["name"] = outcome.name
    for line in _say_document(told):
        say(line)
    return told


def _say_document(told: Mapping[str, Any]) -> Iterator[str]:
    """What a person reads of one file."""
    from gemma_garage.augment.quality.reasons import REASONS

    rows = told["rows"]
    if told["status"] != "ready":
        yield f"{told['name']} was left out: {told['error']}"
    elif told["double_of"]:
        yield f"{told['name']}: the same content as {told['double_of']}, which is in already"
    elif rows:
        counts = f"{rows['accepted']:,} accepted, {rows['rejected']:,} rejected"
        if rows["passages"]:
            counts += f", {rows['passages']:,} passages to write from"
        yield f"{told['name']}: {_count_rows(rows['read'])} ({rows['shape']}), {counts}"
        for reason, count in rows["reasons"].items():
            yield f"   {count:,} rejected: {REASONS.get(reason, reason)}"
    else:
        pages = f"{told['pages']} pages, " if told["pages"] else ""
        yield f"{told['name']}: {pages}{told['characters']:,} characters"
    if rows and rows["skipped"]:
        yield f"   {rows['skipped']:,} left out, such as {'; '.join(rows['problems'][:3])}"
    yield from (f"   {note}" for note in told["notes"])


def _count_rows(count: int) -> str:
    return f"{count:,} row" + "s" * (count != 1)


def _read_password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"The password file {path} cannot be read ({error}). Correct --password-file."
        ) from error
    return lines[0] if lines else None
