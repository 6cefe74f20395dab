"""Starts Gemma Garage: what a Hugging Face Space runs, and `python app.py` anywhere else."""

import dataclasses
import logging
import secrets
import sys

from gemma_garage.errors import GarageError
from gemma_garage.server import serve
from gemma_garage.settings import Settings, read_settings

log = logging.getLogger("gemma_garage")


def lock_space(settings: Settings) -> Settings:
    """A Space is open to the world: without a password of its own it gets a random one."""
    if settings.space_id is None or settings.password is not None:
        return settings
    password = secrets.token_urlsafe(12)
    log.warning("The password until the next restart is: %s", password)
    log.warning("Set the secret GEMMA_GARAGE_PASSWORD in the Space's settings to choose one.")
    return dataclasses.replace(settings, password=password)


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    log.setLevel(logging.INFO)
    try:
        serve(lock_space(read_settings()))
    except GarageError as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
