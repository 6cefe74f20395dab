"""An Adapter to the Hugging Face Hub: `submit_push`, the Job "push".

The token is kept in this process's memory while its Job may still need it, and nowhere else: not
in the payload, not in the store. After a restart it has to be given again.
"""

import secrets
import tempfile
from pathlib import Path
from typing import Any

from gemma_garage import hub
from gemma_garage.errors import ConfigError, HubError
from gemma_garage.export.package import require_adapter, write_package
from gemma_garage.garage import Garage
from gemma_garage.hub_errors import TOKENS_URL, NameTaken
from gemma_garage.jobs import Progress
from gemma_garage.schema import Export

KIND = "push"

_tokens: dict[str, str] = {}  # by the ticket in the Job's payload


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
    token = (token or "").strip() or garage.settings.hub_token
    if not token:
        raise ConfigError(
            "A push needs a Hugging Face token with the right to write, and none was given. Make "
            f"one at {TOKENS_URL}."
        )
    run, _ = require_adapter(garage, run_id)
    ticket = secrets.token_hex(8)
    _tokens[ticket] = token
    return garage.jobs.submit(
        KIND,
        f"Run {run.number} to the Hub as {repo_name}",
        {
            "run_id": run_id,
            "repo_name": repo_name,
            "private": private,
            "overwrite": overwrite,
            "ticket": ticket,
        },
        run.project_id,
    )


def register(garage: Garage) -> None:
    """Make this module the one behind Jobs of kind "push". Their result: `{"export_id", "url"}`."""

    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        token = _tokens.get(payload["ticket"])
        if token is None:
            raise HubError(
                "The token of this push was held in memory only and is gone since the app was "
                "started again. Push again in Export and give the token once more."
            )
        export = push_adapter(
            garage,
            int(payload["run_id"]),
            payload["repo_name"],
            private=payload["private"],
            token=token,
            overwrite=payload["overwrite"],
            progress=progress,
        )
        _tokens.pop(payload["ticket"], None)
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
        _require_allowed(there, private=private, overwrite=overwrite)
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


def _require_allowed(there: hub.RemoteRepo, *, private: bool, overwrite: bool) -> None:
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
