"""What google-genai raises, mapped to the errors of this project: the only place that does.

An error that may pass comes as TryAgain around the one the user sees when patience is over.
"""

import json
import logging
import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gemma_garage.augment.remote.gate import TryAgain, say_clock, say_left, say_pause
from gemma_garage.errors import GeneratorError, QuotaSpent, Unreachable, WrongKey
from gemma_garage.settings import DEFAULT_GEMINI_MODEL

_PASSING = (408, 499, 500, 502, 503, 504)
log = logging.getLogger(__name__)


def map_api_error(error: Any, model: str, client: Any) -> Exception:
    """For a `google.genai.errors.APIError`; `client` is asked which models there are on a 404."""
    said = error.message or str(error)
    if error.code in (401, 403) or "API_KEY_INVALID" in str(error.details):
        return WrongKey(
            f"Gemini refused the key ({error.code}: {said}). Check GEMINI_API_KEY; a new key is "
            "at aistudio.google.com."
        )
    if error.code == 404:
        names = _list_models(client)
        known = f" The key may use: {', '.join(names)}." if names else ""
        return GeneratorError(
            f"The model {model!r} is not available to this key ({said}). Set "
            f"GEMMA_GARAGE_GEMINI_MODEL, for example to {DEFAULT_GEMINI_MODEL}.{known}"
        )
    if error.code == 429:
        return _map_quota(error, said, model)
    failure = GeneratorError(
        f"Gemini answered {error.code} ({said}). What was written until now is kept; try again "
        "later, or choose another generator."
    )
    return TryAgain(failure) if error.code in _PASSING else failure


def map_transport_error(error: Exception, timeout_s: float) -> TryAgain:
    """For what is raised when no answer, or no answer of the API's, came back."""
    import httpx2

    if isinstance(error, json.JSONDecodeError):
        message = (
            "Gemini's address answered with something that is not JSON. Check "
            "GOOGLE_GEMINI_BASE_URL and any proxy in between."
        )
        return TryAgain(GeneratorError(message), attempts=2)
    if isinstance(error, httpx2.TimeoutException):
        message = f"Gemini did not answer within {timeout_s:.0f} s. Try again later."
        return TryAgain(Unreachable(message), attempts=2)
    message = (
        f"Gemini cannot be reached ({error}). Check the network, or let the local Gemma write the "
        "examples. What was written until now is kept."
    )
    return TryAgain(Unreachable(message), attempts=4)


def _map_quota(error: Any, said: str, model: str) -> TryAgain:
    """A quota per minute delays for as long as it says, a daily one until it starts again."""
    details = error.details if isinstance(error.details, dict) else {}
    entries = details.get("error", details).get("details") or []
    delay_s: float | None = None
    daily = False
    for entry in entries:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(entry.get("retryDelay", "")))
        if found:
            delay_s = float(found.group(1))
        for violation in entry.get("violations", []):
            daily = daily or "PerDay" in str(violation.get("quotaId", ""))
    kept = (
        "What was written is kept: resume then, choose another model with "
        "GEMMA_GARAGE_GEMINI_MODEL, or let the local Gemma go on."
    )
    if daily:
        left_s = seconds_to_reset(datetime.now(_pacific_time()))
        when = f"The day's quota of {model} is spent"
        again = f"at about {say_clock(left_s)} (in {say_left(left_s)})"
        spent = QuotaSpent(f"{when}; it starts again {again}. {kept}", left_s)
        return TryAgain(spent, wait_s=left_s, everyone=True, notice=say_pause(left_s, when))
    spent = QuotaSpent(
        f"Gemini keeps refusing because of its rate limit ({said}). What was written is kept: "
        "resume in some minutes, or use fewer calls at once.",
        delay_s,
    )
    notice = say_pause(delay_s or 0.0, f"the rate limit of {model} is reached")
    return TryAgain(spent, wait_s=delay_s, everyone=True, notice=notice)


def _pacific_time() -> tzinfo:
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # Windows without tzdata; an hour off in summer
        return timezone(timedelta(hours=-8))


def seconds_to_reset(now: datetime) -> float:
    """Seconds from `now` (Pacific time) to midnight, when daily quotas start again."""
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.timestamp() - now.timestamp()


def _list_models(client: Any) -> list[str]:
    """Names of models that can write text; empty when the API does not tell."""
    import httpx2
    from google.genai import errors

    try:
        return [
            str(model.name).removeprefix("models/")
            for model in client.models.list(config={"page_size": 200})
            if "generateContent" in (model.supported_actions or [])
        ][:20]
    except (errors.APIError, httpx2.TransportError) as error:
        log.info("the models of this key cannot be listed: %s", error)
        return []
