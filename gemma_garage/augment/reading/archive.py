"""What happens inside the child process that unpacks a ZIP: into numbered files of one folder.

No name from the archive ever becomes a path. What cannot be taken is listed with its reason and
the rest goes on; a ZIP inside is opened too. DOCX, PPTX, XLSX and EPUB files are ZIP containers as
well, but documents, and stay whole. `unpack.py` is the way in for everyone else.
"""

import re
import shutil
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from gemma_garage.augment.reading.clean import clean_line
from gemma_garage.augment.reading.ooxml import BROKEN_ZIP, MAX_RATIO, RATIO_FROM_MB
from gemma_garage.augment.reading.parsed import Report
from gemma_garage.errors import DocumentError

SUFFIX = ".zip"
STEP = " > "  # between an archive and what is in it
MAX_FILES = 2000  # in the archive and all archives in it
MAX_DEPTH = 3  # the archive itself is 1
MAX_UNPACKED_MB = 1000
HEADROOM_MB = 100  # left free on the disk
BLOCK_BYTES = 1 << 20
NAME_CHARACTERS = 150
PATH_CHARACTERS = 400
# Others expand a block of any size at once; nearly no program writes them.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
UTF8_NAME = 0x800
DRIVE = re.compile(r"[A-Za-z]:")
LEFT_BY_SYSTEMS = ("__macosx", "thumbs.db", "desktop.ini")
PACKAGES = {
    "[Content_Types].xml": "an Office document (.docx, .pptx or .xlsx)",
    "META-INF/container.xml": "an EPUB book (.epub)",
    "META-INF/manifest.xml": "an OpenDocument file (.odt, .ods or .odp)",
}


def is_archive(name: str) -> bool:
    return name.lower().endswith(SUFFIX)


