"""A generator that writes what the test says, in place of a model."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gemma_garage.augment.drafts import Draft, Passage
from gemma_garage.augment.open_generator import GenerateRequest, Report
from gemma_garage.augment.remote.prompts import read_reply
from gemma_garage.garage import Garage
from tests.fakes.facts import write_facts


class ScriptedGenerator:
    """`enqueue` Drafts (or an error to raise) for the next passages; unscripted passages get
    facts that are in them. `history` is every passage asked about. `after`: called with the
    number of passages written, before the next."""

    name = "scripted"

    def __init__(self) -> None:
        self.history: list[Passage] = []
        self.requests: list[tuple[GenerateRequest, int | None]] = []
        self.after: Callable[[int], None] = lambda _: None
        self._queue: list[list[Draft] | Exception] = []

    def enqueue(self, *replies: list[Draft] | Exception) -> None:
        self._queue.extend(replies)

    def write(
        self,
        passages: Sequence[Passage],
        *,
        on_progress: Any = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]:
        for index, passage in enumerate(passages):
            if should_stop is not None and should_stop():
                return
            self.history.append(passage)
            reply = self._queue.pop(0) if self._queue else _write(passage)
            if isinstance(reply, Exception):
                raise reply
            yield index, reply
            self.after(index + 1)

    @contextmanager
    def open(
        self, garage: Garage, request: GenerateRequest, facts: int | None, report: Report
    ) -> Iterator["ScriptedGenerator"]:
        """What `generate.register` takes as its opener."""
        self.requests.append((request, facts))
        report(1.0, "Loading the script")
        yield self


def _write(passage: Passage) -> list[Draft]:
    return read_reply(write_facts(f"<passage>{passage.text}</passage>", wordings=4))
