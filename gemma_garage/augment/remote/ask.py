"""Ask about many passages: several at once, patiently, and stoppable.

It knows threads, waiting and giving up, and no provider. A failed call either says that it may
work later (`TryAgain`) or ends everything with its error.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from gemma_garage.augment.remote.gate import Gate, Patience, TryAgain
from gemma_garage.errors import GarageError, Stopped

GRACE_S = 5.0  # how long calls under way may still answer after a stop: they are paid for
_POLL_S = 0.1
Answer = TypeVar("Answer")
ShouldStop = Callable[[], bool]


class GaveUp(Exception):
    """One call failed as often as patience allows; `final` is the error for the user."""

    def __init__(self, final: GarageError) -> None:
        super().__init__(str(final))
        self.final = final


def ask_patiently(call: Callable[[], Answer], gate: Gate, patience: Patience) -> Answer:
    """Repeat `call` while it raises TryAgain and patience lasts.

    Raises GaveUp when it is this call that does not work, the error itself when none does.
    """
    waited_s, tries = 0.0, 0
    while True:
        gate.enter()
        try:
            answer = call()
        except TryAgain as again:
            if again.everyone and again.wait_s is not None:
                gate.pause(again)
                continue
            if gate.fail(again):
                continue
            tries += 1
            wait_s = again.wait_s
            if wait_s is None:
                # Jitter keeps threads that failed together from coming back together.
                wait_s = patience.first_wait_s * 2 ** (tries - 1) * random.uniform(0.5, 1.0)
            waited_s += wait_s
            if tries >= min(patience.attempts, again.attempts or patience.attempts):
                raise GaveUp(again.final) from again.__cause__
            if waited_s > patience.longest_wait_s:
                raise GaveUp(again.final) from again.__cause__
            if again.everyone:
                gate.pause(TryAgain(again.final, wait_s=wait_s, notice=again.notice))
            else:
                gate.sleep(wait_s)
        except BaseException:
            gate.leave()
            raise
        else:
            gate.succeed()
            return answer


def ask_all(
    count: int,
    ask: Callable[[int, Gate], Answer],
    *,
    threads: int = 4,
    patience: Patience | None = None,
    should_stop: ShouldStop | None = None,
    on_notice: Callable[[str], None] | None = None,
    grace_s: float = GRACE_S,
) -> Iterator[tuple[int, Answer]]:
    """Yield (index, answer) for 0 ≤ index < count, in the order in which answers come.

    When `should_stop` turns true no further call begins, calls under way get `grace_s` to finish
    and are yielded too, then the iteration ends. The first error stops the others in the same
    way and is raised after what was finished has been yielded. `on_notice` hears what everyone
    waits for, and "" when it goes on.
    """
    gate = Gate(patience)
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
    noticed = ""
    try:
        while working and time.monotonic() < leave_at_s:
            if not gate.closed and should_stop is not None and should_stop():
                gate.close()
                leave_at_s = time.monotonic() + grace_s
            if on_notice is not None and gate.notice != noticed:
                noticed = gate.notice
                on_notice(noticed)
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
