"""A frozen Dataset to the Hugging Face Hub: `publish_dataset`, and the Job "publish" around it.

The Job's payload holds a ticket for the token (`hub_tickets.py`), never the token. What is
uploaded: the rows as Parquet and a README; no path of this machine, nothing of the documents but
their names and the sentences that prove an answer.
"""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gemma_garage import hub
from gemma_garage.augment.card import describe_dataset
from gemma_garage.augment.dataset_files import find_folder
from gemma_garage.augment.download import name_dataset, write_dataset
from gemma_garage.augment.export_rows import PREFERRED, Shape
from gemma_garage.augment.hub_readme import ReadmeFacts, check_licence, write_readme
from gemma_garage.garage import Garage
from gemma_garage.hub_tickets import drop_token, keep_token, read_token, require_token
from gemma_garage.jobs import Progress
from gemma_garage.schema import Dataset

KIND = "publish"
SHAPE: Shape = "messages"
Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class PublishedDataset:
    """Where the Dataset is now."""

    url: str
    repo_id: str
    private: bool
    commit_url: str
    rows: int


def submit_publish(
    garage: Garage,
    dataset_id: int,
    repo_name: str,
    *,
    licence: str,
    private: bool,
    token: str | None,
    overwrite: bool = False,
) -> int:
    """Queue the push and give the Job's id.

    `repo_name`: `name` or `owner/name`. Without `token`, that of the environment (HF_TOKEN).
    `overwrite`: commit to the repository if it exists. Raises at once: ConfigError (the name or
    the licence will not do, there is no token), NotFound, DatasetError. All else fails the Job.
    """
    repo_name, licence = hub.check_repo_name(repo_name), check_licence(licence)
    token = require_token(token, garage.settings)
    dataset = garage.store.get(Dataset, dataset_id)
    find_folder(garage, dataset)
    return garage.jobs.submit(
        KIND,
        f"Dataset {dataset.version} to the Hub as {repo_name}",
        {
            "dataset_id": dataset_id,
            "repo_name": repo_name,
            "licence": licence,
            "private": private,
            "overwrite": overwrite,
            "ticket": keep_token(token),
        },
        dataset.project_id,
    )


def register(garage: Garage) -> None:
    """Make this module the one behind Jobs of kind "publish", which give a PublishedDataset."""

    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        def report(share: float, stage: str) -> None:
            progress.check()
            progress.report(share, stage)

        published = publish_dataset(
            garage,
            int(payload["dataset_id"]),
            payload["repo_name"],
            licence=payload["licence"],
            private=payload["private"],
            token=read_token(payload["ticket"]),
            overwrite=payload["overwrite"],
            report=report,
        )
        drop_token(payload["ticket"])
        return asdict(published)

    garage.jobs.register(KIND, "io", work)


def publish_dataset(
    garage: Garage,
    dataset_id: int,
    repo_name: str,
    *,
    licence: str,
    private: bool,
    token: str,
    overwrite: bool = False,
    report: Report = lambda _share, _stage: None,
) -> PublishedDataset:
    """Push in this thread. An error that `report` raises ends it before anything is uploaded.

    HubError: refused token, no network; NameTaken: the repository exists and is not empty;
    ConfigError (name, licence), NotFound, DatasetError, MachineError.
    """
    repo_name, licence = hub.check_repo_name(repo_name), check_licence(licence)
    dataset = garage.store.get(Dataset, dataset_id)
    report(0.05, "Signing in to the Hub")
    user = hub.whoami(token)
    repo_id = repo_name if "/" in repo_name else f"{user}/{repo_name}"
    there = hub.find_repo(repo_id, token, kind="dataset")
    if there is not None:
        hub.require_allowed(there, private=private, overwrite=overwrite)
    report(0.2, "Writing the rows")
    exports = garage.workspace.dataset_exports(dataset.id)
    with tempfile.TemporaryDirectory(dir=exports, prefix=".push-") as scratch:
        folder = Path(scratch)
        rows = _write_repository(garage, dataset, folder, repo_id.rpartition("/")[2], licence)
        report(0.4, f"Making {repo_id}")
        url = (
            there.url
            if there
            else hub.create_repo(repo_id, private=private, token=token, kind="dataset")
        )
        report(0.5, f"Uploading {rows:,} rows to {repo_id}")
        message = f"{name_dataset(garage, dataset)}, made with Gemma Garage"
        commit_url = hub.upload_folder(
            repo_id, folder, message=message, token=token, kind="dataset"
        )
    return PublishedDataset(url, repo_id, there.private if there else private, commit_url, rows)


def _write_repository(
    garage: Garage, dataset: Dataset, folder: Path, name: str, licence: str
) -> int:
    """Write data/*.parquet and README.md; how many rows there are."""
    written = write_dataset(garage, dataset.id, folder / "data", form="parquet", shape=SHAPE)
    splits = [split for split in written if split.split != PREFERRED]
    preferred = [split for split in written if split.split == PREFERRED]
    facts = ReadmeFacts(
        name=name,
        licence=licence,
        card=describe_dataset(garage, dataset.project_id, dataset.id),
        splits=[(split.split, f"data/{split.path.name}", split.rows) for split in splits],
        columns=splits[0].columns,
        documents=int(dataset.counts.get("documents", 0)),
        preferences=next(((f"data/{one.path.name}", one.rows) for one in preferred), None),
    )
    (folder / "README.md").write_text(write_readme(facts), encoding="utf-8", newline="\n")
    return sum(split.rows for split in splits)
