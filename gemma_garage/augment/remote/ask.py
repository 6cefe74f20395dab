"""Ask a remote generator about many passages: several at once, patiently, and stoppable.

It knows threads, waiting and giving up, and no provider. A failed call either says that it may
work later (`TryAgain`) or ends everything with its error.
"""

import itertools
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from gemma_garage.errors import GarageError, Stopped

GRACE_S = 5.0  # how long calls under way may still answer after a stop: they are paid for
_POLL_S = 0.1
Answer = TypeVar("Answer")
ShouldStop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long one call is repeated before its error is raised."""

    attempts: int = 6
    longest_wait_s: float = 180.0  # all waits of one call together
    first_wait_s: float = 1.0  # doubles each time, where the provider names no time


class TryAgain(Exception):
    """A call that failed but may work later.

    `final` is raised when patience is over. `wait_s`: the time the provider asked for.
    `everyone`: all threads wait (a rate limit), not only this one. `attempts`: at most so many.
    """

    def __init__(
        self,
        final: GarageError,
        *,
        wait_s: float | None = None,
        everyone: bool = False,
        attempts: int | None = None,
    ) -> None:
        super().__init__(str(final))
        self.final = final
        self.wait_s = wait_s
        self.everyone = everyone
        self.attempts = attempts


class Gate:
    """What the threads of one `ask_all` share: closed for good, or for a while."""

    def __init__(self) -> None:
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._opens_at_s = 0.0

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def close(self) -> None:
        self._closed.set()

    def sleep(self, wait_s: float) -> None:
        """Wait; raises Stopped as soon as the gate is closed for good."""
        if self._closed.wait(max(wait_s, 0.0)):
            raise Stopped("Stopped at your request. What was done until then is kept.")

    def pause(self, wait_s: float) -> None:
        """Hold back every thread that comes to `enter` for so long."""
        with self._lock:
            self._opens_at_s = max(self._opens_at_s, time.monotonic() + wait_s)

    def enter(self) -> None:
        while (left_s := self._opens_at_s - time.monotonic()) > 0:
            self.sleep(left_s)
        self.sleep(0.0)


def ask_patiently(call: Callable[[], Answer], gate: Gate, patience: Patience) -> Answer:
    """Repeat `call` while it raises TryAgain and patience lasts, then raise its `final` error."""
    waited_s = 0.0
    for attempt in itertools.count(1):
        gate.enter()
        try:
            return call()
        except TryAgain as again:
            wait_s = again.wait_s
            if wait_s is None:
                # Jitter keeps threads that failed together from coming back together.
                wait_s = patience.first_wait_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
            attempts = min(patience.attempts, again.attempts or patience.attempts)
            waited_s += wait_s
            if attempt >= attempts or waited_s > patience.longest_wait_s:
                raise again.final from again.__cause__
            if again.everyone:
                gate.pause(wait_s)
            else:
                gate.sleep(wait_s)
    raise AssertionError("unreachable")


def ask_all(
    count: int,
    ask: Callable[[int, Gate], Answer],
    *,
    threads: int = 4,
    should_stop: ShouldStop | None = None,
    grace_s: float = GRACE_S,
) -> Iterator[tuple[int, Answer]]:
    """Yield (index, answer) for 0 ≤ index < count, in the order in which answers come.

    When `should_stop` turns true no further call begins, calls under way get `grace_s` to finish
    and are yielded too, then the iteration ends. The first error stops the others in the same
    way and is raised after what was finished has been yielded.
    """
    gate = Gate()
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[int, Answer] | Exception | None] = queue.SimpleQueue()
    for index in range(count):
        todo.put(index)

    def work() -> None:
        while not gate.closed:
            try:
                index = todo.get_nowait()
                answers.put((index, ask(index, gate)))
            except (queue.Empty, Stopped):
                break
            except Exception as error:  # noqa: BLE001  (raised again below, in the asking thread)
                answers.put(error)
                break
        answers.put(None)

    # Daemon threads, and no executor: a call that hangs must not keep the process from ending.
    working = min(threads, count)
    for number in range(working):
        threading.Thread(target=work, name=f"ask-{number}", daemon=True).start()
    failure: Exception | None = None
    leave_at_s = float("inf")
    try:
        while working and time.monotonic() < leave_at_s:
            if not gate.closed and should_stop is not None and should_stop():
                gate.close()
                leave_at_s = time.monotonic() + grace_s
            try:
                answer = answers.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if answer is None:
                working -= 1
            elif isinstance(answer, Exception):
                failure = failure or answer
                if not gate.closed:
                    gate.close()
                    leave_at_s = time.monotonic() + grace_s
            else:
                yield answer
    finally:
        gate.close()
    if failure is not None:
        raise failure
