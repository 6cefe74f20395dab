"""Rows as a Document's text, so that a Generator can write from them: each under its question."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gemma_garage.augment.chunk import chunk
from gemma_garage.augment.reading.clean import clean_text
from gemma_garage.augment.reading.markdown import PATH_SEPARATOR, format_heading
from gemma_garage.augment.reading.parsed import ParsedDocument
from gemma_garage.augment.rows.mapping import MappedRow, list_answers
from gemma_garage.errors import DocumentError
from gemma_garage.schema import Chunk

MAX_CHARACTERS = 20_000_000  # as for a document that was read
_BATCH_CHARACTERS = 100_000  # split at a time: finding the heading above is slow in a long text
_HEADING_LEVEL = 3  # below what names a document
_LONGEST_HEADING = 200  # characters; a longer question stands as a paragraph
_GAP = "\n\n"


@dataclass(slots=True)
class Passages:
    """A text and its Chunks, whose offsets point into it."""

    text: str = ""
    chunks: list[Chunk] = field(default_factory=list)


def write_passages(rows: Iterable[MappedRow], title: str, document_id: int) -> Passages:
    """The rows one under the other, split into Chunks that stand under `title`.

    Raises DocumentError for more than MAX_CHARACTERS.
    """
    pieces: list[str] = []
    chunks: list[Chunk] = []
    start = 0
    for piece in _join_rows(rows):
        for span in chunk(ParsedDocument("rows", piece)):
            heading = PATH_SEPARATOR.join(part for part in (title, span.heading) if part)
            chunks.append(
                Chunk(
                    document_id=document_id,
                    number=len(chunks),
                    text=span.text,
                    heading=heading,
                    start=start + span.start,
                    end=start + span.end,
                    page=None,
                    tokens=span.tokens,
                )
            )
        pieces.append(piece)
        start += len(piece) + len(_GAP)
        if start > MAX_CHARACTERS:
            raise DocumentError(
                f"The text of these rows has more than {MAX_CHARACTERS:,} characters. Import "
                "fewer rows, or split the file."
            )
    return Passages(_GAP.join(pieces), chunks)


def write_row(row: MappedRow) -> str:
    """A text as it is; questions as headings with their answers under them. What the roles of a
    system turn say is left out: it is no knowledge."""
    if row.problem:
        return ""
    if row.text:
        return clean_text(row.text)
    parts = []
    for part in list_answers(row):
        short = len(part.question) <= _LONGEST_HEADING
        question = format_heading(part.question, _HEADING_LEVEL) if short else part.question
        parts += [question, part.answer]
    return clean_text(_GAP.join(parts))


def _join_rows(rows: Iterable[MappedRow]) -> Iterator[str]:
    batch: list[str] = []
    size = 0
    seen: set[int] = set()
    for row in rows:
        text = write_row(row)
        if not text or hash(text) in seen:  # a row that is there twice is one passage
            continue
        seen.add(hash(text))
        batch.append(text)
        size += len(text)
        if size >= _BATCH_CHARACTERS:
            yield _GAP.join(batch)
            batch, size = [], 0
    if batch:
        yield _GAP.join(batch)
