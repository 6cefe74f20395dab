"""Make extracted characters what a reader sees: no ligatures, controls or invisible marks.

It changes single characters and line ends, never words; undoing hyphenation is `flow.py`'s.
"""

import re
import unicodedata
from collections.abc import Iterator

from gemma_garage.augment.reading.cleaning import Note

# NFKC of these only: applied to all text it would turn m² into m2 and ½ into 1⁄2.
LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
BULLETS = "•◦▪‣●○■□➢➤✓·\uf0b7\uf0a7\uf0a8\uf0d8\uf076\uf0fc"
SYMBOL_BULLETS = dict.fromkeys(map(ord, "\uf0b7\uf0a7\uf0a8\uf0d8\uf076\uf0fc"), "•")
SPACES = dict.fromkeys(
    [0xA0, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x202F, 0x3000],
    " ",
)
# The joiners (U+200C, U+200D) stay: Persian, Indic scripts and emoji are wrong without them.
DROPPED = dict.fromkeys([0xAD, 0x200B, 0x2060, 0xFEFF, 0x200E, 0x200F, 0xFFFE, 0xFFFF])
NEW_LINES = {0x85: "\n", 0x2028: "\n", 0x2029: "\n\n", 0x0B: "\n", 0x0C: "\n\n"}
CONTROLS = {code: None for code in [*range(32), *range(127, 160)] if code not in (9, 10, 0x85)}
TABLE: dict[int, str | None] = CONTROLS | LIGATURES | SYMBOL_BULLETS | SPACES | DROPPED | NEW_LINES
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
LIGATURE = re.compile("[\ufb00-\ufb06]")
# What is taken away without a trace; PDFium's U+FFFE is a hyphen, and page breaks are new lines.
UNSEEN = {code for code, put in TABLE.items() if put is None} - {0x0D, 0xFFFE}
UNSEEN_MARK = re.compile("[" + "".join(f"\\U{code:08x}" for code in sorted(UNSEEN)) + "]")
WORD_END, WORD_START = re.compile(r"\S+\Z"), re.compile(r"\S+")
AROUND = 40  # characters of a word that are shown before and after a change


def clean_characters(text: str) -> str:
    """Composed characters (NFC), plain spaces, "\\n" line ends; no controls, no lone surrogates."""
    if text.isascii() and text.isprintable():
        return text  # most words, and this is called for each
    text = LONE_SURROGATE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", text.translate(TABLE))


def note_characters(text: str, note: Note) -> None:
    """Tell `note` which ligatures and invisible characters `clean_characters` takes out."""
    for word in _find_words(LIGATURE, text):
        note("ligatures", word, clean_characters(word))
    for word in _find_words(UNSEEN_MARK, text.removeprefix("\ufeff")):
        shown = "".join(f"<U+{ord(c):04X}>" if ord(c) in UNSEEN else c for c in word)
        note("invisible", shown, clean_characters(word))


def _find_words(marks: re.Pattern[str], text: str) -> Iterator[str]:
    """The words in which `marks` match, each once."""
    end = 0
    for found in marks.finditer(text):
        if found.start() < end:
            continue
        start = found.start()
        head = WORD_END.search(text, max(end, start - AROUND), start)
        tail = WORD_START.match(text, found.end(), found.end() + AROUND)
        end = tail.end() if tail else found.end()
        yield text[head.start() if head else start : end]


def clean_text(text: str) -> str:
    """`clean_characters`, no blanks at line ends, at most one empty line in a row, trimmed."""
    lines = [line.rstrip() for line in clean_characters(text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def clean_line(text: str) -> str:
    """One line: every run of white space becomes one space."""
    return " ".join(clean_characters(text).split())
