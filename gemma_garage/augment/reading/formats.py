"""Which file types can be read, and what a file really is by its first bytes.

It opens no file and reads none; a new format is one more row in `FORMATS` and one reader.
"""

from dataclasses import dataclass
from pathlib import PurePath

from gemma_garage.errors import DocumentError

READERS = "gemma_garage.augment.reading"
HEAD_BYTES = 4096  # enough for every signature below


@dataclass(frozen=True, slots=True)
class Format:
    """A readable type. `container` is what the first bytes say: pdf, zip or text."""

    name: str
    label: str
    suffixes: tuple[str, ...]
    container: str
    reader: str  # "module:function", imported in the child process only


FORMATS = (
    Format("pdf", "PDF", (".pdf",), "pdf", f"{READERS}.pdf:read_pdf"),
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
)
SUFFIXES = tuple(suffix for known in FORMATS for suffix in known.suffixes)
ALLOWED = "Allowed are PDF, DOCX, PPTX, TXT and Markdown files."

# What a file says it is in its first bytes; the label completes "it is …".
SIGNATURES = (
    (b"%PDF-", "pdf", "a PDF"),
    (b"PK\x03\x04", "zip", "a ZIP container (DOCX, PPTX and other formats are such)"),
    (b"PK\x05\x06", "zip", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole", "an old or a protected Microsoft Office file"),
    (b"\x89PNG\r\n\x1a\n", "other", "a PNG image"),
    (b"\xff\xd8\xff", "other", "a JPEG image"),
    (b"GIF8", "other", "a GIF image"),
    (b"II*\x00", "other", "a TIFF image"),
    (b"MM\x00*", "other", "a TIFF image"),
    (b"{\\rtf", "other", "a Rich Text (RTF) file"),
    (b"%!PS", "other", "a PostScript file"),
    (b"\x1f\x8b", "other", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "other", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "other", "a RAR archive"),
    (b"SQLite format 3\x00", "other", "an SQLite database"),
    (b"\x7fELF", "other", "a program"),
    (b"MZ\x90\x00", "other", "a Windows program"),
    (b"GGUF", "other", "a GGUF model"),
)
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
    what = f"ends in “{suffix}”" if suffix else "has no ending that tells its type"
    wanted = {".doc": "DOCX", ".rtf": "DOCX", ".odt": "DOCX", ".ppt": "PPTX", ".odp": "PPTX"}
    advice = f"Save it as {wanted.get(suffix, 'one of these')} and add that."
    raise DocumentError(f"“{name}” {what}, which cannot be read. {ALLOWED} {advice}")


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
    elif container == "pdf":
        advice = "Rename it to end in .pdf and add it again."
    elif container == "zip":
        advice = "Rename it to what it is (.docx, .pptx), or unpack it and add what is inside."
    else:
        advice = "Add the document itself."
        if "image" in label:
            advice = "Pictures of text have to go through text recognition (OCR) first."
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
        return "other", "a WebP image"
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


def guess_utf16(data: bytes) -> str | None:
    """The codec of UTF-16 text without a byte order mark, from where its zero bytes lie."""
    sample = data[: HEAD_BYTES // 2 * 2]
    half = max(len(sample) // 2, 1)
    low, high = sample[1::2].count(0) / half, sample[0::2].count(0) / half
    if low > 0.4 and high < 0.05:
        return "utf-16-le"
    if high > 0.4 and low < 0.05:
        return "utf-16-be"
    return None
