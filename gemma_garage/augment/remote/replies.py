"""The shapes of the replies, and how they are read into Drafts.

Reading is forgiving where no meaning is lost: prose around the JSON, one string where a list is
wanted; and, where it is told so, an end broken off. It judges no content.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from gemma_garage.augment.drafts import (
    COMPARISON,
    FACTUAL,
    MULTI_TURN,
    SUMMARY,
    UNANSWERABLE,
    WHY,
    Draft,
)
from gemma_garage.augment.remote.instructions import CHECK, JUDGE, MORE, REWORD
from gemma_garage.augment.remote.refusals import choose_refusal


class _Shape(BaseModel):
    # Small models write numbers where text is wanted.
    model_config = ConfigDict(coerce_numbers_to_str=True)


class Fact(_Shape):
    """One fact of a passage, as the generator writes it."""

    answer: str = Field(description="short and complete, in the words of the passage")
    evidence: str = Field(description="the sentence that proves the answer, copied verbatim")
    questions: list[str] = Field(description="wordings of one question with this answer")


class FactInAnswers(Fact):
    more_answers: list[str] = Field(description="other wordings of the answer")


class WideFact(_Shape):
    """What rests on several sentences: a reason, a comparison, a summary."""

    answer: str = Field(description="complete, in the words of the passage")
    evidence: list[str] = Field(description="the sentences that prove it, each copied verbatim")
    questions: list[str] = Field(description="wordings of one question with this answer")


class WideFactInAnswers(WideFact):
    more_answers: list[str] = Field(description="other wordings of the answer")


class FactList(_Shape):
    facts: list[Fact]


class FactInAnswersList(_Shape):
    facts: list[FactInAnswers]


class WideFactList(_Shape):
    facts: list[WideFact]


class WideFactInAnswersList(_Shape):
    facts: list[WideFactInAnswers]


class Turn(_Shape):
    question: str
    standalone: str = Field(description="the question as it can be understood by itself")
    answer: str
    evidence: str = Field(description="the sentence that proves the answer, copied verbatim")


class Conversation(_Shape):
    turns: list[Turn]


class ConversationList(_Shape):
    conversations: list[Conversation]


class Gap(_Shape):
    missing: str = Field(description="what the document would have to say")
    questions: list[str]


class GapList(_Shape):
    language: str = Field(description="two letters, ISO 639-1")
    refusal: str = Field(description="The documents do not say., in that language")
    gaps: list[Gap]


class Rewording(_Shape):
    number: int
    questions: list[str]


class RewordingList(_Shape):
    rewordings: list[Rewording]


class Row(_Shape):
    question: str
    answer: str


class RowList(_Shape):
    rows: list[Row]


class Verdict(_Shape):
    number: int
    quote: str
    answered: bool


class VerdictList(_Shape):
    verdicts: list[Verdict]


class Judgement(_Shape):
    """Four answers of yes or no about the row of that number."""

    number: int
    relevant: bool
    coherent: bool
    grounded: bool
    standalone: bool


class JudgementList(_Shape):
    judgements: list[Judgement]


Entry = TypeVar("Entry", bound=_Shape)
_SHAPES: dict[str, type[_Shape]] = {
    FACTUAL: FactList,
    WHY: WideFactList,
    COMPARISON: WideFactList,
    SUMMARY: WideFactList,
    MULTI_TURN: ConversationList,
    UNANSWERABLE: GapList,
    REWORD: RewordingList,
    MORE: RowList,
    CHECK: VerdictList,
    JUDGE: JudgementList,
}


def choose_shape(task: str, answers: int = 1) -> type[BaseModel]:
    """The shape of the reply to `task`, with so many wordings of each answer."""
    shape = _SHAPES[task]
    if answers > 1 and shape is FactList:
        return FactInAnswersList
    return WideFactInAnswersList if answers > 1 and shape is WideFactList else shape


def find_json(text: str, *, partial: bool = False) -> Any:
    """The JSON of a reply, also within prose; with `partial` as far as it goes before it breaks
    off. Raises ValueError when there is none."""
    text = re.sub(r"<think>.*?</think>", "", text, flags=re.DOTALL)
    start = re.search(r"[{\[]", text)
    if start is None:
        raise ValueError(f"no JSON in the reply: {text[:200]!r}")
    text = text[start.start() :]
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except json.JSONDecodeError:
        if not partial:
            raise
        return from_json(text, allow_partial=True)  # also a ValueError when it is no JSON


def read_drafts(kind: str, found: Any, passage: str) -> list[Draft]:
    """Drafts of all whole entries of the JSON `found` in the reply about `passage`.

    Raises ValueError when it has not the wanted shape.
    """
    if kind == MULTI_TURN:
        talks = _read_entries(found, "conversations", Conversation)
        told = [draft for draft in map(_read_talk, talks) if draft is not None]
        return [replace(draft, fact=number) for number, draft in enumerate(told)]
    if kind == UNANSWERABLE:
        refusal = choose_refusal(_read_field(found, "language"), _read_field(found, "refusal"))
        return [
            Draft(question, refusal, "", kind, number)
            for number, gap in enumerate(_read_entries(found, "gaps", Gap))
            for question in _clean_all(gap.questions)
        ]
    drafts = []
    for number, fact in enumerate(_read_entries(found, "facts", WideFactInAnswers)):
        evidence = collect_quotes(passage, fact.evidence)
        answers = _clean_all([fact.answer, *fact.more_answers])
        drafts += [
            Draft(question, answers[at % len(answers)] if answers else "", evidence, kind, number)
            for at, question in enumerate(_clean_all(fact.questions))
        ]
    return drafts


def read_rewordings(found: Any, facts: Sequence[Sequence[Draft]]) -> list[Draft]:
    """New questions for the `facts` that were numbered from 1; the rest of each stays."""
    return [
        replace(facts[entry.number - 1][0], question=question)
        for entry in _read_entries(found, "rewordings", Rewording)
        if 1 <= entry.number <= len(facts)
        for question in _clean_all(entry.questions)
    ]


def read_rows(found: Any, kind: str) -> list[Draft]:
    """New rows that no passage proves."""
    return [
        Draft(" ".join(row.question.split()), row.answer.strip(), "", kind, number)
        for number, row in enumerate(_read_entries(found, "rows", Row))
    ]


def read_verdicts(found: Any, count: int) -> list[bool]:
    """Whether each of `count` questions is answered. One that was left out counts as answered:
    nobody has said that it is not."""
    answered = [True] * count
    for entry in _read_entries(found, "verdicts", Verdict):
        if 1 <= entry.number <= count:
            answered[entry.number - 1] = entry.answered
    return answered


def read_judgements(found: Any, count: int) -> dict[int, Judgement]:
    """By number from 1 what was said of each of `count` rows; a row can be left out. Raises
    ValueError as `_read_entries` does."""
    entries = _read_entries(found, "judgements", Judgement)
    return {entry.number: entry for entry in entries if 1 <= entry.number <= count}


def collect_quotes(passage: str, quotes: Sequence[str]) -> str:
    """The quotes as they stand in the passage, in its order, a line each.

    White space may differ. One that is not found is given as it is: the gate on evidence decides.
    """
    found: dict[str, int] = {}
    for quote in filter(str.strip, quotes):
        match = re.search(r"\s+".join(map(re.escape, quote.split())), passage)
        text = match.group() if match else " ".join(quote.split())
        found.setdefault(text, match.start() if match else len(passage))
    return "\n".join(sorted(found, key=lambda text: found[text]))


def _read_talk(talk: Conversation) -> Draft | None:
    """The last turn, with those before it; None for what is no conversation."""
    turns = [
        Draft(
            " ".join(turn.question.split()),
            " ".join(turn.answer.split()),
            turn.evidence.strip(),
            MULTI_TURN,
            standalone=" ".join(turn.standalone.split()),
        )
        for turn in talk.turns
    ]
    return replace(turns[-1], turns=tuple(turns[:-1])) if len(turns) > 1 else None


def _read_entries(found: Any, name: str, shape: type[Entry]) -> list[Entry]:
    """The whole entries of the list `name`. Raises ValueError when there is no such list, or
    nothing but what is no entry."""
    if isinstance(found, list):
        found = {name: found}
    if not isinstance(found, dict) or not isinstance(found.get(name), list):
        raise ValueError(f"no {name} in the reply: {str(found)[:200]!r}")
    entries = []
    for entry in found[name]:
        try:
            entries.append(shape.model_validate(_mend(entry)))
        except ValidationError:
            continue  # the last one of a reply that broke off
    if found[name] and not entries:
        raise ValueError(f"no whole {name} in the reply: {str(found)[:200]!r}")
    return entries


def _read_field(found: Any, name: str) -> str:
    value = found.get(name) if isinstance(found, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _mend(entry: Any) -> Any:
    """Small models write `question` for `questions`, and one text where a list is wanted."""
    if not isinstance(entry, dict):
        return entry
    mended = dict(entry)
    if isinstance(mended.get("turns"), list):
        mended["turns"] = [
            {"standalone": "", **turn} for turn in mended["turns"] if isinstance(turn, dict)
        ]
    if "questions" not in mended and "question" in mended:
        mended["questions"] = mended["question"]
    for name in ("questions", "more_answers"):
        if isinstance(mended.get(name), str):
            mended[name] = [mended[name]]
    if "questions" in mended:
        mended.setdefault("more_answers", [])
        mended.setdefault("evidence", [])
        if isinstance(mended["evidence"], str):
            mended["evidence"] = [mended["evidence"]]
    return mended


def _clean_all(texts: Sequence[str]) -> list[str]:
    """Each text once, on one line, the empty ones left out."""
    return [text for text in dict.fromkeys(" ".join(text.split()) for text in texts) if text]
