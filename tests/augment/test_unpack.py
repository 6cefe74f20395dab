"""A ZIP becomes the Documents that are in it: none lost, none doubled, each refusal told."""

import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment import ingest, unpack
from gemma_garage.augment.ingest import ingest_files, resume_ingests
from gemma_garage.augment.unpack import Member, keep_archive
from gemma_garage.errors import DocumentError
from gemma_garage.garage import Garage, open_garage
from gemma_garage.schema import Document, Job
from tests.augment.reading.makers import body, make_pdf, make_zip

PROJECT = 1
ROOT = Path(__file__).resolve().parents[2]
ROWS = b"question,answer\nHow many bar has pump 1?,It has 9 bar.\n"
FILES = {"one.md": b"One is here.", "folder/two.txt": b"Two is here."}


class Killed(BaseException):
    """As `kill -9` does it: nothing of ours runs afterwards."""


@pytest.fixture
def open_lanes(garage: Garage) -> Garage:
    ingest.register(garage)
    garage.jobs.start()
    return garage


def _documents(garage: Garage) -> dict[str, str]:
    """By origin, the status."""
    return {row.origin: row.status for row in garage.store.documents(PROJECT)}


def test_each_file_of_a_zip_is_a_document(open_lanes: Garage, tmp_path: Path) -> None:
    pdf = make_pdf(tmp_path / "p.pdf", [body(700, "Three is here.")]).read_bytes()
    inner = make_zip(tmp_path / "inner.zip", {"three.pdf": pdf, "again.txt": b"Two is here."})
    path = make_zip(
        tmp_path / "x.zip",
        {**FILES, "empty.txt": b"", "deep/inner.zip": inner.read_bytes(), "rows.csv": ROWS},
    )
    beside = tmp_path / "beside.txt"
    beside.write_text("Four is here.")
    outcomes = ingest_files(open_lanes, PROJECT, [path, beside], names=["bundle.zip", "beside.txt"])
    for outcome in outcomes:
        if outcome.job_id:
            assert open_lanes.jobs.wait(outcome.job_id, timeout_s=60).status == "finished"
    assert [(outcome.name, outcome.error) for outcome in outcomes] == [
        ("bundle.zip > one.md", None),
        ("bundle.zip > folder/two.txt", None),
        (
            "bundle.zip > empty.txt",
            "“empty.txt” is empty (0 bytes). Check the file where it came from.",
        ),
        ("bundle.zip > deep/inner.zip > three.pdf", None),
        ("bundle.zip > deep/inner.zip > again.txt", None),
        ("bundle.zip > rows.csv", None),
        ("beside.txt", None),
    ]
    assert outcomes[4].document_id == outcomes[1].document_id
    documents = open_lanes.store.documents(PROJECT)
    assert [(row.name, row.origin, row.format, row.status) for row in documents] == [
        ("one.md", "bundle.zip > one.md", "md", "ready"),
        ("two.txt", "bundle.zip > folder/two.txt", "txt", "ready"),
        ("three.pdf", "bundle.zip > deep/inner.zip > three.pdf", "pdf", "ready"),
        ("rows.csv", "bundle.zip > rows.csv", "csv", "waiting"),
        ("beside.txt", "", "txt", "ready"),
    ]
    assert list(open_lanes.workspace.archives.iterdir()) == []
    assert path.exists()


def test_a_zip_that_cannot_be_opened_does_not_stop_the_others(
    garage: Garage, tmp_path: Path
) -> None:
    ingest.register(garage)
    broken, empty = tmp_path / "broken.zip", tmp_path / "empty.zip"
    broken.write_bytes(b"PK\x03\x04 and then nothing")
    empty.write_bytes(b"")
    good = make_zip(tmp_path / "good.zip", FILES)
    gone = tmp_path / "gone.zip"
    outcomes = ingest_files(garage, PROJECT, [broken, empty, gone, good])
    assert [outcome.error is None for outcome in outcomes] == [False, False, False, True, True]
    said = ["“broken.zip” cannot be opened", "“empty.zip” is empty", "“gone.zip” cannot be opened"]
    for outcome, part in zip(outcomes, said, strict=False):
        assert part in str(outcome.error)
    assert list(garage.workspace.archives.iterdir()) == []


