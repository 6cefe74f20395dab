"""Which Chunks generation still has to ask about, and how many facts each may give."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gemma_garage.augment.drafts import Passage
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Document

_HEADING = re.compile(r"\s*#{1,2}\s+(.+)")


@dataclass(frozen=True, slots=True)
class Task:
    """One Chunk to ask about; `limit`: facts it may give, None for all."""

    chunk: Chunk
    passage: Passage
    limit: int | None


def choose_documents(
    garage: Garage, project_id: int, document_ids: Sequence[int] | None
) -> list[Document]:
    """The project's Documents that are ready: all, or those of `document_ids`."""
    return [
        document
        for document in garage.store.documents(project_id)
        if document.status == "ready" and (document_ids is None or document.id in document_ids)
    ]


def plan_tasks(
    garage: Garage, project_id: int, document_ids: Sequence[int] | None, max_facts: int | None
) -> tuple[list[Task], int]:
    """The Chunks still to be asked about, and how many are done already.

    `max_facts` is spread over all chosen Chunks, done or not, so that a resumed job gives every
    Chunk the same share as before; a Chunk whose share is 0 is left out.
    """
    documents = {
        document.id: document for document in choose_documents(garage, project_id, document_ids)
    }
    chunks = [chunk for chunk in garage.store.chunks(project_id) if chunk.document_id in documents]
    done = garage.store.generated_chunk_ids(project_id)
    titles = {
        document_id: find_title(documents[document_id], list(group))
        for document_id, group in itertools.groupby(chunks, lambda chunk: chunk.document_id)
    }
    tasks: list[Task] = []
    skipped = 0
    for number, chunk in enumerate(chunks):
        limit = None
        if max_facts is not None:
            count = len(chunks)
            limit = (number + 1) * max_facts // count - number * max_facts // count
        if chunk.id in done:
            skipped += 1
        elif limit != 0:
            tasks.append(
                Task(chunk, Passage(chunk.text, chunk.heading, titles[chunk.document_id]), limit)
            )
    return tasks, skipped


def find_title(document: Document, chunks: Sequence[Chunk]) -> str:
    """What the document calls itself: the heading it opens with or that all its Chunks stand
    under, else its file's name."""
    opening = _HEADING.match(chunks[0].text)
    if opening:
        return opening.group(1).strip()
    tops = {chunk.heading.partition(" > ")[0].strip() for chunk in chunks if chunk.heading}
    if len(tops) == 1 and len(chunks) > 1:
        return tops.pop()
    stem = document.name.rpartition(".")[0] or document.name
    return " ".join(stem.replace("_", " ").replace("-", " ").split())
