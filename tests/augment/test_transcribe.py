"""Who reads pictures when a file is taken in: this machine, or Gemini where the user says so."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemma_garage.augment import ingest
from gemma_garage.augment.ingest import ingest_files, read_text, resume_ingests, submit_ingest
from gemma_garage.errors import ConfigError
from gemma_garage.garage import Garage, open_garage
from gemma_garage.schema import Document
from gemma_garage.settings import read_settings
from tests.augment.reading.makers import make_zip
from tests.augment.reading.scans import PAGE, draw_text, make_scan
from tests.fakes.fake_gemini import FakeGemini, fail, say, serve_gemini

PROJECT = 1
COPIED = say(json.dumps({"markdown": "# Pump\n\nThe fuse has 8 A."}))


@pytest.fixture
def gemini() -> Iterator[FakeGemini]:
    with serve_gemini() as fake:
        yield fake


@pytest.fixture
def keyed(home: Path, gemini: FakeGemini) -> Iterator[Garage]:
    """A running Garage whose key and address are those of a Gemini on the loopback."""
    environment = {
        "GEMMA_GARAGE_HOME": str(home),
        "GEMINI_API_KEY": "key-1",
        "GOOGLE_GEMINI_BASE_URL": gemini.url,
    }
    opened = open_garage(read_settings(environment))
    ingest.register(opened)
    opened.jobs.start()
    yield opened
    opened.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    draw_text(["The oil volume is 3 litres."]).save(path)
    return path


def wait(garage: Garage, job_id: int | None) -> str:
    assert job_id is not None
    return garage.jobs.wait(job_id, timeout_s=300).status


def test_without_being_told_nothing_is_sent_though_there_is_a_key(
    keyed: Garage, gemini: FakeGemini, picture: Path
) -> None:
    (outcome,) = ingest_files(keyed, PROJECT, [picture])
    assert wait(keyed, outcome.job_id) == "finished"
    assert outcome.document_id is not None
    document = keyed.store.get(Document, outcome.document_id)
    assert (document.status, document.format, document.pages) == ("ready", "png", 1)
    assert read_text(keyed, document.id) == "The oil volume is 3 litres."
    assert gemini.history == []
    names = {path.name for path in keyed.workspace.document(document.id).iterdir()}
    assert names == {"photo.png", "text.md"}


def test_gemini_reads_the_pictures_of_scans_and_of_archives(
    keyed: Garage, gemini: FakeGemini, picture: Path, tmp_path: Path
) -> None:
    gemini.otherwise = lambda _: COPIED
    scan = make_scan(tmp_path / "scan.pdf", ["Printed words.", draw_text(["x"], height=PAGE)])
    archive = make_zip(tmp_path / "all.zip", {"photo.png": picture.read_bytes()})
    for outcome in ingest_files(keyed, PROJECT, [scan, archive], ocr="gemini"):
        assert wait(keyed, outcome.job_id) == "finished"
    first, second = keyed.store.documents(PROJECT)
    assert read_text(keyed, first.id) == "Printed words.\n\n# Pump\n\nThe fuse has 8 A."
    assert read_text(keyed, second.id) == "# Pump\n\nThe fuse has 8 A."
    assert len(gemini.history) == 2
    job = next(iter(keyed.store.jobs(kind="ingest")))
    assert job.result["notes"] == ["The picture was read by Gemini (gemini-3.5-flash-lite)."]


def test_what_was_paid_for_is_not_asked_again_after_a_failure(
    keyed: Garage, gemini: FakeGemini, tmp_path: Path
) -> None:
    pages = [draw_text([word], height=PAGE) for word in ("one", "two")]
    gemini.enqueue(COPIED, fail(403, "PERMISSION_DENIED", "key not valid"))
    gemini.otherwise = lambda _: fail(403, "PERMISSION_DENIED", "key not valid")
    (outcome,) = ingest_files(
        keyed, PROJECT, [make_scan(tmp_path / "scan.pdf", pages)], ocr="gemini"
    )
    assert wait(keyed, outcome.job_id) == "failed"
    assert outcome.document_id is not None
    document = keyed.store.get(Document, outcome.document_id)
    assert document.error is not None and "Gemini refused the key" in document.error
    asked = len(gemini.history)
    gemini.otherwise = lambda _: COPIED
    assert wait(keyed, submit_ingest(keyed, document.id, ocr="gemini")) == "finished"
    assert len(gemini.history) == asked + 1


def test_an_interrupted_reading_goes_on_with_whom_the_user_chose(
    keyed: Garage, gemini: FakeGemini, picture: Path
) -> None:
    gemini.otherwise = lambda _: COPIED
    keyed.jobs.shutdown()
    (outcome,) = ingest_files(keyed, PROJECT, [picture], ocr="gemini")
    successor = open_garage(keyed.settings)
    try:
        ingest.register(successor)
        successor.jobs.start()
        (job_id,) = resume_ingests(successor)
        assert wait(successor, job_id) == "finished"
    finally:
        successor.close()
    assert outcome.document_id is not None and len(gemini.history) == 1


def test_gemini_without_a_key_and_an_unknown_reader_are_refused_at_once(
    garage: Garage, picture: Path
) -> None:
    with pytest.raises(ConfigError, match="Gemini needs a key to read pictures"):
        ingest_files(garage, PROJECT, [picture], ocr="gemini")
    with pytest.raises(ConfigError, match="Choose local or gemini"):
        ingest_files(garage, PROJECT, [picture], ocr="tesseract")  # type: ignore[arg-type]
    assert not garage.store.documents(PROJECT)
