"""The visible text of a piece of WordprocessingML, formulas and symbols included."""

from collections.abc import Callable, Iterator
from typing import Any

from gemma_garage.augment.reading.markup import LOWERED, RAISED
from gemma_garage.augment.reading.symbol_font import read_symbol, read_wingding

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
BLOCKS = (f"{W}p", f"{W}tbl")
LOST = (f"{W}del", f"{W}moveFrom", f"{W}txbxContent", f"{W}rt", FALLBACK)
GLYPHS = {
    f"{W}tab": " ",
    f"{W}ptab": " ",
    f"{W}br": "\n",
    f"{W}cr": "\n",
    f"{W}noBreakHyphen": "-",
}
NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}

Refer = Callable[[str, str], str]  # (kind of note, its id) → the mark in the text


def walk_blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those inside content controls and insertions."""
    for child in parent:
        if child.tag in BLOCKS:
            yield child
        elif child.tag not in LOST:
            yield from walk_blocks(child)


def find_boxes(element: Any) -> Iterator[Any]:
    """The text boxes in an element; those inside another box, or drawn for old readers, not."""
    for box in element.iter(f"{W}txbxContent"):
        for parent in box.iterancestors():
            if parent is element:
                yield box
                break
            if parent.tag in (FALLBACK, f"{W}txbxContent"):
                break


def read_visible(element: Any, refer: Refer = lambda kind, number: "") -> str:
    """The text, without what was deleted or hidden and without text boxes."""
    tag = element.tag
    if tag == f"{W}t":
        return element.text or ""
    if tag in GLYPHS:
        return GLYPHS[tag]
    if tag in NOTES:
        return refer(NOTES[tag], element.get(f"{W}id") or "")
    if tag == f"{W}sym":
        return _read_sign(element)
    if tag == f"{M}oMath":
        return f" {_read_math(element)} "
    if tag == f"{W}r" and is_on(element.find(f"{W}rPr/{W}vanish")):
        return ""
    return "".join(read_visible(child, refer) for child in element if child.tag not in LOST)


def is_on(mark: Any) -> bool:
    """Whether a switch like <w:b/> is there and not turned off."""
    return mark is not None and mark.get(f"{W}val", "1") not in ("0", "false", "off")


def _read_sign(element: Any) -> str:
    try:
        code = int(element.get(f"{W}char") or "", 16)
    except ValueError:
        return ""
    font = (element.get(f"{W}font") or "").casefold()
    if font.startswith("wingdings"):
        return read_wingding(code)
    return read_symbol(code) if font == "symbol" or code >= 0xF000 else chr(code)


def _read_math(element: Any) -> str:
    """A formula on one line: (a+b)/2, x², √(y)."""
    name = str(element.tag).removeprefix(M)
    if name == "t":
        return element.text or ""
    if name == "f":
        return f"{_enclose(_part(element, 'num'))}/{_enclose(_part(element, 'den'))}"
    if name in ("sSup", "sSub", "sSubSup"):
        base = _part(element, "e")
        return base + _shift(_part(element, "sub"), "_") + _shift(_part(element, "sup"), "^")
    if name == "rad":
        return f"{_part(element, 'deg')}√({_part(element, 'e')})"
    if name == "d":
        first, last = (
            _find_value(element, f"dPr/{M}{end}", usual)
            for end, usual in (("begChr", "("), ("endChr", ")"))
        )
        inner = ", ".join(_read_math(part) for part in element.findall(f"{M}e"))
        return f"{first}{inner}{last}"
    if name == "nary":
        sign = _find_value(element, f"naryPr/{M}chr", "∫")
        limits = _shift(_part(element, "sub"), "_") + _shift(_part(element, "sup"), "^")
        return f"{sign}{limits} {_part(element, 'e')}"
    return "".join(_read_math(child) for child in element)


def _part(element: Any, name: str) -> str:
    part = element.find(f"{M}{name}")
    return _read_math(part) if part is not None else ""


def _find_value(element: Any, path: str, usual: str) -> str:
    found = element.find(f"{M}{path}")
    return usual if found is None else str(found.get(f"{M}val") or "")


def _enclose(text: str) -> str:
    return text if text.isalnum() else f"({text})"


def _shift(text: str, sign: str) -> str:
    table = RAISED if sign == "^" else LOWERED
    if not text or all(ord(character) in table for character in text):
        return text.translate(table)
    return f"{sign}{_enclose(text)}"
