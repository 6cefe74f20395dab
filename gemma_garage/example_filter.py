"""Which Examples are wanted and in which order, said once for the store and the page.

It holds no query: `example_records.py` turns it into one. Nothing here knows the tables.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal

# reading: as the documents are read; doubtful: lowest score first; sure: highest score first.
Order = Literal["reading", "doubtful", "sure", "newest"]


@dataclass(frozen=True, slots=True)
class Filter:
    """What an Example must be like. An empty field asks for nothing; all others must hold.

    `lowest` and `highest` bound the score (0 to 1, both included) and leave out Examples without
    one. `search` is looked for in question, answer and evidence, without regard to case, accents
    and the width of white space. `ids`: only these.
    """

    statuses: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    document_id: int | None = None
    lowest: float | None = None
    highest: float | None = None
    search: str = ""
    ids: tuple[int, ...] | None = None
    order: Order = "reading"


EVERYTHING = Filter()


def fold_example(question: str, answer: str, evidence: str) -> str:
    """What a search looks through; the line ends keep it from matching across two fields."""
    return "\n".join(fold_text(text) for text in (question, answer, evidence))


def fold_text(text: str) -> str:
    """`text` as the search compares it: one line, without case and accents, in NFKD."""
    line = " ".join(text.split())
    if line.isascii():
        return line.lower()
    parts = unicodedata.normalize("NFKD", line)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()
