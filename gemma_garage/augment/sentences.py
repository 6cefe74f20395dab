"""Cut a passage into statements: sentences, list items and table rows, each with its place.

It knows Markdown's headings, bullets, tables and emphasis, and hard-wrapped lines. It judges no
content.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_ABBREVIATIONS = frozenset(
    "e.g i.e etc vs approx no nos fig figs sec ch vol p pp cf al dr mr mrs ms prof st inc ltd co "
    "max min incl excl resp ca z.b d.h u.a bzw usw nr abb m. mme ex env art tel dept".split()
)
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*)")
_COUNTED = re.compile(r"(?i)(?:no|nr|number|item|item no|pos|#)\.?")  # heads a numbering
# Heads of a thing's number and its name, as in a list of spare parts
_NUMBERS_THING = re.compile(
    r"(?i)(?:(?:order|part|article|item|stock|product|catalogue)[ -])?(?:codes?|nos?\.?|numbers?|"
    r"ref\.?|reference|sku)\|(?:item|part|name|description|product|article|accessor(?:y|ies)|"
    r"spare part|spare|title|thing|what it is)s?"
)
_BULLET = re.compile(r"^(\s*)(?:[-*+•–]|\d{1,2}[.)])\s+")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_NOT_NAME = re.compile(r"(?:The|An?|There|It|No|If|When|To|You|Do|Never|Always|Note|Example)\b")
_CAUSE = re.compile(
    r"((?:(?:likely|possible|probable)\s)?(?:causes?|reasons?)):\s+(.+)", re.IGNORECASE
)
_FIELD = re.compile(r"^\s*(?:[*_]{2})?([^\W\d_][^.:;!?|]{1,40}):(?:[*_]{2})?\s+(\S.*?)\s*$")
# What a lamp does: "Pulsing amber", "Red, flashing"
SIGNAL = re.compile(
    r"(?i)(?:(?:steady|solid|constant|flashing|blinking|pulsing|glowing|slow|fast|slowly|rapidly|"
    r"quickly|continuous|breathing|permanent)\b[ ,]*)*"
    r"(?:black|white|red|green|blue|yellow|orange|purple|violet|pink|amber|off|flashing|blinking|"
    r"pulsing|lit)(?:[ ,]+(?:light|lamp|steady|flashing|blinking|pulsing|solid|slowly|quickly))*$"
)
_LIGHT = re.compile(
    r"(?:\b(?!an?\b|the\b|single\b|small\b|our\b|its\b)[\w-]+\s)?\b(?:light|lamp|LED|ring|indicator|display)\b"
)
# Headings of what may go wrong, and how a sentence that tells what is seen, or why, begins
_TROUBLE = re.compile(
    r"(?i)troubl|problem|fault|malfunction|goes? wrong|symptom|does(?:n.t| not) work"
)
_SEEN = re.compile(
    r"(?:The|There|It|No|Nothing|An?|My|Your|Its)\s\S+\s\S|[A-Z]\w+s?\s(?:drips?|is|are|has)\s"
)
_ORDER = re.compile(
    r"(?:Do not|Don['’]t|Never|Always|First|Please|Simply|To \w+,|Hold|Press|Push|Pull|Turn|Switch|"
    r"Tap|Unplug|Select|Choose|Set|Use|Call|Remove|Clean|Check)\b|"
    r"(?!(?:The|This|There|It|In|At|If|When|Some|Is|As|Only|Over|Under|After|Before)\b)[A-Z][a-z]+\s"
    r"(?:the|your|its?|an?|both|all|that|whether|for|out|off|on|down|up|any|us|in|more|less)\b"
)
# What a paragraph opens with in place of a heading: "Child lock. Hold MODE for 3 seconds."
_RUN_IN = re.compile(
    r"(?!(?:Warning|Caution|Danger|Note|Important|Attention|Tip|Please|Thank|Yes|No|Never|Always|Do|"
    r"Keep|Be|Go|Come|It|They|We|You)\b)[A-Z][\w'’-]*(?:\s(?!\w+(?:ed|[^s]s)\b)[a-z][\w'’-]{2,}){1,2}\."
)
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]*_]*(?=\s+|$)")
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|`)(?=\S)(.+?)(?<=\S)\1")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a passage.

    `text` is clean (no markup, one line); `source` is the verbatim slice of the passage. `lead` is
    what has to be known to read it: a list's opening line or the sentence before. `cells` is set
    for a table row: (column, value) pairs, the row's own name first. `question`: the verbatim
    question of the text that it answers ("Can it get wet? No, keep it dry.").
    """

    text: str
    source: str
    heading: str = ""
    lead: str = ""
    cells: tuple[tuple[str, str], ...] = field(default=())
    listed: bool = False
    question: str = ""

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
    if len(word) == 1 and word.isalpha():  # an initial, unless a unit: "230 °C.", "25 km/h."
        return bool(re.search(r"(?:°|\d\s?|[a-z]/)[A-Za-z]$", text[: match.start()]))
    return word not in _ABBREVIATIONS


