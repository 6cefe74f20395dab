"""Who holds the accelerator's memory: one owner at a time.

A session for answering (Compare, exam) keeps a model loaded between requests, because loading
takes longer than answering. Before a run starts it has to give the memory back. This module
keeps that promise; it loads nothing itself.
"""

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from gemma_garage.errors import Busy, Stopped

LOOK_EVERY_S = 0.2  # how soon a waiting owner notices that it should stop


class Loaded(Protocol):
    """A model in memory that can be left there for the next owner."""

    def free(self) -> None:
        """Let go of the memory."""


class Occupancy:
    """One owner of the memory, by name. Thread-safe; a claim may end in another thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._owner: str | None = None
        self._is_brief = False
        self._lent: Loaded | None = None

    @property
    def owner(self) -> str | None:
        """Who works with the model now, or None."""
        return self._owner

    @property
    def lent(self) -> Loaded | None:
        """The model that was left loaded. Only who owns the memory may use it."""
        return self._lent

    @contextmanager
    def claim(
        self,
        owner: str,
        *,
        keeps: bool = False,
        brief: bool = False,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[None]:
        """Own the memory for the block.

        Long work (a run, an exam) is not waited for: Busy. A `brief` owner (one answer) is: the
        next ones are served after it, in seconds; Stopped if `should_stop` says so meanwhile.
        A model that an earlier owner left loaded (`lend`) is freed first, unless `keeps`: then
        the owner looks itself whether it can use it (`lent`).
        """
        self._enter(owner, brief, should_stop)
        try:
            if not keeps:
                self.release()
            yield
        finally:
            with self._changed:
                self._owner = None
                self._changed.notify_all()

    def lend(self, model: Loaded) -> None:
        """Leave a model loaded after the claim; its `free` is called when the next owner needs
        the memory. One that was left before is freed."""
        earlier, self._lent = self._lent, model
        if earlier is not None and earlier is not model:
            earlier.free()

    def release(self) -> None:
        """Free a model that was left loaded, and give its memory back to the system."""
        lent, self._lent = self._lent, None
        if lent is not None:
            lent.free()
        gc.collect()
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _enter(self, owner: str, brief: bool, should_stop: Callable[[], bool] | None) -> None:
        with self._changed:
            while self._owner is not None:
                if not self._is_brief:
                    raise Busy(
                        f"The model's memory is in use by: {self._owner}. Wait until it is "
                        "finished, or stop it, and try again."
                    )
                if should_stop is not None and should_stop():
                    raise Stopped(f"Stopped while waiting for: {self._owner}.")
                self._changed.wait(LOOK_EVERY_S)
            self._owner, self._is_brief = owner, brief