def unpack_here(
    path: str, name: str, folder: str, max_file_mb: float, report: Report
) -> list[dict[str, Any]]:
    """Unpack in this process: for each file a dict of origin, name, error, and its number in
    `folder` where there is no error. A ZIP that cannot be read at all is listed as one file.
    """
    unpacker = _Unpacker(Path(folder), max_file_mb, report)
    unpacker.open(Path(path), name, name, depth=1)
    return unpacker.found


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file as the archive lists it; `inside`: its path for people, `error`: why it is left."""

    info: zipfile.ZipInfo
    inside: str
    name: str
    error: str | None


class _Unpacker:
    """What was found, and how much of the limits all archives together have used."""

    def __init__(self, folder: Path, max_file_mb: float, report: Report) -> None:
        self.found: list[dict[str, Any]] = []
        self._folder, self._max_file_mb, self._report = folder, max_file_mb, report
        self._files, self._bytes, self._number = 0, 0, 0

    def open(self, path: Path, name: str, origin: str, *, depth: int) -> None:
        """Take everything out of one archive; if that cannot be, it is listed itself."""
        try:
            self._open(path, name, origin, depth)
        except DocumentError as error:
            self._list(origin, name, error=str(error))

    def _open(self, path: Path, name: str, origin: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise DocumentError(
                f"“{name}” is an archive inside {depth - 1} others; at most {MAX_DEPTH} in one "
                "another are opened. Unpack it and add what is inside."
            )
        try:
            archive = zipfile.ZipFile(path)
        except BROKEN_ZIP as error:
            raise DocumentError(
                f"“{name}” cannot be opened ({path.stat().st_size:,} bytes): it is no ZIP archive, "
                "or it is damaged or was cut off on its way. Get a fresh copy, or pack it anew."
            ) from error
        with archive:
            for part, kind in PACKAGES.items():
                if part in archive.NameToInfo:
                    raise DocumentError(
                        f"“{name}” is not an archive of files: it is {kind}. Give it its own "
                        "ending and add it again."
                    )
            entries = list(self._survey(archive))
            if not entries:
                raise DocumentError(
                    f"“{name}” holds no files, of {len(archive.infolist()):,} entries (folders and "
                    "hidden files are not counted). Check what was packed."
                )
            self._account(name, entries)
            for entry in entries:
                self._take(archive, entry, origin + STEP + entry.inside, depth)

    def _survey(self, archive: zipfile.ZipFile) -> Iterator[_Entry]:
        """The files of the archive, without folders and litter; a repeated path gets a number."""
        seen: Counter[str] = Counter()
        for info in archive.infolist():
            full = _decode_name(info).replace("\\", "/")
            parts = [cleaned for part in full.split("/") if (cleaned := clean_line(part))]
            parts = [part for part in parts if part != "."]
            if not parts or full.endswith("/") or _is_litter(parts):
                continue
            leads_out = full.startswith("/") or DRIVE.match(full) or ".." in parts
            name = _shorten(parts[-1])
            inside = "/".join([*parts[:-1], name])
            if len(inside) > PATH_CHARACTERS:
                inside = f"{inside[:PATH_CHARACTERS]}…/{name}"
            seen[inside] += 1
            if seen[inside] > 1:
                inside = f"{inside} ({seen[inside]})"
            yield _Entry(info, inside, name, self._refuse(info, name, bool(leads_out)))

    def _refuse(self, info: zipfile.ZipInfo, name: str, leads_out: bool) -> str | None:
        """Why this member is not unpacked, from what the archive says of it."""
        kind = stat.S_IFMT(info.external_attr >> 16)
        size_mb = info.file_size / 1e6
        ratio = info.file_size / max(info.compress_size, 1)
        if leads_out:
            return (
                f"“{name}” has a path that leads out of the archive. Pack the folder anew and add "
                "that."
            )
        if kind not in (0, stat.S_IFREG):
            what = "a link to another file" if kind == stat.S_IFLNK else "no plain file"
            return f"“{name}” is {what}. Pack the file itself."
        if info.flag_bits & ENCRYPTED:
            return (
                f"“{name}” is locked with the archive's password. Unpack it with the password and "
                "add the file."
            )
        if info.compress_type not in METHODS:
            return (
                f"“{name}” is packed by a method that is not read here (number "
                f"{info.compress_type}; allowed are 0 and 8). Pack it anew as a plain ZIP."
            )
        if size_mb > RATIO_FROM_MB and ratio > MAX_RATIO:
            return (
                f"“{name}” is packed {ratio:,.0f} times ({size_mb:,.0f} MB unpacked); at most "
                f"{MAX_RATIO} times is allowed. It looks like a ZIP bomb; if it is not, unpack it "
                "and add the file."
            )
        if size_mb > self._max_file_mb:
            return (
                f"“{name}” has {size_mb:.1f} MB unpacked; at most {self._max_file_mb:g} MB are "
                "allowed. Split it, or set GEMMA_GARAGE_MAX_UPLOAD_MB higher and start again."
            )
        return None

    def _account(self, name: str, entries: list[_Entry]) -> None:
        """Count what will be unpacked against the limits, before any of it is written."""
        files = self._files + len(entries)
        needed = self._bytes + sum(e.info.file_size for e in entries if e.error is None)
        if files > MAX_FILES or needed > MAX_UNPACKED_MB * 1e6:
            raise DocumentError(
                f"With “{name}” there would be {files:,} files of {needed / 1e6:,.0f} MB together; "
                f"at most {MAX_FILES:,} files and {MAX_UNPACKED_MB:,} MB are unpacked at once. "
                "Split it into several archives."
            )
        free_mb = shutil.disk_usage(self._folder).free / 1e6 - HEADROOM_MB
        if needed - self._bytes > free_mb * 1e6:
            raise DocumentError(
                f"“{name}” needs {(needed - self._bytes) / 1e6:,.0f} MB on the disk; "
                f"{max(free_mb, 0):,.0f} MB are free for it. Free some space and add it again."
            )
        self._files, self._bytes = files, needed

    def _take(self, archive: zipfile.ZipFile, entry: _Entry, origin: str, depth: int) -> None:
        if entry.error is not None:
            self._list(origin, entry.name, error=entry.error)
            return
        self._number += 1
        number, path = self._number, self._folder / f"{self._number}"
        try:
            with path.open("xb") as target:
                for block in _read_blocks(archive, entry):
                    target.write(block)
        except DocumentError as error:
            path.unlink()
            self._list(origin, entry.name, error=str(error))
            return
        if is_archive(entry.name):
            self.open(path, entry.name, origin, depth=depth + 1)
            path.unlink()
        else:
            self._list(origin, entry.name, number)

    def _list(self, origin: str, name: str, number: int = 0, error: str | None = None) -> None:
        self.found.append({"origin": origin, "name": name, "number": number, "error": error})
        self._report(len(self.found), max(self._files, len(self.found)))


def _read_blocks(archive: zipfile.ZipFile, entry: _Entry) -> Iterator[bytes]:
    """`zipfile` stops at the size that was announced and compares the check sum at the end."""
    try:
        with archive.open(entry.info) as source:
            while block := source.read(BLOCK_BYTES):
                yield block
    except BROKEN_ZIP as error:
        raise DocumentError(
            f"“{entry.name}” is damaged in the archive ({entry.info.file_size:,} bytes were "
            "announced). Get a fresh copy, or pack it anew."
        ) from error


def _decode_name(info: zipfile.ZipInfo) -> str:
    """Many programs write names in UTF-8 without saying so; `zipfile` reads those as CP437."""
    if info.flag_bits & UTF8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _is_litter(parts: list[str]) -> bool:
    """Hidden files, and what systems and programs leave beside the real ones."""
    return any(
        (part.startswith((".", "~$")) and part != "..") or part.lower() in LEFT_BY_SYSTEMS
        for part in parts
    )


def _shorten(name: str) -> str:
    """A name of bearable length that keeps its ending."""
    if len(name) <= NAME_CHARACTERS:
        return name
    suffix = PurePosixPath(name).suffix[-20:]
    return name[: NAME_CHARACTERS - len(suffix)] + suffix
