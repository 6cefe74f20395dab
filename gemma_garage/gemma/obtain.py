"""From a catalogue entry to a folder with the model in it, whole or not at all.

The starter is converted from its Python packages, every other base model downloaded once from the
Hub. Both lie in `models/<id>` afterwards, and having them costs nothing. Loads no model.
"""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from gemma_garage import hub
from gemma_garage.errors import GatedModel
from gemma_garage.gemma.catalogue import BaseModel
from gemma_garage.gemma.starter import prepare_starter
from gemma_garage.hub_errors import NotOnHub
from gemma_garage.workspace import Workspace

Report = Callable[[float, str], None]

SOURCE = "source.json"  # repository, commit and files; written last, so it proves the rest is there
_SPARE_GB = 0.5

_locks: dict[Path, threading.Lock] = {}
_locks_lock = threading.Lock()


def base_path_if_ready(base: BaseModel, workspace: Workspace) -> Path | None:
    """The model's folder if it is here and whole, else None. Instant, asks nobody."""
    folder = workspace.model(base.id)
    return folder if (folder / ("config.json" if base.is_starter else SOURCE)).is_file() else None


def require_obtainable(base: BaseModel, workspace: Workspace, token: str | None = None) -> None:
    """Raise HubError or GatedModel unless the model is here, or made here, or the Hub has it."""
    if not base.is_starter and base_path_if_ready(base, workspace) is None:
        _find_remote(base, token)


def obtain_base(
    base: BaseModel,
    workspace: Workspace,
    *,
    report: Report | None = None,
    token: str | None = None,
) -> Path:
    """The model's folder; converted or downloaded first if need be.

    `report` gets the part done (0 to 1) and a sentence; an error it raises (such as Stopped) ends
    the download, and the next one goes on from there. Two threads that want the same model get it
    from one download. `token`: only for Google's own gated repository, when the open copy is gone.
    Raises ModelError, GatedModel, HubError, MachineError.
    """
    with _lock_of(workspace.model(base.id)):
        ready = base_path_if_ready(base, workspace)
        if ready is not None:
            return ready
        if base.is_starter:
            return prepare_starter(workspace.model(base.id), report)
        return _download(base, workspace, report, token)


def _download(
    base: BaseModel, workspace: Workspace, report: Report | None, token: str | None
) -> Path:
    folder = workspace.model(base.id)
    # A steady name beside the target, so that the next attempt finds what has arrived.
    partial = folder.with_name(f".{folder.name}.partial")
    remote = _find_remote(base, token)
    arrived = sum(file.stat().st_size for file in partial.rglob("*") if file.is_file())
    needed_gb = max(0, remote.size_bytes - arrived) / 1e9 + _SPARE_GB
    workspace.require_free(needed_gb, f"{base.title} ({remote.size_bytes / 1e9:.1f} GB)")
    token = token if remote.repo_id == base.hub_id else None
    hub.download_model(remote.repo_id, partial, token, report, remote)
    shutil.rmtree(partial / ".cache", ignore_errors=True)  # the client's notes on the download
    for file in partial.rglob("*"):  # left by an attempt at an earlier commit
        if file.is_file() and file.relative_to(partial).as_posix() not in remote.files:
            file.unlink()
    source = {"repo_id": remote.repo_id, "commit": remote.commit, "files": remote.files}
    (partial / SOURCE).write_text(json.dumps(source, indent=2) + "\n", encoding="utf-8")
    if folder.exists():  # without its proof: not whole
        shutil.rmtree(folder)
    return partial.replace(folder)


def _find_remote(base: BaseModel, token: str | None) -> hub.RemoteModel:
    """The open copy, which needs no token; Google's own repository if the copy is gone."""
    try:
        # Where the two are the same repository the token does no harm and lifts rate limits.
        return hub.describe_model(base.open_id, token if base.open_id == base.hub_id else None)
    except (NotOnHub, GatedModel):
        if base.open_id == base.hub_id:
            raise
        return hub.describe_model(base.hub_id, token)


def _lock_of(folder: Path) -> threading.Lock:
    with _locks_lock:
        return _locks.setdefault(folder, threading.Lock())
