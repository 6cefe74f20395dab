"""Paths stay in the home, and files appear whole or not at all."""

import errno
import tempfile
from pathlib import Path

import pytest

from gemma_garage.errors import MachineError
from gemma_garage.workspace import (
    Workspace,
    explain_disk,
    safe_name,
    write_folder,
    write_whole,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("manual.pdf", "manual.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a b.docx", "a b.docx"),
        ("a\0b<c>.txt", "a_b_c_.txt"),
        ("...", "file"),
        ("CON.txt", "_CON.txt"),
        ("lpt1 .tar.md", "_lpt1 .tar.md"),
        ("console.md", "console.md"),
        ("", "file"),
        ("Übersicht (neu).md", "Übersicht (neu).md"),
    ],
)
def test_a_name_stays_in_its_folder(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_a_long_name_keeps_its_suffix() -> None:
    name = safe_name("x" * 500 + ".pdf")
    assert name.endswith("x.pdf")
    assert len(name) <= 120


def test_a_stored_path_cannot_leave_the_home(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    with pytest.raises(ValueError, match="leaves"):
        workspace.absolute("../secret")


def test_a_broken_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("old")
    with pytest.raises(RuntimeError), write_whole(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("killed")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_folder_replaces_the_old_one_whole(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    folder.mkdir()
    (folder / "stale").write_text("x")
    with write_folder(folder) as temporary:
        (temporary / "train.jsonl").write_text("{}")
        assert (folder / "stale").exists()
    assert [file.name for file in folder.iterdir()] == ["train.jsonl"]


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="disk is full"), write_whole(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_is_full_before_the_first_byte_is_said_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for maker, write in (("mkstemp", write_whole), ("mkdtemp", write_folder)):
        monkeypatch.setattr(tempfile, maker, fail)
        with pytest.raises(MachineError, match="disk is full"), write(tmp_path / "new" / "a"):
            pass


def test_a_home_that_is_not_to_be_written_to_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "garage.lock"
    with pytest.raises(MachineError, match="GEMMA_GARAGE_HOME"), explain_disk(path):
        raise OSError(errno.EROFS, "Read-only file system", str(path))
    elsewhere = OSError(errno.EACCES, "Permission denied", "/somewhere/else.pdf")
    with pytest.raises(PermissionError), explain_disk(path):
        raise elsewhere


def test_too_little_space_names_both_amounts(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"GB free in .*, 1000000\.0 GB needed"):
        Workspace(tmp_path).require_free(1e6, "a test")


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="GEMMA_GARAGE_HOME"):
        _ = Workspace(tmp_path / "file" / "home").database
