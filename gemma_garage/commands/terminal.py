"""What every command does alike: say to a person, answer a program, open the garage.

stdout carries the one JSON document of `--json` and nothing else. Packages that take their time to
import are imported when a command runs: `--help` shall not wait for them.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gemma_garage.errors import NotFound
from gemma_garage.settings import Settings, read_settings

if TYPE_CHECKING:
    from gemma_garage.garage import Garage
    from gemma_garage.schema import Project


CSV_GUARD = "a cell that begins with = + - or @ and is no number gets a ' before it: no formula"


def say(line: str) -> None:
    """A line for a person, on stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def answer(options: argparse.Namespace, value: Any) -> None:
    """The JSON document, where it was asked for."""
    if options.json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def read_home(options: argparse.Namespace, **overrides: object) -> Settings:
    """The environment's settings, with the home of `--home`."""
    return read_settings(None, home=options.home, **overrides)


@contextmanager
def open_home(options: argparse.Namespace, *, works: bool = False) -> Iterator["Garage"]:
    """The garage for one command. `works`: with its Jobs; then no other process may have them.

    Without, it may be open in a page at the same time.
    """
    settings = read_home(options)
    if works:
        from gemma_garage.wiring import open_wired

        garage = open_wired(settings)
    else:
        from gemma_garage.garage import open_garage

        garage = open_garage(settings)
    try:
        yield garage
    finally:
        garage.close()


def add_shared(parser: argparse.ArgumentParser) -> None:
    """The options that all commands of this package have."""
    parser.add_argument(
        "--project", metavar="NAME", help="the project to work in (the one a home begins with)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def find_project(garage: "Garage", options: argparse.Namespace, *, make: bool = False) -> "Project":
    """The project of `--project`, else the one a home begins with. NotFound, unless it may be
    made."""
    from gemma_garage.garage import DEFAULT_PROJECT

    wanted = options.project or DEFAULT_PROJECT
    for project in garage.store.projects():
        if project.name == wanted:
            return project
    if make:
        return garage.store.ensure_project(wanted)
    names = ", ".join(f"“{project.name}”" for project in garage.store.projects())
    raise NotFound(
        f"There is no project “{wanted}”. There are {names}. `gemma-garage ingest` makes a new one."
    )
