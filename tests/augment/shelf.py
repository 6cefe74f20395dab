"""Put documents with Chunks on the shelf of a Garage, without reading files."""

import hashlib

from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Document, Project

THINGS = ("mass", "fuse", "oil volume", "pressure", "noise", "width", "voltage", "speed")


def add_text(garage: Garage, name: str, chunks: list[str], heading: str = "") -> Document:
    """A ready Document with these Chunks, in the first project."""
    project: Project = garage.store.projects()[0]
    text = "\n".join(chunks)
    document = garage.store.add(
        Document(
            project_id=project.id,
            name=name,
            sha256=hashlib.sha256((name + text).encode()).hexdigest(),
            format="txt",
            size_bytes=len(text),
            path=f"documents/{name}",
        )
    )
    rows, start = [], 0
    for number, part in enumerate(chunks):
        rows.append(
            Chunk(
                document_id=document.id,
                number=number,
                text=part,
                heading=heading,
                start=start,
                end=start + len(part),
                page=None,
                tokens=len(part) // 4,
            )
        )
        start += len(part) + 1
    garage.store.finish_document(document.id, rows, characters=len(text), pages=1)
    return garage.store.get(Document, document.id)


def write_chunks(unit: str, count: int, facts: int = 4) -> list[str]:
    """Chunks with facts that differ from chunk to chunk."""
    return [
        " ".join(
            f"The {thing} of {unit} {number} is {10 * number + index + 100} units."
            for index, thing in enumerate(THINGS[:facts])
        )
        for number in range(count)
    ]
