"""Read `tools/documents/`: what the local generator makes of each document, beside what people ask.

`NAME.md` is a document about something invented; a line of `NAME.jsonl` one fact of it, with its
evidence (a sentence or table row, word for word), its answer, and four questions, the first in
plain words and three far from those of the document. All written by us.
"""

import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

from gemma_garage.augment.chunk import chunk
from gemma_garage.augment.drafts import FACTUAL, WHY, Ask, Passage
from gemma_garage.augment.local.choose import list_wordings
from gemma_garage.augment.local.hours import RULED
from gemma_garage.augment.local.invert import invert_statement
from gemma_garage.augment.local.told import Told
from gemma_garage.augment.material import find_title
from gemma_garage.augment.reading.parse import parse
from gemma_garage.infer.grade import grade
from gemma_garage.schema import Chunk, Document

FOLDER = Path(__file__).parent / "documents"
# Only measured on: no weights that ship have seen them.
HELD = frozenset(
    "dishwasher museum expenses musicschool watch ferry recycling mower kennel drone".split()
)
WORDINGS = 8  # of a fact, by rule


def list_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def read_questions(name: str) -> list[dict[str, Any]]:
    """The lines of `NAME.jsonl`: evidence, answer, questions."""
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def read_passages(name: str) -> list[Passage]:
    """What a Generator is given of the document."""
    path = FOLDER / f"{name}.md"
    parsed = parse(path)
    chunks = [Chunk(text=span.text, heading=span.heading) for span in chunk(parsed)]
    title = find_title(Document(name=path.name, details=parsed.details), chunks)
    return [Passage(part.text, part.heading, title) for part in chunks]


def read_told(name: str) -> list[Told]:
    return [
        Told(number, Ask(passage, (FACTUAL, WHY)))
        for number, passage in enumerate(read_passages(name))
    ]


def list_rows(name: str) -> list[dict[str, Any]]:
    """What rules ask about the document: for each fact its question, answer and evidence."""
    rows = []
    for passage in read_told(name):
        for task in passage.make_tasks(passage.facts):
            if task.fact.kind not in RULED:
                task.add(invert_statement(task.marked, task.fact.kind))
            asked = list(dict.fromkeys(islice(list_wordings(task), WORDINGS)))
            rows += [
                {"question": text, "answer": task.fact.answer, "evidence": task.proof}
                for text in asked
                if len(asked) > 1
            ]
    return rows


def match_rows(fact: dict[str, Any], rows: list[dict[str, Any]]) -> list[int]:
    """Which of `rows` are about `fact`: by their evidence, and an answer that would be right."""
    evidence = flatten(fact["evidence"])
    return [
        number
        for number, row in enumerate(rows)
        if ((told := flatten(row["evidence"])) in evidence or evidence in told)
        and grade(row["answer"], fact["answer"], fact["questions"][0])
    ]


def flatten(text: str) -> str:
    """Words only, to find evidence in a statement whatever its marks and spaces."""
    return re.sub(r"[\W_]+", " ", text).strip().lower()