def split_statements(text: str, heading: str = "") -> list[Statement]:
    """Return the statements of a passage in order."""
    statements: list[Statement] = []
    lead = ""
    asked = heading if heading.endswith("?") else ""
    for kind, blocks in _join_items(_walk_blocks(text)):
        block = blocks[0]
        if kind == "heading":
            heading, lead = clean_markup(re.sub(r"^[\d.]+\s+", "", block)), ""
            asked = block if heading.endswith("?") else ""
        elif kind == "table":
            statements += _read_table(block, heading)
            lead = asked = ""
        elif kind == "item":
            statements += _read_items(blocks, heading, lead)
            asked = ""
        elif fields := _read_fields(block.splitlines(), heading, lead):
            statements += fields
            lead = asked = ""
        else:
            if cells := _read_trouble(block, heading):
                told = _tell_cells(cells)
                statements.append(Statement(told, block.strip(), heading, cells=cells))
            before, under = "", heading
            for number, (first, last) in enumerate(split_sentences(block)):
                clean = clean_markup(block[first:last])
                piece = block[first:last]
                if number == 0 and _RUN_IN.fullmatch(clean) and last < len(block.rstrip()):
                    under = clean.rstrip(".")
                    orders = _ORDER.match(block[last:].lstrip(" *_"))
                    asked = f"How do I use the {under[:1].lower()}{under[1:]}?" if orders else ""
                    continue
                statements.append(Statement(clean, piece, under, before, question=asked))
                before = lead = clean
                asked = piece if clean.endswith("?") else ""
    return [statement for statement in statements if len(statement.text) > 2]


