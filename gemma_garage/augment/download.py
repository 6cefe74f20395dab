"""A frozen Dataset as files to take away: JSONL, CSV or Parquet, a file a split, or a zip of all.

Cells of CSV are escaped against formulas; the other two hold every text as it is. Who may have
the files is decided by the server's guard.
"""

import csv
import json
import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from gemma_garage.augment.csv_cells import escape_cell
from gemma_garage.augment.dataset_files import find_folder, read_files
from gemma_garage.augment.export_rows import SHAPES, Shape, Table, make_tables
from gemma_garage.errors import NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset, Project
from gemma_garage.workspace import write_whole

Form = Literal["jsonl", "csv", "parquet"]
FORMS: tuple[Form, ...] = get_args(Form)
FORM_WORDS: dict[Form, str] = {"jsonl": "JSONL", "csv": "CSV", "parquet": "Parquet"}


@dataclass(frozen=True, slots=True)
class WrittenSplit:
    """One file that was written: `split` is train, validation, test (the exam), preferences or
    text."""

    split: str
    path: Path
    rows: int
    columns: tuple[str, ...]


def write_dataset(
    garage: Garage,
    dataset_id: int,
    folder: Path,
    *,
    form: Form = "jsonl",
    shape: Shape = "messages",
    cues: bool = False,
    texts: bool = False,
) -> list[WrittenSplit]:
    """Write train, validation, test (the exam) and preferences into `folder`; what was written.

    `cues`, `texts`: see `export_rows.make_tables`. A split without rows gives no file; a file of
    that name is replaced. Raises NotFound, DatasetError (the Dataset's own files are gone),
    MachineError (disk).
    """
    dataset = garage.store.get(Dataset, dataset_id)
    files = read_files(find_folder(garage, dataset))
    written = []
    for table in make_tables(files, shape, cues=cues, texts=texts):
        path = folder / f"{table.split}.{form}"
        with write_whole(path) as temporary:
            _WRITERS[form](table, temporary)
        written.append(WrittenSplit(table.split, path, len(table.rows), table.columns))
    return written


def pack_dataset(garage: Garage, dataset_id: int, name: str) -> Path:
    """The zip that is downloaded as `name`: "messages.jsonl" is that shape in that form.

    Made when it is first asked for and kept: a Dataset never changes. Raises NotFound for a name
    that is none, and what `write_dataset` raises.
    """
    form, shape = _read_name(name)
    dataset = garage.store.get(Dataset, dataset_id)
    path = (
        garage.workspace.dataset_exports(dataset.id) / f"{name_dataset(garage, dataset)}-{name}.zip"
    )
    if path.is_file():
        return path
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".package-") as scratch:
        written = write_dataset(garage, dataset.id, Path(scratch), form=form, shape=shape)
        with (
            write_whole(path) as temporary,
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for split in written:
                archive.write(split.path, split.path.name)
    return path


def name_dataset(garage: Garage, dataset: Dataset) -> str:
    """`pump-manuals-v3`: from the project's name and the version."""
    project = garage.store.get(Project, dataset.project_id).name
    slug = re.sub(r"[^a-z0-9]+", "-", project.lower()).strip("-")[:60].strip("-")
    return f"{slug or 'dataset'}-v{dataset.version}"


def _read_name(name: str) -> tuple[Form, Shape]:
    shape, _, form = name.partition(".")
    for known in FORMS:
        for other in SHAPES:
            if (form, shape) == (known, other):
                return known, other
    raise NotFound(
        f"There is no download {name!r}. There are {', '.join(SHAPES)}, each as {', '.join(FORMS)}."
    )


def _write_jsonl(table: Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in table.rows)


def _write_csv(table: Table, path: Path) -> None:
    # The mark at the beginning tells spreadsheets that this is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        writer.writerows([_write_cell(value) for value in row.values()] for row in table.rows)


def _write_cell(value: Any) -> Any:
    if isinstance(value, list):
        value = json.dumps(value, ensure_ascii=False)
    return escape_cell(value) if isinstance(value, str) else value


def _write_parquet(table: Table, path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    message = pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])
    kinds = {
        name: pyarrow.list_(message) if isinstance(value, list) else pyarrow.string()
        for name, value in table.rows[0].items()
    }
    if "page" in kinds:
        kinds["page"] = pyarrow.int64()
    schema = pyarrow.schema(list(kinds.items()))
    parquet.write_table(pyarrow.Table.from_pylist(table.rows, schema=schema), path)


_WRITERS = {"jsonl": _write_jsonl, "csv": _write_csv, "parquet": _write_parquet}


def list_downloads() -> Sequence[tuple[Shape, Form, str]]:
    """Every (shape, form, name) that `pack_dataset` takes."""
    return [(shape, form, f"{shape}.{form}") for shape in SHAPES for form in FORMS]
