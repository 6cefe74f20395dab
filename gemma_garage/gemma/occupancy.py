"""Who holds the accelerator's memory: one owner at a time, and which models are left in it.

A session for answering (Compare, exam) keeps its models loaded between requests, because loading
takes longer than answering. Before a run starts it has to give the memory back; when another model
needs the room, the one that was used longest ago goes first. This module keeps that promise; it
loads nothing itself.
"""

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from typing import Protocol

from gemma_garage.errors import Busy, Stopped

LOOK_EVERY_S = 0.2  # how soon a waiting owner notices that it should stop


class Loaded(Protocol):
    """A model in memory that can be left there for the next owner."""

    def free(self) -> None:
        """Let go of the memory."""


class Occupancy:
    """One owner of the memory, by name. Thread-safe; a claim may end in another thread. Only who
    owns the memory may use or change what is left in it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._owner: str | None = None
        self._is_brief = False
        self._left: dict[Hashable, Loaded] = {}  # the one that was used last stands last

    @property
    def owner(self) -> str | None:
        """Who works with the model now, or None."""
        return self._owner

    @property
    def busy_with(self) -> str | None:
        """The long work (a run, an exam) that has the memory now, or None."""
        return None if self._is_brief else self._owner

    @property
    def left(self) -> list[Loaded]:
        """The models that were left loaded, the one used longest ago first."""
        return list(self._left.values())

    @contextmanager
    def claim(
        self,
        owner: str,
        *,
        keeps: bool = False,
        brief: bool = False,
        waits: bool = False,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[None]:
        """Own the memory for the block.

        Long work (a run, an exam) is not waited for, unless `waits`: Busy. A `brief` owner (one
        answer) is: the next ones are served after it, in seconds; Stopped if `should_stop` says so
        meanwhile. Models that were left loaded (`lend`) are freed first, unless `keeps`: then the
        owner looks itself whether it can use them (`find`).
        """
        self._enter(owner, brief, waits, should_stop)
        try:
            if not keeps:
                self.release()
            yield
        finally:
            with self._changed:
                self._owner = None
                self._changed.notify_all()

    def lend(self, key: Hashable, model: Loaded) -> None:
        """Leave a model loaded after the claim, as the one that was used last; its `free` is
        called when the next owner needs the memory. One of the same key is freed."""
        earlier = self._left.pop(key, None)
        self._left[key] = model
        if earlier is not None and earlier is not model:
            earlier.free()

    def find(self, key: Hashable) -> Loaded | None:
        """The model that was left under this key; it counts as used now."""
        model = self._left.pop(key, None)
        if model is not None:
            self._left[key] = model
        return model

    def drop(self, key: Hashable) -> None:
        """Free the model of this key, if it is there."""
        model = self._left.pop(key, None)
        if model is not None:
            model.free()
            _give_back()

    def make_room(self, fits: Callable[[], bool], kept: Collection[Hashable] = ()) -> bool:
        """Free one model after the other, the one used longest ago first, until it `fits`; those
        under the keys `kept` stay. Whether it fits."""
        for key in [key for key in self._left if key not in kept]:
            if fits():
                return True
            self.drop(key)
        return fits()

    def release(self) -> None:
        """Free all models that were left loaded, and give their memory back to the system."""
        left, self._left = self._left, {}
        for model in left.values():
            model.free()
        _give_back()

    def release_if_idle(self) -> None:
        """The same, where nobody owns the memory now."""
        with self._changed:
            if self._owner is None and self._left:
                self.release()

    def _enter(
        self, owner: str, brief: bool, waits: bool, should_stop: Callable[[], bool] | None
    ) -> None:
        with self._changed:
            while self._owner is not None:
                if not (self._is_brief or waits):
                    raise Busy(
                        f"The model's memory is in use by: {self._owner}. Wait until it is "
                        "finished, or stop it, and try again."
                    )
                if should_stop is not None and should_stop():
                    raise Stopped(f"Stopped while waiting for: {self._owner}.")
                self._changed.wait(LOOK_EVERY_S)
            self._owner, self._is_brief = owner, brief


def _give_back() -> None:
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    # glibc keeps what was freed in pieces, of a generation as much as the weights themselves; the
    # training that follows would have it on top. Other systems have no such call.
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None:
        trim(0)
