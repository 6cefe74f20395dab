"""What comes out of a ZIP: its files under numbers, and a reason for each that was left."""

import os
import stat
import struct
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment.reading import archive
from gemma_garage.augment.reading.archive import is_archive, unpack_here

Entry = tuple[str | zipfile.ZipInfo, bytes]


def _pack(path: Path, entries: Sequence[Entry], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, data in entries:
            packed.writestr(name, data)
    return path


def _packed(entries: Sequence[Entry]) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries:
            packed.writestr(name, data)
    return held.getvalue()


def _unpack(path: Path, max_file_mb: float = 100) -> dict[str, str]:
    """By origin: the content of what came out, or "!" and why it did not."""
    folder = path.parent / "out"
    folder.mkdir()
    before = sorted(path.parent.iterdir())
    found = unpack_here(str(path), path.name, str(folder), max_file_mb, lambda done, total: None)
    assert sorted(path.parent.iterdir()) == before
    numbers = {str(row["number"]) for row in found if row["error"] is None}
    assert {entry.name for entry in folder.iterdir()} == numbers
    assert len({row["origin"] for row in found}) == len(found)
    return {
        row["origin"]: f"!{row['error']}"
        if row["error"]
        else (folder / str(row["number"])).read_text()
        for row in found
    }


def _with_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


def test_folders_and_archives_inside_are_opened_and_litter_is_left(tmp_path: Path) -> None:
    inner = _packed([("deep/c.md", b"cc"), ("__MACOSX/deep/._c.md", b"?")])
    path = _pack(
        tmp_path / "bundle.zip",
        [
            ("folder/", b""),
            ("folder/a.txt", b"aa"),
            ("./b.txt", b"bb"),
            ("folder/more.ZIP", inner),
            ("__MACOSX/folder/._a.txt", b"?"),
            ("folder/.DS_Store", b"?"),
            (".git/config", b"?"),
            ("~$letter.docx", b"?"),
            ("Thumbs.db", b"?"),
        ],
    )
    assert _unpack(path) == {
        "bundle.zip > folder/a.txt": "aa",
        "bundle.zip > b.txt": "bb",
        "bundle.zip > folder/more.ZIP > deep/c.md": "cc",
    }


def test_names_are_told_as_people_wrote_them_and_lead_nowhere(tmp_path: Path) -> None:
    path = _pack(
        tmp_path / "a.zip",
        [
            ("../../../etc/cron.d/evil.txt", b"1"),
            ("/etc/passwd.txt", b"2"),
            ("C:\\Windows\\x.txt", b"3"),
            ("..\\up.txt", b"4"),
            ("Ordner\\Prüfung.txt", b"5"),
            ("CON.txt", b"6"),
            ("same.txt", b"7"),
            ("line\nbreak.txt", b"8"),
            ("x" * 300 + ".txt", b"9"),
            ("d/" * 900 + "deep.txt", b"10"),
        ],
    )
    with zipfile.ZipFile(path, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("same.txt", b"11")
    # A name in UTF-8 without the mark for it, as the Mac's Finder packs them.
    path.write_bytes(_clear_utf8_marks(path.read_bytes()))
    found = _unpack(path)
    refused = [origin for origin, text in found.items() if "leads out of the archive" in text]
    assert refused == [
        "a.zip > ../../../etc/cron.d/evil.txt",
        "a.zip > etc/passwd.txt",
        "a.zip > C:/Windows/x.txt",
        "a.zip > ../up.txt",
    ]
    kept = {origin: text for origin, text in found.items() if origin not in refused}
    long, deep = [origin for origin, text in kept.items() if text in ("9", "10")]
    assert len(long) < 200 and long.endswith("x.txt")
    assert len(deep) < 500 and deep.endswith("…/deep.txt")
    assert {origin: text for origin, text in kept.items() if text not in ("9", "10")} == {
        "a.zip > Ordner/Prüfung.txt": "5",
        "a.zip > CON.txt": "6",
        "a.zip > same.txt": "7",
        "a.zip > line break.txt": "8",
        "a.zip > same.txt (2)": "11",
    }


def _clear_utf8_marks(data: bytes) -> bytes:
    """Take the flag "names are UTF-8" out of every header."""
    packed = bytearray(data)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = packed.find(sign)
        while at >= 0:
            (flags,) = struct.unpack_from("<H", packed, at + offset)
            struct.pack_into("<H", packed, at + offset, flags & ~0x800)
            at = packed.find(sign, at + 4)
    return bytes(packed)


def test_links_devices_locked_and_oddly_packed_members_are_listed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET")
    folder = tmp_path / "in"
    folder.mkdir()
    path = _pack(
        folder / "a.zip",
        [
            (_with_mode("link.txt", stat.S_IFLNK | 0o777), os.fsencode(secret)),
            (_with_mode("pipe.txt", stat.S_IFIFO | 0o644), b""),
            (_with_mode("good.txt", stat.S_IFREG | 0o644), b"good"),
        ],
    )
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as packed:
        packed.writestr("lzma.txt", b"words")
        packed.writestr("locked.txt", b"words", zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    last = data.rfind(b"PK\x01\x02")
    struct.pack_into("<H", data, last + 8, 1)
    path.write_bytes(data)
    found = _unpack(path)
    assert found.pop("a.zip > good.txt") == "good"
    said = ["link to another file", "no plain file", "number 14", "locked with the archive's"]
    assert len(found) == len(said)
    for text, part in zip(found.values(), said, strict=True):
        assert part in text


def test_one_damaged_member_does_not_keep_the_others(tmp_path: Path) -> None:
    path = _pack(
        tmp_path / "a.zip",
        [("one.txt", b"one"), ("two.txt", b"two is damaged"), ("three.txt", b"three")],
        zipfile.ZIP_STORED,
    )
    path.write_bytes(path.read_bytes().replace(b"two is damaged", b"two is DAMAGED"))
    found = _unpack(path)
    assert (found["a.zip > one.txt"], found["a.zip > three.txt"]) == ("one", "three")
    assert "“two.txt” is damaged in the archive (14 bytes" in found["a.zip > two.txt"]


def test_an_archive_in_four_is_refused_and_what_lies_beside_it_is_not(tmp_path: Path) -> None:
    held = _packed([("bottom.txt", b"?")])
    for depth in (4, 3, 2):
        held = _packed([(f"at {depth}.zip", held), (f"at {depth}.txt", b"words")])
    found = _unpack(_pack(tmp_path / "a.zip", [("at 1.zip", held)]))
    refused = {origin: text for origin, text in found.items() if text.startswith("!")}
    assert list(refused) == ["a.zip > at 1.zip > at 2.zip > at 3.zip"]
    assert "an archive inside 3 others; at most 3" in str(refused)
    assert len(found) == 3


@pytest.mark.parametrize("where", ["outer", "inner"])
def test_bombs_are_refused_and_the_rest_goes_on(tmp_path: Path, where: str) -> None:
    bomb: Sequence[Entry] = [("zeros.txt", bytes(30_000_000)), ("beside.txt", b"beside")]
    path = tmp_path / "a.zip"
    if where == "outer":
        _pack(path, bomb)
        origin = "a.zip > "
    else:
        _pack(path, [("b.zip", _packed(bomb)), ("good.txt", b"good")])
        origin = "a.zip > b.zip > "
    found = _unpack(path)
    assert "is packed " in found[origin + "zeros.txt"] and "30 MB" in found[origin + "zeros.txt"]
    assert found[origin + "beside.txt"] == "beside"


def test_what_is_announced_is_all_that_is_written(tmp_path: Path) -> None:
    """A member that says it has 5 bytes and unpacks to 20 million."""
    path = _pack(tmp_path / "a.zip", [("liar.txt", bytes(20_000_000))])
    data = bytearray(path.read_bytes())
    for sign, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.find(sign) + offset, 5)
    path.write_bytes(data)
    assert "“liar.txt” is damaged" in _unpack(path)["a.zip > liar.txt"]


def test_members_that_share_their_bytes_are_counted_in_full(tmp_path: Path) -> None:
    """The bomb without nesting: many entries of the directory point to one packed kernel."""
    path = _pack(tmp_path / "a.zip", [("0.txt", os.urandom(2_000) * 4_000)])
    data = path.read_bytes()
    start = data.find(b"PK\x01\x02")
    end = data.find(b"PK\x05\x06")
    entry, count = data[start:end], 1_000
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, start, 0)
    path.write_bytes(data[:start] + entry * count + tail)
    (text,) = _unpack(path).values()
    assert "1,000 files of 8,000 MB together; at most 2,000 files and 1,000 MB" in text


def test_limits_hold_over_all_archives_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 4)
    inner = _packed([("1.txt", b"1"), ("2.txt", b"2")])
    first = _pack(tmp_path / "a.zip", [("x.zip", inner), ("y.zip", inner), ("good.txt", b"good")])
    found = _unpack(first)
    assert [text for text in found.values() if "at most 4 files" in text] == list(found.values())[
        :2
    ]
    assert found["a.zip > good.txt"] == "good"


