"""Datasets of the Hugging Face Hub: which parts one has, and the first rows of one of them.

Files are fetched through `hub.py` and read like any other stranger's file, in a process of its
own; no code of a dataset ever runs. The Hub converts nearly every dataset to Parquet in a branch
of its own; where it did not, the data files of the main branch are taken.
"""

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from gemma_garage import hub
from gemma_garage.augment.rows.extract import MAX_ROWS, Extracted, extract_rows
from gemma_garage.augment.rows.formats import is_row_file
from gemma_garage.errors import ConfigError, DatasetError
from gemma_garage.hub_errors import NotOnHub
from gemma_garage.jobs import Progress
from gemma_garage.workspace import Workspace

CONVERTED = "refs/convert/parquet"
DEFAULT_ROWS = 1_000
MAX_FILE_MB = 2_000
MAX_FILES = 500  # of a split; each of them holds thousands of rows
_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
_PARQUET = re.compile(r"(?P<config>[^/]+)/(?:partial-)?(?P<split>[^/]+)/[^/]+\.parquet")
_SPLITS = {
    "train": re.compile(r"(?:^|[^a-z])train(?:ing)?(?:[^a-z]|$)"),
    "validation": re.compile(r"(?:^|[^a-z])(?:validation|valid|val|dev)(?:[^a-z]|$)"),
    "test": re.compile(r"(?:^|[^a-z])(?:test|testing|eval)(?:[^a-z]|$)"),
}
_NO_DATA = ("dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json")


class HubSource(BaseModel):
    """One split of one config of a dataset at one commit; `files` in their order."""

    model_config = ConfigDict(frozen=True)

    repo_id: str
    commit: str
    config: str
    split: str
    files: dict[str, int] = Field(description="size in bytes by path")
    rows: int = Field(default=DEFAULT_ROWS, ge=1, le=MAX_ROWS)

    @property
    def name(self) -> str:
        return f"{self.repo_id} ({self.config}, {self.split})"

    @property
    def url(self) -> str:
        return f"https://huggingface.co/datasets/{self.repo_id}"


@dataclass(frozen=True, slots=True)
class HubDataset:
    """A dataset on the Hub: config → split → files with their sizes. `licence`: as its card says,
    or ""."""

    repo_id: str
    commit: str
    parts: dict[str, dict[str, dict[str, int]]]
    licence: str = ""

    def choose(self, config: str = "", split: str = "", rows: int = DEFAULT_ROWS) -> HubSource:
        """The part of that name; the first config (or "default") and "train" unless named.

        Raises ConfigError for a name that is not there, or for no or too many rows.
        """
        if not 1 <= rows <= MAX_ROWS:
            raise ConfigError(f"Wanted are {rows:,} rows; choose 1 to {MAX_ROWS:,}.")
        config = config or ("default" if "default" in self.parts else next(iter(self.parts)))
        if config not in self.parts:
            raise ConfigError(
                f"{self.repo_id} has no config “{config}”; it has {_list(self.parts)}. Choose one "
                "of these."
            )
        splits = self.parts[config]
        split = split or ("train" if "train" in splits else next(iter(splits)))
        if split not in splits:
            raise ConfigError(
                f"{self.repo_id} ({config}) has no split “{split}”; it has {_list(splits)}. Choose "
                "one of these."
            )
        return HubSource(
            repo_id=self.repo_id,
            commit=self.commit,
            config=config,
            split=split,
            files=dict(islice(splits[split].items(), MAX_FILES)),
            rows=rows,
        )


def read_address(text: str) -> tuple[str, str, str]:
    """(repository, config, split) from `owner/name`, `name` or the address of a dataset's page;
    the last two are "" unless the address names them. Raises ConfigError."""
    text = text.strip()
    if "://" in text or text.startswith(_HOSTS):
        parts = urlsplit(text if "://" in text else f"https://{text}")
        path = [unquote(part) for part in parts.path.split("/") if part]
        if parts.hostname not in _HOSTS or path[:1] != ["datasets"] or len(path) < 2:
            raise ConfigError(
                f"{text!r} is not the address of a dataset, such as "
                "https://huggingface.co/datasets/owner/name. Copy it from the dataset's page."
            )
        path = path[1:]
        deeper = next((at for at, part in enumerate(path) if part in _PAGES), min(2, len(path)))
        viewed = path[deeper + 1 :] if path[deeper : deeper + 1] == ["viewer"] else []
        config, split = [*viewed, "", ""][:2]
        return hub.check_repo_name("/".join(path[:deeper])), config, split
    return hub.check_repo_name(text.removeprefix("datasets/")), "", ""


