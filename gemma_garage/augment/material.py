"""What generation works on: the ready Documents of a project and their Chunks as Passages."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gemma_garage.augment.drafts import Passage
from gemma_garage.augment.reading.markdown import find_headings
from gemma_garage.augment.reading.parsed import says_something
from gemma_garage.augment.retrieve import Retriever
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Document

_HEADING = re.compile(r"\s*#{1,2}\s+(.+)")


@dataclass(frozen=True, slots=True)
class Material:
    """The chosen Documents that are ready, with all their Chunks in reading order. `titles`: by
    Document id what it calls itself."""

    documents: tuple[Document, ...]
    chunks: tuple[Chunk, ...]
    titles: Mapping[int, str]

    def passage(self, chunk: Chunk) -> Passage:
        title = self.titles[chunk.document_id]
        return Passage(chunk.text, chunk.heading, title, chunk.document_id)


def find_material(
    garage: Garage, project_id: int, document_ids: Sequence[int] | None = None
) -> Material:
    """All ready Documents of the project, or those of `document_ids`."""
    documents = {
        document.id: document
        for document in garage.store.documents(project_id)
        if document.status == "ready" and (document_ids is None or document.id in document_ids)
    }
    chunks = tuple(
        chunk for chunk in garage.store.chunks(project_id) if chunk.document_id in documents
    )
    titles = {
        document_id: find_title(documents[document_id], list(group))
        for document_id, group in itertools.groupby(chunks, lambda chunk: chunk.document_id)
    }
    return Material(tuple(documents.values()), chunks, titles)


def open_retriever(garage: Garage, project_id: int) -> Retriever:
    """All documents of the project, to be searched."""
    everything = find_material(garage, project_id)
    return Retriever([everything.passage(chunk) for chunk in everything.chunks])


def find_title(document: Document, chunks: Sequence[Chunk]) -> str:
    """What the document calls itself: the heading over all of it, else the title that the file
    holds, else the file's name. A first heading that is one of several chapters is no title."""
    opening = _HEADING.match(chunks[0].text)
    if opening and _stands_alone(chunks):
        return opening.group(1).strip()
    tops = {chunk.heading.partition(" > ")[0].strip() for chunk in chunks if chunk.heading}
    if not opening and len(tops) == 1 and len(chunks) > 1:
        return tops.pop()
    if says_something(title := str(document.details.get("title") or "").strip()):
        return title
    stem = document.name.rpartition(".")[0] or document.name
    return " ".join(stem.replace("_", " ").replace("-", " ").split())


def _stands_alone(chunks: Sequence[Chunk]) -> bool:
    """Is the first heading over all others, or followed by the next one at once, as a title is?"""
    texts = [find_headings(chunk.text) for chunk in chunks]
    first, *others = [heading for headings in texts for heading in headings]
    if all(heading.level > first.level for heading in others):
        return True
    second = texts[0][1].start if len(texts[0]) > 1 else len(chunks[0].text)
    return not chunks[0].text[:second].partition("\n")[2].strip()
