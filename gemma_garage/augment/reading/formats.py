"""Which file types can be read, and what a file really is by its first bytes.

It opens no file and reads none; a new format is one more row in `FORMATS` and one reader.
"""

from dataclasses import dataclass
from pathlib import PurePath

from gemma_garage.augment.reading.encoding import guess_utf16
from gemma_garage.errors import DocumentError

READERS = "gemma_garage.augment.reading"
HEAD_BYTES = 4096  # enough for every signature below


@dataclass(frozen=True, slots=True)
class Format:
    """A readable type. `container` is what the first bytes say: pdf, zip, rtf, ole, text, or the
    kind of picture."""

    name: str
    label: str
    suffixes: tuple[str, ...]
    container: str
    reader: str  # "module:function", imported in the child process only
    memory_mb: int = 2048  # of address space, for the reader and what it starts
    pictures: bool = False  # its pages may be pictures, which its reader hands on


FORMATS = (
    Format("pdf", "PDF", (".pdf",), "pdf", f"{READERS}.pdf:read_pdf", pictures=True),
    Format("docx", "Word (DOCX)", (".docx",), "zip", f"{READERS}.word:read_docx"),
    Format(
        "pptx",
        "PowerPoint (PPTX)",
        (".pptx",),
        "zip",
        f"{READERS}.slides:read_pptx",
    ),
    Format(
        "txt",
        "text (TXT)",
        (".txt", ".text"),
        "text",
        f"{READERS}.plain:read_text",
    ),
    Format(
        "md",
        "Markdown",
        (".md", ".markdown"),
        "text",
        f"{READERS}.plain:read_markdown",
    ),
    Format(
        "html",
        "a web page (HTML)",
        (".html", ".htm", ".xhtml"),
        "text",
        f"{READERS}.web:read_html",
    ),
    Format("epub", "an EPUB book", (".epub",), "zip", f"{READERS}.epub:read_epub"),
    Format("rtf", "Rich Text (RTF)", (".rtf",), "rtf", f"{READERS}.rtf:read_rtf"),
    # LibreOffice reserves more than it uses.
    Format("doc", "old Word (DOC)", (".doc",), "ole", f"{READERS}.office:read_doc", 6144),
    Format("ppt", "old PowerPoint (PPT)", (".ppt",), "ole", f"{READERS}.office:read_ppt", 6144),
    Format("odt", "OpenDocument text", (".odt",), "zip", f"{READERS}.office:read_odt", 6144),
    Format("odp", "OpenDocument slides", (".odp",), "zip", f"{READERS}.office:read_odp", 6144),
    *(
        Format(name, label, suffixes, name, f"{READERS}.image:read_picture", pictures=True)
        for name, label, suffixes in (
            ("png", "a PNG image", (".png",)),
            ("jpeg", "a JPEG image", (".jpg", ".jpeg")),
            ("webp", "a WebP image", (".webp",)),
            ("tiff", "a TIFF image", (".tif", ".tiff")),
            ("bmp", "a BMP image", (".bmp",)),
        )
    ),
)
SUFFIXES = tuple(suffix for known in FORMATS for suffix in known.suffixes)
# A test holds the files of rows against rows/formats.py, which lies above this module.
ALLOWED = (
    f"Allowed are {', '.join(known.suffixes[0][1:].upper() for known in FORMATS)} files, rows as "
    "CSV, TSV, JSON, JSONL, YAML, XLSX or PARQUET, and ZIP files of all these."
)

ARCHIVES = (".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".7z", ".rar")

# What a file says it is in its first bytes; the label completes "it is …".
SIGNATURES = (
    (b"%PDF-", "pdf", "a PDF"),
    (b"PK\x03\x04", "zip", "a ZIP container (DOCX, PPTX and other formats are such)"),
    (b"PK\x05\x06", "zip", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole", "an old or a protected Microsoft Office file"),
    (b"\x89PNG\r\n\x1a\n", "png", "a PNG image"),
    (b"\xff\xd8\xff", "jpeg", "a JPEG image"),
    (b"GIF8", "other", "a GIF image"),
    (b"II*\x00", "tiff", "a TIFF image"),
    (b"MM\x00*", "tiff", "a TIFF image"),
    (b"{\\rtf", "rtf", "a Rich Text (RTF) file"),
    (b"%!PS", "other", "a PostScript file"),
    (b"\x1f\x8b", "other", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "other", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "other", "a RAR archive"),
    (b"SQLite format 3\x00", "other", "an SQLite database"),
    (b"\x7fELF", "other", "a program"),
    (b"MZ\x90\x00", "other", "a Windows program"),
    (b"GGUF", "other", "a GGUF model"),
)
BMP_HEADER_BYTES = (12, 40, 52, 56, 64, 108, 124)
OLE_ADVICE = (
    "Open it in its program, take off the password if it has one (File, Info, Protect), save it "
    "as {wanted} and add that."
)


def find_format(name: str) -> Format:
    """The format that the suffix of `name` promises. Raises DocumentError for any other suffix."""
    suffix = PurePath(name).suffix.lower()
    for known in FORMATS:
        if suffix in known.suffixes:
            return known
    if suffix in ARCHIVES:
        raise DocumentError(
            f"“{name}” is an archive of a kind that is not opened (“{suffix}”; “.zip” is). Unpack "
            "it, zip the files, and add the ZIP."
        )
    what = f"ends in “{suffix}”" if suffix else "has no ending that tells its type"
    raise DocumentError(
        f"“{name}” {what}, which cannot be read. {ALLOWED} Save it as one of these and add that."
    )


def identify(head: bytes, name: str) -> Format:
    """The format of a file from its name and its first bytes, which must agree.

    `head`: the first `HEAD_BYTES` of the file. Raises DocumentError when it is empty or is
    something else than its name says.
    """
    known = find_format(name)
    if not head:
        raise DocumentError(f"“{name}” is empty (0 bytes). Check the file where it came from.")
    container, label = _look(head)
    if container == known.container:
        return known
    if container == "ole":
        wanted = known.label if known.container == "zip" else "DOCX, PPTX or PDF"
        raise DocumentError(
            f"“{name}” is {label}, not {known.label}. " + OLE_ADVICE.format(wanted=wanted)
        )
    if container == "text":
        advice = "If it is meant to be text, rename it to end in .txt; else get a fresh copy of it."
    elif container == "zip":
        advice = (
            "Rename it to what it is (.docx, .pptx, .epub), or unpack it and add what is inside."
        )
    elif promised := next((one for one in FORMATS if one.container == container), None):
        advice = f"Rename it to end in {promised.suffixes[0]} and add it again."
    elif "image" in label:
        advice = "Save it as a PNG image and add that."
    else:
        advice = "Add the document itself."
    raise DocumentError(
        f"“{name}” is not what its name says: it should be {known.label}, and it is {label}. "
        f"{ALLOWED} {advice}"
    )


def _look(head: bytes) -> tuple[str, str]:
    for signature, container, label in SIGNATURES:
        if head.startswith(signature):
            return container, label
    # Something may stand in front of it: mail headers, a server's answer.
    if b"%PDF-" in head:
        return "pdf", "a PDF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp", "a WebP image"
    # Two letters alone may begin any text; the size of the header, at 14, is one of few.
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BMP_HEADER_BYTES:
        return "bmp", "a BMP image"
    if _is_binary(head):
        return "other", "binary data of an unknown type"
    return "text", "plain text"


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return False
    zeros = head.count(0)
    if zeros and not guess_utf16(head):
        return True
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b\x00" for byte in head)
    return control > len(head) / 20
