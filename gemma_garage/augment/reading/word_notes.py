"""The footnotes and endnotes of a DOCX, numbered in the order in which the text refers to them."""

from typing import Any

from gemma_garage.augment.reading.word_text import W, read_visible, walk_blocks

PARTS = {"/footnotes": "footnote", "/endnotes": "endnote"}


class Notes:
    """`refer` gives a note its mark; `take` the lines of those that were referred to since."""

    def __init__(self, document: Any) -> None:
        self._texts: dict[tuple[str, str], str] = {}
        self._marks: dict[tuple[str, str], str] = {}
        self._waiting: list[str] = []
        for reltype, kind in PARTS.items():
            for root in find_parts(document, reltype):
                for note in root:
                    paragraphs = (read_visible(block) for block in walk_blocks(note))
                    text = " ".join(" ".join(paragraphs).split())
                    if text and note.get(f"{W}type") is None:  # else the line above the notes
                        self._texts[kind, note.get(f"{W}id") or ""] = text

    def refer(self, kind: str, number: str) -> str:
        """The mark that stands in the text, " [1]"; "" for a note that is not there."""
        key = kind, number
        if key not in self._texts:
            return ""
        if key not in self._marks:
            self._marks[key] = f"[{len(self._marks) + 1}]"
            self._waiting.append(f"{self._marks[key]} {self._texts[key]}")
        return f" {self._marks[key]}"

    def take(self) -> list[str]:
        waiting, self._waiting = self._waiting, []
        return waiting


def find_parts(document: Any, reltype: str) -> list[Any]:
    """The roots of the parts that the document has under relations that end in `reltype`."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return [
        etree.fromstring(relation.target_part.blob, parser)
        for relation in document.part.rels.values()
        if not relation.is_external and relation.reltype.endswith(reltype)
    ]
