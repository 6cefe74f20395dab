"""What a Generator reads and writes: Passages in, Drafts out. It holds no behaviour."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A Chunk as a Generator sees it: its text, its heading path and the document's title."""

    text: str
    heading: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """One question with its answer, before it is checked and stored as an Example.

    `evidence` is the verbatim piece of the passage that proves the answer. Drafts of one passage
    with the same `fact` are wordings of the same fact.
    """

    question: str
    answer: str
    evidence: str
    kind: str = "factual"
    fact: int = 0
