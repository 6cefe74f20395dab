"""The deterministic gates between a Draft and an accepted Example; each has a one-word reason.

No model judges here: every gate can be explained, and gives the same verdict twice. What it
rejects is stored with its reason by `generate.py`, never dropped. The word lists are English; in
other languages the gates on evidence, numbers and duplicates still hold.
"""

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from gemma_garage.augment.drafts import Draft
from gemma_garage.augment.normalise import (
    find_codes,
    find_identifiers,
    find_numbers,
    normalise_question,
    normalise_text,
    split_words,
)

# Every reason an Example can be rejected for, and what it means to the user.
REASONS = {
    "empty": "question or answer is missing",
    "too-long": "question or answer is too long to be learned",
    "vague": "nobody could tell what is asked without seeing the passage",
    "answer-in-question": "the question gives its answer away",
    "evidence": "the quoted sentence does not stand in the passage",
    "number": "a number does not stand in the quoted sentence",
    "unsupported": "the quoted sentence does not say the answer",
    "duplicate": "the same question is there already",
    "limit": "more facts than were asked for",
    "no-facts": "the generator found nothing to ask about in this passage",
    "refused": "the provider's filter refused this passage",
    "cut-off": "the reply was longer than the model may write",
    "unreadable": "the reply was not in the wanted form",
}

MAX_QUESTION_CHARACTERS = 300
MAX_ANSWER_CHARACTERS = 700
MIN_EVIDENCE_MATCH = 92.0  # percent of rapidfuzz's partial ratio; the rest is typography and OCR
MIN_SUPPORTED_SHARE = 0.6  # of the answer's content words
NEAR_DUPLICATE = 94.0

_FUNCTION_WORDS = frozenset(
    "a an the of in on at by to from for with without into onto as is are was were be been being "
    "am has have had do does did can could may might must shall should will would not no and or "
    "but if than then that this these those it its they them their he she his her him you your we "
    "our us i my me there here what which who whom whose when where why how many much long often "
    "far old any some each every all so very about up down out off over under one ones does".split()
)
_ASKING_WORDS = frozenset(
    "what which who whom whose when where why how is are was were do does did can could may might "
    "must shall should will would has have had many much long often far old to for of in on at by "
    "with from up during after before and if happens happen means mean".split()
)
_PRONOUNS = frozenset("it they them he she him her this that these those its their his".split())
# "Is it allowed to …", "How long does it take to …": here "it" stands for nothing.
_EXPLETIVE = re.compile(
    r"\bit\s+(?:take|takes|took|cost|costs|safe|allowed|possible|necessary|needed|required|"
    r"recommended|advisable|important|forbidden|permitted|better|best|mean|happen|okay|ok|"
    r"normal|dangerous|enough|time)\b(?:\s+\S+){2}"
)
_PARTS = r"(?:document|paragraph|section|chapter|sentence|statement|context|article|author)s?"
_POINTING = re.compile(
    r"\b(?:the|this|that|these|given|provided) (?:above |following |given |provided )?"
    r"(?:text|passage|excerpt|snippet)s?\b|"
    rf"\b(?:this|these|given|above|following|provided) {_PARTS}\b|"
    r"\bthis (?:manual|guide|page|table|figure|list)\b|"
    rf"\bthe {_PARTS} (?:say|mention|describe|state|list|give|refer|explain|suggest|recommend)s?\b|"
    rf"\b(?:in|of|from|by|to) the {_PARTS}$|"
    r"\b(?:mentioned|described|listed|shown|stated|given) (?:above|below|here)\b|"
    r"\baccording to the (?:table|figure|list)\b"
)
_GENERIC = frozenset(
    "name number value amount size colour color weight height length width time date price cost "
    "thing part item code type kind temperature".split()
)


def judge_draft(
    draft: Draft, chunk_text: str, *, context: str = "", translated: bool = False
) -> str:
    """The reason to reject the Draft, or "" to accept it.

    `context`: title and headings, which a question may name too. `translated`: question and
    answer are in another language than the passage, so words cannot be compared, only numbers.
    """
    question, answer = draft.question.strip(), draft.answer.strip()
    if not question or not split_words(answer):
        return "empty"
    if len(question) > MAX_QUESTION_CHARACTERS or len(answer) > MAX_ANSWER_CHARACTERS:
        return "too-long"
    if _is_vague(question, answer):
        return "vague"
    if _gives_away(question, answer):
        return "answer-in-question"
    if not stands_in(draft.evidence, chunk_text):
        return "evidence"
    if not _numbers_agree(draft, chunk_text, context, words=not translated):
        return "number"
    if not translated and not _is_supported(answer, draft.evidence):
        return "unsupported"
    return ""


