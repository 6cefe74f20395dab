"""One owner of the memory at a time, and what is left loaded goes when another needs it."""

import threading

import pytest

from gemma_garage.errors import Busy, Stopped
from gemma_garage.gemma.occupancy import Occupancy


class Kept:
    def __init__(self) -> None:
        self.freed = 0

    def free(self) -> None:
        self.freed += 1


def test_refuses_a_second_owner_by_the_first_ones_name() -> None:
    occupancy = Occupancy()
    with (
        occupancy.claim("training run 3"),
        pytest.raises(Busy, match="training run 3"),
        occupancy.claim("Compare", brief=True),
    ):
        pass
    assert occupancy.owner is None


def test_is_free_again_after_an_error() -> None:
    occupancy = Occupancy()
    with pytest.raises(ZeroDivisionError), occupancy.claim("exam"):
        raise ZeroDivisionError
    with occupancy.claim("training run 3"):
        assert occupancy.owner == "training run 3"


def test_frees_what_was_left_loaded_unless_the_next_owner_keeps_it() -> None:
    occupancy, model = Occupancy(), Kept()
    with occupancy.claim("Compare"):
        occupancy.lend(model)
    with occupancy.claim("Compare", keeps=True):
        assert occupancy.lent is model
    assert model.freed == 0
    with occupancy.claim("training run 3"):
        assert model.freed == 1
        assert occupancy.lent is None


def test_frees_an_earlier_model_when_another_is_left() -> None:
    occupancy, first, second = Occupancy(), Kept(), Kept()
    occupancy.lend(first)
    occupancy.lend(second)
    occupancy.lend(second)
    assert (first.freed, second.freed) == (1, 0)
    occupancy.release()
    occupancy.release()
    assert second.freed == 1


def test_waits_for_a_brief_owner_and_then_goes_on() -> None:
    occupancy = Occupancy()
    inside, leave, order = threading.Event(), threading.Event(), []

    def answer() -> None:
        with occupancy.claim("an answer", brief=True):
            inside.set()
            leave.wait(10)
            order.append("answer")

    def train() -> None:
        with occupancy.claim("training run 3"):
            order.append("run")

    threads = [threading.Thread(target=answer), threading.Thread(target=train)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    leave.set()
    for thread in threads:
        thread.join(10)
    assert order == ["answer", "run"]


def test_stops_waiting_when_asked() -> None:
    occupancy = Occupancy()
    with (
        occupancy.claim("an answer", brief=True),
        pytest.raises(Stopped, match="an answer"),
        occupancy.claim("exam", should_stop=lambda: True),
    ):
        pass
