"""What a Generator reads and writes: Asks in, Drafts out. It holds no behaviour."""

from dataclasses import dataclass
from typing import Final, Literal

FACTUAL: Final = "factual"
WHY: Final = "why"
COMPARISON: Final = "comparison"
SUMMARY: Final = "summary"
MULTI_TURN: Final = "multi-turn"
UNANSWERABLE: Final = "unanswerable"
# The kinds of Example, and what the user reads about them.
KINDS = {
    FACTUAL: "facts: numbers, names, conditions",
    WHY: "how and why: causes, reasons, what to do",
    COMPARISON: "comparisons of two things in one passage",
    SUMMARY: "summaries of a passage",
    MULTI_TURN: "conversations of several turns",
    UNANSWERABLE: "questions that the documents do not answer",
}
# write: Examples from the passage. reword: more questions for `examples`, whose answers stay.
# more: Examples like `examples`, from no passage.
Sort = Literal["write", "reword", "more"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A Chunk as a Generator sees it: its text, its heading path and the document's title.

    `document_id`: with which Document the replies about it are kept and forgotten.
    """

    text: str
    heading: str = ""
    title: str = ""
    document_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One question with its answer, before it is checked and stored as an Example.

    `evidence` is the verbatim piece of the passage that proves the answer. Drafts of one passage
    with the same `fact` are wordings of the same fact. `turns`: what was said before, in a
    conversation; then `standalone` is the question as it would be asked without them. `reason`:
    why the generator itself gives it up, one of `quality.REASONS`; a Draft without a question but
    with a reason stands for a passage that the provider spoiled.
    """

    question: str
    answer: str
    evidence: str
    kind: str = FACTUAL
    fact: int = 0
    turns: tuple["Draft", ...] = ()
    standalone: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of a Generator about one passage.

    `facts`: at most so many, None for all. `known`: questions that are there already. `round`:
    the how manieth time this is asked. `examples`: rows to write like, or to reword.
    """

    passage: Passage
    kinds: tuple[str, ...] = (FACTUAL,)
    facts: int | None = None
    known: tuple[str, ...] = ()
    round: int = 1
    examples: tuple[Draft, ...] = ()
    sort: Sort = "write"
