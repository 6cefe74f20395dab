"""What the ways of generating share while one Job runs. Next to no behaviour."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gemma_garage.augment.drafts import Draft
from gemma_garage.augment.open_generator import Generator
from gemma_garage.augment.quality import Duplicates, Place
from gemma_garage.augment.quality.meaning import find_meaning
from gemma_garage.augment.request import GenerateRequest
from gemma_garage.augment.tally import Tally
from gemma_garage.garage import Garage
from gemma_garage.jobs import REPORT_EVERY_S, Progress
from gemma_garage.schema import Example

OPENING_SHARE = 0.05  # of the progress bar: obtaining and loading the local model
_MOST_SEEDS = 12  # rows shown as a manner to keep


@dataclass(slots=True)
class Errand:
    """One generation under way. `newest`: the last Example there was when it was asked for, so
    that rows it wrote itself are never its own models, also after a crash."""

    garage: Garage
    project_id: int
    request: GenerateRequest
    open: Callable[[], Generator]
    progress: Progress
    tally: Tally
    newest: int
    opened: list[Generator] = field(default_factory=list)
    reported_s: float = float("-inf")

    @property
    def generator(self) -> Generator:
        """Opened when it is first needed: a model is not loaded for nothing."""
        if not self.opened:
            self.opened.append(self.open())
        return self.opened[0]

    def should_stop(self) -> bool:
        return self.progress.stop_requested or (self.request.is_remote and self.tally.reached)

    def report(self, notice: str = "") -> None:
        """How far it is, or what it waits for; the former not at every step of a fast one."""
        if not notice and time.monotonic() < self.reported_s + REPORT_EVERY_S:
            return
        self.reported_s = time.monotonic()
        share = OPENING_SHARE + self.tally.fraction * (1 - OPENING_SHARE)
        self.progress.report(min(share, 0.999), notice or self.tally.describe())

    def find_rows(self) -> Sequence[Example]:
        """All accepted and edited Examples of the project."""
        accepted = ("accepted", "edited")
        return self.garage.store.examples(self.project_id, statuses=accepted)[0]

    def find_duplicates(self) -> Duplicates:
        """What stands already, so that it is not accepted twice."""
        return open_duplicates(self.garage, self.project_id)

    def find_seeds(self) -> tuple[Draft, ...]:
        """The rows whose manner is to be kept, where the request names some."""
        ids = self.request.seed_example_ids
        if ids is None:
            return ()
        chosen = [row for row in self.find_rows() if row.id in ids]
        return tuple(read_row(row) for row in chosen[:_MOST_SEEDS])


def open_duplicates(garage: Garage, project_id: int) -> Duplicates:
    """What is accepted or still to be looked at; the last turn of a conversation is no question."""
    known = ("accepted", "edited", "generated")
    duplicates = Duplicates(meaning=find_meaning(garage.workspace))
    for row in garage.store.examples(project_id, statuses=known)[0]:
        if not row.turns:
            duplicates.add(row.question, row.answer, find_place(row))
    return duplicates


def find_place(row: Example) -> Place:
    """Whose wordings it is one of: those of its fact; its own where no passage belongs to it."""
    return Place(0, row.id) if row.chunk_id is None else Place(row.chunk_id, row.fact)


def read_row(row: Example, fact: int | None = None) -> Draft:
    """An Example as a generator sees it; `fact` numbers it anew."""
    return Draft(
        row.question, row.answer, row.evidence, row.kind, row.fact if fact is None else fact
    )
