"""One prompt, answered by base and tuned side by side while both are being written.

Both columns come out of one generator; the decoding runs in a thread of its own, so that a page
that went away, or reads slowly, never holds the model's memory longer than the answer takes.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from typing import Any

from gemma_garage.errors import BadInput, Stopped
from gemma_garage.garage import Garage
from gemma_garage.gemma.turns import encode_prompt, require_room
from gemma_garage.infer.pair import Side, decode_pair
from gemma_garage.infer.session import BASE, Session, find_trained_run, open_session
from gemma_garage.schema import Comparison
from gemma_garage.store import Store

MOST_NEW_TOKENS = 4_096
HOTTEST = 2.0


@dataclass(frozen=True, slots=True)
class Column:
    """One side. `first_token_s` and `tokens_per_second` (of the tokens after the first) count the
    time in which this side was computed (None: not yet known), `total_s` the time since both
    began."""

    text: str
    first_token_s: float | None
    tokens_per_second: float | None
    tokens: int
    done: bool
    total_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PastComparison:
    """A prompt that was answered before."""

    id: int
    run_id: int
    prompt: str
    base: Column
    tuned: Column
    created: str


def compare(
    garage: Garage,
    run_id: int,
    prompt: str,
    *,
    max_new_tokens: int = 128,
    temperature: float = 0.0,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[tuple[Column, Column]]:
    """Yield (base, tuned) as they grow; the last pair is done and is stored as a Comparison.

    Who asks while another is being answered is served next. A stop (`should_stop`, or closing the
    iterator) ends within a token and stores nothing; a stop by `should_stop` gives what was
    written as done. Raises BadInput (nothing to ask, too long for the model, Run without adapter)
    at once, Busy while a run trains, ModelError.
    """
    question = prompt.strip()
    if not question:
        raise BadInput("There is nothing to ask: the prompt is empty. Type a question.")
    if not 1 <= max_new_tokens <= MOST_NEW_TOKENS:
        raise BadInput(
            f"The longest answer is {max_new_tokens} tokens; 1 to {MOST_NEW_TOKENS:,} are "
            "possible. Choose another length."
        )
    if not 0 <= temperature <= HOTTEST:
        raise BadInput(
            f"The temperature is {temperature:g}; 0 (always the likeliest word) to {HOTTEST:g} "
            "are possible. Choose another."
        )
    find_trained_run(garage.store, run_id)
    asked = _Asked(garage, run_id, question, max_new_tokens, temperature, seed)
    return _follow(asked, should_stop)


def history(store: Store, project_id: int, limit: int = 50) -> list[PastComparison]:
    """What was compared in this project, newest first."""
    past = []
    for row in store.comparisons(project_id, limit):
        base, tuned = (_read_column(column) for column in row.columns)
        past.append(PastComparison(row.id, row.run_id, row.prompt, base, tuned, row.created))
    return past


@dataclass(frozen=True, slots=True)
class _Asked:
    garage: Garage
    run_id: int
    question: str
    max_new_tokens: int
    temperature: float
    seed: int

    def answer(
        self, show: Callable[[tuple[Column, Column]], None], leaving: Callable[[], bool]
    ) -> None:
        """Decode in this thread, and keep the Comparison."""
        owner = "an answer in Compare"
        with open_session(
            self.garage, self.run_id, owner, brief=True, should_stop=leaving
        ) as session:
            ids = encode_prompt(session.tokenizer, self.question)
            room = require_room(ids, session.context_tokens)
            started_s = time.perf_counter()
            columns: tuple[Column, Column] | None = None
            for sides in decode_pair(
                session.model,
                (BASE, session.adapter_name),
                ids,
                stop_ids=session.stop_ids,
                pad_id=session.pad_id,
                max_new_tokens=min(self.max_new_tokens, room),
                together=session.machine.kind == "cuda" and not session.is_whole,
                temperature=self.temperature,
                seed=self.seed,
                should_stop=leaving,
            ):
                total_s = time.perf_counter() - started_s
                base, tuned = (_draw(session, side, total_s) for side in sides)
                columns = (base, tuned)
                if not (base.done and tuned.done):
                    show(columns)
        if columns is None:
            return
        # Stored before the last pair is shown: who sees it done finds it in the history.
        run = find_trained_run(self.garage.store, self.run_id)
        self.garage.store.add(
            Comparison(
                project_id=run.project_id,
                run_id=run.id,
                prompt=self.question,
                columns=[asdict(column) for column in columns],
            )
        )
        show(columns)


def _follow(
    asked: _Asked, should_stop: Callable[[], bool] | None
) -> Iterator[tuple[Column, Column]]:
    shown: queue.SimpleQueue[tuple[Column, Column] | None] = queue.SimpleQueue()
    left = threading.Event()

    def leaving() -> bool:
        return left.is_set() or (should_stop is not None and should_stop())

    def work() -> None:
        try:
            asked.answer(shown.put, leaving)
        finally:
            shown.put(None)

    executor = ThreadPoolExecutor(1, thread_name_prefix="compare")
    last: tuple[Column, Column] | None = None
    try:
        future = executor.submit(work)
        while (columns := _take_latest(shown)) is not None:
            last = columns
            yield columns
        try:
            future.result()
        except Stopped:
            if last is not None:
                yield _end(last[0]), _end(last[1])
    finally:
        left.set()
        executor.shutdown(wait=False)


def _take_latest(
    shown: "queue.SimpleQueue[tuple[Column, Column] | None]",
) -> tuple[Column, Column] | None:
    """Wait for the next pair; pairs a slow reader missed are passed over."""
    columns = shown.get()
    while columns is not None and not shown.empty():
        following = shown.get()
        if following is None:
            shown.put(None)
            break
        columns = following
    return columns


def _draw(session: Session, side: Side, total_s: float) -> Column:
    text = str(session.tokenizer.decode(side.ids, skip_special_tokens=True))
    if not side.done:
        text = text.rstrip("\ufffd")  # a character whose bytes are not all there
    return Column(
        text, side.first_token_s, side.tokens_per_second, len(side.ids), side.done, total_s
    )


def _end(column: Column) -> Column:
    return Column(**{**asdict(column), "done": True})


def _read_column(stored: dict[str, Any]) -> Column:
    known = {field.name for field in fields(Column)}
    return Column(**{name: value for name, value in stored.items() if name in known})
