"""What all threads of one generation share: the pause a provider asks for, and a circuit breaker.

A rate limit holds everyone back until the time that the provider names. Failures in a row, whoever
meets them, open the breaker: everyone waits, then one call goes first to see whether the provider
is back (Nygard 2007, "Release It!", "Circuit Breaker"). It makes no call and knows no provider.
"""

import random
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from gemma_garage.errors import GarageError, GeneratorError, Stopped

_LONG_PAUSE_S = 45.0  # worth telling the user, and worth one call alone afterwards
_LONGEST_COOL_S = 30.0
_SAID_CHARACTERS = 160  # of a reply that is of no use
_BEARABLE_LOSSES = 3  # passages in a row that cannot be had while others can


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a call is repeated before its error is raised."""

    attempts: int = 6  # of one call
    longest_wait_s: float = 180.0  # all waits of one call; an outage, where calls worked before
    first_wait_s: float = 1.0  # doubles each time, where the provider names no time
    longest_pause_s: float = 26 * 3600.0  # that a provider may ask for: past a day's quota
    trip_after: int = 10  # failures in a row of all threads together
    useless_after: int = 12  # answered, but of no use, in a row: three passages asked four times


class TryAgain(Exception):
    """A call that failed but may work later.

    `final` is raised when patience is over. `wait_s`: the time the provider asked for.
    `everyone`: all threads wait (a rate limit), not only this one. `attempts`: at most so many.
    `notice`: what the user reads while everyone waits.
    """

    def __init__(
        self,
        final: GarageError,
        *,
        wait_s: float | None = None,
        everyone: bool = False,
        attempts: int | None = None,
        notice: str = "",
    ) -> None:
        super().__init__(str(final))
        self.final = final
        self.wait_s = wait_s
        self.everyone = everyone
        self.attempts = attempts
        self.notice = notice


def say_pause(wait_s: float, why: str) -> str:
    """What the user reads while everyone waits: until when, and why."""
    return f"Paused until {say_clock(wait_s)}, {say_left(wait_s)} left: {why}. Stop ends it."


def say_clock(wait_s: float) -> str:
    """`09:00`, so long from now, by the clock of this machine."""
    return (datetime.now().astimezone() + timedelta(seconds=wait_s)).strftime("%H:%M")


def say_left(wait_s: float) -> str:
    return f"{wait_s / 3600:.1f} h" if wait_s >= 3600 else f"{max(wait_s / 60, 1):.0f} min"


class Gate:
    """`enter` before a call, then `succeed`, `fail` or `pause`; `close` ends everything.

    `notice` says what everyone waits for, "" while calls are made. Clock: seconds of the wall, so
    that a machine that slept wakes up in time.
    """

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._turn = threading.Condition()
        self._closed = threading.Event()
        self._opens_at_s = 0.0
        self._spread_s = 0.0  # threads come back within so much after a pause, not at once
        self._tripped = False
        self._probe: int | None = None  # the thread that goes first
        self._cool_s = 0.0
        self._failures = 0  # in a row
        self._failing_since_s = 0.0
        self._paused_s = 0.0  # asked for since the last answer
        self._answers = 0
        self._losses = 0  # in a row
        self._useless = 0  # in a row
        self.notice = ""

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def close(self) -> None:
        self._closed.set()
        with self._turn:
            self._turn.notify_all()

    def sleep(self, wait_s: float) -> None:
        """Wait; raises Stopped as soon as the gate is closed for good."""
        if self._closed.wait(max(wait_s, 0.0)):
            raise Stopped("Stopped at your request. What was done until then is kept.")

    def enter(self) -> None:
        """Wait until a call may be made. Raises Stopped."""
        late = random.random()
        with self._turn:
            while not self.closed:
                spread_s = 0.0 if self._tripped else late * self._spread_s
                left_s = self._opens_at_s + spread_s - time.time()
                if left_s > 0:
                    self._turn.wait(left_s)
                elif self._tripped and self._probe is not None:
                    self._turn.wait()
                else:
                    if self._tripped:
                        self._probe = threading.get_ident()
                    return
        self.sleep(0.0)

    def succeed(self) -> None:
        """An answer came, of whatever worth: the provider is there."""
        with self._turn:
            self._answers += 1
            self._failures = self._losses = 0
            self._failing_since_s = self._paused_s = 0.0
            if time.time() >= self._opens_at_s:
                self._reopen()

    def leave(self) -> None:
        """The call ended in an error that no repeating mends: another may go first."""
        with self._turn:
            self._release_probe()

    def pause(self, again: TryAgain) -> None:
        """Hold everyone back as long as the provider asks. Raises `again.final` when that, with
        what was asked since the last answer, is longer than patience lasts."""
        wait_s = again.wait_s or 0.0
        with self._turn:
            now_s = time.time()
            opens_at_s = max(self._opens_at_s, now_s + wait_s)
            self._paused_s += opens_at_s - max(self._opens_at_s, now_s)
            self._release_probe()
            if self._paused_s > self._patience.longest_pause_s:
                raise again.final
            self._opens_at_s, self._spread_s = opens_at_s, min(1.0, 0.1 * wait_s)
            if wait_s >= _LONG_PAUSE_S:
                self._tripped, self.notice = True, again.notice

    def fail(self, again: TryAgain) -> bool:
        """Count a failure; True when everyone now waits, so that it is not this call's own.

        Raises `again.final` when the provider has been away for longer than patience lasts.
        """
        with self._turn:
            now_s = time.time()
            self._failures += 1
            self._failing_since_s = self._failing_since_s or now_s
            probing = self._probe == threading.get_ident()
            self._release_probe()
            if self._tripped:
                longest_s = self._patience.longest_wait_s
                if probing and now_s - self._failing_since_s > (
                    longest_s if self._answers else longest_s / 6
                ):
                    raise again.final
                if probing:
                    self._cool(min(2 * self._cool_s, _LONGEST_COOL_S), again)
            elif self._failures >= self._patience.trip_after:
                self._tripped = True
                self._cool(2 * self._patience.first_wait_s, again)
            return self._tripped

    def lose(self) -> bool:
        """Count a passage that cannot be had; True when the work can go on without it."""
        with self._turn:
            self._losses += 1
            return self._answers > 0 and self._losses < _BEARABLE_LOSSES

    def use(self) -> None:
        """A reply could be read."""
        with self._turn:
            self._useless = 0

    def waste(self, who: str, replies: int, ended: str, text: str) -> None:
        """Count the replies of one passage, none of which was of use; `ended` and `text` are the
        last one's. Raises GeneratorError when too many came in a row: a model that cannot do it,
        or a wrong address, would be paid for every passage."""
        with self._turn:
            self._useless += replies
            count = self._useless
        if count < self._patience.useless_after:
            return
        said = " ".join(text.split())
        said = said if len(said) <= _SAID_CHARACTERS else said[:_SAID_CHARACTERS] + "…"
        last = f"The last one was “{said}”" if said else "The last one was empty"
        last += {"cut-off": ", cut off at its length", "whole": ""}.get(ended, ", held back")
        raise GeneratorError(
            f"{who} gave {count} replies in a row that are of no use. {last}. Choose another model "
            "(small ones often cannot keep to the form) or check the address. What was written "
            "until now is kept; the passages that gave nothing are asked again next time."
        )

    def _cool(self, cool_s: float, again: TryAgain) -> None:
        self._cool_s = cool_s
        wait_s = max(cool_s * random.uniform(0.5, 1.0), again.wait_s or 0.0)
        self._opens_at_s = max(self._opens_at_s, time.time() + wait_s)
        self.notice = f"Waiting: {again.final}"

    def _release_probe(self) -> None:
        if self._probe == threading.get_ident():
            self._probe = None
            self._turn.notify_all()

    def _reopen(self) -> None:
        self._tripped, self._probe, self._cool_s, self.notice = False, None, 0.0, ""
        self._turn.notify_all()
