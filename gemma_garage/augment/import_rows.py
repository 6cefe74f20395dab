"""Import rows: from a file, or from a dataset on the Hugging Face Hub; with one choice or none yet.

The work itself is the Job of `rows/importing.py`; the file is copied in like any document.
"""

import hashlib
import json
from pathlib import Path

from gemma_garage.augment.ingest import add_document
from gemma_garage.augment.rows.formats import HUB, find_row_format
from gemma_garage.augment.rows.hub_rows import (
    DEFAULT_ROWS,
    HubDataset,
    HubSource,
    look_up,
    read_address,
)
from gemma_garage.augment.rows.importing import ImportRequest, Mode, submit_import
from gemma_garage.augment.rows.mapping import Mapping
from gemma_garage.garage import Garage
from gemma_garage.schema import Document
from gemma_garage.workspace import write_whole

SOURCE_FILE = "source.json"  # what a Document of the Hub has in place of a file

__all__ = [
    "DEFAULT_ROWS",
    "HubDataset",
    "Mapping",
    "Mode",
    "add_hub_rows",
    "import_hub_rows",
    "import_rows",
    "look_up",
]


def import_rows(
    garage: Garage,
    project_id: int,
    path: Path,
    *,
    mapping: Mapping | None = None,
    mode: Mode | None = "as-is",
    name: str | None = None,
) -> tuple[int, int]:
    """Take a file of rows in and queue its import; the ids of the Document and the Job.

    `mapping` None: what is recognised, and the Job fails if that is not sure. `mode`: "as-is"
    (Examples as they are), "augment" (passages to write from), "both", or None to wait for the
    user. Running text always becomes passages. Raises DocumentError, BadInput (the same rows are
    in already), MachineError.
    """
    find_row_format(name or path.name)
    document, _ = add_document(garage, project_id, path, name=name)
    return document.id, submit_import(garage, document.id, mapping=mapping, mode=mode)


def import_hub_rows(
    garage: Garage,
    project_id: int,
    address: str,
    *,
    config: str = "",
    split: str = "",
    rows: int = DEFAULT_ROWS,
    mapping: Mapping | None = None,
    mode: Mode | None = "as-is",
) -> tuple[int, int]:
    """The same for the first `rows` of a dataset on the Hub, by name or address.

    Raises ConfigError, GatedModel, HubError, DatasetError (nothing in it that can be read).
    """
    _, viewed_config, viewed_split = read_address(address)
    found = look_up(address, garage.settings.hub_token)
    source = found.choose(config or viewed_config, split or viewed_split, rows)
    document = add_hub_rows(garage, project_id, source, found.licence)
    return document.id, submit_import(garage, document.id, mapping=mapping, mode=mode)


def add_hub_rows(garage: Garage, project_id: int, source: HubSource, licence: str = "") -> Document:
    """The Document of this part of a dataset; the same part at the same commit is one."""
    identity = source.model_dump(mode="json")
    text = json.dumps(identity, indent=1, sort_keys=True)
    request = ImportRequest(source=source).model_dump(mode="json")
    document, is_new = garage.store.ensure_document(
        Document(
            project_id=project_id,
            name=source.name,
            sha256=hashlib.sha256(f"hub\n{text}".encode()).hexdigest(),
            format=HUB,
            size_bytes=0,
            path="",
            origin=source.url,
            details={"request": request, "licence": licence},
        )
    )
    if is_new or not document.path:
        path = garage.workspace.document(document.id) / SOURCE_FILE
        with write_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
        garage.store.update(Document, document.id, path=garage.workspace.relative(path))
    return garage.store.get(Document, document.id)
