"""Read an RTF file: headings by its styles, paragraphs, lists, tables, text boxes, notes.

Pictures, embedded objects, comments, deleted and hidden text are left out. See `rtf_tokens.py`
for the grammar and `rtf_text.py` for how the paragraphs are written.
"""

from collections import defaultdict
from pathlib import Path

from gemma_garage.augment.reading.clean import clean_line, clean_text, note_characters
from gemma_garage.augment.reading.cleaning import Cleaning
from gemma_garage.augment.reading.furniture import PAGE_NUMBER
from gemma_garage.augment.reading.markup import RAISED
from gemma_garage.augment.reading.parsed import ParsedDocument, Report, describe
from gemma_garage.augment.reading.rtf_text import Paragraph, Style, Table, write_paragraphs
from gemma_garage.augment.reading.rtf_tokens import (
    CODE_PAGES,
    SYMBOL_CHARSET,
    Token,
    find_codec,
    read_tokens,
)
from gemma_garage.augment.reading.rtf_words import (
    CHARACTERS,
    INSIDE,
    LEFT_OUT,
    PARAGRAPH_ENDS,
    SIGNS,
    SINKS,
    SYMBOL,
    State,
)
from gemma_garage.augment.reading.symbol_font import read_symbol


def read_rtf(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of the file as Markdown; where its pages end cannot be told."""
    cleaning = Cleaning()
    reader = _Reader()
    reader.read(path.read_bytes())
    text = "\n\n".join([write_paragraphs(reader.paragraphs), *dict.fromkeys(reader.edges)])
    note_characters(text, cleaning.at(None))
    return ParsedDocument(
        "rtf",
        clean_text(text),
        cleaning=cleaning.to_json(),
        details=describe("".join(reader.sinks["title"]), "".join(reader.sinks["author"])),
    )


class _Reader:
    """Walks through the tokens; `paragraphs` and `edges` (headers and footers) are the result."""

    def __init__(self) -> None:
        self.paragraphs: list[Paragraph] = []
        self.edges: list[str] = []
        self.sinks: defaultdict[str, list[str]] = defaultdict(list)
        self._state, self._stack = State(), list[State]()
        self._codec, self._font, self._default_font = "cp1252", 0, 0
        self._fonts: dict[int, str] = {}
        self._styles: dict[int, Style] = {}
        self._style = (0, Style())  # the one being defined
        self._bytes = bytearray()
        self._runs: list[tuple[str, bool]] = []
        self._after: list[Paragraph] = []  # notes and boxes that wait for their paragraph's end
        self._table: Table | None = None
        self._notes = 0
        self._passed = 0  # characters to pass over: they repeat a \u
        self._left_out_from = 0  # depth of the group that is being left out; 0 for none
        self._opening = self._starred = False

    def read(self, data: bytes) -> None:
        for token in read_tokens(data):
            if token.kind == "bytes":
                if not self._left_out_from:
                    self._take(token.data)
                self._opening = False
                continue
            self._decode()
            if token.kind == "open":
                self._stack.append(self._state.fork())
                self._opening, self._starred, self._passed = True, False, 0
                if self._state.sink == "styles":
                    self._style, self.sinks["styles"] = (0, Style()), []
            elif token.kind == "close":
                self._close()
            elif not self._left_out_from:
                self._obey(token)
        self._decode()
        self._state = State()  # groups that were never closed
        self._end_paragraph()
        self._end_table()
        self.paragraphs += self._after

    def _take(self, data: bytes) -> None:
        if self._passed:
            passed, self._passed = self._passed, max(0, self._passed - len(data))
            data = data[passed:]
        self._bytes += data

    def _decode(self) -> None:
        if not self._bytes:
            return
        codec = self._state.codec or self._codec
        if codec == SYMBOL:
            text = "".join(read_symbol(byte) for byte in self._bytes)
        else:
            text = self._bytes.decode(codec, "replace")
        self._bytes.clear()
        self._put(text)

    def _put(self, text: str) -> None:
        state = self._state
        if state.unseen:
            return
        if state.raised and all(ord(character) in RAISED for character in text):
            text = text.translate(RAISED)
        if state.sink == "body":
            self._runs.append((text, state.bold))
        else:
            self.sinks[state.sink].append(text)

    def _close(self) -> None:
        if not self._stack:
            return
        closed, self._state = self._state, self._stack.pop()
        self._opening, self._passed = False, 0
        if len(self._stack) < self._left_out_from:
            self._left_out_from = 0
        elif closed.sink == "styles":
            number, style = self._style
            style.name = style.name or clean_line("".join(self.sinks["styles"])).strip(" ;")
            self._styles[number] = style
        elif closed.sink != self._state.sink and not self._left_out_from:
            self._end_sink(closed.sink)

    def _end_sink(self, sink: str) -> None:
        if sink not in ("note", "box", "header", "footer"):
            return
        text = "".join(self.sinks.pop(sink, []))
        if not self._state.in_table:
            self._end_table()  # else this would be written with it
        if sink == "note":
            self._after.append(Paragraph("note", f"[{self._notes}] {clean_line(text)}"))
        elif sink == "box":
            lines = [line for line in map(clean_line, text.split("\n")) if line]
            self._after += [Paragraph("text", line) for line in lines]
        elif any(map(str.isalpha, text)) and not PAGE_NUMBER.fullmatch(clean_line(text)):
            self.edges.append(f"{sink.title()}: {clean_line(text)}")

    def _obey(self, token: Token) -> None:
        opening, self._opening = self._opening, False
        if token.kind == "sign":
            if token.data == b"*":
                self._opening = self._starred = opening
            elif token.data in b"\r\n":
                self._end_paragraph()
            elif token.data in SIGNS:
                self._put(SIGNS[token.data])
            return
        word, number = token.data.decode("ascii"), token.number
        if opening and self._enter(word):
            return
        if word in CHARACTERS:
            self._put(CHARACTERS[word])
        elif word == "u" and number is not None:
            code = number & 0xFFFF
            self._put(read_symbol(code) if 0xF000 <= code < 0xF100 else chr(code))
            self._passed = self._state.stand_in
        elif word in PARAGRAPH_ENDS:
            self._end_paragraph()
        elif word in ("cell", "nestcell", "row", "trowd", "clvmrg", "cellx"):
            self._arrange(word)
        elif not self._set_character(word, number):
            self._set_paragraph(word, number)

    def _enter(self, word: str) -> bool:
        """Whether the word opened a group whose text goes elsewhere, or nowhere."""
        starred, self._starred = self._starred, False
        if word in SINKS:
            self._state.sink = SINKS[word]
            if word == "footnote":
                self._notes += 1
                self._runs.append((f" [{self._notes}]", False))
            return True
        if word in LEFT_OUT or (starred and word not in INSIDE):
            self._left_out_from = len(self._stack)
            return True
        return word in INSIDE

    def _set_character(self, word: str, number: int | None) -> bool:
        state, on = self._state, number != 0
        if word == "f":
            self._font = number or 0
            state.codec = self._fonts.get(self._font, "")
        elif word == "fcharset" and state.sink == "fonts":
            known = SYMBOL if number == SYMBOL_CHARSET else CODE_PAGES.get(number or 0, "")
            self._fonts[self._font] = known
        elif word == "deff":
            self._default_font = number or 0
        elif word == "plain":
            state.bold = state.unseen = state.raised = False
            state.codec = self._fonts.get(self._default_font, "")
        elif word == "b":
            state.bold = on
        elif word in ("v", "deleted"):
            state.unseen = on
        elif word == "super":
            state.raised = on
        elif word in ("nosupersub", "sub"):
            state.raised = False
        elif word == "uc":
            state.stand_in = max(number or 0, 0)
        elif word in ("ansicpg", "mac", "pc", "pca"):
            pages = {"mac": 10000, "pc": 437, "pca": 850}
            self._codec = find_codec(pages.get(word, number or 1252))
        else:
            return False
        return True

    def _set_paragraph(self, word: str, number: int | None) -> None:
        state = self._state
        if word == "pard":
            state.in_table, state.listed, state.depth = False, False, 0
            state.style, state.outline = 0, None
        elif word == "intbl":
            state.in_table = True
        elif word == "itap":
            state.in_table = bool(number)
        elif word == "s" and state.sink == "styles":
            self._style = (number or 0, self._style[1])
        elif word == "s":
            state.style = number or 0
        elif word == "outlinelevel" and state.sink == "styles":
            self._style[1].outline = number
        elif word == "outlinelevel":
            state.outline = number
        elif word == "ls":
            state.listed = bool(number)
        elif word == "ilvl":
            state.depth = min(max(number or 0, 0), 8)

    def _arrange(self, word: str) -> None:
        """What ends a cell or a row, or says how the next cell is merged."""
        if self._state.sink != "body":
            self._put("\n" if word == "row" else " ")
            return
        table = self._table = self._table or Table()
        if word in ("cell", "nestcell"):
            table.cell.append(self._take_text())
            if word == "cell":
                table.end_cell()
        elif word == "row":
            table.end_row()
        elif word == "trowd":
            table.merged = []
        elif word == "clvmrg":
            table.goes_on = True
        else:
            table.merged.append(table.goes_on)
            table.goes_on = False

    def _end_paragraph(self) -> None:
        state = self._state
        if state.sink != "body":
            self._put("\n")
            return
        bold = all(heavy for text, heavy in self._runs if text.strip())
        marker = clean_line("".join(self.sinks.pop("marker", [])))
        text = self._take_text()
        if state.in_table:
            self._table = self._table or Table()
            self._table.cell.append(text)
            return
        self._end_table()
        style = self._styles.get(state.style, Style())
        if text and not style.is_of_contents:
            level = style.level if state.outline is None else state.outline + 1
            self.paragraphs.append(
                Paragraph(
                    "text",
                    text,
                    level=level if level <= 9 else 0,
                    is_title=style.is_title,
                    bold=bold,
                    marker=(marker or "•") if marker or state.listed else "",
                    depth=state.depth,
                )
            )
        self.paragraphs += self._after
        self._after = []

    def _end_table(self) -> None:
        if self._table is not None and (rows := self._table.finish()):
            self.paragraphs.append(Paragraph("table", rows))
            self.paragraphs += self._after
            self._after = []
        self._table = None

    def _take_text(self) -> str:
        text = "".join(run for run, _ in self._runs)
        self._runs = []
        # Characters beyond U+FFFF come as two halves.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
