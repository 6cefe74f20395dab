"""One prompt, answered by several side by side while all are being written.

All columns come out of one generator; the decoding runs in a thread of its own, so that a page
that went away, or reads slowly, never holds the model's memory longer than the answer takes.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from gemma_garage.errors import BadInput, NotFound, Stopped
from gemma_garage.garage import Garage
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.turns import encode_prompt, require_room
from gemma_garage.infer.answerers import Answerer, Answerers, find_answerers
from gemma_garage.infer.column import (
    Column,
    PastComparison,
    read_comparison,
    score_column,
    tell_conversation,
)
from gemma_garage.infer.decode_columns import Side, decode_columns
from gemma_garage.infer.kept_answers import find_answer, find_base_print, keep_answer, make_key
from gemma_garage.infer.request import Request
from gemma_garage.infer.session import Session, open_answerers
from gemma_garage.infer.structure import read_schema
from gemma_garage.schema import Comparison

Columns = tuple[Column, ...]
WhileBusy = Literal["refuse", "wait", "processor"]
OWNER = "an answer in Compare"
BEAT_S = 1.0


def compare(
    garage: Garage,
    request: Request,
    *,
    while_busy: WhileBusy = "refuse",
    should_stop: Callable[[], bool] | None = None,
    on_kept: Callable[[int], None] | None = None,
) -> Iterator[Columns]:
    """Yield the columns as they grow; the last ones are done and are stored as a Comparison.

    What was asked before in the same way comes from the cache. Who asks while another is being
    answered is served next. `while_busy`: what to do while a run or an exam has the memory: refuse
    (Busy), wait for its end, or answer on the processor beside a run that has the GPU. A stop
    (`should_stop`, or closing the iterator) ends within a token and stores what was written, with
    columns that are not done; a stop by `should_stop` gives it as done. `on_kept` gets the id of a
    Comparison that was not stopped, before the last columns are shown. Raises BadInput and NotFound
    (what cannot be asked) at once, Busy, ModelError, MachineError.
    """
    names = tuple(dict.fromkeys(request.names))
    request = replace(request, prompt=request.prompt.strip(), names=names)
    request.check()
    past = _find_past(garage, request)
    if past:
        request = replace(request, system=past[0].settings.get("system", ""))
    asked = find_answerers(garage, request.project_id, _order(request, past))
    on_processor = while_busy == "processor" and garage.occupancy.busy_with is not None
    if on_processor and detect_machine().kind != "cuda":
        raise BadInput(
            f"This machine has no GPU, so {garage.occupancy.busy_with} computes on its processor "
            "already. Wait until it is finished, or stop it."
        )
    asking = _Asking(garage, request, asked, past, while_busy == "wait", on_processor, on_kept)
    return _follow(asking, should_stop)


def say_busy(garage: Garage) -> str | None:
    """What has the memory now, and what one can do; None: nothing has."""
    busy = garage.occupancy.busy_with
    if busy is None:
        return None
    choice = (
        "Wait for its end, or let the processor answer, which is slower."
        if detect_machine().kind == "cuda"
        else "This machine has no GPU to share: what you ask is answered when it has ended."
    )
    return f"In use by {busy}. {choice}"


@dataclass(frozen=True, slots=True)
class _Asking:
    garage: Garage
    request: Request
    asked: Answerers
    past: list[PastComparison]
    waits: bool
    on_processor: bool
    on_kept: Callable[[int], None] | None

    def answer(self, show: Callable[[Columns], None], leaving: Callable[[], bool]) -> None:
        """Answer in this thread, and keep the Comparison."""
        keys = self._make_keys()
        found = {
            who.name: column
            for who in self.asked.all
            if who.name in keys and (column := find_answer(self.garage, keys[who.name], who))
        }
        columns = [found.get(who.name) or _begin(who) for who in self.asked.all]
        if any(not column.done for column in columns):
            show(tuple(columns))
            columns = self._write(columns, show, leaving)
            keys = keys or self._make_keys()  # the base was not here before
            for column in columns:
                if not column.cached and column.name in keys:
                    keep_answer(self.garage, keys[column.name], self.asked.base_model, column)
        # Stored before the last columns are shown: who sees them done finds them in the history.
        kept_id, last = self._keep(columns)
        if self.on_kept is not None:
            self.on_kept(kept_id)
        show(last)

    def _keep(self, columns: Sequence[Column]) -> tuple[int, Columns]:
        """Store the Comparison; gives its id and the columns with their scores."""
        request = self.request
        schema = read_schema(request.schema) if request.schema.strip() else None
        last = tuple(
            score_column(column, request.prompt, request.reference, schema) for column in columns
        )
        kept = self.garage.store.add(
            Comparison(
                project_id=request.project_id,
                run_id=self.asked.first_run_id,
                prompt=request.prompt,
                columns=[column.store() for column in last],
                conversation_id=request.conversation_id,
                settings=keep_settings(request),
            )
        )
        return kept.id, last

    def _write(
        self,
        columns: Sequence[Column],
        show: Callable[[Columns], None],
        leaving: Callable[[], bool],
    ) -> list[Column]:
        with open_answerers(
            self.garage,
            self.asked,
            OWNER,
            brief=True,
            waits=self.waits,
            on_processor=self.on_processor,
            should_stop=leaving,
        ) as session:
            sides = {
                column.name: self._prepare(session, column.name)
                for column in columns
                if not column.done
            }
            started_s = time.perf_counter()
            drawing, written = self.request.drawing, list(columns)
            try:
                for _ in decode_columns(
                    session.forward,
                    list(sides.values()),
                    device=session.device,
                    stop_ids=session.stop_ids,
                    pad_id=session.pad_id,
                    shares_batch=session.shares_batch,
                    sampling=drawing.sampling,
                    seed=drawing.seed,
                    should_stop=leaving,
                ):
                    total_s = time.perf_counter() - started_s
                    written = [
                        _draw(session, column, sides[column.name], total_s)
                        if column.name in sides
                        else column
                        for column in written
                    ]
                    if not all(column.done for column in written):
                        show(tuple(written))
            except Stopped:
                if any(column.text for column in written):
                    self._keep(written)
                raise
        return written

    def _prepare(self, session: Session, name: str) -> Side:
        turns = tell_conversation(self.past, name, self.request.system)
        ids = encode_prompt(session.tokenizer, self.request.prompt, turns)
        try:
            room = require_room(ids, session.context_tokens)
        except BadInput as error:
            if not self.past:
                raise
            raise BadInput(
                f"{error} What was said before counts too: or begin a new conversation."
            ) from error
        return Side(name, ids, min(self.request.drawing.max_new_tokens, room))

    def _make_keys(self) -> dict[str, str]:
        """By name, under what the answer is kept; empty while the base is not here yet."""
        base_print = find_base_print(self.garage, self.asked)
        if base_print is None:
            return {}
        request = self.request
        device = "cpu" if self.on_processor else detect_machine().kind
        keys = {}
        for who in self.asked.all:
            told = tell_conversation(self.past, who.name, request.system)
            told.append({"role": "user", "content": request.prompt})
            drawing = request.drawing.describe()
            keys[who.name] = make_key(base_print, self.asked, who, told, drawing, device)
        return keys


def keep_settings(request: Request) -> dict[str, Any]:
    """How it was asked, as a Comparison keeps it. Of a blind one the order of its columns is the
    one in which they stood on the page."""
    return {
        "system": request.system.strip(),
        "drawing": asdict(request.drawing),
        "reference": request.reference,
        "schema": request.schema.strip(),
        "blind": request.blind,
    }


def _order(request: Request, past: Sequence[PastComparison]) -> tuple[str, ...]:
    """The columns in which the answers stand: as asked for, or, for a blind vote, by lot, but the
    same all through a conversation."""
    if past:
        return tuple(column.name for column in past[0].columns)
    names = list(request.names)
    if request.blind:
        random.SystemRandom().shuffle(names)
    return tuple(names)


def _find_past(garage: Garage, request: Request) -> list[PastComparison]:
    """What the conversation has said so far. BadInput: it was with others."""
    if request.conversation_id is None:
        return []
    past = [read_comparison(row) for row in garage.store.conversation(request.conversation_id)]
    first = garage.store.get(Comparison, request.conversation_id)
    if first.project_id != request.project_id:
        raise NotFound("This conversation belongs to another project. Reload the page.")
    if any({column.name for column in row.columns} != set(request.names) for row in past):
        raise BadInput(
            "This conversation was with other columns. Choose the same ones again, or begin a new "
            "conversation."
        )
    return past


def _follow(asking: _Asking, should_stop: Callable[[], bool] | None) -> Iterator[Columns]:
    shown: queue.SimpleQueue[Columns | None] = queue.SimpleQueue()
    left = threading.Event()

    def leaving() -> bool:
        return left.is_set() or (should_stop is not None and should_stop())

    def work() -> None:
        try:
            asking.answer(shown.put, leaving)
        finally:
            shown.put(None)

    executor = ThreadPoolExecutor(1, thread_name_prefix="compare")
    last: Columns | None = None
    try:
        future = executor.submit(work)
        while (columns := _take_latest(shown, last)) is not None:
            last = columns
            yield columns
        try:
            future.result()
        except Stopped:
            if last is not None:
                yield tuple(replace(column, done=True) for column in last)
    finally:
        left.set()
        executor.shutdown(wait=False)


def _take_latest(
    shown: "queue.SimpleQueue[Columns | None]", last: Columns | None
) -> Columns | None:
    """Wait for the next columns, passing over those a slow reader missed; None: no more come. While
    nothing comes, `last` again now and then: a page that stopped listening is noticed so."""
    try:
        columns = shown.get(timeout=None if last is None else BEAT_S)
    except queue.Empty:
        return last
    while columns is not None and not shown.empty():
        following = shown.get()
        if following is None:
            shown.put(None)
            break
        columns = following
    return columns


def _begin(who: Answerer) -> Column:
    return Column("", None, None, 0, done=False, name=who.name, title=who.title)


def _draw(session: Session, column: Column, side: Side, total_s: float) -> Column:
    text = str(session.tokenizer.decode(side.ids, skip_special_tokens=True))
    if not side.done:
        text = text.rstrip("\ufffd")  # a character whose bytes are not all there
    return replace(
        column,
        text=text,
        first_token_s=side.first_token_s,
        tokens_per_second=side.tokens_per_second,
        tokens=len(side.ids),
        done=side.done,
        total_s=column.total_s if column.done else total_s,
    )
