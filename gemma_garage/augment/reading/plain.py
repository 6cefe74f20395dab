"""Read TXT and Markdown in whatever encoding they come."""

import re
from collections.abc import Sequence
from pathlib import Path

from gemma_garage.augment.reading.clean import clean_text, note_characters
from gemma_garage.augment.reading.cleaning import Cleaning, Note
from gemma_garage.augment.reading.encoding import MARKS, decode_text, guess_utf16
from gemma_garage.augment.reading.formats import HEAD_BYTES
from gemma_garage.augment.reading.hyphens import Words
from gemma_garage.augment.reading.parsed import MAX_CHARACTERS, ParsedDocument, Report, describe
from gemma_garage.errors import DocumentError

NARROW, WIDE = 45, 120  # characters; a text with such a right margin was wrapped by a program
WRAPPED_SHARE = 0.6
SHOWN = 30  # characters before and after a join, in its sample
SENTENCE_ENDS = (".", "!", "?", ":")
STRUCTURE = re.compile(r"\s*([#|>]|[-*+•–—]\s|\d{1,3}[.)]\s|```|~~~)|\s{4,}|\t")
# Only lines "key: value", lists and what is indented; else the lines are two rules.
FRONT_MATTER = re.compile(
    r"---[ \t]*\n((?:(?:(?:[\w-]+:|- |#|[ \t]+\S)[^\n]*)?\n)+)(?:---|\.\.\.)[ \t]*(?:\n|$)"
)
FIELD = re.compile(r"(?m)^([\w-]+):[ \t]*(.*)$")
UNDERLINE = re.compile(r"(?m)^(?P<title>[^\n#>|\-\s][^\n]*)\n(?P<line>=+|-{3,})[ \t]*$")


def read_text(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text with its wrapped lines joined. Raises DocumentError for what is no text."""
    cleaning = Cleaning()
    text = unwrap_lines(_load(path, name, cleaning.at(None)), cleaning.at(None))
    return ParsedDocument("txt", text, cleaning=cleaning.to_json())


def read_markdown(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The Markdown as it stands, underlined headings turned into `#` ones. Front matter gives the
    title and the author and is no text."""
    cleaning = Cleaning()
    text = _load(path, name, cleaning.at(None))
    details: dict[str, str] = {}
    front = FRONT_MATTER.match(text)
    if front and (fields := FIELD.findall(front[1])):
        told = {key.lower(): value.strip().strip("\"'") for key, value in fields}
        details = describe(told.get("title"), told.get("author"))
        text = text[front.end() :].lstrip("\n")
    text = UNDERLINE.sub(lambda m: f"{'#' if m['line'][0] == '=' else '##'} {m['title']}", text)
    text = unwrap_lines(text, cleaning.at(None))
    return ParsedDocument("md", text, cleaning=cleaning.to_json(), details=details)


def _load(path: Path, name: str, note: Note) -> str:
    """What the file says, its characters cleaned; far too much is refused before work is put in."""
    # No encoding takes more than four bytes for a character.
    characters = path.stat().st_size // 4
    if characters <= MAX_CHARACTERS:
        text = decode(path.read_bytes(), name)
        characters = len(text)
    if characters > MAX_CHARACTERS:
        raise DocumentError(
            f"“{name}” holds {characters:,} characters or more; at most {MAX_CHARACTERS:,} are "
            "allowed. Split it into several files."
        )
    note_characters(text, note)
    return clean_text(text)


def decode(data: bytes, name: str) -> str:
    """`decode_text`. Raises DocumentError for binary data."""
    wide = data.startswith(tuple(mark for mark, _ in MARKS)) or guess_utf16(data[:HEAD_BYTES])
    if not wide and data.count(0) > len(data) / 1000:
        raise DocumentError(
            f"“{name}” is binary data and not text ({data.count(0):,} of {len(data):,} bytes are "
            "zero). Check the file, or save it as text anew."
        )
    return decode_text(data)


def unwrap_lines(text: str, note: Note) -> str:
    """Join the lines of paragraphs that a program broke at a fixed width.

    A break counts as such when the next word would not have fitted into the width that 95 of
    100 lines keep; a text is taken for wrapped when most breaks inside sentences are of this
    kind. Lists, tables, quotes, headings and code keep their lines. `note` is told of each join.
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
    words = Words(lines)
    pieces: list[str] = [lines[0]]
    for number, line in enumerate(lines[1:]):
        if number in joins:
            whole = words.join(pieces[-1], line, note)
            end, begin = pieces[-1][-SHOWN:], line[:SHOWN]
            pieces[-1] = whole[: len(whole) - len(line)]
            note("line_breaks", f"…{end} ⏎ {begin}…", f"{pieces[-1][-SHOWN:]}{begin}…")
        else:
            pieces.append("\n")
        pieces.append(line)
    return "".join(pieces)


def _find_free_lines(lines: Sequence[str]) -> list[bool]:
    """Which lines are running text: not empty, no code, table, quote or heading."""
    free, fenced = [], False
    for line in lines:
        fence = line.lstrip().startswith(("```", "~~~"))
        fenced ^= fence
        bound = re.match(r"\s*[#|>]|\s{4,}|\t", line)
        free.append(bool(line.strip()) and not (fence or fenced or bound))
    return free
