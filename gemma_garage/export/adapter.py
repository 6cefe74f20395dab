"""An Adapter as one zip that plain PEFT loads: `pack_adapter`, and the Job "export" around it.

The same Run with the same exam gives the same bytes, so packing twice gives one Export. It pushes
nothing (`push.py`) and merges nothing.
"""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gemma_garage.export.package import require_adapter, write_package
from gemma_garage.garage import Garage
from gemma_garage.jobs import Progress
from gemma_garage.schema import Export
from gemma_garage.workspace import write_whole

KIND = "export"
_BLOCK_BYTES = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold: the bytes must not tell the time

Report = Callable[[float, str], None]


def pack_adapter(garage: Garage, run_id: int, report: Report | None = None) -> Export:
    """Zip the Run's adapter with its card, licence, settings and exam; keep it as an Export.

    NotFound, ModelError: there is no whole adapter. MachineError: the disk is full. An error that
    `report` raises ends the work; no half zip is left.
    """
    tell = report or (lambda _part, _text: None)
    run, adapter = require_adapter(garage, run_id)
    size_bytes = sum(file.stat().st_size for file in adapter.iterdir() if file.is_file())
    garage.workspace.require_free(2 * size_bytes / 1e9 + 0.1, f"the export of run {run.number}")
    exports = garage.workspace.export(run_id)
    tell(0.0, "Writing the model card")
    with tempfile.TemporaryDirectory(dir=exports, prefix=".package-") as scratch:
        folder = Path(scratch)
        package = write_package(garage, run_id, folder)
        digest = _digest_folder(folder)
        path = exports / f"{package.name}-{digest[:8]}.zip"
        if not path.exists():
            with write_whole(path) as unfinished:
                zip_folder(folder, unfinished, tell)
    tell(1.0, "The adapter is ready")
    stored = garage.workspace.relative(path)
    for export, _ in garage.store.exports(run.project_id):
        if export.path == stored:
            return export
    return garage.store.add(
        Export(
            run_id=run_id,
            kind="adapter",
            path=stored,
            size_bytes=path.stat().st_size,
            details=package.details() | {"digest": digest},
        )
    )


def zip_folder(folder: Path, target: Path, report: Report) -> None:
    """Zip the files of `folder`, in the order of their names, with no trace of when or by whom.

    Weights are stored as they are: they do not get smaller.
    """
    files = _list_files(folder)
    total_bytes = sum(file.stat().st_size for file in files) or 1
    done_bytes = 0
    with zipfile.ZipFile(target, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EPOCH)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o644 << 16
            stored = file.suffix == ".safetensors"
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            entry.file_size = file.stat().st_size
            with file.open("rb") as source, archive.open(entry, "w") as packed:
                while block := source.read(_BLOCK_BYTES):
                    packed.write(block)
                    done_bytes += len(block)
                    report(done_bytes / total_bytes, "Packing the adapter")


def submit_pack(garage: Garage, run_id: int) -> int:
    """Queue the packing and give the Job's id. NotFound, ModelError at once."""
    run, _ = require_adapter(garage, run_id)
    title = f"Adapter of run {run.number}"
    return garage.jobs.submit(KIND, title, {"run_id": run_id}, run.project_id)


def register(garage: Garage) -> None:
    """Make this module the one behind Jobs of kind "export". Their result: `{"export_id"}`."""

    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        def report(part: float, stage: str) -> None:
            progress.check()
            progress.report(part, stage)

        return {"export_id": pack_adapter(garage, int(payload["run_id"]), report).id}

    garage.jobs.register(KIND, "io", work)


def _list_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _digest_folder(folder: Path) -> str:
    """SHA-256 over the names and contents of all files."""
    whole = hashlib.sha256()
    for file in _list_files(folder):
        with file.open("rb") as stream:
            part = hashlib.file_digest(stream, "sha256").hexdigest()
        whole.update(f"{file.relative_to(folder).as_posix()} {part}\n".encode())
    return whole.hexdigest()
