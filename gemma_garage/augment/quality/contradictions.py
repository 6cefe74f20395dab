"""Accepted Examples that answer the same question differently, from different passages.

They are listed, never rejected: which document is right, only a person knows. Candidates are found
as for duplicates, and by meaning with random hyperplanes (Charikar 2002, "Similarity estimation
techniques from rounding algorithms"), so that the time grows with the rows and not with their
square.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemma_garage.augment.locate import find_page
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.quality.answers import compare_answers
from gemma_garage.augment.quality.guard import read_guard
from gemma_garage.augment.quality.likeness import MIN_MEANING, compare_questions, key_words
from gemma_garage.augment.quality.meaning import Meaning, find_meaning
from gemma_garage.augment.quality.minhash import Chains, NearTexts, sign_text
from gemma_garage.augment.quality.words import split_content
from gemma_garage.errors import NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Document, Example

MOST = 200  # pairs that are listed; who has more has another trouble
_REPORT_EVERY = 100  # rows
_PLANES, _BITS = 16, 10  # two texts at a cosine of 0.8 meet with 80 %


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two Examples, the earlier one first, and both answers with where they come from."""

    example_ids: tuple[int, int]
    why: str


def find_contradictions(
    garage: Garage,
    project_id: int,
    most: int = MOST,
    *,
    report: Callable[[int, int], None] | None = None,
) -> list[Contradiction]:
    """Pairs of accepted Examples with nearly the same question and answers that exclude each other.

    One pair for two facts, however many wordings each has; at most `most`. Examples without a
    passage are compared too, as a place of their own. `report` hears how many rows of how many are
    compared, and may raise to end it.
    """
    rows, _ = garage.store.examples(project_id, statuses=("accepted", "edited"))
    rows = [row for row in rows if not row.turns]
    meaning = find_meaning(garage.workspace)
    found: dict[frozenset[object], Contradiction] = {}
    for one, other in _find_pairs(rows, meaning, report):
        places = frozenset({_find_place(one), _find_place(other)})
        if len(places) < 2 or places in found or _find_passage(one) == _find_passage(other):
            continue
        if compare_questions(one.question, other.question, meaning) is None:
            continue
        if compare_answers(one.answer, other.answer) != "different":
            continue
        found[places] = Contradiction(
            (one.id, other.id), f"{_quote(garage, one)}, but {_quote(garage, other)}"
        )
        if len(found) == most:
            break
    return list(found.values())


def _find_pairs(
    rows: Sequence[Example],
    meaning: Meaning | None,
    report: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[Example, Example]]:
    """Pairs that are worth comparing, each once, the earlier row first."""
    near, worded, planes = NearTexts(), Chains(), Chains()
    guards = [hash(read_guard(row.question).parts) for row in rows]
    vectors = None
    if meaning is not None and rows:
        vectors = meaning.embed([" ".join(split_content(row.question)) for row in rows])
        codes = _hash_planes(vectors)
    for at, row in enumerate(rows):
        if report is not None and not at % _REPORT_EVERY:
            report(at, len(rows))
        folded = normalise_question(row.question)
        signature, words = sign_text(folded), hash((guards[at], key_words(row.question)))
        candidates = near.find(signature) | set(worded.find(words))
        if vectors is not None:
            keys = [hash((guards[at], int(code))) for code in codes[at]]
            alike = sorted({number for key in keys for number in planes.find(key)} - candidates)
            close = vectors[alike] @ vectors[at] >= MIN_MEANING
            candidates.update(
                number for number, is_close in zip(alike, close, strict=True) if is_close
            )
            for key in keys:
                planes.add(key, at)
        for other in sorted(candidates):
            if guards[other] == guards[at]:
                yield rows[other], row
        near.add(signature, at)
        worded.add(words, at)


def _hash_planes(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """(rows, _PLANES) codes of _BITS bits: on which side of random planes each vector lies."""
    random = np.random.default_rng(20261123)
    planes = random.standard_normal((vectors.shape[1], _PLANES * _BITS)).astype(np.float32)
    sides = (vectors @ planes > 0).reshape(len(vectors), _PLANES, _BITS)
    codes: NDArray[np.int64] = sides @ (1 << np.arange(_BITS, dtype=np.int64))
    return codes + (np.arange(_PLANES, dtype=np.int64) << _BITS)


def _find_place(row: Example) -> object:
    return ("row", row.id) if row.chunk_id is None else (row.chunk_id, row.fact)


def _find_passage(row: Example) -> object:
    return ("row", row.id) if row.chunk_id is None else row.chunk_id


def _quote(garage: Garage, row: Example) -> str:
    """The answer with the name of its document and the page."""
    if row.chunk_id is None:
        return f"“{row.answer}” (written or imported, without a passage)"
    try:
        chunk = garage.store.get(Chunk, row.chunk_id)
        name = garage.store.get(Document, chunk.document_id).name
    except NotFound:  # removed while this was looked for
        return f"“{row.answer}”"
    page = find_page(chunk, row.evidence, row.answer)
    return f"“{row.answer}” ({name}{f', page {page}' if page else ''})"
