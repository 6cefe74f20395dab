"""How busy the machine is while a run trains: a thread that reads it every few seconds.

Processor and memory by psutil, the GPU's utilisation, memory, temperature and power by NVML
(`gemma/device.py`). It gives events and stores nothing.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

from gemma_garage.errors import GarageError
from gemma_garage.gemma.device import read_usage
from gemma_garage.train.callbacks import Event

FIRST_AFTER_S = 1.0
EVERY_S = 5.0
MOST_READINGS = 720  # of a run: the longer it takes, the rarer it is read
log = logging.getLogger(__name__)


class Monitor:
    """`with Monitor(events, read_step):` gives an event of stage "machine" now and then."""

    def __init__(self, events: Callable[[Event], None], read_step: Callable[[], int]) -> None:
        self._events, self._read_step = events, read_step
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="monitor", daemon=True)

    def __enter__(self) -> "Monitor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        started_s = time.monotonic()
        read_usage()  # the share of the processor counts from the reading before
        wait_s = FIRST_AFTER_S
        while not self._ended.wait(wait_s):
            usage = asdict(read_usage())
            known = {name: value for name, value in usage.items() if value is not None}
            try:
                self._events({"stage": "machine", "step": self._read_step(), **known})
            except GarageError as error:  # a full disk: the training itself meets it too
                log.warning("a reading of the machine was not kept: %s", error)
            wait_s = max(EVERY_S, (time.monotonic() - started_s) / MOST_READINGS)
