"""Tokens of the Hugging Face Hub while a Job may still need them: in this process's memory only.

A Job's payload is written to disk, so it holds a ticket instead. After a restart the token has to
be given again.
"""

import secrets

from gemma_garage.errors import ConfigError, HubError
from gemma_garage.hub_errors import TOKENS_URL
from gemma_garage.settings import Settings

_tokens: dict[str, str] = {}  # by ticket


def require_token(token: str | None, settings: Settings) -> str:
    """The token that was given, else that of the environment. ConfigError: there is none."""
    found = (token or "").strip() or settings.hub_token
    if not found:
        raise ConfigError(
            "A push needs a Hugging Face token with the right to write, and none was given. Make "
            f"one at {TOKENS_URL}."
        )
    return found


def keep_token(token: str) -> str:
    """Remember the token and give the ticket it is found by."""
    ticket = secrets.token_hex(8)
    _tokens[ticket] = token
    return ticket


def read_token(ticket: str) -> str:
    """The token of this ticket. HubError: another process had it."""
    token = _tokens.get(ticket)
    if token is None:
        raise HubError(
            "The token of this push was held in memory only and is gone since the app was started "
            "again. Push again and give the token once more."
        )
    return token


def drop_token(ticket: str) -> None:
    _tokens.pop(ticket, None)
