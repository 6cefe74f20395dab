"""The shape every reader gives back: one text with marks where its pages begin.

It knows nothing of files. Offsets are in characters of `text`, pages count from 1.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Report = Callable[[int, int], None]  # (pages done, pages in all)


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The text of a file as light Markdown, in reading order.

    `pages` is 0 for formats that have none; else `page_starts` holds for each page the offset
    where it begins. `notes` says what could not be read, in words for the user.
    """

    format: str
    text: str
    pages: int = 0
    page_starts: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The page on which the character at `offset` stands; None without pages."""
        if not self.page_starts:
            return None
        return max(1, bisect_right(self.page_starts, offset))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ParsedDocument":
        return cls(
            format=str(values["format"]),
            text=str(values["text"]),
            pages=int(values["pages"]),
            page_starts=tuple(int(start) for start in values["page_starts"]),
            notes=tuple(str(note) for note in values["notes"]),
        )


def join_pages(format_name: str, pages: Sequence[str], notes: Sequence[str] = ()) -> ParsedDocument:
    """Put the texts of pages under one another, with a blank line between, and mark their starts.

    A page without text starts where the next one does.
    """
    starts: list[int] = []
    parts: list[str] = []
    length = 0
    for page in pages:
        if page and parts:
            parts.append("\n\n")
            length += 2
        starts.append(length)
        if page:
            parts.append(page)
            length += len(page)
    return ParsedDocument(format_name, "".join(parts), len(pages), tuple(starts), tuple(notes))
