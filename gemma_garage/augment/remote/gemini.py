"""The generator that asks Gemini, through google-genai.

The SDK repeats nothing by itself and ignores the delay a 429 names, so `ask.py` waits and
`gemini_errors.py` says for how long. This module stores nothing and judges no content.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gemma_garage.augment.drafts import Draft, Passage
from gemma_garage.augment.remote.ask import GRACE_S, Gate, Patience, ask_all, ask_patiently
from gemma_garage.augment.remote.gemini_errors import map_api_error, map_transport_error
from gemma_garage.augment.remote.prompts import (
    CUT_OFF,
    REFUSED,
    UNREADABLE,
    FactList,
    count_facts,
    count_reply_tokens,
    read_reply,
    write_instructions,
    write_prompt,
)
from gemma_garage.augment.remote.usage import Usage
from gemma_garage.errors import ConfigError
from gemma_garage.settings import DEFAULT_GEMINI_MODEL

_THINKING_TOKENS = 4096  # thoughts count against the limit of the reply
_MOST_REPLY_TOKENS = 32_768
_SHORT_QUOTE_WORDS = 12
# Reasons that come from chance rather than from the passage: worth a second call.
_CHANCE_REASONS = ("OTHER", "LANGUAGE", "MALFORMED_RESPONSE", "FINISH_REASON_UNSPECIFIED")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Abilities:
    """What the model takes; a field turns off when the API says that the model does not."""

    thinking: bool = True
    system: bool = True
    schema: bool = True


@dataclass(frozen=True, slots=True)
class _Call:
    """One call about one passage; a retry changes it."""

    facts: int
    reply_tokens: int
    quote_words: int | None = None


class GeminiGenerator:
    """Writes Drafts with a Gemini model (or a Gemma served by the same API).

    `facts_per_passage` limits the facts of each passage; `style` and `language` are the user's.
    Raises ConfigError without a key. `base_url` replaces Google's address.
    """

    def __init__(
        self,
        key: str | None,
        model: str = DEFAULT_GEMINI_MODEL,
        *,
        wordings: int = 4,
        facts_per_passage: int | None = None,
        style: str = "",
        language: str = "",
        threads: int = 4,
        base_url: str | None = None,
        timeout_s: float = 120.0,
        patience: Patience | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        if not key:
            raise ConfigError(
                "There is no Gemini key. Set GEMINI_API_KEY (a key is free of charge at "
                "aistudio.google.com) and start again, or let the local Gemma write the examples."
            )
        self.name = f"gemini:{model}"[:100]
        self.usage = Usage()
        self._key, self._model = key, model
        self._wordings, self._facts_per_passage = wordings, facts_per_passage
        self._style, self._language = style, language
        self._threads, self._base_url, self._timeout_s = threads, base_url, timeout_s
        self._patience, self._grace_s = patience or Patience(), grace_s
        self._abilities = _Abilities()

    def write(
        self,
        passages: Sequence[Passage],
        *,
        on_progress: Callable[[float], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]:
        """Yield (index of the passage, its Drafts) as replies come, in any order.

        A passage that gives nothing because of the provider comes as one Draft without a question
        whose kind says why. Raises WrongKey, QuotaSpent, Unreachable, GeneratorError.
        """
        from google import genai
        from google.genai import types

        client = genai.Client(
            enterprise=False,
            api_key=self._key,
            http_options=types.HttpOptions(
                base_url=self._base_url, timeout=int(self._timeout_s * 1000)
            ),
        )
        try:
            answers = ask_all(
                len(passages),
                lambda index, gate: self._ask(client, passages[index], gate),
                threads=self._threads,
                should_stop=should_stop,
                grace_s=self._grace_s,
            )
            for done, (index, drafts) in enumerate(answers, start=1):
                if on_progress is not None:
                    on_progress(done / len(passages))
                yield index, drafts
        finally:
            client.close()

    def _ask(self, client: Any, passage: Passage, gate: Gate) -> list[Draft]:
        """All Drafts of one passage. What chance spoiled is asked once more, in a better way."""
        facts = count_facts(passage.text, self._facts_per_passage)
        call = _Call(facts, count_reply_tokens(facts, self._wordings))
        last: _Call | None = None
        while True:
            reason, text = self._call(client, passage, call, gate)
            if reason == "STOP":
                try:
                    return read_reply(text)
                except ValueError as error:
                    log.warning("unreadable reply of %s: %s", self._model, error)
                    failed, better = UNREADABLE, call
            elif reason == "MAX_TOKENS":
                failed = CUT_OFF
                tokens = min(2 * call.reply_tokens, _MOST_REPLY_TOKENS)
                better = replace(call, facts=max(call.facts // 2, 1), reply_tokens=tokens)
            elif reason == "RECITATION":
                failed, better = REFUSED, replace(call, quote_words=_SHORT_QUOTE_WORDS)
            elif reason in _CHANCE_REASONS:
                failed, better = REFUSED, call
            else:  # SAFETY, BLOCKLIST, PROHIBITED_CONTENT, SPII …: the same again would not help
                return [Draft("", "", "", kind=REFUSED)]
            if last is not None:
                return (_salvage(text) if failed == CUT_OFF else []) or [
                    Draft("", "", "", kind=failed)
                ]
            last, call = call, better

    def _call(self, client: Any, passage: Passage, call: _Call, gate: Gate) -> tuple[str, str]:
        """One call, repeated while the API says "later": (reason why it ended, text)."""
        return ask_patiently(lambda: self._call_once(client, passage, call), gate, self._patience)

    def _call_once(self, client: Any, passage: Passage, call: _Call) -> tuple[str, str]:
        import httpx2
        from google.genai import errors

        able = self._abilities
        try:
            reply = client.models.generate_content(
                model=self._model,
                contents=self._write_contents(passage, call, able),
                config=self._configure(call, able),
            )
        except errors.APIError as error:
            weaker = _drop_ability(able, error) if error.code == 400 else None
            if weaker is not None:
                log.info("%s: %s; going on without", self._model, error.message)
                self._abilities = weaker
                return self._call_once(client, passage, call)
            raise map_api_error(error, self._model, client) from error
        except (httpx2.TransportError, ConnectionError, json.JSONDecodeError) as error:
            raise map_transport_error(error, self._timeout_s) from error
        counts = reply.usage_metadata
        if counts is not None:
            self.usage.add(
                counts.prompt_token_count,
                (counts.candidates_token_count or 0) + (counts.thoughts_token_count or 0),
            )
        if not reply.candidates:
            return "PROHIBITED_CONTENT", ""  # the prompt itself was blocked
        candidate = reply.candidates[0]
        parts = (candidate.content.parts or []) if candidate.content else []
        text = "".join(part.text or "" for part in parts if not part.thought)
        reason = candidate.finish_reason
        return (str(reason.value) if reason is not None else "STOP"), text

    def _write_contents(self, passage: Passage, call: _Call, able: _Abilities) -> str:
        prompt = write_prompt(passage)
        return prompt if able.system else f"{self._instruct(call, able)}\n\n{prompt}"

    def _instruct(self, call: _Call, able: _Abilities) -> str:
        return write_instructions(
            call.facts,
            self._wordings,
            style=self._style,
            language=self._language,
            quote_words=call.quote_words,
            json_only=not able.schema,
        )

    def _configure(self, call: _Call, able: _Abilities) -> Any:
        from google.genai import types

        level = choose_thinking(self._model) if able.thinking else None
        thinking = None
        if isinstance(level, int):
            thinking = types.ThinkingConfig(thinking_budget=level)
        elif level:
            thinking = types.ThinkingConfig(thinking_level=types.ThinkingLevel(level.upper()))
        return types.GenerateContentConfig(
            system_instruction=self._instruct(call, able) if able.system else None,
            response_mime_type="application/json" if able.schema else None,
            response_schema=FactList if able.schema else None,
            # Without a limit some models write for ever.
            max_output_tokens=min(call.reply_tokens + _THINKING_TOKENS, _MOST_REPLY_TOKENS * 2),
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


def _salvage(text: str) -> list[Draft]:
    """The whole facts of a reply that broke off."""
    try:
        return read_reply(text)
    except ValueError:
        return []