def stands_in(quote: str, text: str) -> bool:
    """Is `quote` a piece of `text`, but for markup, typography and a slip of the pen?

    Its numbers must be there exactly.
    """
    wanted, there = normalise_text(quote), normalise_text(text)
    if not wanted:
        return False
    if wanted in there:
        return True
    if len(wanted) > len(there) or not find_numbers(quote) <= find_numbers(text):
        return False
    return fuzz.partial_ratio(wanted, there, score_cutoff=MIN_EVIDENCE_MATCH) > 0


class Duplicates:
    """The accepted questions so far; grows with `add`. One look-up is cheap in any number."""

    def __init__(self, accepted: Iterable[tuple[str, str]] = ()) -> None:
        self._questions: set[str] = set()
        self._by_answer: dict[str, list[str]] = {}
        for question, answer in accepted:
            self.add(question, answer)

    def add(self, question: str, answer: str) -> None:
        self._questions.add(normalise_question(question))
        self._by_answer.setdefault(normalise_question(answer), []).append(question)

    def has(self, question: str, answer: str) -> bool:
        """Is the same question there, or nearly the same with the same answer?

        Two questions whose numbers, codes or names differ are never duplicates: "valve A" and
        "valve B" are two facts.
        """
        wanted = normalise_question(question)
        if wanted in self._questions:
            return True
        identifiers = find_identifiers(question)
        return any(
            fuzz.ratio(wanted, normalise_question(other)) >= NEAR_DUPLICATE
            and find_identifiers(other) == identifiers
            for other in self._by_answer.get(normalise_question(answer), [])
        )


def _is_vague(question: str, answer: str) -> bool:
    words = split_words(question)
    if _POINTING.search(" ".join(words)):
        return True
    if all(word in _PRONOUNS for word in split_words(answer)):
        return True
    for word in words:
        if word in _PRONOUNS:
            if not _EXPLETIVE.search(" ".join(words)):
                return True
            break
        if word not in _ASKING_WORDS:
            break
    content = [word for word in words if word not in _FUNCTION_WORDS]
    if any(len(word) > 12 and not word.isascii() for word in words):
        return False  # a script without spaces: words cannot be counted
    return not content or (len(content) == 1 and content[0] in _GENERIC)


def _gives_away(question: str, answer: str) -> bool:
    asked, answered = split_words(question), split_words(answer)
    size = len(answered)
    if any(asked[at : at + size] == answered for at in range(len(asked) - size + 1)):
        return True
    content = {word for word in answered if word not in _FUNCTION_WORDS}
    return bool(content) and content <= set(asked)


def _numbers_agree(draft: Draft, chunk_text: str, context: str, *, words: bool) -> bool:
    """Stand the answer's numbers and codes in the evidence, the question's numbers around it?"""
    wanted = find_numbers(draft.answer, words=words)
    if words:  # "one of the", "half of": no figures
        wanted -= {"0", "1", "0.5"} - find_numbers(draft.answer, words=False)
    if not wanted <= find_numbers(draft.evidence):
        return False
    if not find_codes(draft.answer) <= find_codes(draft.evidence):
        return False
    around = find_numbers(f"{context}\n{chunk_text}")
    return find_numbers(draft.question, words=False) <= around


def _is_supported(answer: str, evidence: str) -> bool:
    """Do the answer's content words stand in the evidence, inflected at most?"""
    said, proof = normalise_text(answer), normalise_text(evidence)
    if said in proof:
        return True
    content = [word for word in split_words(answer) if word not in _FUNCTION_WORDS]
    if not content:
        return False  # "yes", "no": proves nothing
    # Figures were compared by value already: "7 seconds" and "seven seconds" are the same.
    content = [word for word in content if not find_numbers(word)]
    if not content:
        return True
    stems = {_stem(word) for word in split_words(evidence)}
    share = sum(_stem(word) in stems or word in proof for word in content) / len(content)
    return share >= MIN_SUPPORTED_SHARE


def _stem(word: str) -> str:
    """A crude stem: enough to find "replaced" in "replacing"."""
    return word if len(word) < 6 or any(sign.isdigit() for sign in word) else word[:5]
