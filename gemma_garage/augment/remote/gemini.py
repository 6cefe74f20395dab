"""Gemini as a provider, through google-genai: one Question in, one Answer out.

The SDK repeats nothing by itself and ignores the delay a 429 names; `gemini_errors.py` says what
may be repeated and when. This module stores nothing and judges no content.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from gemma_garage.augment.remote.gemini_errors import map_api_error, map_transport_error
from gemma_garage.augment.remote.provider import Answer, Ended, Question
from gemma_garage.errors import ConfigError
from gemma_garage.settings import DEFAULT_GEMINI_MODEL

GOOGLE = "generativelanguage.googleapis.com"
_THINKING_TOKENS = 4096  # thoughts count against the limit of the reply
_MOST_REPLY_TOKENS = 65_536
_MOST_CONNECTIONS = 64  # the client keeps 20 alive by itself, fewer than calls may be under way
# Why a reply ended, in our words; anything else (SAFETY, BLOCKLIST, SPII …) is a refusal.
_ENDED: dict[str, Ended] = {
    "STOP": "whole",
    "MAX_TOKENS": "cut-off",
    "RECITATION": "recited",
    "OTHER": "odd",
    "LANGUAGE": "odd",
    "MALFORMED_RESPONSE": "odd",
    "FINISH_REASON_UNSPECIFIED": "odd",
}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Abilities:
    """What the model takes; a field turns off when the API says that the model does not."""

    thinking: bool = True
    system: bool = True
    schema: bool = True


class GeminiProvider:
    """A Gemini model, or a Gemma served by the same API. Raises ConfigError without a key.

    `base_url` replaces Google's address.
    """

    def __init__(
        self,
        key: str | None,
        model: str = DEFAULT_GEMINI_MODEL,
        *,
        base_url: str | None = None,
        timeout_s: float = 120.0,
    ) -> None:
        if not key:
            raise ConfigError(
                "There is no Gemini key. Set GEMINI_API_KEY (a key is free of charge at "
                "aistudio.google.com) and start again, or let the local Gemma write the examples."
            )
        self.name = f"gemini:{model}"[:100]
        self.model = model
        self.identity = f"{base_url or GOOGLE} {model}"
        self._key, self._base_url, self._timeout_s = key, base_url, timeout_s
        self._abilities = _Abilities()
        self._client: Any = None

    @contextmanager
    def connect(self) -> Iterator[None]:
        import httpx2
        from google import genai
        from google.genai import types

        limits = httpx2.Limits(
            max_connections=_MOST_CONNECTIONS, max_keepalive_connections=_MOST_CONNECTIONS
        )
        self._client = genai.Client(
            enterprise=False,
            api_key=self._key,
            http_options=types.HttpOptions(
                base_url=self._base_url,
                timeout=int(self._timeout_s * 1000),
                client_args={"limits": limits},
            ),
        )
        try:
            yield
        finally:
            self._client.close()

    def complete(self, question: Question) -> Answer:
        """One call. Raises TryAgain, WrongKey, GeneratorError."""
        import httpx2
        from google.genai import errors

        able = self._abilities
        try:
            reply = self._client.models.generate_content(
                model=self.model,
                contents=_write_contents(question, able),
                config=self._configure(question, able),
            )
        except errors.APIError as error:
            weaker = _drop_ability(able, error) if error.code == 400 else None
            if weaker is not None:
                log.info("%s: %s; going on without", self.model, error.message)
                self._abilities = weaker
                return self.complete(question)
            raise map_api_error(error, self.model, self._client) from error
        except (httpx2.TransportError, ConnectionError, json.JSONDecodeError) as error:
            raise map_transport_error(error, self._timeout_s) from error
        counts = reply.usage_metadata
        sent = (counts.prompt_token_count or 0) if counts else 0
        received = (
            (counts.candidates_token_count or 0) + (counts.thoughts_token_count or 0)
            if counts
            else 0
        )
        if not reply.candidates:
            return Answer("refused", "", sent, received)  # the prompt itself was blocked
        candidate = reply.candidates[0]
        parts = (candidate.content.parts or []) if candidate.content else []
        text = "".join(part.text or "" for part in parts if not part.thought)
        reason = str(candidate.finish_reason.value) if candidate.finish_reason else "STOP"
        return Answer(_ENDED.get(reason, "refused"), text, sent, received)

    def _configure(self, question: Question, able: _Abilities) -> Any:
        from google.genai import types

        level = choose_thinking(self.model) if able.thinking else None
        thinking = None
        if isinstance(level, int):
            thinking = types.ThinkingConfig(thinking_budget=level)
        elif level:
            thinking = types.ThinkingConfig(thinking_level=types.ThinkingLevel(level.upper()))
        return types.GenerateContentConfig(
            system_instruction=_instruct(question, able) if able.system else None,
            response_mime_type="application/json" if able.schema else None,
            response_schema=question.schema if able.schema else None,
            # Without a limit some models write for ever.
            max_output_tokens=min(question.reply_tokens + _THINKING_TOKENS, _MOST_REPLY_TOKENS),
            thinking_config=thinking,
        )


def choose_thinking(model: str) -> str | int | None:
    """The least thinking a model takes: a level, a budget in tokens (Gemini 2.5), or None.

    Lifting facts out of a passage needs no thought, and thoughts are paid for.
    """
    if model.startswith("gemini-2.5"):
        return 128 if "pro" in model else 0
    if not model.startswith("gemini-"):
        return None
    return "minimal" if "flash-lite" in model else "low"


def _instruct(question: Question, able: _Abilities) -> str:
    return question.instruction + ("" if able.schema else question.in_words)


def _write_contents(question: Question, able: _Abilities) -> Any:
    from google.genai import types

    prompt = question.prompt
    if not able.system:
        prompt = f"{_instruct(question, able)}\n\n{prompt}"
    if question.picture is None:
        return prompt
    return [types.Part.from_bytes(data=question.picture, mime_type="image/jpeg"), prompt]


def _drop_ability(able: _Abilities, error: Any) -> _Abilities | None:
    """Abilities without the one that a 400 complains about; None when it is about another thing."""
    said = str(error.message or "").lower()
    if able.thinking and "thinking" in said:
        return replace(able, thinking=False)
    if able.system and re.search(r"(system|developer) instruction", said):
        return replace(able, system=False)
    if able.schema and re.search(r"json mode|response_?\s?schema|response_?\s?mime", said):
        return replace(able, schema=False)
    return None
