"""The generator that asks any OpenAI-compatible server: Ollama, vLLM, LM Studio, llama.cpp …

Servers differ in what they take: a JSON schema, plain JSON mode, or neither; it starts with the
strictest and remembers what the server took. Errors are mapped in `openai_errors.py`. It stores
nothing and judges no content.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from gemma_garage.augment.drafts import Draft, Passage
from gemma_garage.augment.remote.ask import (
    GRACE_S,
    Gate,
    Patience,
    TryAgain,
    ask_all,
    ask_patiently,
)
from gemma_garage.augment.remote.openai_errors import join_names, list_models, map_openai_error
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
from gemma_garage.errors import ConfigError, GeneratorError

_MOST_REPLY_TOKENS = 32_768
Answer = TypeVar("Answer")
_MODES = ("json_schema", "json_object", "prompt")
log = logging.getLogger(__name__)


class OpenAIGenerator:
    """Writes Drafts with a model behind an OpenAI-compatible address.

    Without `model` the server's only model is used. Without `base_url` it is OpenAI's own.
    """

    def __init__(
        self,
        base_url: str | None,
        model: str | None = None,
        *,
        key: str | None = None,
        wordings: int = 4,
        facts_per_passage: int | None = None,
        style: str = "",
        language: str = "",
        threads: int = 4,
        timeout_s: float = 300.0,
        patience: Patience | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        if not base_url and not key:
            raise ConfigError(
                "There is no server to ask. Set OPENAI_BASE_URL (for Ollama: "
                "http://127.0.0.1:11434/v1) and start again, or let the local Gemma write the "
                "examples."
            )
        self.usage = Usage()
        self._base_url, self._key, self._model = base_url, key, model or ""
        self._wordings, self._facts_per_passage = wordings, facts_per_passage
        self._style, self._language = style, language
        self._threads, self._timeout_s = threads, timeout_s
        self._patience, self._grace_s = patience or Patience(), grace_s
        self._mode = _MODES[0]
        self._limit_name = "max_tokens"

    @property
    def name(self) -> str:
        return f"openai:{self._model}"[:100]

    def write(
        self,
        passages: Sequence[Passage],
        *,
        on_progress: Callable[[float], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]:
        """Yield (index of the passage, its Drafts) as replies come, in any order.

        A passage that gives nothing because of the server comes as one Draft without a question
        whose kind says why. Raises WrongKey, QuotaSpent, Unreachable, ConfigError (no model
        chosen), GeneratorError.
        """
        import openai

        client = openai.OpenAI(
            base_url=self._base_url,
            api_key=self._key or "none",  # the client insists on one; local servers ignore it
            max_retries=0,
            timeout=self._timeout_s,
        )
        try:
            answers = ask_all(
                len(passages),
                lambda index, gate: self._ask(client, passages[index], gate),
                threads=self._threads,
                should_stop=should_stop,
                grace_s=self._grace_s,
            )
            if passages and not self._model:
                self._model = self._choose_model(client)
            for done, (index, drafts) in enumerate(answers, start=1):
                if on_progress is not None:
                    on_progress(done / len(passages))
                yield index, drafts
        finally:
            client.close()

    @property
    def _place(self) -> str:
        return self._base_url or "api.openai.com"

    def _choose_model(self, client: Any) -> str:
        """The only model of the server. ConfigError names them when there are several."""
        names = ask_patiently(
            lambda: self._guard(client, lambda: list_models(client)), Gate(), self._patience
        )
        if len(names) == 1:
            return names[0]
        raise ConfigError(
            f"The server at {self._place} has {len(names)} models; say which one to use in "
            f"GEMMA_GARAGE_OPENAI_MODEL: {join_names(names)}."
        )

    def _ask(self, client: Any, passage: Passage, gate: Gate) -> list[Draft]:
        """All Drafts of one passage. What chance spoiled is asked once more, in a better way."""
        facts = count_facts(passage.text, self._facts_per_passage)
        tokens = count_reply_tokens(facts, self._wordings)
        drafts: list[Draft] = []
        for _ in range(2):
            reason, text = self._call(client, passage, facts, tokens, gate)
            if reason == "content_filter":
                return [Draft("", "", "", kind=REFUSED)]
            failed = CUT_OFF if reason == "length" else UNREADABLE
            try:
                drafts = read_reply(text)
            except ValueError as error:
                log.warning("unreadable reply of %s: %s", self._model, error)
                drafts = []
            else:
                if reason != "length":
                    return drafts
            if reason == "length":
                facts, tokens = max(facts // 2, 1), min(2 * tokens, _MOST_REPLY_TOKENS)
        return drafts or [Draft("", "", "", kind=failed)]

    def _call(
        self, client: Any, passage: Passage, facts: int, tokens: int, gate: Gate
    ) -> tuple[str, str]:
        """One call, repeated while the server says "later": (reason why it ended, text)."""
        return ask_patiently(
            lambda: self._guard(client, lambda: self._call_once(client, passage, facts, tokens)),
            gate,
            self._patience,
        )

    def _call_once(self, client: Any, passage: Passage, facts: int, tokens: int) -> tuple[str, str]:
        """One call in the strictest JSON mode that the server takes."""
        import openai

        modes = _MODES[_MODES.index(self._mode) :]
        for mode in modes:
            try:
                reply = self._complete(client, passage, facts, tokens, mode)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if self._limit_name in error.message and "max_completion_tokens" in error.message:
                    self._limit_name = "max_completion_tokens"
                    return self._call_once(client, passage, facts, tokens)
                if mode == modes[-1]:
                    raise
                log.info("%s refused %s: %s", self._place, mode, error.message)
                continue
            self._mode = mode
            break
        choices = getattr(reply, "choices", None)
        if not choices:
            raise TryAgain(
                GeneratorError(
                    f"The server at {self._place} answered with something that is no chat "
                    "completion. Check OPENAI_BASE_URL: most addresses end in /v1."
                ),
                attempts=2,
            )
        if reply.usage is not None:
            self.usage.add(reply.usage.prompt_tokens, reply.usage.completion_tokens)
        return str(choices[0].finish_reason or "stop"), choices[0].message.content or ""

    def _guard(self, client: Any, call: Callable[[], Answer]) -> Answer:
        """Run `call`; what the `openai` client raises comes out mapped."""
        import openai

        try:
            return call()
        except openai.APIError as error:
            raise map_openai_error(
                error, self._place, self._model, self._timeout_s, client
            ) from error

    def _complete(self, client: Any, passage: Passage, facts: int, tokens: int, mode: str) -> Any:
        instructions = write_instructions(
            facts,
            self._wordings,
            style=self._style,
            language=self._language,
            json_only=mode != "json_schema",
        )
        options: dict[str, Any] = {self._limit_name: tokens}
        if mode != "prompt":
            options["response_format"] = {"type": mode}
        if mode == "json_schema":
            options["response_format"]["json_schema"] = {
                "name": "facts",
                "strict": True,
                "schema": _write_schema(),
            }
        return client.chat.completions.create(
            model=self._model,
            messages=[
                {"role": "system", "content": instructions},
                {"role": "user", "content": write_prompt(passage)},
            ],
            **options,
        )


def _write_schema() -> dict[str, Any]:
    """The reply's JSON schema as strict servers want it: nothing beside the named fields."""
    schema = FactList.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        part["additionalProperties"] = False
    return schema
