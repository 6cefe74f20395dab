"""One opened garage: settings, workspace, store and jobs, handed to every verb as an argument."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gemma_garage.errors import Busy
from gemma_garage.gemma.occupancy import Occupancy
from gemma_garage.jobs import Jobs
from gemma_garage.settings import Settings
from gemma_garage.store import Store
from gemma_garage.workspace import Workspace, explain_disk

LONGEST_DYING_S = 15.0  # a killed process may have gigabytes to give back
LOOK_EVERY_S = 0.1
_KILLED = 1 << 8  # SIGKILL in a mask of signals
DEFAULT_PROJECT = "My first project"


@dataclass(eq=False, slots=True)
class Garage:
    """What the verbs of augment, train, infer and export need.

    `settings` is replaced when a key is typed in the page: so it lives in this process's memory
    and nowhere else. `spare`: main memory, for answers while a run has the GPU.
    """

    settings: Settings
    workspace: Workspace
    store: Store
    jobs: Jobs
    occupancy: Occupancy
    spare: Occupancy = field(default_factory=Occupancy)
    lock: Any = None  # the file lock of the process that owns this home's Jobs

    def close(self) -> None:
        """Stop all work within its time and let go of the database."""
        self.jobs.shutdown()
        for occupancy in (self.occupancy, self.spare):
            occupancy.release_if_idle()
        self.store.close()
        if self.lock is not None:
            self.lock.release()


def open_garage(settings: Settings, *, exclusive: bool = False) -> Garage:
    """Open (and on the first time make) the home, bring its database up to date.

    `exclusive`: this process is going to run the home's Jobs; raises Busy if another one does.
    Job kinds are registered, and `jobs.start()` is called, by the composition root
    (`wiring.py`): this module knows none of them.
    """
    workspace = Workspace(settings.home)
    lock = _lock_home(workspace) if exclusive else None
    store = Store(settings.database_url) if settings.database_url else Store.at(workspace.database)
    store.migrate(workspace.backups)
    if not store.projects():
        store.ensure_project(DEFAULT_PROJECT)
    return Garage(settings, workspace, store, Jobs(store), Occupancy(), lock=lock)


def is_at_work(workspace: Workspace) -> bool:
    """Whether a process owns the home's Jobs now; what is marked as running is dead otherwise."""
    try:
        _lock_home(workspace).release()
    except Busy:
        return True
    return False


def _lock_home(workspace: Workspace) -> Any:
    # The system drops the lock with the process, also after kill -9; not before its last thread has
    # ended and its memory is given back, which takes seconds.
    from filelock import FileLock, Timeout

    lock = FileLock(workspace.lock)
    deadline_s = time.monotonic() + LONGEST_DYING_S
    while True:
        try:
            with explain_disk(workspace.lock):
                lock.acquire(timeout=0)
                workspace.owner.write_text(str(os.getpid()), encoding="ascii")
            return lock
        except Timeout as error:
            if time.monotonic() > deadline_s or not _is_dying(workspace.owner):
                raise Busy(
                    f"Another Gemma Garage is at work in {workspace.home}; one home takes one at a "
                    "time. Stop the other one, or give this one a home of its own with --home "
                    "FOLDER."
                ) from error
            time.sleep(LOOK_EVERY_S)


def _is_dying(owner: Path) -> bool:
    """Whether the process that has the lock was killed, and only not swept away yet."""
    import psutil

    try:
        process = psutil.Process(int(owner.read_text(encoding="ascii")))
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return True
        told = Path(f"/proc/{process.pid}/status")
        lines = told.read_text(encoding="ascii").splitlines() if told.is_file() else []
    except psutil.NoSuchProcess:
        return True
    except (OSError, ValueError, psutil.Error):
        return False  # nobody has written the file yet, or it is none of our business
    pending = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd"))]
    return any(signals & _KILLED for signals in pending)