_PAGES = ("viewer", "tree", "blob", "resolve", "discussions", "raw")


def look_up(address: str, token: str | None) -> HubDataset:
    """The parts of a dataset on the Hub.

    Raises ConfigError (no such name), GatedModel, NotOnHub, HubError; DatasetError for a dataset
    without data files that can be read, such as one that is a script.
    """
    repo_id, _, _ = read_address(address)
    main = hub.describe_dataset(repo_id, token)
    try:
        converted = hub.describe_dataset(repo_id, token, CONVERTED)
    except NotOnHub:
        converted = None
    if converted is not None and (parts := _group_converted(converted.files)):
        return HubDataset(main.repo_id, converted.commit, parts, main.licence)
    if parts := _group_files(main.files):
        return HubDataset(main.repo_id, main.commit, parts, main.licence)
    script = f"{PurePosixPath(main.repo_id).name}.py"
    if any(PurePosixPath(name).name == script for name in main.files):
        raise DatasetError(
            f"{main.repo_id} is a script that would fetch its data when it is run, and code of "
            "others is not run here. Look for a copy of it with data files."
        )
    raise DatasetError(
        f"{main.repo_id} has {len(main.files)} files, none of them with rows that can be read "
        "(Parquet, CSV, TSV, JSON, JSON Lines, YAML, XLSX). Look for a copy in one of these."
    )


def fetch_rows(
    workspace: Workspace, source: HubSource, target: Path, token: str | None, progress: Progress
) -> Extracted:
    """Append the first rows of the split to `target`, fetching no more files than that takes."""
    found = Extracted()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".hub.") as folder:
        for number, (name, size) in enumerate(source.files.items(), start=1):
            left = source.rows - found.rows
            if left <= 0:
                return found.join(Extracted(more=True))
            _check_room(workspace, source, name, size)
            begun = found.rows

            def report(share: float, stage: str, number: int = number, begun: int = begun) -> None:
                progress.check()
                done = begun / source.rows + share * 0.3 / len(source.files)
                files = f"file {number} of {len(source.files)}, {begun:,} rows so far"
                progress.report(0.4 * min(done, 1.0), f"{source.repo_id}: {stage}, {files}")

            remote = hub.RemoteDataset(source.repo_id, source.commit, source.files)
            path = hub.download_dataset_file(remote, name, Path(folder), token, report)
            later = extract_rows(
                path,
                target,
                name=PurePosixPath(name).name,
                limit=left,
                should_stop=lambda: progress.stop_requested,
            )
            found = found.join(later)
            path.unlink()
    return found


def _check_room(workspace: Workspace, source: HubSource, name: str, size: int) -> None:
    if size / 1e6 > MAX_FILE_MB:
        raise DatasetError(
            f"{name} of {source.repo_id} has {size / 1e6:,.0f} MB; at most {MAX_FILE_MB:,} MB are "
            "fetched. Take a smaller part of it, or another copy."
        )
    workspace.require_free(3 * size / 1e9, f"{name} of {source.repo_id}")


def _group_converted(files: dict[str, int]) -> dict[str, dict[str, dict[str, int]]]:
    parts: dict[str, dict[str, dict[str, int]]] = {}
    for name in sorted(files):
        if match := _PARQUET.fullmatch(name):
            splits = parts.setdefault(match["config"], {})
            splits.setdefault(match["split"], {})[name] = files[name]
    return parts


def _group_files(files: dict[str, int]) -> dict[str, dict[str, dict[str, int]]]:
    """The data files as their authors laid them out: split by name, config by folder."""
    parts: dict[str, dict[str, dict[str, int]]] = {}
    for name in sorted(files):
        path = PurePosixPath(name)
        if not is_row_file(name) or path.name in _NO_DATA or path.name.startswith("."):
            continue
        split = next(
            (split for split, pattern in _SPLITS.items() if pattern.search(name.lower())), "train"
        )
        folders = [part for part in path.parts[:-1] if part.lower() not in ("data", split)]
        config = "/".join(folders) or "default"
        parts.setdefault(config, {}).setdefault(split, {})[name] = files[name]
    return parts


def _list(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - 10} more" if len(shown) > 10 else ""
    return ", ".join(shown[:10]) + more
