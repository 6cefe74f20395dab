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

from gemma_garage.errors import Busy


class Occupancy:
    """One owner of the memory, by name. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: str | None = None
        self._lender: tuple[str, Callable[[], None]] | None = None

    @property
    def owner(self) -> str | None:
        """Who works with the model now, or None."""
        return self._owner

    @contextmanager
    def claim(self, owner: str, *, keeps: bool = False) -> Iterator[None]:
        """Own the memory for the block. Raises Busy if another does.

        A model that an earlier owner left loaded (`lend`) is freed first, unless `keeps`: then
        the owner says it is going to use that very model.
        """
        with self._lock:
            if self._owner is not None:
                raise Busy(
                    f"The model's memory is in use by: {self._owner}. Wait until it is finished, "
                    "or stop it, and try again."
                )
            self._owner = owner
        try:
            if not keeps:
                self.release()
            yield
        finally:
            self._owner = None

    def lend(self, name: str, free: Callable[[], None]) -> None:
        """Leave a model loaded after the claim; `free` is called when the next owner needs it."""
        self._lender = (name, free)

    def release(self) -> None:
        """Free a model that was left loaded, and give its memory back to the system."""
        lender, self._lender = self._lender, None
        if lender is not None:
            lender[1]()
        gc.collect()
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()
