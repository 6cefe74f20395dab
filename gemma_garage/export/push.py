"""An Adapter to the Hugging Face Hub: `submit_push`, the Job "push".

The Job's payload holds a ticket for the token (`hub_tickets.py`), never the token.
"""

import tempfile
from pathlib import Path
from typing import Any

from gemma_garage import hub
from gemma_garage.export.package import require_adapter, write_package
from gemma_garage.garage import Garage
from gemma_garage.hub_tickets import drop_token, keep_token, read_token, require_token
from gemma_garage.jobs import Progress
from gemma_garage.schema import Export

KIND = "push"


def submit_push(
    garage: Garage,
    run_id: int,
    repo_name: str,
    private: bool,
    token: str | None,
    *,
    overwrite: bool = False,
) -> int:
    """Queue the push of a Run's adapter and give the Job's id.

    `repo_name`: `name` or `owner/name`. Without `token`, that of the environment (HF_TOKEN).
    `overwrite`: commit to the repository if it exists. Raises at once: ConfigError (the name
    breaks the Hub's rules, there is no token), NotFound, ModelError. All else fails the Job.
    """
    repo_name = hub.check_repo_name(repo_name)
    token = require_token(token, garage.settings)
    run, _ = require_adapter(garage, run_id)
    return garage.jobs.submit(
        KIND,
        f"Run {run.number} to the Hub as {repo_name}",
        {
            "run_id": run_id,
            "repo_name": repo_name,
            "private": private,
            "overwrite": overwrite,
            "ticket": keep_token(token),
        },
        run.project_id,
    )


def register(garage: Garage) -> None:
    """Make this module the one behind Jobs of kind "push". Their result: `{"export_id", "url"}`."""

    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        token = read_token(payload["ticket"])
        export = push_adapter(
            garage,
            int(payload["run_id"]),
            payload["repo_name"],
            private=payload["private"],
            token=token,
            overwrite=payload["overwrite"],
            progress=progress,
        )
        drop_token(payload["ticket"])
        return {"export_id": export.id, "url": export.url}

    garage.jobs.register(KIND, "io", work)


def push_adapter(
    garage: Garage,
    run_id: int,
    repo_name: str,
    *,
    private: bool,
    token: str,
    overwrite: bool,
    progress: Progress,
) -> Export:
    """Push in this thread; the Export's `url` is the repository.

    HubError: refused token, no network; NameTaken: the repository exists and is not empty.
    """
    progress.report(0.05, "Signing in to the Hub")
    user = hub.whoami(token)
    repo_id = repo_name if "/" in repo_name else f"{user}/{repo_name}"
    there = hub.find_repo(repo_id, token)
    if there is not None:
        hub.require_allowed(there, private=private, overwrite=overwrite)
    progress.check()

    progress.report(0.1, "Writing the model card")
    with tempfile.TemporaryDirectory(
        dir=garage.workspace.export(run_id), prefix=".package-"
    ) as scratch:
        folder = Path(scratch)
        package = write_package(garage, run_id, folder, name=repo_id.rpartition("/")[2])
        size_bytes = sum(file.stat().st_size for file in folder.iterdir())
        progress.check()
        progress.report(0.2, f"Making {repo_id}")
        url = there.url if there else hub.create_repo(repo_id, private=private, token=token)
        progress.report(0.3, f"Uploading {size_bytes / 1e6:.0f} MB to {repo_id}")
        message = f"Adapter of run {package.run.number}, trained with Gemma Garage"
        commit_url = hub.upload_folder(repo_id, folder, message=message, token=token)
    details = package.details() | {
        "repo_id": repo_id,
        "private": there.private if there else private,
        "commit_url": commit_url,
    }
    return garage.store.add(
        Export(run_id=run_id, kind="hub", url=url, size_bytes=size_bytes, details=details)
    )
