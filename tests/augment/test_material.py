"""What a document is called to whoever writes from it."""

import pytest

from gemma_garage.augment.material import find_title
from gemma_garage.augment.reading.parsed import describe
from gemma_garage.schema import Chunk, Document

CHAPTERS = "# Boiling\n\nIt boils.\n\n# Descaling\n\nEvery 60 days."


def title_of(*texts: str, title: str = "", headings: tuple[str, ...] = ()) -> str:
    chunks = [
        Chunk(text=text, heading=heading)
        for text, heading in zip(texts, headings or ("",) * len(texts), strict=True)
    ]
    details = describe(title, "")
    return find_title(Document(name="kettle_manual-b40.pdf", details=details), chunks)


@pytest.mark.parametrize(
    ("texts", "title", "found"),
    [
        ((CHAPTERS,), "", "kettle manual b40"),
        ((CHAPTERS,), "The B40 kettle", "The B40 kettle"),
        ((CHAPTERS,), "untitled", "kettle manual b40"),
        ((CHAPTERS,), "Microsoft Word - b40 final.doc", "kettle manual b40"),
        (("# Boiling\n\nIt boils.", "# Descaling\n\nEvery 60 days."), "", "kettle manual b40"),
        (("# Kettle B40\n\nIt boils.\n\n## Descaling\n\nOften.",), "PDF 1", "Kettle B40"),
        (("# Kettle B40\n\n# Boiling\n\nIt boils.",), "PDF 1", "Kettle B40"),
        (("It boils.",), "", "kettle manual b40"),
    ],
)
def test_the_first_of_several_chapters_is_no_title(
    texts: tuple[str, ...], title: str, found: str
) -> None:
    assert title_of(*texts, title=title) == found


def test_what_all_chunks_stand_under_is_the_title() -> None:
    assert title_of("It boils.", "Often.", headings=("B40 > Use", "B40 > Care")) == "B40"


@pytest.mark.parametrize(
    ("title", "author", "kept"),
    [
        ("untitled", "anonymous", {}),
        ("(Untitled)", "(anonymous)", {}),
        ("kettle.indd", "Ann Unnamed", {"author": "Ann Unnamed"}),
        (
            "Title Insurance",
            "User Research",
            {"title": "Title Insurance", "author": "User Research"},
        ),
    ],
)
def test_what_programs_write_of_themselves_is_no_detail(
    title: str, author: str, kept: dict[str, str]
) -> None:
    assert describe(title, author) == kept
