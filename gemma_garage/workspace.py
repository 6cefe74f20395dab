"""Where things lie on disk. The only module that joins paths under the home.

home/
  garage.db            the store
  secret               random key for sign-in cookies
  gemma-terms-accepted there once the Gemma terms were accepted on this machine
  documents/<id>/      the file as it was given, under a safe name, and its extracted text
  archives/<random>/   a ZIP while it is being unpacked
  datasets/<id>/       train.jsonl, eval.jsonl, text.jsonl, exam.jsonl, preferences.jsonl, card.json
  runs/<id>/           config.json, log.jsonl, tensorboard/, checkpoints/, adapter/
  exports/<run id>/    what is ready to be taken away
  exports/datasets/<id>/  the same of a dataset
  models/<id>/         converted or downloaded base models
  uploads/             Gradio's own temporary files
  backups/             copies of the database made before a migration
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gemma_garage.errors import DiskFull, MachineError

# Windows opens a device instead of a file of such a name, whatever its ending.
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)\s*(?:\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Workspace:
    """All paths, from one root. Folders are made when they are first asked for."""

    home: Path

    @property
    def database(self) -> Path:
        return self._folder() / "garage.db"

    @property
    def lock(self) -> Path:
        return self._folder() / "garage.lock"

    @property
    def owner(self) -> Path:
        """The id of the process that has, or had, the lock."""
        return self._folder() / "garage.pid"

    @property
    def secret(self) -> Path:
        return self._folder() / "secret"

    @property
    def accepted_terms(self) -> Path:
        return self._folder() / "gemma-terms-accepted"

    @property
    def uploads(self) -> Path:
        return self._folder("uploads")

    @property
    def backups(self) -> Path:
        return self._folder("backups")

    @property
    def archives(self) -> Path:
        return self._folder("archives")

    @property
    def runs(self) -> Path:
        return self._folder("runs")

    @property
    def exports(self) -> Path:
        return self._folder("exports")

    @property
    def private(self) -> list[Path]:
        """All of the home that the page must never hand out by itself: all but `uploads`."""
        names = ("documents", "archives", "datasets", "runs", "exports", "models", "backups")
        files = [self.secret, self.lock, self.accepted_terms]
        files += [self.database.with_name(self.database.name + end) for end in ("", "-wal", "-shm")]
        return files + [self.home / name for name in names]

    def document(self, document_id: int) -> Path:
        return self._folder("documents", str(document_id))

    def dataset(self, dataset_id: int) -> Path:
        """Not made here: `write_folder` makes it whole."""
        return self._folder("datasets") / str(dataset_id)

    def run(self, run_id: int) -> Path:
        return self._folder("runs", str(run_id))

    def export(self, run_id: int) -> Path:
        return self._folder("exports", str(run_id))

    def dataset_exports(self, dataset_id: int) -> Path:
        return self._folder("exports", "datasets", str(dataset_id))

    def model(self, model_id: str) -> Path:
        """Where a base model is kept; not made here."""
        return self._folder("models") / safe_name(model_id.replace("/", "--"))

    def relative(self, path: Path) -> str:
        """The path as the store keeps it, so that the home can be moved."""
        return path.resolve().relative_to(self.home.resolve()).as_posix()

    def absolute(self, stored: str) -> Path:
        """The stored path on this disk. Raises ValueError if it would leave the home."""
        path = (self.home / stored).resolve()
        if not path.is_relative_to(self.home.resolve()):
            raise ValueError(f"{stored!r} leaves the home folder")
        return path

    def free_gb(self) -> float:
        return shutil.disk_usage(self._folder()).free / 1e9

    def require_free(self, needed_gb: float, purpose: str) -> None:
        """Raise MachineError unless the disk of the home has `needed_gb` free."""
        free_gb = self.free_gb()
        if free_gb < needed_gb:
            raise MachineError(
                f"Not enough disk space for {purpose}: {free_gb:.1f} GB free in {self.home}, "
                f"{needed_gb:.1f} GB needed. Free some space, or move GEMMA_GARAGE_HOME to a "
                "larger disk."
            )

    def _folder(self, *parts: str) -> Path:
        folder = self.home.joinpath(*parts)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MachineError(
                f"The folder {folder} cannot be made ({error.strerror}). Set GEMMA_GARAGE_HOME "
                "to a folder you may write to."
            ) from error
        return folder


def safe_name(name: str) -> str:
    """A file name that stays in its folder on every system; never empty, at most 120 characters."""
    name = re.sub(r"[^\w.\- ()]+", "_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    if RESERVED.match(name):
        name = f"_{name}"
    stem, dot, suffix = name.rpartition(".")
    if dot and stem:
        return f"{stem[:100]}.{suffix[:19]}"
    return name[:120] or "file"


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` when the block ends well.

    A reader never sees half a file, also after the process was killed.
    """
    with explain_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def write_folder(path: Path) -> Iterator[Path]:
    """The same for a folder: `path` appears only when the block ends well, replacing an old one."""
    with explain_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            yield temporary
            if path.exists():
                shutil.rmtree(path)
            temporary.replace(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def explain_disk(path: Path) -> Iterator[None]:
    """MachineError when the block meets a disk that is full or not to be written to."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            folder = next(parent for parent in path.absolute().parents if parent.exists())
            free_mb = shutil.disk_usage(folder).free / 1e6
            raise DiskFull(
                f"The disk is full: {path.name} could not be written, {free_mb:.0f} MB are free in "
                f"{folder}. What was finished before is kept. Free some space and try again."
            ) from error
        here = error.filename is None or Path(error.filename).parent == path.parent
        if here and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise MachineError(
                f"{path} could not be written ({error.strerror}). What was finished before is "
                "kept. Set GEMMA_GARAGE_HOME to a folder you may write to."
            ) from error
        raise
