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
        occupancy.lend("a", model)
    with occupancy.claim("Compare", keeps=True):
        assert occupancy.find("a") is model
    assert model.freed == 0
    with occupancy.claim("training run 3"):
        assert model.freed == 1
        assert occupancy.find("a") is None


def test_frees_an_earlier_model_when_another_is_left_in_its_place() -> None:
    occupancy, first, second = Occupancy(), Kept(), Kept()
    occupancy.lend("a", first)
    occupancy.lend("a", second)
    occupancy.lend("a", second)
    assert (first.freed, second.freed) == (1, 0)
    occupancy.release()
    occupancy.release()
    assert second.freed == 1


def test_models_leave_by_least_use_and_no_more_than_needed() -> None:
    occupancy = Occupancy()
    models = {key: Kept() for key in "abcd"}
    for key, model in models.items():
        occupancy.lend(key, model)
    assert occupancy.find("a") is models["a"]  # b was used longest ago now

    def fits() -> bool:
        return len(occupancy.left) <= 2

    assert occupancy.make_room(fits, kept={"c"})
    assert {key: model.freed for key, model in models.items()} == {"a": 0, "b": 1, "c": 0, "d": 1}
    assert not occupancy.make_room(lambda: False, kept={"c"})
    assert occupancy.left == [models["c"]]


def test_gives_back_only_what_nobody_uses() -> None:
    occupancy, model = Occupancy(), Kept()
    with occupancy.claim("an answer", brief=True):
        occupancy.lend("a", model)
        occupancy.release_if_idle()
        assert model.freed == 0
    occupancy.release_if_idle()
    assert model.freed == 1


def test_long_work_is_waited_for_by_who_wants_to() -> None:
    occupancy, order = Occupancy(), []
    waiting = threading.Event()

    def should_stop() -> bool:
        waiting.set()
        return False

    def ask() -> None:
        with occupancy.claim("an answer", brief=True, waits=True, should_stop=should_stop):
            order.append("answer")

    with occupancy.claim("training run 3"):
        assert occupancy.busy_with == "training run 3"
        thread = threading.Thread(target=ask)
        thread.start()
        assert waiting.wait(10)
        order.append("run")
    thread.join(10)
    assert order == ["run", "answer"]
    with occupancy.claim("an answer", brief=True):
        assert occupancy.busy_with is None


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
