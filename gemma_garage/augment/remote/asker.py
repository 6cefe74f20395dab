"""One question with one form of reply: the reply that was kept, or a new one.

A reply that could be read is kept under its key; of any other only what it cost is. It knows no
passages and no prompts.
"""

from collections.abc import Callable
from typing import TypeVar

from gemma_garage.augment.remote.ask import ask_patiently
from gemma_garage.augment.remote.gate import Gate, Patience
from gemma_garage.augment.remote.keys import KeptCalls
from gemma_garage.augment.remote.provider import Answer, Provider, Question
from gemma_garage.augment.remote.usage import Usage

Found = TypeVar("Found")


class Asker:
    """Asks `provider`, from any thread. `calls`: where replies are kept, if anywhere."""

    def __init__(
        self, provider: Provider, task: str, calls: KeptCalls | None, patience: Patience
    ) -> None:
        self.usage = Usage()
        self._provider, self._task = provider, task
        self._calls, self._patience = calls, patience

    def ask(
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
            name = self._provider.name
            self._calls.keep(key if found else None, name, self._task, document_id, answer)
        if not found:
            return None, answer
        gate.use()
        return found, None
