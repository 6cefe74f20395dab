"""The one door to the Hugging Face Hub: who am I, download, make a repository, upload.

Every error of the Hub's client, of the network and of the disk becomes one of ours here, with
what to do next. A token goes from the argument into the request and nowhere else: it is not
kept, not logged and not part of any message. What is downloaded or uploaded is decided elsewhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape as escape_pattern
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gemma_garage.errors import ConfigError, HubError
from gemma_garage.hub_errors import TOKENS_URL, NameTaken, NotOnHub, translate_errors

if TYPE_CHECKING:
    from huggingface_hub import HfApi

Report = Callable[[float, str], None]
RepoKind = Literal["model", "dataset"]

# What transformers needs of a model's repository, its card and its licence.
MODEL_FILES = ("*.json", "*.safetensors", "*.model", "*.jinja", "*.txt", "*.md", "LICENSE*")
UNUSED_FOLDERS = ("original/*", "onnx/*", "gguf/*", ".eval_results/*")


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model's files on the Hub at one commit: path → size in bytes."""

    repo_id: str
    commit: str
    files: dict[str, int]

    @property
    def size_bytes(self) -> int:
        return sum(self.files.values())


@dataclass(frozen=True, slots=True)
class RemoteDataset:
    """A dataset's files on the Hub at one commit: path → size in bytes. `licence`: the name that
    its card gives, or ""."""

    repo_id: str
    commit: str
    files: dict[str, int]
    licence: str = ""


@dataclass(frozen=True, slots=True)
class RemoteRepo:
    """A repository on the Hub as it is now. `empty`: nothing was uploaded yet."""

    repo_id: str
    url: str
    private: bool
    empty: bool


def whoami(token: str) -> str:
    """The user name behind the token. HubError: refused, or the Hub cannot be reached."""
    with translate_errors("signing in"):
        return str(_open_api(token).whoami()["name"])


def check_repo_name(name: str) -> str:
    """The name, trimmed, if the Hub would take it: `name` or `owner/name`. ConfigError if not.

    Rules: letters, digits, `-`, `_` and `.`; at most 96 characters; no `-` or `.` at either end,
    no `--` or `..`, not ending in `.git` or `.ipynb`.
    """
    name = name.strip()
    parts = name.split("/")
    well_formed = 1 <= len(parts) <= 2 and all(
        re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?", part)
        and "--" not in part
        and ".." not in part
        and not part.endswith((".git", ".ipynb"))
        for part in parts
    )
    if not well_formed or len(name) > 96:
        raise ConfigError(
            f"{name!r} is no name for a repository on the Hub. Use at most 96 letters, digits, "
            "'-', '_' or '.', not starting or ending with '-' or '.', without '--' or '..', and "
            "not ending in '.git', such as my-gemma or my-name/my-gemma."
        )
    return name


def find_repo(repo_id: str, token: str | None, *, kind: RepoKind = "model") -> RemoteRepo | None:
    """The repository, or None if there is none that this token may see."""
    try:
        with translate_errors("looking up the repository", repo_id):
            api = _open_api(token)
            info = api.dataset_info(repo_id) if kind == "dataset" else api.model_info(repo_id)
    except NotOnHub:
        return None
    names = {sibling.rfilename for sibling in info.siblings or []}
    return RemoteRepo(
        repo_id=info.id,
        url=f"{api.endpoint}/{'datasets/' if kind == 'dataset' else ''}{info.id}",
        private=bool(info.private),
        empty=names <= {".gitattributes"},  # which the Hub itself puts there
    )


def repo_exists(repo_id: str, token: str | None) -> bool:
    """Whether there is a model repository of that name that this token may see."""
    return find_repo(repo_id, token) is not None


def require_allowed(there: RemoteRepo, *, private: bool, overwrite: bool) -> None:
    """Raise NameTaken unless a push may go to this repository; HubError: it is public and the
    push is not."""
    # An empty one is what a push leaves behind that broke between making and uploading.
    if not there.empty and not overwrite:
        raise NameTaken(
            f"The repository {there.repo_id} exists. Choose another name or tick 'update it'."
        )
    if private and not there.private:
        raise HubError(
            f"The repository {there.repo_id} is public and this push asks for a private one. "
            "Choose another name, or make the repository private on the Hub first."
        )


def create_repo(repo_id: str, *, private: bool, token: str, kind: RepoKind = "model") -> str:
    """Make a repository and return its address. NameTaken: there is one already."""
    with translate_errors("making the repository", repo_id):
        return str(_open_api(token).create_repo(repo_id, private=private, repo_type=kind))


def upload_folder(
    repo_id: str, folder: Path, *, message: str, token: str, kind: RepoKind = "model"
) -> str:
    """Commit all files of `folder` to the repository; return the commit's address."""
    with translate_errors("uploading", repo_id):
        commit = _open_api(token).upload_folder(
            repo_id=repo_id, folder_path=folder, commit_message=message, repo_type=kind
        )
    return str(commit.commit_url)


