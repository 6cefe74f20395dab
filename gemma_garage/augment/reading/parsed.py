"""The shape every reader gives back: one text with marks where its pages begin.

It knows nothing of files. Offsets are in characters of `text`, pages count from 1.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gemma_garage.augment.reading.clean import clean_line

DETAIL_CHARACTERS = 300
TEXT_FILE = "text.md"  # beside the file: what was read from it, into which Chunks point
MAX_CHARACTERS = 20_000_000  # about 8,000 dense pages; beyond it the page and the store suffer

# What programs write by themselves: "untitled", "anonymous", "Microsoft Word - a", "slides.ppt".
_EMPTY_DETAIL = re.compile(
    r"\(?(?:untitled|unnamed|no title|title|unknown|unspecified|anonymous|author|user|admin)"
    r"(?:[ \d]*|\.\w+)\)?$|microsoft (?:word|powerpoint|excel) - |\S+\.\w{2,4}$"
    r"|(?:document|presentation|slide|page|book)\s?\d*$|(?:powerpoint )?presentation$",
    re.IGNORECASE,
)

Report = Callable[[int, int], None]  # (pages done, pages in all)


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The text of a file as light Markdown, in reading order.

    `pages` is 0 for formats that have none; else `page_starts` holds for each page the offset
    where it begins. `notes` says what could not be read, in words for the user. `cleaning` is
    what `cleaning.py` counted; `details` holds "title" and "author" where the file names them.
    `unread`: the pages that are pictures whose text is still to be read.
    """

    format: str
    text: str
    pages: int = 0
    page_starts: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    cleaning: dict[str, Any] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    unread: tuple[int, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The page on which the character at `offset` stands; None without pages."""
        if not self.page_starts:
            return None
        return max(1, bisect_right(self.page_starts, offset))

    def breaks_within(self, start: int, end: int) -> tuple[int, ...]:
        """Where in `text[start:end]` another page begins than the one at its start."""
        first, last = bisect_right(self.page_starts, start), bisect_left(self.page_starts, end)
        return tuple(begin - start for begin in self.page_starts[first:last])

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
            cleaning=dict(values["cleaning"]),
            details={str(key): str(value) for key, value in values["details"].items()},
            unread=tuple(int(page) for page in values["unread"]),
        )


def join_pages(
    format_name: str,
    pages: Sequence[str],
    notes: Sequence[str] = (),
    *,
    cleaning: Mapping[str, Any] | None = None,
    details: Mapping[str, str] | None = None,
) -> ParsedDocument:
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
    return ParsedDocument(
        format_name,
        "".join(parts),
        len(pages),
        tuple(starts),
        tuple(notes),
        dict(cleaning or {}),
        dict(details or {}),
    )


def says_something(detail: str) -> bool:
    """Is it a title or an author, and not what a program writes where nobody typed one?"""
    return bool(detail) and not _EMPTY_DETAIL.match(detail)


def describe(title: object, author: object) -> dict[str, str]:
    """The `details` of a document, from what its file holds as title and author, if that says
    something."""
    found = {"title": title, "author": author}
    cleaned = {
        key: clean_line(str(value or ""))[:DETAIL_CHARACTERS] for key, value in found.items()
    }
    return {key: value for key, value in cleaned.items() if says_something(value)}