def _join_items(blocks: Iterator[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Each block by itself, and the items of a list together."""
    for kind, group in itertools.groupby(blocks, key=lambda block: block[0]):
        texts = [text for _, text in group]
        if kind == "item":
            yield kind, texts
        else:
            yield from ((kind, [text]) for text in texts)


def _read_item(body: str, heading: str, lead: str) -> list[Statement]:
    pieces = [body[first:last] for first, last in split_sentences(body)]
    if cells := _read_fault([clean_markup(piece) for piece in pieces], body):
        return [Statement(_tell_cells(cells), body, heading, cells=cells)]
    lead = lead if lead.endswith(":") else ""
    return [
        Statement(clean_markup(piece), piece, heading, "" if number else lead, listed=True)
        for number, piece in enumerate(pieces)
    ]


def _read_fault(pieces: list[str], body: str) -> tuple[tuple[str, str], ...]:
    """ "**It does not start.** Likely cause: the door is open. Close it." as a row of a table."""
    if not 2 <= len(pieces) <= 4 or len(pieces[0].split()) > 12:
        return ()
    cause = _CAUSE.fullmatch(pieces[1])
    clause = bool(re.match(r"(?:The|There|It|No|Nothing|An?|My)\s\S+\s\S", pieces[0]))
    if not cause and not (clause and re.match(r"(\*\*|__)[^*_]+[.?!]\1\s", body)):
        return ()
    cells = [("Problem", pieces[0].rstrip(".?!"))]
    if cause:
        cells.append((cause[1], cause[2].rstrip(".")))
    if remedy := " ".join(pieces[2 if cause else 1 :]).rstrip("."):
        cells.append(("What to do", remedy))
    return tuple(cells)


def _read_trouble(block: str, heading: str) -> tuple[tuple[str, str], ...]:
    """A paragraph under "Troubleshooting" that opens with what is seen: "The lamp flashes quickly.
    The sensor is faulty. Send it in.", as a row of a table."""
    if not _TROUBLE.search(heading):
        return ()
    sentences = [clean_markup(block[first:last]) for first, last in split_sentences(block)]
    seen, *told = (sentence.rstrip(".!") for sentence in sentences)
    if not told or len(seen.split()) > 12 or not _SEEN.match(seen) or sentences[0].endswith("?"):
        return ()
    cause = "" if _ORDER.match(told[0]) else told[0]
    remedy = next((sentence for sentence in told if _ORDER.match(sentence)), "")
    cells = (("Problem", seen), ("Cause", cause), ("What to do", remedy))
    return tuple(cell for cell in cells if cell[1]) if cause or remedy else ()


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
        if len(cells) > 2 and _COUNTED.fullmatch(cells[0][0]) and cells[0][1].rstrip(".").isdigit():
            cells = cells[1:]  # the rows' number names nothing: the next cell does
        if len(cells) > 2 and _NUMBERS_THING.fullmatch(f"{cells[0][0]}|{cells[1][0]}"):
            cells = (*cells[1:], cells[0])  # people name the crutch holder, not "HN-508"
        statements.append(Statement(_tell_cells(cells), row, heading, cells=cells))
    return statements


def _read_fields(lines: list[str], heading: str, lead: str) -> list[Statement]:
    """Lines that are all "Name: value" are read as rows of a table; else there are none.

    What a light means is asked both ways, so there the columns get heads."""
    lines = [line.strip() for line in lines if line.strip()]
    found = [field for field in map(_read_field, lines) if field]
    if not 2 <= len(found) == len(lines):
        return []
    heads = ("", "")
    if all(SIGNAL.match(name) for name, _ in found):
        light = _LIGHT.search(f"{lead} {heading}")
        heads = (light[0][:1].upper() + light[0][1:] if light else "Light", "Meaning")
    lead = lead if lead.endswith(":") else ""
    return [
        Statement(_tell_cells(cells), line, heading, lead, cells=cells)
        for pair, line in zip(found, lines, strict=True)
        for cells in (tuple(zip(heads, pair, strict=True)),)
    ]


def _read_field(line: str) -> tuple[str, str] | None:
    match = _FIELD.match(line)
    name, value = (clean_markup(part) for part in match.groups()) if match else ("", "")
    plain = name and not _NOT_NAME.match(name) and len(split_sentences(value)) == 1
    return (name, value.rstrip(".")) if plain else None


def _read_items(items: list[str], heading: str, lead: str) -> list[Statement]:
    """A list: its "Name: value" items, if there are several, and the others one by one."""
    bodies = [_BULLET.sub("", item, count=1).strip() for item in items]
    fields = [body for body in bodies if _read_field(body)]
    rows = {row.source: row for row in _read_fields(fields, heading, lead)}
    statements: list[Statement] = []
    for body in bodies:
        statements += [rows[body]] if body in rows else _read_item(body, heading, lead)
    return statements


def _tell_cells(cells: tuple[tuple[str, str], ...]) -> str:
    """A row as text: "Mode: Calm; Speed: 3 rpm", and "Chair: Ida Holm" where columns have no
    heads."""
    if len(cells) == 2 and not any(name for name, _ in cells):
        return ": ".join(value for _, value in cells)
    return "; ".join(f"{name}: {value}" if name else value for name, value in cells)


def _read_cells(row: str) -> list[str]:
    return [clean_markup(cell) for cell in row.strip().strip("|").split("|")]