def test_size_of_one_file_and_free_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _pack(tmp_path / "a.zip", [("big.txt", os.urandom(2_100_000)), ("small.txt", b"words")])
    found = _unpack(path, max_file_mb=2)
    assert "has 2.1 MB unpacked; at most 2 MB" in found["a.zip > big.txt"]
    assert found["a.zip > small.txt"] == "words"
    monkeypatch.setattr(archive, "HEADROOM_MB", 1e12)
    folder = tmp_path / "full"
    folder.mkdir()
    (row,) = unpack_here(str(path), "a.zip", str(folder), 100, lambda done, total: None)
    assert "MB on the disk; 0 MB are free" in str(row["error"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not a zip", "it is no ZIP archive"),
        (_packed([("a.txt", b"words" * 99)])[:-30], "was cut off on its way"),
        (_packed([]), "holds no files, of 0 entries"),
        (_packed([("__MACOSX/._a", b""), ("x/", b"")]), "holds no files, of 2 entries"),
        (_packed([("[Content_Types].xml", b"<Types/>")]), "Office document"),
        (_packed([("META-INF/container.xml", b"<c/>")]), "EPUB book"),
    ],
    ids=["no-zip", "cut-off", "empty", "skipped-only", "office", "epub"],  # the bytes hold the time
)
def test_an_archive_that_is_none_is_one_refusal(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    (only,) = _unpack(path).items()
    assert only[0] == "a.zip" and said in only[1]


def test_what_counts_as_an_archive() -> None:
    names: dict[str, Any] = {"a.zip": True, "A.ZIP": True, "a.docx": False, "zip": False}
    assert {name: is_archive(name) for name in names} == names
