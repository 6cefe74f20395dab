"""From a file to Chunks in the store: nothing doubled, nothing lost, nothing half-done."""

import errno
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment import ingest
from gemma_garage.augment.ingest import (
    add_document,
    ingest_files,
    read_text,
    remove_document,
    resume_ingests,
    submit_ingest,
)
from gemma_garage.errors import DocumentError, MachineError, NotFound
from gemma_garage.garage import Garage, open_garage
from gemma_garage.schema import Chunk, Document, Example, Job
from tests.augment.reading.makers import body, encrypt_pdf, make_pdf

PROJECT = 1
TEXT = "# Pump\n\n" + "The pump runs at nine bar while the valve is open. " * 60


@pytest.fixture
def open_lanes(garage: Garage) -> Garage:
    ingest.register(garage)
    garage.jobs.start()
    return garage


def _note(folder: Path, name: str = "note.md", text: str = TEXT) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _wait(garage: Garage, job_id: int | None) -> Job:
    assert job_id is not None
    return garage.jobs.wait(job_id, timeout_s=60)


def test_a_document_becomes_chunks(open_lanes: Garage, tmp_path: Path) -> None:
    document, is_new = add_document(open_lanes, PROJECT, _note(tmp_path), name="My note.md")
    assert (is_new, document.status, document.name) == (True, "reading", "My note.md")
    with pytest.raises(NotFound, match="reading"):
        read_text(open_lanes, document.id)
    job = _wait(open_lanes, submit_ingest(open_lanes, document.id))
    assert (job.status, job.title) == ("finished", "Reading My note.md")
    document = open_lanes.store.get(Document, document.id)
    text = read_text(open_lanes, document.id)
    chunks = open_lanes.store.chunks(PROJECT)
    assert (document.status, document.error, document.characters) == ("ready", None, len(text))
    assert job.result["chunks"] == len(chunks) > 1
    assert all(text[row.start : row.end] == row.text and row.heading == "Pump" for row in chunks)