def test_a_zip_over_the_limit_is_not_even_copied(garage: Garage, tmp_path: Path) -> None:
    path = tmp_path / "big.zip"
    with path.open("wb") as out:
        out.truncate(101 * 1_000_000)
    with pytest.raises(DocumentError, match=r"has 101\.0 MB; at most 100 MB"):
        keep_archive(garage, PROJECT, path, "big.zip")
    assert list(garage.workspace.archives.iterdir()) == []


def test_a_reader_of_zips_that_dies_is_one_refusal(garage: Garage, tmp_path: Path) -> None:
    ticket = keep_archive(garage, PROJECT, make_zip(tmp_path / "a.zip", FILES), "a.zip")
    (member,) = unpack.unpack(ticket, max_file_mb=100, time_limit_s=0.01)
    assert member == Member("a.zip", "a.zip", error=member.error)
    assert "“a.zip” could not be unpacked: it took too long" in str(member.error)


def _die_while_copying(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*args: object) -> None:
        raise Killed

    monkeypatch.setattr("gemma_garage.augment.unpack.json.dumps", die)
    monkeypatch.setattr("gemma_garage.augment.unpack.shutil.rmtree", lambda *a, **k: None)


def _die_while_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    real = unpack.unpack

    def die(*args: object, **options: object) -> None:
        real(*args, **options)  # type: ignore[arg-type]
        raise Killed

    monkeypatch.setattr(unpack, "unpack", die)


def _die_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ingest.submit_ingest
    calls: list[int] = []

    def die(garage: Garage, document_id: int, **options: Any) -> int:
        if calls:
            raise Killed
        calls.append(document_id)
        return real(garage, document_id, **options)

    monkeypatch.setattr(ingest, "submit_ingest", die)


@pytest.mark.parametrize(
    ("die", "kept"),
    [
        (_die_while_copying, False),
        (_die_while_unpacking, True),
        (_die_after_the_first, True),
    ],
)
def test_a_kill_loses_and_doubles_nothing(
    garage: Garage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    die: Callable[[pytest.MonkeyPatch], None],
    kept: bool,
) -> None:
    """The user's file is gone too by then, as an upload is. Only a copy that had not been
    finished, which the user was not told of, is lost."""
    ingest.register(garage)
    path = make_zip(tmp_path / "bundle.zip", {**FILES, "bad.xyz": b"words"})
    with monkeypatch.context() as patched:
        die(patched)
        with pytest.raises(Killed):
            ingest_files(garage, PROJECT, [path])
    path.unlink()
    successor = open_garage(garage.settings)
    ingest.register(successor)
    successor.jobs.start()
    jobs = [successor.jobs.wait(job_id, timeout_s=60) for job_id in resume_ingests(successor)]
    for job in successor.store.jobs(kind="ingest"):
        successor.jobs.wait(job.id, timeout_s=60)
    assert _documents(successor) == (
        {f"bundle.zip > {name}": "ready" for name in FILES} if kept else {}
    )
    if kept:
        assert [job.kind for job in jobs].count("unpack") == 1
        result = next(job.result for job in jobs if job.kind == "unpack")
        assert len(result["documents"]) == 2
        assert "ends in “.xyz”" in result["refused"]["bundle.zip > bad.xyz"]
    assert list(successor.workspace.archives.iterdir()) == []
    assert resume_ingests(successor) == []
    successor.close()


TAKE_IN = """
import sys
from pathlib import Path
from gemma_garage.augment import ingest
from gemma_garage.garage import open_garage
from gemma_garage.settings import read_settings

garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": sys.argv[1]}))
ingest.register(garage)
ingest.ingest_files(garage, 1, [Path(sys.argv[2])])
"""


