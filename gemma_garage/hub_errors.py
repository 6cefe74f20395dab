"""What goes wrong with the Hugging Face Hub, in our words: the other half of `hub.py`.

The errors of the Hub's client, of httpx, of Xet and of the operating system become one of ours
each, with what to do next. No message quotes a request, so none can hold a token.
"""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gemma_garage.errors import ConfigError, GarageError, GatedModel, HubError, MachineError

TOKENS_URL = "https://huggingface.co/settings/tokens"


class NotOnHub(HubError):
    """The repository, revision or file is not there, or not for the eyes of this token."""


class NameTaken(HubError):
    """A repository of that name exists already."""


@contextmanager
def translate_errors(doing: str, repo_id: str = "", folder: Path | None = None) -> Iterator[None]:
    """Turn what the client, the network or the disk raises in the block into our errors."""
    import httpx
    from huggingface_hub.errors import XetDownloadError

    try:
        yield
    except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError, XetDownloadError) as error:
        raise explain_error(error, doing, repo_id, folder) from error
    except RuntimeError as error:  # the client's wrapping of a failed upload, and hf_xet's own
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        raise explain_error(cause, doing, repo_id, folder) from error


def explain_error(
    error: Exception, doing: str, repo_id: str = "", folder: Path | None = None
) -> GarageError:
    """Our error for one of the client's, of httpx's or of the operating system's.

    `doing`: what was tried, such as "uploading". The order matters: GatedRepoError is a
    RepositoryNotFoundError, and most of the client's errors are OSErrors.
    """
    import httpx
    from huggingface_hub import errors

    about = f"{doing} {repo_id}".strip()
    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(
        error.__cause__, (OSError, httpx.HTTPError)
    ):
        error = error.__cause__  # what the client wraps when it finds nothing in its cache
    if isinstance(error, errors.GatedRepoError):
        return GatedModel(
            f"{repo_id} is gated: its licence has to be accepted first. Sign in at "
            f"https://huggingface.co/{repo_id}, accept the terms there, and give a token of that "
            f"account ({TOKENS_URL})."
        )
    if isinstance(error, errors.DisabledRepoError):
        return HubError(f"{repo_id} was disabled on the Hub. Use another repository.")
    if isinstance(error, (errors.RepositoryNotFoundError, errors.RevisionNotFoundError)):
        return NotOnHub(
            f"{repo_id} is not on the Hub, or it is private and the token may not see it. Check "
            "the name; for a private one give a token of its owner."
        )
    if isinstance(error, errors.EntryNotFoundError) and not isinstance(
        error, errors.LocalEntryNotFoundError
    ):
        return NotOnHub(f"A file of {repo_id} is not on the Hub any more ({doing}). Try again.")
    if isinstance(error, errors.OfflineModeIsEnabled):
        return HubError(
            f"The Hub was not asked ({about}): HF_HUB_OFFLINE is set, so nothing is sent to it. "
            "Unset it, start again and try once more."
        )
    if isinstance(error, (errors.HFValidationError, errors.HfUriError)):
        return ConfigError(f"{repo_id!r} is no name for a repository on the Hub. Correct the name.")
    if isinstance(error, (errors.HfHubHTTPError, httpx.HTTPStatusError)):
        return _explain_status(error.response, doing, repo_id)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return MachineError(
            f"The disk became full while {about}. Free some space"
            f"{f' on the disk of {folder}' if folder else ''} and try again"
            f"{'; what has arrived is kept' if folder else ''}."
        )
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return MachineError(
            f"A file could not be written while {about}: {error.strerror}. Set "
            "GEMMA_GARAGE_HOME to a folder you may write to."
        )
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return HubError(
            f"The Hub did not answer in time ({about}). Check the network and try again."
        )
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return HubError(
            f"The Hub's address is not usable ({doing}). Correct HF_ENDPOINT, or unset it."
        )
    if isinstance(
        error,
        (
            httpx.HTTPError,
            ConnectionError,  # also what the client raises when its Xet storage cannot be reached
            errors.LocalEntryNotFoundError,
            errors.FileMetadataError,
            errors.XetDownloadError,
            RuntimeError,  # hf_xet's
        ),
    ):
        return HubError(
            f"The Hub cannot be reached, or the connection broke ({about}). Check the network and "
            f"any proxy, and try again{'; what has arrived is kept' if folder else ''}."
        )
    return HubError(
        f"The Hub's client failed ({doing}): {type(error).__name__}: {_shorten(str(error))}"
    )


def _explain_status(response: Any, doing: str, repo_id: str) -> GarageError:
    status = int(response.status_code)
    if status == 401:
        return HubError(
            f"The Hub refused the token ({doing}): it is wrong, expired or revoked. Make a new one "
            f"at {TOKENS_URL} and give that."
        )
    if status == 403:
        return HubError(
            f"The token may not do this ({doing} {repo_id}): it can only read, or not write for "
            f"this owner. Make one with the right to write at {TOKENS_URL}."
        )
    if status == 402:
        return HubError(
            f"The Hub wants a paid plan for this ({doing} {repo_id}). Make the repository public, "
            "or free some of your storage there."
        )
    if status == 409:
        return NameTaken(
            f"The repository {repo_id} exists. Choose another name or tick 'update it'."
        )
    if status == 413:
        return HubError(f"The Hub finds a file too large ({doing} {repo_id}).")
    if status == 429:
        return HubError(
            f"The Hub was asked too often ({doing}). Try again in {_read_wait(response)}."
        )
    if status == 400:
        return HubError(
            f"The Hub refused what it was sent ({doing} {repo_id}): {_read_reason(response)}"
        )
    if status >= 500:
        return HubError(
            f"The Hub has trouble of its own ({doing}: HTTP {status}). Try again in a few minutes; "
            "https://status.huggingface.co says more."
        )
    return HubError(f"The Hub answered HTTP {status} ({doing} {repo_id}). Try again later.")


def _read_wait(response: Any) -> str:
    """`RateLimit: "api";r=0;t=55` or `Retry-After: 55`, in words."""
    limit = re.search(r"\bt=(\d+)", response.headers.get("RateLimit", ""))
    seconds = limit.group(1) if limit else response.headers.get("Retry-After", "")
    return f"{int(seconds)} seconds" if seconds.isdigit() else "a few minutes"


def _read_reason(response: Any) -> str:
    """The server's own words, at most 300 characters."""
    try:
        body = response.json()
    except ValueError:
        body = {}
    text = body.get("error") if isinstance(body, dict) else None
    return _shorten(str(text or response.headers.get("X-Error-Message") or "no reason given"))


def _shorten(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:299]}…"
