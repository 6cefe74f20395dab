"""The environment, read once at start.

Everything else gets a `Settings` as an argument. Secrets live here and in memory only: they are
never written to the database, a log or an export.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gemma_garage.errors import ConfigError

DEFAULT_PORT = 7860
LARGEST_PORT = 65_535
DEFAULT_GEMINI_MODEL = "gemini-3.5-flash-lite"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; each field names its variable."""

    home: Path  # GEMMA_GARAGE_HOME
    database_url: str | None = None  # GEMMA_GARAGE_DATABASE_URL, else SQLite under the home
    host: str = "127.0.0.1"  # GEMMA_GARAGE_HOST
    port: int = DEFAULT_PORT  # GEMMA_GARAGE_PORT
    password: str | None = field(default=None, repr=False)  # GEMMA_GARAGE_PASSWORD
    gemini_key: str | None = field(default=None, repr=False)  # GEMINI_API_KEY or GOOGLE_API_KEY
    gemini_model: str = DEFAULT_GEMINI_MODEL  # GEMMA_GARAGE_GEMINI_MODEL
    gemini_url: str | None = None  # GOOGLE_GEMINI_BASE_URL, else Google's own address
    openai_url: str | None = None  # OPENAI_BASE_URL: Ollama, vLLM, LM Studio, llama.cpp …
    openai_key: str | None = field(default=None, repr=False)  # OPENAI_API_KEY
    openai_model: str | None = None  # GEMMA_GARAGE_OPENAI_MODEL
    hub_token: str | None = field(default=None, repr=False)  # HF_TOKEN
    max_upload_mb: int = 100  # GEMMA_GARAGE_MAX_UPLOAD_MB
    allowed_hosts: tuple[str, ...] = ()  # GEMMA_GARAGE_ALLOWED_HOSTS: names a proxy shows us under
    trusted_proxies: tuple[str, ...] = ()  # GEMMA_GARAGE_TRUSTED_PROXIES: X-Forwarded-* believed
    space_id: str | None = None  # SPACE_ID, set inside a Hugging Face Space


def read_settings(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the environment; `overrides` (from the command line) win where they are not None.

    Raises ConfigError for a port or size that is no number in its bounds.
    """
    env = os.environ if environment is None else environment
    values: dict[str, object] = {
        "home": Path(env.get("GEMMA_GARAGE_HOME") or Path.home() / ".gemma-garage"),
        "database_url": env.get("GEMMA_GARAGE_DATABASE_URL") or None,
        "host": env.get("GEMMA_GARAGE_HOST") or "127.0.0.1",
        "port": _read_number(env, "GEMMA_GARAGE_PORT", DEFAULT_PORT, 1, LARGEST_PORT),
        "password": env.get("GEMMA_GARAGE_PASSWORD") or None,
        "gemini_key": env.get("GEMINI_API_KEY") or env.get("GOOGLE_API_KEY") or None,
        "gemini_model": env.get("GEMMA_GARAGE_GEMINI_MODEL") or DEFAULT_GEMINI_MODEL,
        "gemini_url": env.get("GOOGLE_GEMINI_BASE_URL") or None,
        "openai_url": env.get("OPENAI_BASE_URL") or None,
        "openai_key": env.get("OPENAI_API_KEY") or None,
        "openai_model": env.get("GEMMA_GARAGE_OPENAI_MODEL") or None,
        "hub_token": env.get("HF_TOKEN") or None,
        "max_upload_mb": _read_number(env, "GEMMA_GARAGE_MAX_UPLOAD_MB", 100, 1, 100_000),
        "allowed_hosts": _read_list(env, "GEMMA_GARAGE_ALLOWED_HOSTS"),
        "trusted_proxies": _read_list(env, "GEMMA_GARAGE_TRUSTED_PROXIES"),
        "space_id": env.get("SPACE_ID") or None,
    }
    if values["space_id"]:
        # A Space is reached at this address only, and only through Hugging Face's own proxy.
        values |= {"host": "0.0.0.0", "port": DEFAULT_PORT, "trusted_proxies": ("*",)}
    values |= {name: value for name, value in overrides.items() if value is not None}
    if not 1 <= int(str(values["port"])) <= LARGEST_PORT:
        raise ConfigError(
            f"The port is {values['port']}; it must lie between 1 and {LARGEST_PORT}. Choose "
            "another, such as 7860."
        )
    values["home"] = Path(str(values["home"])).expanduser().resolve()
    return Settings(**values)  # type: ignore[arg-type]


def _read_list(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part for part in env.get(name, "").lower().replace(",", " ").split() if part)


def _read_number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isdigit() or not low <= int(text) <= high:
        raise ConfigError(
            f"{name} is {text!r}; it must be a whole number from {low} to {high}. "
            "Correct the variable or unset it."
        )
    return int(text)
