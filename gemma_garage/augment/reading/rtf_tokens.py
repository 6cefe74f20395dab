"""Cut an RTF file into its tokens, by the Rich Text Format Specification 1.9.1.

What they mean is `rtf.py`'s.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

TOKEN = re.compile(
    rb"(?P<brace>[{}])"
    rb"|\\(?P<word>[A-Za-z]{1,32})(?P<number>-?[0-9]{1,10})?[ ]?"
    rb"|\\'(?P<hex>[0-9A-Fa-f]{2})"
    rb"|\\(?P<sign>[^A-Za-z])"
    rb"|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
CODE_PAGES = {  # \fcharsetN
    0: "cp1252", 77: "mac_roman", 78: "cp932", 128: "cp932", 129: "cp949", 130: "johab",
    134: "gb18030", 136: "big5hkscs", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255",
    178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437",
    255: "cp850",
}  # fmt: skip
SYMBOL_CHARSET = 2


class Token(NamedTuple):
    """`kind`: open, close, word (a control word), sign (a control symbol) or bytes."""

    kind: str
    data: bytes = b""
    number: int | None = None


def read_tokens(data: bytes) -> Iterator[Token]:
    r"""The tokens of the file in order; what \bin announces is passed over."""
    at = 0
    while found := TOKEN.search(data, at):
        at = found.end()
        kind = found.lastgroup
        if kind == "brace":
            yield Token("open" if found["brace"] == b"{" else "close")
        elif kind in ("word", "number"):
            number = int(found["number"]) if found["number"] else None
            if found["word"] == b"bin":
                at += max(number or 0, 0)
                continue
            yield Token("word", found["word"], number)
        elif kind == "hex":
            yield Token("bytes", bytes.fromhex(found["hex"].decode("ascii")))
        elif kind == "sign":
            yield Token("sign", found["sign"])
        else:
            yield Token("bytes", found["text"])


def find_codec(code_page: int) -> str:
    """The codec for \\ansicpgN; Windows-1252 for what Python does not know."""
    import codecs

    for name in (f"cp{code_page}", "mac_roman" if code_page == 10000 else "cp1252"):
        try:
            return codecs.lookup(name).name
        except LookupError:
            continue
    return "cp1252"
