"""Pauses and the circuit breaker that all threads of a generation share."""

import threading
import time
from collections.abc import Callable

import pytest

from gemma_garage.augment.remote.ask import GaveUp, ask_all, ask_patiently
from gemma_garage.augment.remote.gate import Gate, Patience, TryAgain, say_pause
from gemma_garage.errors import GeneratorError, QuotaSpent, Stopped, Unreachable

QUICK = Patience(
    attempts=4, longest_wait_s=2.0, first_wait_s=0.01, longest_pause_s=5.0, trip_after=4
)


class Line:
    """A provider that is down until `up` is set, and counts what reaches it."""

    def __init__(self) -> None:
        self.up = threading.Event()
        self.calls = 0
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def call(self) -> str:
        with self._lock:
            self.calls += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.002)
        with self._lock:
            self.at_once -= 1
        if not self.up.is_set():
            raise TryAgain(Unreachable("The line is dead."))
        return "hello"


def ask_everyone(line: Line, count: int, threads: int, patience: Patience = QUICK) -> list[str]:
    def ask(index: int, gate: Gate) -> str:
        return ask_patiently(line.call, gate, patience)

    answers = ask_all(count, ask, threads=threads, patience=patience, grace_s=0.1)
    return [answer for _, answer in answers]


def run_later(action: Callable[[], None], delay_s: float) -> None:
    timer = threading.Timer(delay_s, action)
    timer.daemon = True
    timer.start()


def test_an_outage_is_met_by_one_call_at_a_time_and_outlived() -> None:
    line = Line()
    line.up.set()
    run_later(line.up.clear, 0.03)
    run_later(line.up.set, 0.5)
    assert len(ask_everyone(line, 400, threads=16)) == 400
    # Without the breaker 16 threads would have knocked four times each, and given up.
    assert line.calls < 400 + 16 + 30


def test_an_outage_that_nothing_survives_ends_with_its_error() -> None:
    line = Line()
    with pytest.raises(Unreachable, match="The line is dead"):
        ask_everyone(line, 50, threads=8)
    assert line.calls < 40


def test_a_call_that_fails_alone_gives_up_alone() -> None:
    gate = Gate(QUICK)
    gate.succeed()

    def fail() -> str:
        raise TryAgain(GeneratorError("This one breaks me."))

    with pytest.raises(GaveUp, match="breaks me"):
        ask_patiently(fail, gate, Patience(attempts=3, first_wait_s=0.001, trip_after=10))
    assert gate.lose()


def test_losses_in_a_row_are_no_longer_bearable() -> None:
    gate = Gate(QUICK)
    assert not gate.lose()  # nothing ever worked
    gate.succeed()
    assert [gate.lose(), gate.lose(), gate.lose()] == [True, True, False]


def test_a_named_wait_is_obeyed_by_everyone_and_counts_as_no_failure() -> None:
    gate = Gate(QUICK)
    refusals = [TryAgain(QuotaSpent("slow"), wait_s=0.01, everyone=True)] * 12

    def call() -> str:
        if refusals:
            raise refusals.pop()
        return "hello"

    assert ask_patiently(call, gate, Patience(attempts=2)) == "hello"


def test_pauses_without_an_answer_between_are_at_some_time_too_long() -> None:
    gate = Gate(Patience(longest_pause_s=0.1))

    def call() -> str:
        raise TryAgain(QuotaSpent("The day is over.", 9), wait_s=0.06, everyone=True)

    with pytest.raises(QuotaSpent, match="The day is over"):
        ask_patiently(call, gate, Patience())


def test_a_pause_ends_at_once_when_the_user_stops() -> None:
    gate = Gate(Patience())
    gate.pause(TryAgain(QuotaSpent("spent"), wait_s=3600, notice=say_pause(3600, "It is spent")))
    assert gate.notice.startswith("Paused until ") and ", 1.0 h left: It is spent." in gate.notice
    run_later(gate.close, 0.05)
    with pytest.raises(Stopped):
        gate.enter()


def test_after_a_long_pause_one_call_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemma_garage.augment.remote.gate._LONG_PAUSE_S", 0.0)
    gate, inside = Gate(Patience()), []
    gate.pause(TryAgain(QuotaSpent("spent"), wait_s=0.01, notice="paused"))

    def enter() -> None:
        gate.enter()
        inside.append(threading.get_ident())

    threads = [threading.Thread(target=enter) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    assert len(inside) == 1 and gate.notice == "paused"
    gate.succeed()
    for thread in threads:
        thread.join(5)
    assert len(inside) == 3 and gate.notice == ""
