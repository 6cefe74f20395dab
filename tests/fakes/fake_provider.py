"""A provider without a network: answers from a script, then as a well-behaved model would."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gemma_garage.augment.remote.provider import Answer, Ended, Question
from tests.fakes.facts import write_reply


class FakeProvider:
    """`enqueue` Answers, texts or errors to raise; `history` is every Question that was asked.
    `answer` replaces what it says when nothing is queued."""

    name = "fake:model"
    model = "gemini-3.5-flash-lite"  # one that the price list knows
    identity = "nowhere model"

    def __init__(self) -> None:
        self.history: list[Question] = []
        self.answer: Callable[[Question], Answer] = answer_well
        self._queue: list[Answer | Exception] = []
        self._lock = threading.Lock()

    def enqueue(self, *replies: Answer | Exception | str) -> None:
        self._queue += [Answer("whole", r, 100, 20) if isinstance(r, str) else r for r in replies]

    @contextmanager
    def connect(self) -> Iterator[None]:
        yield

    def complete(self, question: Question) -> Answer:
        with self._lock:
            self.history.append(question)
            reply = self._queue.pop(0) if self._queue else None
        if isinstance(reply, Exception):
            raise reply
        return reply or self.answer(question)


def answer_well(question: Question) -> Answer:
    return Answer("whole", write_reply(name_shape(question), question.prompt), 100, 20)


def end(ended: Ended, text: str = "") -> Answer:
    return Answer(ended, text, 100, 20)


def name_shape(question: Question) -> str:
    """The list that the reply must have: facts, conversations, gaps …"""
    return list(question.schema.model_fields)[-1]
