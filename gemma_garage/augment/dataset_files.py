"""The files of a frozen Dataset: rows as JSON lines, read, written and told apart.

It decides nothing about what stands in them; `dataset.py` does.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gemma_garage.errors import DatasetError
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset

TRAIN, EVAL, TEXT, EXAM = "train.jsonl", "eval.jsonl", "text.jsonl", "exam.jsonl"
PREFERENCES = "preferences.jsonl"
CARD = "card.json"

Files = Mapping[str, Sequence[dict[str, Any]]]  # rows by name of the file


def find_folder(garage: Garage, dataset: Dataset) -> Path:
    """Where the Dataset's files are. DatasetError: they are gone from the disk."""
    folder = garage.workspace.absolute(dataset.path)
    if not (folder / TRAIN).is_file():
        raise DatasetError(
            f"The files of dataset version {dataset.version} are not in the home any more. Freeze "
            "the examples again."
        )
    return folder


def read_files(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of every file; none where there is no such file. DatasetError."""
    return {name: read_lines(folder / name) for name in (TRAIN, EVAL, TEXT, EXAM, PREFERENCES)}


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of one file. DatasetError names a damaged line."""
    if not path.is_file():
        return []
    rows = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise DatasetError(
                    f"Line {number} of {path.name} is damaged ({error.msg}). Freeze the examples "
                    "again."
                ) from error
    return rows


def write_files(folder: Path, files: Files) -> None:
    for name, rows in files.items():
        with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def fingerprint_files(files: Files) -> str:
    """sha256 over the rows of all files. Taken before the exam questions get their ids, so that
    the same Examples give the same fingerprint in every version."""
    digest = hashlib.sha256()
    for name, rows in files.items():
        digest.update(f"{name}\n".encode())
        for row in rows:
            digest.update(json.dumps(row, ensure_ascii=False, sort_keys=True).encode())
            digest.update(b"\n")
    return digest.hexdigest()
