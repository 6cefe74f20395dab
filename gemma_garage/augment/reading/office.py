"""Read old Office and OpenDocument files: LibreOffice turns them into DOCX or PPTX, which are read.

LibreOffice is found where it is installed and never fetched. It runs with a profile of its own, in
a folder of its own, without macros and without looking up links.
"""

import logging
import mmap
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gemma_garage.augment.reading.ooxml import BROKEN_ZIP, check_package, damaged
from gemma_garage.augment.reading.parsed import ParsedDocument, Report
from gemma_garage.augment.reading.slides import read_pptx
from gemma_garage.augment.reading.word import read_docx
from gemma_garage.errors import DocumentError

PROGRAMS = ("soffice", "libreoffice")
USUAL_PLACES = (
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.exe",
    "/usr/lib/libreoffice/program/soffice",
    "/opt/libreoffice/program/soffice",
)
TIME_LIMIT_S = 200.0  # below the limit of the process that this runs in
SECTOR_BYTES = 512
WORD_MAGIC = b"\xec\xa5"  # the first bytes of a FIB ([MS-DOC] 2.5.1)
WORD_ENCRYPTED = 0x0100  # fEncrypted of its flags, at offset 10
WORD_VERSIONS = (0xC0, 0xC1, 0xC2, 0xD9, 0x0101, 0x010C, 0x0112)  # nFib, at offset 2
# A CurrentUserAtom whose headerToken says that the slides are encrypted ([MS-PPT] 2.3.2).
LOCKED_SLIDES = re.compile(rb"\x00\x00\xf6\x0f.{4}\x14\x00\x00\x00\xdf\xc4\xd1\xf3", re.DOTALL)
LOCKED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
# No macro and no active content runs, no link is looked up, no recovery is offered.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{items}
</oor:items>
"""
SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Misc", "FirstRun", "false"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Calc/Content/Update", "Link", "2"),
    ("Office.Recovery/RecoveryInfo", "Enabled", "false"),
)
Reader = Callable[[Path, str, str | None, Report], ParsedDocument]

log = logging.getLogger(__name__)


def read_doc(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of a Word 97–2003 file as Markdown. Raises DocumentError."""
    _refuse_locked(path, name)
    return _read_converted(path, name, "doc", "docx", read_docx, report)


def read_ppt(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of a PowerPoint 97–2003 file as Markdown, a slide a page. Raises DocumentError."""
    _refuse_locked(path, name)
    return _read_converted(path, name, "ppt", "pptx", read_pptx, report)


def read_odt(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of an OpenDocument text as Markdown. Raises DocumentError."""
    _check_open_document(path, name, "odt")
    return _read_converted(path, name, "odt", "docx", read_docx, report)


def read_odp(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of OpenDocument slides as Markdown, a slide a page. Raises DocumentError."""
    _check_open_document(path, name, "odp")
    return _read_converted(path, name, "odp", "pptx", read_pptx, report)


def find_libreoffice() -> str | None:
    """The program's path; None where it is not installed."""
    for place in PROGRAMS:
        if found := shutil.which(place):
            return found
    return next((place for place in USUAL_PLACES if Path(place).is_file()), None)


def _refuse_locked(path: Path, name: str) -> None:
    """Raise DocumentError for a file with a password: LibreOffice would ask for it, and wait."""
    with path.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        locked = data.find(LOCKED_PACKAGE) >= 0 or LOCKED_SLIDES.search(data) is not None
        for start in range(0, len(data), SECTOR_BYTES):
            magic, version, flags = data[start : start + 2], *_read_words(data, start, 2, 10)
            if magic == WORD_MAGIC and version in WORD_VERSIONS:
                locked = locked or bool(flags & WORD_ENCRYPTED)
                break
    if locked:
        raise _locked(name)


def _read_words(data: mmap.mmap, start: int, *offsets: int) -> list[int]:
    return [int.from_bytes(data[start + at : start + at + 2], "little") for at in offsets]


def _check_open_document(path: Path, name: str, format_name: str) -> None:
    check_package(path, name, format_name)
    try:
        with zipfile.ZipFile(path) as package:
            locked = b"encryption-data" in package.read("META-INF/manifest.xml")
    except (KeyError, *BROKEN_ZIP) as error:
        raise damaged(path, name) from error
    if locked:
        raise _locked(name)


def _locked(name: str) -> DocumentError:
    return DocumentError(
        f"“{name}” is protected with a password. Open it in its program, take the password off "
        "(File, Info or Properties), save it as DOCX, PPTX or PDF and add that."
    )


def _read_converted(
    path: Path, name: str, format_name: str, wanted: str, reader: Reader, report: Report
) -> ParsedDocument:
    program = find_libreoffice()
    if program is None:
        raise DocumentError(
            f"“{name}” is a {format_name.upper()} file. These are read with LibreOffice, which is "
            "not installed on this machine (there is no “soffice” program). Install LibreOffice "
            f"and add the file again, or save it as {wanted.upper()} or PDF and add that."
        )
    with tempfile.TemporaryDirectory(prefix="office-") as scratch:
        converted = _convert(program, path, name, format_name, wanted, Path(scratch))
        parsed = reader(converted, name, None, report)
    note = f"Turned into {wanted.upper()} by LibreOffice before it was read."
    return replace(parsed, format=format_name, notes=(*parsed.notes, note))


def _convert(
    program: str, path: Path, name: str, format_name: str, wanted: str, scratch: Path
) -> Path:
    """The file as `wanted`, in `scratch`. Raises DocumentError."""
    source = scratch / f"document.{format_name}"  # under a name without any surprise
    shutil.copyfile(path, source)
    profile, out = scratch / "profile", scratch / "out"
    (profile / "user").mkdir(parents=True)
    items = "\n".join(
        f'<item oor:path="/org.openoffice.{where}"><prop oor:name="{what}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for where, what, value in SETTINGS
    )
    text = PROFILE.format(items=items)
    (profile / "user" / "registrymodifications.xcu").write_text(text, encoding="utf-8")
    command = [
        program,
        "--headless",
        "--invisible",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        f"-env:UserInstallation={profile.as_uri()}",
        "--convert-to",
        wanted,
        "--outdir",
        str(out),
        str(source),
    ]
    environment = {**os.environ, "HOME": str(scratch)}
    environment.pop("PYTHONPATH", None)  # its own Python must not find ours
    complaints = scratch / "complaints"
    try:
        # No pipes: what it starts in turn may hold them open when it is gone.
        with complaints.open("wb") as sink:
            done = subprocess.run(
                command,
                cwd=scratch,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=sink,
                timeout=TIME_LIMIT_S,
            )
    except subprocess.TimeoutExpired as error:
        raise DocumentError(
            f"LibreOffice did not turn “{name}” into {wanted.upper()} within {TIME_LIMIT_S:g} "
            "seconds. Open it in its program, save it as "
            f"{wanted.upper()} or PDF and add that."
        ) from error
    except OSError as error:
        raise DocumentError(
            f"“{name}” is read with LibreOffice, which does not start ({error.strerror}: "
            f"{program}). Mend its installation, or save the file as {wanted.upper()} and add that."
        ) from error
    result = out / f"document.{wanted}"
    if not result.is_file():
        said = complaints.read_text(errors="replace").strip() or f"code {done.returncode}"
        log.warning("LibreOffice: %s", said[-2000:])
        raise DocumentError(
            f"LibreOffice could not open “{name}” ({path.stat().st_size:,} bytes; it said: "
            f"{said.splitlines()[-1][:200]}). It is damaged or no {format_name.upper()} file; open "
            f"it in its program, save it as {wanted.upper()} and add that."
        )
    return result