def test_what_was_cleaned_and_who_wrote_it_is_kept(open_lanes: Garage, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<title>Pump</title><nav>Menu</nav><p>An e\ufb03cient pump.</p>")
    (outcome,) = ingest_files(open_lanes, PROJECT, [path])
    _wait(open_lanes, outcome.job_id)
    document = open_lanes.store.get(Document, outcome.document_id)
    assert document.details == {"title": "Pump", "notes": []}
    word = {"before": "e\ufb03cient", "after": "efficient", "page": None}
    menu = {"before": "<nav> Menu", "after": "", "page": None}
    assert document.cleaning == {
        "ligatures": {"count": 1, "samples": [word]},
        "boilerplate": {"count": 1, "samples": [menu]},
    }


def test_the_same_content_is_one_document(open_lanes: Garage, tmp_path: Path) -> None:
    first, _ = add_document(open_lanes, PROJECT, _note(tmp_path))
    _wait(open_lanes, submit_ingest(open_lanes, first.id))
    again, is_new = add_document(open_lanes, PROJECT, _note(tmp_path, "other name.md"))
    assert (again.id, is_new) == (first.id, False)
    other = open_lanes.store.ensure_project("Another")
    elsewhere, is_new = add_document(open_lanes, other.id, _note(tmp_path))
    assert is_new and elsewhere.id != first.id


def test_reading_again_does_not_take_examples_away(open_lanes: Garage, tmp_path: Path) -> None:
    document, _ = add_document(open_lanes, PROJECT, _note(tmp_path))
    _wait(open_lanes, submit_ingest(open_lanes, document.id))
    chunk_id = open_lanes.store.chunks(PROJECT)[0].id
    open_lanes.store.add_examples(
        [Example(project_id=PROJECT, chunk_id=chunk_id, question="q", answer="a")]
    )
    job = _wait(open_lanes, submit_ingest(open_lanes, document.id))
    assert job.status == "finished"
    assert open_lanes.store.examples(PROJECT)[1] == 1


def test_bad_files_do_not_stop_the_others(open_lanes: Garage, tmp_path: Path) -> None:
    damaged = tmp_path / "cut.pdf"
    damaged.write_bytes(make_pdf(tmp_path / "w.pdf", [body(700, "Words.")]).read_bytes()[:90])
    paths = [
        _note(tmp_path, "one.md", "One is here."),
        _note(tmp_path, "empty.txt", ""),
        _note(tmp_path, "two.txt", "Two is here."),
        damaged,
        make_pdf(tmp_path / "three.pdf", [body(700, "Three is here.")]),
    ]
    outcomes = ingest_files(open_lanes, PROJECT, paths)
    assert [bool(outcome.error) for outcome in outcomes] == [False, True, False, False, False]
    assert "“empty.txt” is empty" in str(outcomes[1].error)
    for outcome in outcomes:
        if outcome.job_id:
            _wait(open_lanes, outcome.job_id)
    documents = {row.name: row for row in open_lanes.store.documents(PROJECT)}
    assert {name: row.status for name, row in documents.items()} == {
        "one.md": "ready",
        "two.txt": "ready",
        "cut.pdf": "failed",
        "three.pdf": "ready",
    }
    assert "“cut.pdf”" in str(documents["cut.pdf"].error)
    assert len(open_lanes.store.chunks(PROJECT)) == 3


def test_a_password_is_used_once_and_never_stored(open_lanes: Garage, tmp_path: Path) -> None:
    plain = make_pdf(tmp_path / "plain.pdf", [body(700, "The code of the safe is 4711.")])
    locked = encrypt_pdf(plain, tmp_path / "locked.pdf", "op3n-sesame", "AES-256")
    [first] = ingest_files(open_lanes, PROJECT, [locked])
    job = _wait(open_lanes, first.job_id)
    assert job.status == "failed" and "protected with a password" in str(job.error)
    assert open_lanes.store.get(Document, first.document_id).error == job.error
    [second] = ingest_files(open_lanes, PROJECT, [locked], password="op3n-sesame")
    assert second.document_id == first.document_id
    assert _wait(open_lanes, second.job_id).status == "finished"
    assert open_lanes.store.get(Document, first.document_id).status == "ready"
    home = open_lanes.workspace.home
    open_lanes.store.close()
    found = [p for p in home.rglob("*") if p.is_file() and b"op3n-sesame" in p.read_bytes()]
    assert found == []


def test_an_interrupted_reading_goes_on_in_the_next_process(garage: Garage, tmp_path: Path) -> None:
    """As `kill -9` leaves it: one Document whose Job was running, one that had no Job yet."""
    ingest.register(garage)
    running, _ = add_document(garage, PROJECT, _note(tmp_path))
    job_id = submit_ingest(garage, running.id)
    garage.store.start_job(job_id)
    waiting, _ = add_document(garage, PROJECT, _note(tmp_path, "b.md", "Other words."))
    successor = open_garage(garage.settings)
    ingest.register(successor)
    successor.jobs.start()
    assert successor.store.get(Job, job_id).status == "interrupted"
    jobs = resume_ingests(successor)
    assert jobs[0] == job_id and len(jobs) == 2
    assert all(_wait(successor, job).status == "finished" for job in jobs)
    assert {row.status for row in successor.store.documents(PROJECT)} == {"ready"}
    assert {row.document_id for row in successor.store.chunks(PROJECT)} == {running.id, waiting.id}
    assert resume_ingests(successor) == []
    successor.close()


def test_a_copy_that_was_cut_off_is_made_good(garage: Garage, tmp_path: Path) -> None:
    path = _note(tmp_path)
    document, _ = add_document(garage, PROJECT, path)
    shutil.rmtree(garage.workspace.document(document.id))
    again, is_new = add_document(garage, PROJECT, path)
    assert (again.id, is_new) == (document.id, False)
    assert garage.workspace.absolute(again.path).read_bytes() == path.read_bytes()


def test_a_full_disk_leaves_nothing_behind(
    garage: Garage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", fill)
    with pytest.raises(MachineError, match="disk is full"):
        add_document(garage, PROJECT, _note(tmp_path))
    assert garage.store.documents(PROJECT) == []
    assert [p for p in (garage.workspace.home / "documents").rglob("*") if p.is_file()] == []


def test_a_disk_that_fills_while_reading_is_told(
    open_lanes: Garage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, _ = add_document(open_lanes, PROJECT, _note(tmp_path))

    def fill(self: Path, *args: Any, **kwargs: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", fill)
        job = _wait(open_lanes, submit_ingest(open_lanes, document.id))
    assert job.status == "failed" and "disk is full" in str(job.error)
    row = open_lanes.store.get(Document, document.id)
    assert row.status == "failed" and open_lanes.store.chunks(PROJECT) == []
    folder = open_lanes.workspace.document(document.id)
    assert [path.name for path in folder.iterdir()] == ["note.md"]
    open_lanes.jobs.resume(job.id)
    assert _wait(open_lanes, job.id).status == "finished"
    assert open_lanes.store.get(Document, document.id).status == "ready"


def test_something_unforeseen_leaves_no_document_reading(
    open_lanes: Garage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    document, _ = add_document(open_lanes, PROJECT, _note(tmp_path))
    monkeypatch.setattr(open_lanes.store, "finish_document", fail)
    job = _wait(open_lanes, submit_ingest(open_lanes, document.id))
    row = open_lanes.store.get(Document, document.id)
    assert (job.status, row.status) == ("failed", "failed")
    assert "“note.md”" in str(row.error) and "log" in str(row.error)


def test_a_file_over_the_limit_is_refused(garage: Garage, tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as out:
        out.truncate(101 * 1_000_000)
    with pytest.raises(DocumentError, match=r"has 101\.0 MB; at most 100 MB"):
        add_document(garage, PROJECT, path)
    assert garage.store.documents(PROJECT) == []


def test_removing_takes_rows_and_files(open_lanes: Garage, tmp_path: Path) -> None:
    document, _ = add_document(open_lanes, PROJECT, _note(tmp_path))
    _wait(open_lanes, submit_ingest(open_lanes, document.id))
    chunk_id = open_lanes.store.chunks(PROJECT)[0].id
    remove_document(open_lanes, document.id)
    assert open_lanes.store.documents(PROJECT) == []
    with pytest.raises(NotFound):
        open_lanes.store.get(Chunk, chunk_id)
    assert not (open_lanes.workspace.home / "documents" / str(document.id)).exists()


def test_names_cannot_leave_the_folder(garage: Garage, tmp_path: Path) -> None:
    document, _ = add_document(garage, PROJECT, _note(tmp_path), name="../../etc/päss wd.md")
    path = garage.workspace.absolute(document.path)
    assert path.parent == garage.workspace.document(document.id)
