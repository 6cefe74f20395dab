"""Where text goes when it leaves this machine, in words for the one who has to allow it."""

import ipaddress
from collections import Counter
from urllib.parse import urlsplit

from gemma_garage.augment.judge.choose import choose_judge
from gemma_garage.augment.judge.request import JudgeRequest
from gemma_garage.augment.remote.gemini import GOOGLE
from gemma_garage.augment.remote.openai_server import OPENAI
from gemma_garage.augment.request import GenerateRequest, GeneratorName
from gemma_garage.errors import ConfigError
from gemma_garage.settings import Settings

_FREE_TIER = "on its free tier Google may use what is sent to improve its products"


def describe_destination(request: GenerateRequest, settings: Settings) -> str | None:
    """Who gets the text, such as "Google (the Gemini API, …)"; None when it stays here.

    The model that judges afterwards gets it too.
    """
    places = [describe_place(request.generator, settings)]
    if request.judged_by == "auto":
        writer = Counter({f"{request.generator}:": 1})
        try:
            judge = choose_judge(settings, JudgeRequest(judge="auto"), writer)
        except ConfigError:  # there is none; `submit_generate` says so
            judge = request.generator
        places.append(describe_place(judge, settings))
    elif request.judged_by != "none":
        places.append(describe_place(request.judged_by, settings))
    return " and ".join(dict.fromkeys(filter(None, places))) or None


def describe_place(generator: GeneratorName, settings: Settings) -> str | None:
    """Where the texts go that this generator, or judge, is asked about; None for this machine.

    An address of this machine counts as here: what answers there is the user's own.
    """
    if generator == "gemini":
        host = _read_host(settings.gemini_url or GOOGLE)
        if _is_here(host):
            return None
        if host != GOOGLE:
            return f"{host} (instead of the Gemini API)"
        return f"Google (the Gemini API, {GOOGLE}; {_FREE_TIER})"
    if generator == "openai":
        host = _read_host(settings.openai_url or OPENAI)
        if _is_here(host):
            return None
        return f"OpenAI ({OPENAI})" if host == OPENAI else (host or "the server you name")
    return None


def say_what_leaves(request: GenerateRequest) -> str:
    """What of the user's is sent."""
    if request.mode == "more-like-these":
        return "The text of your example rows"
    if request.mode == "paraphrase":
        return "The text of your accepted rows"
    return "The text of your documents"


def _read_host(url: str) -> str:
    url = url.strip()
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:  # an address that is none; the call will say so
        return url


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
