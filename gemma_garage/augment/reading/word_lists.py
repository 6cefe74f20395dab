"""Count the numbered lists of a DOCX as Word does: the marker that stands before each paragraph."""

from typing import Any

from gemma_garage.augment.reading.word_text import W

BULLET = "•"
MAX_LEVELS = 9
ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
         (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


class Numbering:
    """`root`: the <w:numbering> of the document, None where it has no lists."""

    def __init__(self, root: Any | None) -> None:
        self._levels: dict[str, dict[int, Any]] = {}  # abstract list → level → <w:lvl>
        self._lists: dict[str, tuple[str, dict[int, int]]] = {}  # list → (abstract, new starts)
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()
        if root is None:
            return
        linked = {}
        for abstract in root.iter(f"{W}abstractNum"):
            number = abstract.get(f"{W}abstractNumId")
            levels = {_read_int(lvl, "ilvl"): lvl for lvl in abstract.iter(f"{W}lvl")}
            self._levels[number] = levels
            if (style := _find_value(abstract, "styleLink")) and levels:
                linked[style] = levels
        for abstract in root.iter(f"{W}abstractNum"):
            if style := _find_value(abstract, "numStyleLink"):
                self._levels[abstract.get(f"{W}abstractNumId")] = linked.get(style, {})
        for entry in root.iter(f"{W}num"):
            starts = {
                _read_int(override, "ilvl"): int(start)
                for override in entry.iter(f"{W}lvlOverride")
                if (start := _find_value(override, "startOverride")).isdecimal()
            }
            self._lists[entry.get(f"{W}numId")] = (_find_value(entry, "abstractNumId"), starts)

    def find_level(self, list_id: str, style_id: str) -> int:
        """The level of a list that belongs to a paragraph style; 0 if none does."""
        abstract, _ = self._lists.get(list_id, ("", {}))
        for level, definition in self._levels.get(abstract, {}).items():
            if _find_value(definition, "pStyle") == style_id:
                return level
        return 0

    def mark(self, list_id: str, level: int) -> str | None:
        """Count a paragraph: its marker ("2.", "b)", BULLET; "" for an unmarked one), None for
        one that is in no list.
        """
        abstract, starts = self._lists.get(list_id, ("", {}))
        definition = self._levels.get(abstract, {}).get(level)
        if definition is None:
            return None
        counts = self._counts.setdefault(abstract, {})
        if list_id not in self._begun:
            self._begun.add(list_id)
            for restarted in starts:
                counts.pop(restarted, None)
        before = counts.get(level)
        counts[level] = self._start(abstract, starts, level) if before is None else before + 1
        for deeper in range(level + 1, MAX_LEVELS):
            counts.pop(deeper, None)
        kind = _find_value(definition, "numFmt")
        if kind == "bullet":
            return BULLET
        text = _find_value(definition, "lvlText")
        for number in range(level + 1):
            if f"%{number + 1}" in text:
                shown = counts.get(number) or self._start(abstract, starts, number)
                above = self._levels[abstract].get(number, definition)
                text = text.replace(f"%{number + 1}", _write(shown, _find_value(above, "numFmt")))
        return text.strip()

    def _start(self, abstract: str, starts: dict[int, int], level: int) -> int:
        definition = self._levels[abstract].get(level)
        usual = _find_value(definition, "start") if definition is not None else ""
        return starts.get(level, int(usual) if usual.isdecimal() else 1)


def _find_value(element: Any, name: str) -> str:
    found = element.find(f"{W}{name}")
    return str(found.get(f"{W}val") or "") if found is not None else ""


def _read_int(element: Any, name: str) -> int:
    text = element.get(f"{W}{name}") or ""
    return int(text) if text.isdecimal() else 0


def _write(number: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        text = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 5)
        return text.upper() if kind == "upperLetter" else text
    if kind in ("lowerRoman", "upperRoman"):
        text, left = "", min(max(number, 0), 3999)
        for value, letters in ROMAN:
            text += letters * (left // value)
            left %= value
        return text.upper() if kind == "upperRoman" else text
    return f"{number:02d}" if kind == "decimalZero" else str(number)
