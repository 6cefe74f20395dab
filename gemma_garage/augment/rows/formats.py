"""Which files hold rows, and what can be told of one at the door: its name, size and first bytes.

It reads no row. A new format is one more line in `ROW_FORMATS` and one reader.
"""

from pathlib import Path, PurePath

from gemma_garage.augment.reading.encoding import guess_utf16
from gemma_garage.augment.reading.formats import SIGNATURES, Format
from gemma_garage.augment.reading.parse import check_size
from gemma_garage.errors import DocumentError

READERS = "gemma_garage.augment.rows"
HUB = "hub"  # the format of a Document that came from the Hugging Face Hub
ROW_FORMATS = (
    Format("csv", "CSV", (".csv",), "text", f"{READERS}.delimited:read_delimited"),
    Format("tsv", "TSV", (".tsv", ".tab"), "text", f"{READERS}.delimited:read_delimited"),
    Format("json", "JSON", (".json",), "text", f"{READERS}.json_rows:read_json"),
    Format("jsonl", "JSON Lines", (".jsonl", ".ndjson"), "text", f"{READERS}.json_rows:read_lines"),
    Format("yaml", "YAML", (".yaml", ".yml"), "text", f"{READERS}.yaml_rows:read_yaml"),
    Format("xlsx", "Excel (XLSX)", (".xlsx", ".xlsm"), "zip", f"{READERS}.sheet:read_sheet"),
    Format("parquet", "Parquet", (".parquet",), "parquet", f"{READERS}.parquet:read_parquet"),
)
ROW_SUFFIXES = tuple(suffix for known in ROW_FORMATS for suffix in known.suffixes)
ALLOWED = "Rows are read from CSV, TSV, JSON, JSON Lines, YAML, XLSX and Parquet files."
_MAGIC = {"zip": b"PK\x03\x04", "parquet": b"PAR1"}
_OLE = b"\xd0\xcf\x11\xe0"


def is_row_file(name: str) -> bool:
    """Does a file of this name hold rows (and not running text)?"""
    return PurePath(name).suffix.lower() in ROW_SUFFIXES


def is_row_format(format_name: str) -> bool:
    """Is a Document of this `format` a file of rows, or a dataset of the Hub?"""
    return format_name == HUB or any(known.name == format_name for known in ROW_FORMATS)


def find_row_format(name: str) -> Format:
    """The format that the suffix of `name` promises. Raises DocumentError for any other suffix."""
    suffix = PurePath(name).suffix.lower()
    for known in ROW_FORMATS:
        if suffix in known.suffixes:
            return known
    raise DocumentError(
        f"“{name}” ends in “{suffix}”, which holds no rows that can be read. {ALLOWED} Save it as "
        "one of these and add that."
    )


def check_row_file(path: Path, name: str, max_mb: float) -> Format:
    """The format of the file, which must fit its first bytes.

    Raises DocumentError for a file that is missing, empty, larger than `max_mb` (millions of
    bytes), of another type, or something else than its name says.
    """
    known = find_row_format(name)
    problem = _find_mislabel(check_size(path, name, max_mb), known)
    if problem:
        raise DocumentError(f"“{name}” is not {known.label}: {problem}")
    return known


def _find_mislabel(head: bytes, known: Format) -> str:
    magic = _MAGIC.get(known.container)
    if magic is not None:
        if head.startswith(magic):
            return ""
        if head.startswith(_OLE):
            return (
                "it is an old or a password-protected workbook. Open it, take the password off, "
                "save it as XLSX and add that."
            )
        return f"it does not begin as one ({len(head)} bytes looked at). Save it anew."
    for signature, _, label in SIGNATURES:
        if head.startswith(signature):
            return f"it is {label}. Rename it to what it is, or save the rows as text."
    if head.startswith(_MAGIC["parquet"]):
        return "it is a Parquet file. Rename it to end in .parquet."
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or guess_utf16(head) or not head.count(0):
        return ""
    return f"it is binary data ({head.count(0):,} of its first {len(head):,} bytes are zero)."
