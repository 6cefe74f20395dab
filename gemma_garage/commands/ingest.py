"""`gemma-garage ingest PATH…`: documents, ZIPs and files of rows into a project.

A folder gives all files below it. One file that cannot be read does not keep the others out.
"""

import argparse
import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemma_garage.commands.terminal import add_shared, answer, find_project, open_home, say
from gemma_garage.commands.waiting import wait_for
from gemma_garage.errors import BadInput, GarageError, Stopped

if TYPE_CHECKING:
    from gemma_garage.augment.outcome import IngestOutcome
    from gemma_garage.garage import Garage
    from gemma_garage.schema import Document

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
    add_shared(parser)
    parser.set_defaults(run=run_ingest)


def run_ingest(options: argparse.Namespace) -> int:
    """Take the files in, wait until they are read; 0 when all could be."""
    from gemma_garage.augment.ingest import ingest_files

    password = _read_password(options.password_file)
    paths = list_files(options.paths)
    with open_home(options, works=True) as garage:
        project = find_project(garage, options, make=True)
        outcomes = ingest_files(garage, project.id, paths, password=password)
        told = [_finish(garage, outcome, options.rows) for outcome in outcomes]
    answer(options, {"project": project.name, "documents": told})
    return 0 if all(document["status"] == "ready" for document in told) else 1


def list_files(paths: Sequence[Path]) -> list[Path]:
    """The files, and those below the folders, by name; hidden ones are left out."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = (file for file in path.rglob("*") if file.is_file())
            shown = (
                file
                for file in found
                if not any(part.startswith(".") for part in file.relative_to(path).parts)
            )
            files += sorted(shown)
        else:
            files.append(path)
    return files


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
    }


def find_media_type(document: "Document") -> str:
    known = _MEDIA_TYPES.get(document.format) or mimetypes.guess_type(f"x.{document.format}")[0]
    return known or mimetypes.guess_type(document.name)[0] or "application/octet-stream"


def _finish(garage: "Garage", outcome: "IngestOutcome", row_mode: Any) -> dict[str, Any]:
    """Wait for one file, and say what became of it."""
    from gemma_garage.augment.rows.importing import WAITING, submit_import
    from gemma_garage.schema import Document

    if outcome.document_id is None:
        told: dict[str, Any] = dict.fromkeys(("id", "media_type", "text_path"))
        told |= {"name": outcome.name, "status": "failed", "error": outcome.error}
        told |= {"pages": 0, "characters": 0}
    else:
        problem = ""
        try:
            if outcome.job_id is not None:
                wait_for(garage, outcome.job_id, say)
            if garage.store.get(Document, outcome.document_id).status == WAITING:
                wait_for(garage, submit_import(garage, outcome.document_id, mode=row_mode), say)
        except Stopped:
            raise
        except GarageError as error:  # the others go on
            problem = str(error)
        document = garage.store.get(Document, outcome.document_id)
        told = describe_document(garage, document, problem)
    if told["status"] == "ready":
        pages = f"{told['pages']} pages, " if told["pages"] else ""
        say(f"{told['name']}: {pages}{told['characters']:,} characters")
    else:
        say(f"{told['name']} was left out: {told['error']}")
    return told


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
