"""Read TXT and Markdown in whatever encoding they come."""

import re
from collections.abc import Sequence
from pathlib import Path

from gemma_garage.augment.reading.clean import clean_text
from gemma_garage.augment.reading.formats import guess_utf16
from gemma_garage.augment.reading.parsed import ParsedDocument, Report
from gemma_garage.errors import DocumentError

MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
GUESSED_BYTES = 200_000  # as much as the guess of an encoding looks at
NARROW, WIDE = 45, 120  # characters; a text with such a right margin was wrapped by a program
WRAPPED_SHARE = 0.6
SENTENCE_ENDS = (".", "!", "?", ":")
STRUCTURE = re.compile(r"\s*([#|>]|[-*+•–—]\s|\d{1,3}[.)]\s|```|~~~)|\s{4,}|\t")
UNDERLINE = re.compile(r"(?m)^(?P<title>[^\n#>|\-\s][^\n]*)\n(?P<line>=+|-{3,})[ \t]*$")


def read_text(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text with its wrapped lines joined. Raises DocumentError for what is no text."""
    return ParsedDocument("txt", unwrap_lines(clean_text(decode(path.read_bytes(), name))))


def read_markdown(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The Markdown as it stands, underlined headings turned into `#` ones."""
    text = clean_text(decode(path.read_bytes(), name))
    text = UNDERLINE.sub(lambda m: f"{'#' if m['line'][0] == '=' else '##'} {m['title']}", text)
    return ParsedDocument("md", unwrap_lines(text))


def decode(data: bytes, name: str) -> str:
    """Byte order mark, else UTF-8, else UTF-16 by its zero bytes, else a guess by letter statistics
    (charset-normalizer), else Windows-1252. Raises DocumentError for binary data.
    """
    for mark, codec in MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace")
    codec = guess_utf16(data) or ""
    if not codec and data.count(0) > len(data) / 1000:
        raise DocumentError(
            f"“{name}” is binary data and not text ({data.count(0):,} of {len(data):,} bytes are "
            "zero). Check the file, or save it as text anew."
        )
    try:
        return data.decode(codec or "utf-8")
    except UnicodeDecodeError:
        return _guess(data)


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:GUESSED_BYTES]).best()
    # A few stray bytes decide little: Western text is Windows-1252 far more often than the
    # code pages that share its letters.
    if best is None or best.encoding in ("ascii", "cp1250", "cp1252", "latin_1", "cp437", "cp850"):
        return data.decode("cp1252", "replace")
    return data.decode(best.encoding, "replace")


def unwrap_lines(text: str) -> str:
    """Join the lines of paragraphs that a program broke at a fixed width.

    A break counts as such when the next word would not have fitted into the width that 95 of
    100 lines keep; a text is taken for wrapped when most breaks inside sentences are of this
    kind. Lists, tables, quotes, headings and code keep their lines.
    """
    lines = text.split("\n")
    lengths = sorted(len(line) for line in lines if line.strip())
    width = lengths[min(len(lengths) - 1, len(lengths) * 95 // 100)] if lengths else 0
    if not NARROW <= width <= WIDE:
        return text
    free = _find_free_lines(lines)
    breaks = [
        (number, len(line) + 1 + len(lines[number + 1].split(maxsplit=1)[0]) > width)
        for number, line in enumerate(lines[:-1])
        if free[number] and free[number + 1] and not STRUCTURE.match(lines[number + 1])
    ]
    inner = [forced for number, forced in breaks if not lines[number].endswith(SENTENCE_ENDS)]
    if sum(inner) <= WRAPPED_SHARE * len(inner):
        return text
    joins = {number for number, forced in breaks if forced}
    return "".join(
        f"{line} " if number in joins else f"{line}\n" for number, line in enumerate(lines)
    )[:-1]


def _find_free_lines(lines: Sequence[str]) -> list[bool]:
    """Which lines are running text: not empty, no code, table, quote or heading."""
    free, fenced = [], False
    for line in lines:
        fence = line.lstrip().startswith(("```", "~~~"))
        fenced ^= fence
        bound = re.match(r"\s*[#|>]|\s{4,}|\t", line)
        free.append(bool(line.strip()) and not (fence or fenced or bound))
    return free
