"""What the control words of RTF mean that open groups or stand for characters, and what holds in
a group.
"""

from dataclasses import dataclass

SYMBOL = "symbol"  # in the place of a codec
# Groups that are no text of the document. Those that begin with \* are left out unless in INSIDE.
LEFT_OUT = frozenset(
    "colortbl pict object objdata annotation atnid atnauthor atndate atnref atntime filetbl "
    "listtable listoverridetable revtbl shprslt sp nonesttables ftnsep ftnsepc aftnsep aftnsepc xe "
    "tc nonshppict themedata colorschememapping datastore latentstyles rsidtbl generator".split()
)
INSIDE = frozenset(("shpinst", "do"))
SINKS = {  # groups whose text goes elsewhere than into the running text
    "fonttbl": "fonts",
    "stylesheet": "styles",
    "info": "info",
    "title": "title",
    "author": "author",
    "footnote": "note",
    "shptxt": "box",
    "dptxbxtext": "box",
    "listtext": "marker",
    "pntext": "marker",
    **dict.fromkeys(("header", "headerl", "headerr", "headerf"), "header"),
    **dict.fromkeys(("footer", "footerl", "footerr", "footerf"), "footer"),
}
CHARACTERS = {
    "tab": " ", "line": "\n", "lbr": "\n", "softline": "\n", "emdash": "—", "endash": "–",
    "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
SIGNS = {b"~": " ", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\"}
PARAGRAPH_ENDS = frozenset(("par", "sect", "page", "column"))


@dataclass(slots=True)
class State:
    """What holds until the group ends."""

    sink: str = "body"
    codec: str = ""  # of the font; "" for the document's own
    stand_in: int = 1  # \ucN: so many characters behind a \u say the same for old readers
    unseen: bool = False
    bold: bool = False
    raised: bool = False
    in_table: bool = False
    style: int = 0
    outline: int | None = None
    listed: bool = False
    depth: int = 0

    def fork(self) -> "State":
        """A copy; `copy.copy` takes ten times as long, and a file has a group for every word."""
        return State(
            self.sink,
            self.codec,
            self.stand_in,
            self.unseen,
            self.bold,
            self.raised,
            self.in_table,
            self.style,
            self.outline,
            self.listed,
            self.depth,
        )
