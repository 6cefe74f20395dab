"""One opened garage: settings, workspace, store and jobs, handed to every verb as an argument."""

import logging
from dataclasses import dataclass

from gemma_garage.gemma.occupancy import Occupancy
from gemma_garage.jobs import Jobs
from gemma_garage.settings import Settings
from gemma_garage.store import Store
from gemma_garage.workspace import Workspace

DEFAULT_PROJECT = "My first project"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Garage:
    """What the verbs of augment, train, infer and export need."""

    settings: Settings
    workspace: Workspace
    store: Store
    jobs: Jobs
    occupancy: Occupancy

    def close(self) -> None:
        """Stop all work within its time and let go of the database."""
        self.jobs.shutdown()
        self.occupancy.release()
        self.store.close()


def open_garage(settings: Settings) -> Garage:
    """Open (and on the first time make) the home, bring its database up to date.

    Job kinds are registered, and `jobs.start()` is called, by the composition root
    (`wiring.py`): this module knows none of them.
    """
    workspace = Workspace(settings.home)
    store = Store(settings.database_url) if settings.database_url else Store.at(workspace.database)
    store.migrate(workspace.backups)
    if not store.projects():
        store.ensure_project(DEFAULT_PROJECT)
    return Garage(settings, workspace, store, Jobs(store), Occupancy())
