"""A generator that writes what the test says, in place of a model."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from gemma_garage.augment.drafts import Ask, Draft, Passage
from gemma_garage.augment.open_generator import Report
from gemma_garage.augment.remote.replies import read_drafts
from gemma_garage.augment.request import GenerateRequest
from gemma_garage.garage import Garage
from tests.fakes.facts import write_facts


class ScriptedGenerator:
    """`enqueue` Drafts (or an error to raise) for the next passages; unscripted passages get
    facts that are in them. `history` is every passage asked about. `after`: called with the
    number of passages written, before the next."""

    name = "scripted"

    def __init__(self) -> None:
        self.history: list[Passage] = []
        self.asks: list[Ask] = []
        self.requests: list[GenerateRequest] = []
        self.after: Callable[[int], None] = lambda _: None
        self._queue: list[list[Draft] | Exception] = []

    def enqueue(self, *replies: list[Draft] | Exception) -> None:
        self._queue.extend(replies)

    def write(
        self,
        asks: Sequence[Ask],
        *,
        should_stop: Callable[[], bool] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]:
        for index, ask in enumerate(asks):
            if should_stop is not None and should_stop():
                return
            self.asks.append(ask)
            self.history.append(ask.passage)
            reply = self._queue.pop(0) if self._queue else _write(ask.passage)
            if isinstance(reply, Exception):
                raise reply
            yield index, reply
            self.after(index + 1)

    @contextmanager
    def open(
        self,
        garage: Garage,
        project_id: int,
        request: GenerateRequest,
        report: Report,
        job_id: int | None = None,
    ) -> Iterator["ScriptedGenerator"]:
        """What `generate.register` takes as its opener."""
        self.requests.append(request)
        report(1.0, "Loading the script")
        yield self


def _write(passage: Passage) -> list[Draft]:
    text = write_facts(f"<passage>{passage.text}</passage>", wordings=4)
    return read_drafts("factual", json.loads(text), passage.text)
