"""Cues: a few words of the proving sentence, in any order, as one more way to ask for its answer.

People ask in other words than the wordings that were written. A small model learns to answer from
*some* telling words when it has seen many subsets of them, instead of leaning on a phrase, and that
the name of the whole thing, which people add to every question, tells nothing by itself. This is
word dropout on the question's side (Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic
Methods for Text Classification", §3), made once, from the evidence, so it needs no model and no
particular language. Cues are trained on and never examined.
"""

import random
import re
from collections.abc import Iterable, Mapping
from typing import Any

from gemma_garage.augment.local.context import narrow_evidence
from gemma_garage.augment.local.fit import list_openings
from gemma_garage.schema import Example

CUE_KIND = "cue"
CUES_PER_FACT = 3
MOST_OPENING_WORDS = 4
_OPENED_SHARE, _OTHER_SHARE = 0.6, 0.5
FEWEST_WORDS, MOST_WORDS = 2, 9
_KEPT_SHARES = (0.4, 0.6, 0.8)
_NAMED_SHARE = 0.5
_WORD = re.compile(r"[\w'’°/-]*\w(?:[\w'’°/-]|[.,](?=\d))*")
_ASKING = re.compile(
    r"(?i:what|which|how|who|whom|whose|where|when|why|in|at|by|from|for|on|until|within)"
)
_ASKED_INSIDE = re.compile(
    r"\b(?:how (?:many|much) [^\W\d_]+|how (?:often|long|far)|(?:what|which) colour|who|whom|where|"
    r"when)\b"
)
_EMPTY = frozenset(
    "also been each every from have here into more most must only other shall should some such "
    "than that their them then there these they this those very were what when where which while "
    "will with would your".split()
)


def write_cues(
    rows: Iterable[Example], subjects: Mapping[int, str] | None = None, *, seed: int = 0
) -> list[dict[str, Any]]:
    """Training rows of kind `cue`, up to CUES_PER_FACT for each fact of `rows`.

    `subjects`: by chunk id, what its Document is about; named in about half of the cues. About half
    open as one of the fact's wordings does ("How long", "What is the price of"), or as any question
    for such an answer may: else the opening alone would tell facts of one sort apart. Facts whose
    evidence holds fewer than three telling words beside the answer get none.
    """
    dice = random.Random(seed)
    facts: dict[tuple[int | None, int], list[Example]] = {}
    for row in rows:
        facts.setdefault((row.chunk_id, row.fact), []).append(row)
    cues = []
    for wordings in facts.values():
        row = wordings[0]
        narrow = narrow_evidence(row.evidence, row.answer)
        words = _list_telling(narrow, row.answer)
        if len(words) <= FEWEST_WORDS:
            words = _list_telling(row.evidence, row.answer)
        if len(words) <= FEWEST_WORDS:
            continue
        subject = (subjects or {}).get(row.chunk_id or 0, "")
        openings = [found for one in wordings if (found := _find_opening(one.question, words))]
        # Where the text is in a language whose openings are known.
        before, _, after = narrow.partition(row.answer)
        others = list_openings(row.answer, before, after) if openings else ()
        questions: dict[str, None] = {}
        for _ in range(CUES_PER_FACT):
            cue = _draw(words, subject, dice)
            if openings and dice.random() < _OPENED_SHARE:
                said = others if others and dice.random() < _OTHER_SHARE else openings
                cue = f"{dice.choice(said)} {cue}"
            questions[cue] = None
        cues += [
            {
                "question": question,
                "answer": row.answer,
                "kind": CUE_KIND,
                "chunk_id": row.chunk_id,
                "example_id": row.id,
            }
            for question in questions
        ]
    return cues


def _find_opening(question: str, telling: list[str]) -> str:
    """The question's first words, up to the first that tells something, or else the question word
    inside it ("Leave how many cm of space?" gives "how many cm"); "" where there is neither."""
    stems = {word.casefold()[:5] for word in telling}
    opening: list[str] = []
    words = question.rpartition(": ")[2].rstrip("?").split()
    for word in words:
        named = bool(opening) and word[:1].isupper()
        if word.casefold()[:5] in stems or named or len(opening) == MOST_OPENING_WORDS:
            break
        opening.append(word)
    if opening and _ASKING.fullmatch(opening[0]):
        return " ".join(opening)
    inside = _ASKED_INSIDE.search(" ".join(words))
    return inside.group() if inside else ""


def _list_telling(evidence: str, answer: str) -> list[str]:
    """The evidence's words in order, without the answer and without words that tell nothing."""
    at = evidence.casefold().find(answer.casefold())
    around = evidence if at < 0 else f"{evidence[:at]} {evidence[at + len(answer) :]}"
    said = {word.casefold() for word in _WORD.findall(answer)}
    return [
        word
        for word in _leave_out_amounts(_WORD.findall(around))
        if (len(word) > 3 or word[1:].isupper() or any(letter.isdigit() for letter in word))
        and word.casefold() not in _EMPTY | said
    ]


def _leave_out_amounts(words: list[str]) -> list[str]:
    """Without the sentence's other values and their units: who asks for one does not know them.

    A number after a capitalised word belongs to a name ("Glidol 40")."""
    kept: list[str] = []
    before, is_amount = "", False
    for word in words:
        is_unit = is_amount and word[:1].islower()
        is_amount = word[0].isdigit() and not before[:1].isupper()
        if not is_amount and not is_unit:
            kept.append(word)
        before = word
    return kept


def _draw(words: list[str], subject: str, dice: random.Random) -> str:
    share = dice.choice(_KEPT_SHARES)
    kept = [word for word in words if dice.random() < share]
    if len(kept) < FEWEST_WORDS:
        kept = dice.sample(words, FEWEST_WORDS)
    if len(kept) > MOST_WORDS:
        kept = dice.sample(kept, MOST_WORDS)
    if dice.random() < 0.5:
        dice.shuffle(kept)
    if subject and dice.random() < _NAMED_SHARE:
        kept = [word for word in kept if word not in subject.split()]
        kept.insert(dice.randint(0, len(kept)), subject)
    return " ".join(kept) + "?"
