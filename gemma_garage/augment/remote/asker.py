"""What both judges share: many questions to one provider, each with one form of reply.

A reply that could be read is kept under its key; of any other only what it cost is. It knows no
passages and no prompts.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar, TypeVar

from gemma_garage.augment.remote.ask import GRACE_S, ask_all, ask_patiently
from gemma_garage.augment.remote.gate import Gate, Patience
from gemma_garage.augment.remote.keys import KeptCalls
from gemma_garage.augment.remote.provider import Answer, Provider, Question
from gemma_garage.augment.remote.usage import Usage

Found = TypeVar("Found")


class Asker:
    """Asks the model of `provider`, up to `threads` calls at once. `calls`: where replies are kept,
    if anywhere; `task`: under what they are kept."""

    task: ClassVar[str]

    def __init__(
        self,
        provider: Provider,
        *,
        threads: int = 4,
        calls: KeptCalls | None = None,
        patience: Patience | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        self.usage = Usage()
        self._provider, self._threads, self._calls = provider, threads, calls
        self._patience, self._grace_s = patience or Patience(), grace_s

    @property
    def name(self) -> str:
        return self._provider.name

    @property
    def model(self) -> str:
        return self._provider.model

    def _ask_each(
        self,
        count: int,
        ask: Callable[[int, Gate], Found],
        should_stop: Callable[[], bool] | None,
        on_notice: Callable[[str], None] | None,
    ) -> Iterator[tuple[int, Found]]:
        """As `ask_all`, while the provider is connected."""
        with self._provider.connect():
            yield from ask_all(
                count,
                ask,
                threads=self._threads,
                patience=self._patience,
                should_stop=should_stop,
                on_notice=on_notice,
                grace_s=self._grace_s,
            )

    def _ask_once(
        self,
        question: Question,
        key: str,
        read: Callable[[Answer], Found | None],
        gate: Gate,
        *,
        document_id: int | None = None,
    ) -> tuple[Found | None, Answer | None]:
        """What `read` made of the kept reply or of a new one; where it made nothing of the new
        one, None and that reply. Raises GaveUp and what the provider raises."""
        kept = self._calls.find(key) if self._calls is not None else None
        found = read(kept) if kept is not None else None
        if found:
            self.usage.reuse()
            return found, None
        answer = ask_patiently(lambda: self._provider.complete(question), gate, self._patience)
        self.usage.add(answer.prompt_tokens, answer.reply_tokens)
        found = read(answer)
        if self._calls is not None:
            self._calls.keep(key if found else None, self.name, self.task, document_id, answer)
        if not found:
            return None, answer
        gate.use()
        return found, None