def write_dataset_header(**fields: Any) -> str:
    """The front matter that the Hub reads in a dataset's README, without the lines around it."""
    from huggingface_hub import DatasetCardData

    return str(DatasetCardData(**fields).to_yaml()).strip()


def describe_model(repo_id: str, token: str | None) -> RemoteModel:
    """The files that `download_model` would fetch. GatedModel, NotOnHub, HubError."""
    with translate_errors("looking up the model", repo_id):
        info = _open_api(token).model_info(repo_id, files_metadata=True)
    sizes = {sibling.rfilename: int(sibling.size or 0) for sibling in info.siblings or []}
    wanted = {name: size for name, size in sizes.items() if _is_wanted(name)}
    return RemoteModel(repo_id, str(info.sha), wanted)


def download_model(
    repo_id: str,
    folder: Path,
    token: str | None = None,
    report: Report | None = None,
    remote: RemoteModel | None = None,
) -> RemoteModel:
    """Fetch a model's files into `folder`; say what was fetched.

    What an earlier attempt left in `folder` is used, also half a file. Every file is compared
    with its size on the Hub, because the client gives a partly filled folder back as if it were
    whole when the network is down. `remote`: from `describe_model`, to ask only once. An error
    raised by `report` (such as Stopped) ends the download.
    Raises GatedModel, NotOnHub, HubError, MachineError (disk full).
    """
    remote = remote or describe_model(repo_id, token)
    with translate_errors("downloading", repo_id, folder):
        _open_api(token).snapshot_download(
            repo_id,
            revision=remote.commit,
            local_dir=folder,
            allow_patterns=list(remote.files),
            tqdm_class=_make_bar(report, remote.size_bytes),
            max_workers=4,
        )
    wrong = [name for name, size in remote.files.items() if _measure(folder / name) != size]
    if wrong:
        raise HubError(
            f"The download of {repo_id} is not complete: {len(wrong)} of {len(remote.files)} files "
            f"are missing or have another size ({', '.join(wrong[:3])}). Try again; what has "
            "arrived is kept."
        )
    return remote


def describe_dataset(repo_id: str, token: str | None, revision: str | None = None) -> RemoteDataset:
    """The files of a dataset. GatedModel, NotOnHub (also for an unknown revision), HubError."""
    with translate_errors("looking up the dataset", f"datasets/{repo_id}"):
        info = _open_api(token).dataset_info(repo_id, revision=revision, files_metadata=True)
    sizes = {sibling.rfilename: int(sibling.size or 0) for sibling in info.siblings or []}
    licence = getattr(info.card_data, "license", None) or ""
    return RemoteDataset(
        info.id, str(info.sha), sizes, licence if isinstance(licence, str) else ", ".join(licence)
    )


def download_dataset_file(
    remote: RemoteDataset,
    name: str,
    folder: Path,
    token: str | None = None,
    report: Report | None = None,
) -> Path:
    """Fetch one file of a dataset into `folder` and give its path; `report` as `download_model`.

    Raises GatedModel, NotOnHub, HubError, MachineError (disk full).
    """
    repo_id = f"datasets/{remote.repo_id}"
    with translate_errors("downloading", repo_id, folder):
        _open_api(token).snapshot_download(
            remote.repo_id,
            repo_type="dataset",
            revision=remote.commit,
            local_dir=folder,
            allow_patterns=[escape_pattern(name)],
            tqdm_class=_make_bar(report, remote.files[name]),
        )
    if _measure(folder / name) != remote.files[name]:
        raise HubError(
            f"The download of {name} from {repo_id} is not complete: {_measure(folder / name):,} "
            f"of {remote.files[name]:,} bytes arrived. Try again."
        )
    return folder / name


def _open_api(token: str | None) -> "HfApi":
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if token is not None and not re.fullmatch(r"[\x21-\x7e]+", token := token.strip()):
        raise HubError(
            "That is no Hugging Face token: it is empty or has spaces or unusual characters. Copy "
            f"it again from {TOKENS_URL}."
        )
    disable_progress_bars("huggingface_hub")  # they are drawn on the server's terminal
    # `False`, not None: with None the client would look for a token on this machine.
    return HfApi(token=token if token is not None else False, library_name="gemma-garage")


def _is_wanted(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in MODEL_FILES) and not any(
        fnmatchcase(name, pattern) for pattern in UNUSED_FOLDERS
    )


def _measure(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _make_bar(report: Report | None, total_bytes: int) -> type[Any]:
    """A progress bar that draws nothing and reports the bytes written to disk."""
    from tqdm.std import tqdm  # type: ignore[import-untyped]

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            # The client also opens a bar that counts files and one for bytes on the wire.
            self.counts_disk = str(options.get("desc", "")).startswith("Reconstructing")
            options.pop("name", None)
            super().__init__(*args, **(options | {"disable": True}))
            self.n: float = 0

        def update(self, n: float | None = 1) -> bool | None:
            self.n += n or 0
            if report is not None and self.counts_disk and total_bytes:
                part = min(self.n / total_bytes, 1.0)
                report(part, f"{self.n / 1e9:.2f} of {total_bytes / 1e9:.2f} GB downloaded")
            return None

    return Bar