@pytest.mark.slow
def test_a_real_kill_on_the_way(garage: Garage, tmp_path: Path) -> None:
    texts = {f"{number}.txt": f"Pump {number} has 9 bar.".encode() for number in range(120)}
    path = make_zip(tmp_path / "bundle.zip", texts)
    child = subprocess.Popen(
        [sys.executable, "-c", TAKE_IN, str(garage.workspace.home), str(path)], cwd=ROOT
    )
    deadline = time.monotonic() + 120
    while len(garage.store.documents(PROJECT)) < 10:
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    child.kill()
    child.wait()
    path.unlink()
    before = {row.sha256: row.id for row in garage.store.documents(PROJECT)}
    assert 10 <= len(before) < len(texts)
    ingest.register(garage)
    garage.jobs.register(ingest.KIND, "io", lambda progress, payload: None)  # not read: quicker
    garage.jobs.start()
    for job_id in resume_ingests(garage):
        assert garage.jobs.wait(job_id, timeout_s=120).status == "finished"
    documents = garage.store.documents(PROJECT)
    assert sorted(row.origin for row in documents) == sorted(f"bundle.zip > {n}" for n in texts)
    assert all(garage.workspace.absolute(row.path).read_bytes() == texts[row.name]
               for row in documents)  # fmt: skip
    assert before.items() <= {row.sha256: row.id for row in documents}.items()
    assert list(garage.workspace.archives.iterdir()) == []


def test_an_interrupted_unpacking_is_one_job_for_good(garage: Garage, tmp_path: Path) -> None:
    ingest.register(garage)
    ticket = keep_archive(garage, PROJECT, make_zip(tmp_path / "a.zip", FILES), "a.zip")
    (job_id,) = resume_ingests(garage)
    garage.store.start_job(job_id)
    successor = open_garage(garage.settings)
    ingest.register(successor)
    successor.jobs.start()
    assert successor.store.get(Job, job_id).status == "interrupted"
    assert resume_ingests(successor) == [job_id]
    assert successor.jobs.wait(job_id, timeout_s=60).status == "finished"
    assert len(successor.store.documents(PROJECT)) == 2 and not ticket.folder.exists()
    successor.close()


def test_what_the_user_stopped_or_whose_project_is_gone_does_not_come_back(
    garage: Garage, tmp_path: Path
) -> None:
    ingest.register(garage)
    path = make_zip(tmp_path / "a.zip", FILES)
    keep_archive(garage, PROJECT, path, "a.zip")
    (job_id,) = resume_ingests(garage)
    garage.jobs.stop(job_id)
    keep_archive(garage, 99, path, "a.zip")
    assert resume_ingests(garage) == []
    assert list(garage.workspace.archives.iterdir()) == []
    assert garage.store.documents(PROJECT) == []


def test_something_unforeseen_does_not_break_every_start(
    garage: Garage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest.register(garage)

    def fail(*args: object, **options: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(ingest, "add_document", fail)
    with pytest.raises(KeyError):
        ingest_files(garage, PROJECT, [make_zip(tmp_path / "a.zip", FILES)])
    assert list(garage.workspace.archives.iterdir()) == []


def test_nothing_of_a_zip_is_written_outside_the_home(open_lanes: Garage, tmp_path: Path) -> None:
    home = open_lanes.workspace.home
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name in ("../../../../escaped.txt", "/tmp/escaped.txt", "a/../../escaped.txt"):
            packed.writestr(name, "Words.")
        packed.writestr("kept.txt", "Kept words.")
    before = {found for found in tmp_path.rglob("*") if not found.is_relative_to(home)}
    outcomes = ingest_files(open_lanes, PROJECT, [path])
    assert [bool(outcome.error) for outcome in outcomes] == [True, True, True, False]
    assert open_lanes.jobs.wait(outcomes[3].job_id or 0, timeout_s=60).status == "finished"
    after = {found for found in tmp_path.rglob("*") if not found.is_relative_to(home)}
    assert after == before
    (document,) = open_lanes.store.documents(PROJECT)
    stored = open_lanes.workspace.absolute(open_lanes.store.get(Document, document.id).path)
    assert stored.read_text() == "Kept words."
