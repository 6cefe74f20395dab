"""From Drafts to Examples, accepted or rejected with a reason: the gates, kind by kind.

The gates themselves are in `quality`; here is which of them a kind goes through, and what there is
to be more than asked for. It stores nothing and calls no model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gemma_garage.augment.drafts import FACTUAL, MULTI_TURN, UNANSWERABLE, Draft, Passage
from gemma_garage.augment.normalise import find_codes, find_numbers
from gemma_garage.augment.quality import Duplicates, Place, judge_draft
from gemma_garage.augment.retrieve import Retriever
from gemma_garage.schema import Example


def judge_drafts(
    drafts: Iterable[Draft],
    passage: Passage,
    duplicates: Duplicates,
    *,
    limit: int | None = None,
    translated: bool = False,
    rows: int | None = None,
    chunk_id: int | None = None,
    kind: str = FACTUAL,
    retriever: Retriever | None = None,
) -> list[Example]:
    """Examples of one passage, accepted or rejected with a reason; at least one.

    Accepted questions are added to `duplicates`. Facts over `limit`, and rows over `rows`, are
    rejected as such. `chunk_id`: with it, wordings of one fact are no duplicates of each other.
    `kind`: what was asked for, where nothing came. `retriever`: all documents of the project, which
    must not answer an unanswerable question.
    """
    kept_facts: set[int] = set()
    accepted = 0
    examples: list[Example] = []
    for draft in drafts:
        if draft.reason and not draft.question:
            examples.append(leave_note(draft.reason, draft.kind))
            continue
        asked = draft.standalone or draft.question
        reason = draft.reason or _judge(draft, passage, translated, retriever)
        place = None if chunk_id is None else Place(chunk_id, draft.fact)
        if not reason and duplicates.has(asked, draft.answer, place):
            reason = "duplicate"
        if not reason:
            fresh = draft.fact not in kept_facts
            if (limit is not None and fresh and len(kept_facts) >= limit) or accepted == rows:
                reason = "limit"
            else:
                kept_facts.add(draft.fact)
                duplicates.add(asked, draft.answer, place)
                accepted += 1
        examples.append(make_example(draft, reason))
    return examples or [leave_note("no-facts", kind)]


def judge_without_passage(draft: Draft) -> str:
    """The reason to reject a row that no passage proves, by its own words alone; "" if none."""
    proven = replace(draft, evidence=draft.answer)
    return judge_draft(proven, draft.answer, context=draft.question)


def judge_rewording(draft: Draft, original: Sequence[str], passage: Passage | None) -> str:
    """The reason to reject a new wording of questions that are accepted; "" if none.

    It must name the numbers and codes that one of them names, no others and no fewer.
    """
    named = find_numbers(draft.question, words=False) | find_codes(draft.question)
    if not any(
        named == find_numbers(question, words=False) | find_codes(question) for question in original
    ):
        return "number"
    if passage is None or not draft.evidence:
        return judge_without_passage(draft)
    context = f"{passage.title}\n{passage.heading}\n" + "\n".join(original)
    return judge_draft(draft, passage.text, context=context)


def make_example(draft: Draft, reason: str) -> Example:
    """The row of a Draft; its project, Chunk and origin are still to be set."""
    return Example(
        question=draft.question,
        answer=draft.answer,
        evidence=draft.evidence,
        kind=draft.kind,
        fact=draft.fact,
        turns=[
            message
            for turn in draft.turns
            for message in (
                {"role": "user", "content": turn.question},
                {"role": "assistant", "content": turn.answer},
            )
        ],
        status="rejected" if reason else "accepted",
        reason=reason,
    )


def leave_note(reason: str, kind: str = FACTUAL) -> Example:
    """What tells that a passage was asked about in vain; it is counted and shown, never stored."""
    return Example(question="", answer="", kind=kind, fact=0, status="rejected", reason=reason)


def _judge(draft: Draft, passage: Passage, translated: bool, retriever: Retriever | None) -> str:
    context = f"{passage.title}\n{passage.heading}"

    def judge(one: Draft) -> str:
        return judge_draft(one, passage.text, context=context, translated=translated)

    if draft.kind == MULTI_TURN:
        # Each turn must hold by itself; what it leaves to the conversation is said in `standalone`.
        turns = [
            replace(turn, question=turn.standalone or turn.question, kind=FACTUAL)
            for turn in (*draft.turns, draft)
        ]
        return next(filter(None, map(judge, turns)), "")
    reason = judge(draft)
    if reason or draft.kind != UNANSWERABLE or retriever is None:
        return reason
    if not retriever.is_about(draft.question):
        return "off-topic"
    return "answerable" if retriever.is_said(draft.question) else ""
