"""Any OpenAI-compatible server as a provider: Ollama, vLLM, LM Studio, llama.cpp …

Servers differ in what they take: a JSON schema, plain JSON mode, or neither; it starts with the
strictest and remembers what the server took. Errors are mapped in `openai_errors.py`. It stores
nothing and judges no content.
"""

import functools
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel

from gemma_garage.augment.remote.ask import GaveUp, ask_patiently
from gemma_garage.augment.remote.gate import Gate, Patience, TryAgain
from gemma_garage.augment.remote.openai_errors import join_names, list_models, map_openai_error
from gemma_garage.augment.remote.provider import Answer, Ended, Question
from gemma_garage.errors import ConfigError, GeneratorError

OPENAI = "api.openai.com"
_MODES = ("json_schema", "json_object", "prompt")
_ENDED: dict[str, Ended] = {"length": "cut-off", "content_filter": "refused"}
Result = TypeVar("Result")
log = logging.getLogger(__name__)


class OpenAIProvider:
    """A model behind an OpenAI-compatible address.

    Without `model` the server's only model is used; `name` and `model` say which from `connect`
    on. Without `base_url` it is OpenAI's own. Raises ConfigError when neither address nor key is
    given.
    """

    def __init__(
        self,
        base_url: str | None,
        model: str | None = None,
        *,
        key: str | None = None,
        timeout_s: float = 300.0,
        patience: Patience | None = None,
    ) -> None:
        if not base_url and not key:
            raise ConfigError(
                "There is no server to ask. Set OPENAI_BASE_URL (for Ollama: "
                "http://127.0.0.1:11434/v1) and start again, or let the local Gemma write the "
                "examples."
            )
        self.model = model or ""
        self._base_url, self._key, self._timeout_s = base_url, key, timeout_s
        self._patience = patience or Patience()
        self._client: Any = None
        self._mode = _MODES[0]
        self._limit_name = "max_tokens"

    @property
    def name(self) -> str:
        return f"openai:{self.model}"[:100]

    @property
    def identity(self) -> str:
        return f"{self._place} {self.model}"

    @contextmanager
    def connect(self) -> Iterator[None]:
        import openai

        self._client = openai.OpenAI(
            base_url=self._base_url,
            api_key=self._key or "none",  # the client insists on one; local servers ignore it
            max_retries=0,
            timeout=self._timeout_s,
        )
        try:
            if not self.model:
                self.model = self._choose_model()
            yield
        finally:
            self._client.close()

    def complete(self, question: Question) -> Answer:
        """One call. Raises TryAgain, WrongKey, QuotaSpent, GeneratorError."""
        return self._guard(lambda: self._complete(question))

    @property
    def _place(self) -> str:
        return self._base_url or OPENAI

    def _choose_model(self) -> str:
        """The only model of the server. ConfigError names them when there are several."""
        try:
            names = ask_patiently(
                lambda: self._guard(lambda: list_models(self._client)),
                Gate(self._patience),
                self._patience,
            )
        except GaveUp as gave_up:
            raise gave_up.final from gave_up.__cause__
        if len(names) == 1:
            return names[0]
        raise ConfigError(
            f"The server at {self._place} has {len(names)} models; say which one to use in "
            f"GEMMA_GARAGE_OPENAI_MODEL: {join_names(names)}."
        )

    def _complete(self, question: Question) -> Answer:
        """One call in the strictest JSON mode that the server takes."""
        import openai

        modes = _MODES[_MODES.index(self._mode) :]
        for mode in modes:
            try:
                reply = self._create(question, mode)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if self._limit_name in error.message and "max_completion_tokens" in error.message:
                    self._limit_name = "max_completion_tokens"
                    return self._complete(question)
                if mode == modes[-1]:
                    raise
                log.info("%s refused %s: %s", self._place, mode, error.message)
                continue
            self._mode = mode
            break
        choices = reply.get("choices") if isinstance(reply, dict) else None
        if not choices:
            raise TryAgain(
                GeneratorError(
                    f"The server at {self._place} answered with something that is no chat "
                    "completion. Check OPENAI_BASE_URL: most addresses end in /v1."
                ),
                attempts=2,
            )
        usage = reply.get("usage") or {}
        return Answer(
            _ENDED.get(str(choices[0].get("finish_reason")), "whole"),
            (choices[0].get("message") or {}).get("content") or "",
            usage.get("prompt_tokens") or 0,
            usage.get("completion_tokens") or 0,
        )

    def _guard(self, call: Callable[[], Result]) -> Result:
        """Run `call`; what the `openai` client raises comes out mapped."""
        import openai

        try:
            return call()
        except openai.APIError as error:
            raise map_openai_error(
                error, self._place, self.model, self._timeout_s, self._client
            ) from error

    def _create(self, question: Question, mode: str) -> Any:
        options: dict[str, Any] = {self._limit_name: question.reply_tokens}
        if mode != "prompt":
            options["response_format"] = {"type": mode}
        if mode == "json_schema":
            options["response_format"]["json_schema"] = {
                "name": "reply",
                "strict": True,
                "schema": write_schema(question.schema),
            }
        in_words = "" if mode == "json_schema" else question.in_words
        messages = [
            {"role": "system", "content": question.instruction + in_words},
            {"role": "user", "content": question.prompt},
        ]
        # Not `chat.completions.create`: it goes through the whole schema and the whole reply to
        # give them types, which is most of what a call costs here.
        try:
            return self._client.post(
                "/chat/completions",
                cast_to=object,
                body={"model": self.model, "messages": messages, **options},
            )
        except json.JSONDecodeError:
            return None  # said to be JSON, and is none


@functools.cache
def write_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema as strict servers want it: each field named and required, none beside."""
    schema = shape.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        part["additionalProperties"] = False
        part["required"] = list(part["properties"])
    return schema
