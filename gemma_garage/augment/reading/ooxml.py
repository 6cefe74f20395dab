"""Look at a document that is a ZIP (DOCX, PPTX, EPUB, ODT …) from outside: what it is, its size."""

import logging
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.formats import ALLOWED
from gemma_garage.augment.reading.parsed import ParsedDocument, Report, describe
from gemma_garage.errors import DocumentError

log = logging.getLogger(__name__)

MAX_MEMBERS = 10_000
MAX_UNPACKED_MB = 500
MAX_RATIO = 200  # unpacked to packed, of a part larger than RATIO_FROM_MB
RATIO_FROM_MB = 10
BROKEN_ZIP = (  # all that `zipfile` raises over a file that is none, or a damaged one
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
# What follows when a part is not what its place says: the libraries do not check.
BROKEN_PACKAGE = (*BROKEN_ZIP, AttributeError, LookupError, TypeError, ArithmeticError)
Reader = Callable[[Path, str, str | None, Report], ParsedDocument]
MAIN_PARTS = {
    "docx": b"wordprocessingml.document.main+xml",
    "pptx": b"presentationml.presentation.main+xml",
    "epub": b"oebps-package+xml",
    "odt": b"application/vnd.oasis.opendocument.text",
    "odp": b"application/vnd.oasis.opendocument.presentation",
}
KIND_PARTS = ("mimetype", "[Content_Types].xml", "META-INF/container.xml")
OTHERS = (
    (b"spreadsheetml", "an Excel workbook", "Save the sheets that matter as PDF and add that."),
    (
        b"macroEnabled",
        "an Office file with macros",
        "Save it as DOCX or PPTX without macros and add that.",
    ),
    (b"template.main+xml", "an Office template", "Save it as DOCX or PPTX and add that."),
    (b"slideshow.main+xml", "a PowerPoint show", "Save it as PPTX and add that."),
    (b"wordprocessingml.document.main", "a Word document", "Rename it to end in .docx."),
    (b"presentationml.presentation.main", "a PowerPoint file", "Rename it to end in .pptx."),
    (b"epub+zip", "an EPUB book", "Rename it to end in .epub."),
    (b"opendocument.text", "an OpenDocument text", "Rename it to end in .odt."),
    (b"opendocument.presentation", "an OpenDocument slide show", "Rename it to end in .odp."),
    (b"opendocument", "an OpenDocument file", "Save it as PDF and add that."),
)


def check_package(path: Path, name: str, format_name: str) -> None:
    """Raise DocumentError unless the file is a whole ZIP of sane size that holds `format_name`."""
    try:
        with zipfile.ZipFile(path) as package:
            members = package.infolist()
            _check_size(members, name)
            kind = b"".join(
                package.read(part)[:200_000] for part in KIND_PARTS if part in package.NameToInfo
            )
    except BROKEN_ZIP as error:
        raise damaged(path, name) from error
    if MAIN_PARTS[format_name] in kind:
        return
    for sign, what, advice in OTHERS:
        if sign in kind:
            raise DocumentError(
                f"“{name}” is not {format_name.upper()}: it is {what}. {ALLOWED} {advice}"
            )
    raise DocumentError(
        f"“{name}” is a ZIP archive with {len(members):,} files and no {format_name.upper()} "
        f"document. {ALLOWED} Unpack it and add what is inside."
    )


def _check_size(members: list[zipfile.ZipInfo], name: str) -> None:
    unpacked_mb = sum(member.file_size for member in members) / 1e6
    if len(members) > MAX_MEMBERS or unpacked_mb > MAX_UNPACKED_MB:
        raise DocumentError(
            f"“{name}” would unpack to {unpacked_mb:,.0f} MB in {len(members):,} parts; at most "
            f"{MAX_UNPACKED_MB} MB in {MAX_MEMBERS:,} are allowed. Split it, or make its pictures "
            "smaller."
        )
    check_ratio(members, name)


def check_ratio(members: list[zipfile.ZipInfo], name: str) -> None:
    """Raise DocumentError for a large part that is packed as no document packs one."""
    for member in members:
        size_mb = member.file_size / 1e6
        ratio = member.file_size / max(member.compress_size, 1)
        if size_mb > RATIO_FROM_MB and ratio > MAX_RATIO:
            raise DocumentError(
                f"“{name}” holds a part packed {ratio:,.0f} times ({size_mb:,.0f} MB unpacked); at "
                f"most {MAX_RATIO} times is allowed. It looks like a ZIP bomb; save the document "
                "anew in its program if it is not."
            )


def explain_damage(read: Reader) -> Reader:
    """The reader, where the many errors of python-docx and python-pptx over a damaged file, at its
    opening and at any later step, are one of ours. The log has the original."""

    @wraps(read)
    def explained(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
        from docx.opc.exceptions import OpcError
        from lxml.etree import LxmlError
        from pptx.exc import PythonPptxError

        try:
            return read(path, name, password, report)
        except (*BROKEN_PACKAGE, OpcError, LxmlError, PythonPptxError) as error:
            log.warning("“%s” is taken for damaged", name, exc_info=True)
            raise damaged(path, name) from error

    return explained


def read_properties(opened: Any) -> dict[str, str]:
    """Title and author, from the core properties of a python-docx or python-pptx document."""
    from lxml.etree import LxmlError

    try:
        properties = opened.core_properties
        return describe(properties.title, properties.author)
    except (KeyError, ValueError, AttributeError, LxmlError) as error:
        log.info("no properties: %s", error)  # they only help
        return {}


def damaged(path: Path, name: str) -> DocumentError:
    return DocumentError(
        f"“{name}” cannot be opened ({path.stat().st_size:,} bytes): it is damaged or was cut off "
        "on its way. Get a fresh copy, or save it anew in its program."
    )
