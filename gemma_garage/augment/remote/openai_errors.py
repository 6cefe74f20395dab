"""What the `openai` client raises, mapped to the errors of this project: the only place that does.

An error that may pass comes as TryAgain around the one the user sees when patience is over.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from gemma_garage.augment.remote.gate import TryAgain, say_pause
from gemma_garage.errors import GeneratorError, QuotaSpent, Unreachable, WrongKey


def map_openai_error(
    error: Any, place: str, model: str, timeout_s: float, client: Any
) -> Exception:
    """For an `openai.APIError` from the server at `place`; `client` is asked which models there
    are on a 404."""
    import openai

    said = _read_message(error)
    if isinstance(error, openai.APITimeoutError):
        message = (
            f"The server at {place} did not answer within {timeout_s:.0f} s. Use a smaller model "
            "or fewer calls at once. What was written until now is kept."
        )
        return TryAgain(Unreachable(message), attempts=2)
    if isinstance(error, openai.APIConnectionError):
        message = (
            f"No server answers at {place} ({error.__cause__ or error}). Start it, or correct "
            "OPENAI_BASE_URL. What was written until now is kept."
        )
        return TryAgain(Unreachable(message), attempts=4)
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return WrongKey(
            f"The server at {place} refused the key ({error.status_code}: {said}). Check "
            "OPENAI_API_KEY."
        )
    if isinstance(error, openai.NotFoundError):
        return _explain_missing(client, place, model, said)
    if isinstance(error, openai.RateLimitError):
        return _map_quota(error, place, said)
    if isinstance(error, openai.APIStatusError):
        failure = GeneratorError(
            f"The server at {place} answered {error.status_code} ({said}). What was written until "
            "now is kept; look at the server's log and try again."
        )
        passing = error.status_code in (408, 409) or error.status_code >= 500
        return TryAgain(failure, wait_s=_read_retry_after(error)) if passing else failure
    return TryAgain(GeneratorError(f"The server at {place} answered badly ({said})."), attempts=2)


def list_models(client: Any) -> list[str]:
    """Names of the server's models. Raises what the client raises."""
    return [str(model.id) for model in client.models.list()]


def join_names(names: list[str]) -> str:
    return ", ".join(names[:20]) + (" …" if len(names) > 20 else "") if names else "none"


def _explain_missing(client: Any, place: str, model: str, said: str) -> GeneratorError:
    """A 404 is a model that is not there, or an address that is wrong."""
    import openai

    try:
        names = list_models(client)
    except openai.OpenAIError:
        return GeneratorError(
            f"Nothing answers at {place} ({said}). Check OPENAI_BASE_URL: most addresses end in "
            "/v1."
        )
    return GeneratorError(
        f"The server at {place} has no model {model!r} ({said}). It has: {join_names(names)}. Set "
        "GEMMA_GARAGE_OPENAI_MODEL to one of them, or load the model in the server."
    )


def _map_quota(error: Any, place: str, said: str) -> Exception:
    wait_s = _read_retry_after(error) or None  # "at once" is no time to wait until
    spent = QuotaSpent(
        f"The server at {place} keeps refusing because of its limit ({said}). What was written is "
        "kept: resume later.",
        wait_s,
    )
    # An empty account, which waiting does not fill; where a time is named it is a day's quota.
    if error.code == "insufficient_quota" and wait_s is None:
        return spent
    notice = say_pause(wait_s or 0.0, f"the limit of the server at {place} is reached")
    return TryAgain(spent, wait_s=wait_s, everyone=True, notice=notice)


def _read_message(error: Any) -> str:
    """The server's own words, in whichever shape it puts them; at most 300 characters."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        body = inner.get("message", inner) if isinstance(inner, dict) else inner
    return " ".join(str(body or error.message).split())[:300]


def _read_retry_after(error: Any) -> float | None:
    """Seconds named by the Retry-After header, as a number or a date (RFC 9110, 10.2.3)."""
    text = error.response.headers.get("retry-after", "")
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):  # TypeError: a date without its zone
        return None
