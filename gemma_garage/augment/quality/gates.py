"""The deterministic gates between a Draft and an accepted Example, in the order they are asked.

No model judges here: every gate can be explained, and gives the same verdict twice. What it
rejects is stored with its reason, never dropped. Word lists are English; in other languages the
gates on evidence, numbers, codes and duplicates still hold.
"""

import functools

from gemma_garage.augment.drafts import SUMMARY, UNANSWERABLE, Draft
from gemma_garage.augment.normalise import find_numbers, split_words
from gemma_garage.augment.quality.bounds import is_turned_round
from gemma_garage.augment.quality.evidence import find_piece
from gemma_garage.augment.quality.figures import find_wrong_figure
from gemma_garage.augment.quality.names import find_codes
from gemma_garage.augment.quality.negation import says_opposite
from gemma_garage.augment.quality.subject import is_about_another
from gemma_garage.augment.quality.support import has_foreign_code, has_foreign_name, is_supported
from gemma_garage.augment.quality.vague import is_vague
from gemma_garage.augment.quality.words import FUNCTION_WORDS

MAX_QUESTION_CHARACTERS = 300
MAX_ANSWER_CHARACTERS = 700


def judge_draft(
    draft: Draft, chunk_text: str, *, context: str = "", translated: bool = False
) -> str:
    """The reason to reject the Draft (one of `REASONS`), or "" to accept it.

    `context`: title and headings, which a question may name too. `translated`: question and
    answer are in another language than the passage, so words cannot be compared, only figures and
    codes. A summary is held against the whole passage; an unanswerable question has no proof.
    """
    question, answer = draft.question.strip(), draft.answer.strip()
    if not question or not split_words(answer):
        return "empty"
    if len(question) > MAX_QUESTION_CHARACTERS or len(answer) > MAX_ANSWER_CHARACTERS:
        return "too-long"
    if is_vague(question, answer):
        return "vague"
    if draft.kind == UNANSWERABLE:
        return ""
    if gives_away(question, answer):
        return "answer-in-question"
    if draft.kind == SUMMARY:
        proof = chunk_text if not draft.evidence or find_piece(draft.evidence, chunk_text) else ""
    else:
        proof = find_piece(draft.evidence, chunk_text)
    if not proof:
        return "evidence"
    return _follow(question, answer, proof, chunk_text, context, translated)


def gives_away(question: str, answer: str) -> bool:
    """Does the answer stand in the question already?"""
    asked, answered = split_words(question), split_words(answer)
    size = len(answered)
    if any(asked[at : at + size] == answered for at in range(len(asked) - size + 1)):
        return True
    content = {word for word in answered if word not in FUNCTION_WORDS}
    # "No charge" is more than the charge that is asked for.
    denies = bool({"no", "not", "never"} & (set(answered) - set(asked)))
    return bool(content) and content <= set(asked) and not denies


@functools.lru_cache(maxsize=256)
def _read_numbers(text: str) -> frozenset[str]:
    return frozenset(find_numbers(text))


def _follow(
    question: str, answer: str, proof: str, chunk_text: str, context: str, translated: bool
) -> str:
    """Does the answer follow from the proof? The reason why not, or ""."""
    around = f"{context}\n{chunk_text}"
    if translated:
        # Units and dates are written in other words; their numbers are not.
        if not find_numbers(answer, words=False) <= find_numbers(proof):
            return "number"
    elif find_wrong_figure(answer, proof, around):
        return "number"
    if not find_numbers(question, words=False) <= _read_numbers(around):
        return "number"
    if translated:
        codes = find_codes(answer) - find_codes(proof)
        return "identifier" if codes or find_codes(question) - find_codes(around) else ""
    if has_foreign_code(question, answer, proof, around):
        return "identifier"
    if has_foreign_name(question, answer, proof, around):
        return "name"
    if is_turned_round(question, answer, proof):
        return "bound"
    if says_opposite(question, answer, proof):
        return "negation"
    if is_about_another(question, answer, proof, chunk_text, context):
        return "other-subject"
    return "" if is_supported(answer, proof, question, context) else "unsupported"
