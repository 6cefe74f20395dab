"""Cut a passage into statements: sentences, list items and table rows, each with its place.

It knows Markdown's headings, bullets, tables and emphasis, and hard-wrapped lines. It judges no
content.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_ABBREVIATIONS = frozenset(
    "e.g i.e etc vs approx no nos fig figs sec ch vol p pp cf al dr mr mrs ms prof st inc ltd co "
    "max min incl excl resp ca z.b d.h u.a bzw usw nr abb m. mme ex env art tel dept".split()
)
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*)")
_BULLET = re.compile(r"^(\s*)(?:[-*+•–]|\d{1,2}[.)])\s+")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_FIELD = re.compile(r"^\s*(?:[*_]{2})?([^\W\d_][^.:;!?|]{1,40}):(?:[*_]{2})?\s+(\S.*?)\s*$")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]*_]*(?=\s+|$)")
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|`)(?=\S)(.+?)(?<=\S)\1")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a passage.

    `text` is clean (no markup, one line); `source` is the verbatim slice of the passage. `lead` is
    what has to be known to read it: a list's opening line or the sentence before. `cells` is set
    for a table row: (column, value) pairs, the row's own name first.
    """

    text: str
    source: str
    heading: str = ""
    lead: str = ""
    cells: tuple[tuple[str, str], ...] = field(default=())
    listed: bool = False

    def place_cells(self) -> list[int]:
        """Where each cell's value begins in `text`."""
        places, at = [], 0
        for _, value in self.cells:
            places.append(at := self.text.index(value, at))
            at += len(value)
        return places


def clean_markup(text: str) -> str:
    """Drop Markdown emphasis, code marks and links; put the text on one line."""
    text = _LINK.sub(r"\1", " ".join(text.split()))
    for _ in range(2):
        text = _EMPHASIS.sub(r"\2", text)
    return text.strip()


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of every sentence in `text`, spaces around it left out.

    A full stop ends no sentence after an abbreviation, a single letter, "No." before a number, or
    when a small letter follows.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match.end() < len(text) and not _ends_sentence(text, match):
            continue
        spans.append((start, match.end()))
        start = match.end()
    spans.append((start, len(text)))
    trimmed = []
    for first, last in spans:
        piece = text[first:last]
        left = len(piece) - len(piece.lstrip())
        if piece.strip():
            trimmed.append((first + left, first + len(piece.rstrip())))
    return trimmed


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() :].lstrip()
    if not after or after[0].islower():
        return False
    if match.group()[0] != "." or match.group().startswith(".."):
        return True
    before = re.search(r"([\w.]+)$", text[: match.start()])
    word = before.group(1).lower() if before else ""
    if word in {"no", "nr", "art", "fig", "abb"}:
        return not after[0].isdigit()
    if word.isdigit() and len(word) <= 2 and after[0].isupper():
        return not re.match(
            r"(?:Januar|Februar|März|April|Mai|Ju[nl]i|August|[A-Z]\w+ber)\b", after
        )
    if len(word) == 1 and word.isalpha():  # an initial, unless a unit: "230 °C.", "a 16 A fuse."
        return bool(re.search(r"(?:°|\d\s?)[A-Za-z]$", text[: match.start()]))
    return word not in _ABBREVIATIONS


def split_statements(text: str, heading: str = "") -> list[Statement]:
    """Return the statements of a passage in order."""
    statements: list[Statement] = []
    lead = ""
    for kind, block in _walk_blocks(text):
        if kind == "heading":
            heading, lead = clean_markup(re.sub(r"^[\d.]+\s+", "", block)), ""
        elif kind == "table":
            statements += _read_table(block, heading)
            lead = ""
        elif fields := _read_fields(block, heading):
            statements += fields
            lead = ""
        elif kind == "item":
            body = _BULLET.sub("", block, count=1).rstrip()
            for first, last in split_sentences(body):
                piece = body[first:last]
                opening = lead if first == 0 and lead.endswith(":") else ""
                statements.append(
                    Statement(clean_markup(piece), piece, heading, opening, listed=True)
                )
        else:
            before = ""
            for first, last in split_sentences(block):
                clean = clean_markup(block[first:last])
                statements.append(Statement(clean, block[first:last], heading, before))
                before = lead = clean
    return [statement for statement in statements if len(statement.text) > 2]


def _walk_blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, slice) of headings, tables, list items and paragraphs, in order."""
    kind, start, end = "", 0, 0
    offset = 0
    for line in text.splitlines(keepends=True):
        now = _name_line(line, kind)
        fresh = now in ("heading", "item") or now != kind
        if now == "more":
            now, fresh = kind, False
        if fresh and kind:
            yield kind, text[start:end]
        if now and fresh:
            start = offset
        kind = now
        offset += len(line)
        end = offset
        if now == "heading":
            match = _HEADING.match(line)
            yield "heading", match.group(2).rstrip().rstrip("#").rstrip() if match else line
            kind = ""
    if kind:
        yield kind, text[start:end]


def _name_line(line: str, kind: str) -> str:
    if not line.strip():
        return ""
    if _HEADING.match(line):
        return "heading"
    if line.lstrip().startswith("|"):
        return "table"
    if _BULLET.match(line):
        return "item"
    if kind == "item":
        return "more"
    return "paragraph"


def _read_table(block: str, heading: str) -> list[Statement]:
    rows = [line.strip() for line in block.splitlines() if line.strip()]
    header: list[str] = []
    if len(rows) > 2 and _TABLE_RULE.match(rows[1]):
        header, rows = _read_cells(rows[0]), rows[2:]
    statements = []
    for row in rows:
        values = _read_cells(row)
        if _TABLE_RULE.match(row) or len(values) < 2 or not values[0]:
            continue
        names = header if len(header) == len(values) else [""] * len(values)
        cells = tuple(pair for pair in zip(names, values, strict=True) if pair[1])
        told = "; ".join(f"{name}: {value}" if name else value for name, value in cells)
        statements.append(Statement(told, row, heading, cells=cells))
    return statements


def _read_fields(block: str, heading: str) -> list[Statement]:
    """Lines that are all "Name: value" are read as rows of a table; else there are none."""
    lines = [line for line in block.splitlines() if line.strip()]
    found = [_FIELD.match(line) for line in lines]
    if len(lines) < 2 or not all(found):
        return []
    pairs = [tuple(map(clean_markup, match.groups())) for match in found if match]
    return [
        Statement(f"{name}: {value}", line.strip(), heading, cells=(("", name), ("", value)))
        for (name, value), line in zip(pairs, lines, strict=True)
    ]


def _read_cells(row: str) -> list[str]:
    return [clean_markup(cell) for cell in row.strip().strip("|").split("|")]
