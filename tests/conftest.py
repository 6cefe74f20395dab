"""Fixtures shared by all tests: a home of one's own, an opened garage, a tiny real Gemma."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

from collections.abc import Iterator
from pathlib import Path

import pytest

from gemma_garage.garage import Garage, open_garage
from gemma_garage.settings import read_settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def garage(home: Path) -> Iterator[Garage]:
    """An opened Garage without any job kinds; `garage.jobs.start()` is the test's."""
    opened = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def tiny_gemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random two-layer Gemma 3 and a byte-level tokenizer with its turn format."""
    from tests.tiny import write_tiny_gemma

    return write_tiny_gemma(tmp_path_factory.mktemp("tiny") / "gemma")
