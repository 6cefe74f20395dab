"""Whether a written question can stand on its own, and the short name of a document.

Rules only; the model's own judgement is asked in `local`.
"""

import re

from gemma_garage.augment.local.prompts import GENERAL_WORDS

_EMPTY_WORDS = frozenset(GENERAL_WORDS) | {"manual", "document", "text"}
_PRONOUN_SUBJECT = re.compile(
    r"^(?:\w+\s){1,4}?(?:is|are|does|do|was|were|can|may|must|should|has|have|did|will)\s"
    r"(?:it|they|he|she|this|that|them|these|those)\b(?! take| takes| mean)",
    re.IGNORECASE,
)


def shorten_title(title: str) -> str:
    """Return the name in a document's title: "Tindrel R2 Roaster: Manual" is about a roaster."""
    name = re.split(r"\s*[:–—|(]|\s-\s", title.strip().lstrip("# "))[0].strip()
    name = re.sub(
        r"(?i)^(?:welcome to|about|guide to|introduction to|visiting|using|getting started with|"
        r"working (?:at|for|with))\s+|^the\s+|"
        r"\s+(?:employee|user|owner'?s?|instruction|operating)?\s*(?:handbook|manual|guide|instructions)$",
        "",
        name,
    )
    name = re.sub(r"(?i)^the\s+", "", name).strip()
    return name if 0 < len(name.split()) <= 6 else ""


def shorten_subject(subject: str) -> str:
    """Return the name people use: "Tindrel R2" for "Tindrel R2 Coffee Roaster", "Corvo 7" for
    "Lumetta Corvo 7" (the maker goes unsaid); a subject without a model number is kept whole."""
    words = subject.split()
    for number, word in enumerate(words[:3]):
        if any(letter.isdigit() for letter in word):
            return " ".join(words[max(0, number - 1) : number + 1])
    return subject


def normalise(text: str) -> str:
    """Reduce a question to its words, small, for comparison."""
    return " ".join(re.findall(r"\w+", text.lower()))


def list_content(question: str, source: str) -> set[str]:
    """Return the stems of the question's telling words that the source has too."""
    stems = {word[:5] for word in normalise(source).split()}
    words = {word for word in normalise(question).split() if word not in _EMPTY_WORDS}
    return {word[:5] for word in words} & stems


def is_sound(question: str, answer: str, source: str) -> bool:
    """Say whether a question can stand on its own: it names something and gives no answer away."""
    words = normalise(question).split()
    answer_words = normalise(answer).split()
    if not 3 <= len(words) <= 26 or _PRONOUN_SUBJECT.match(question):
        return False
    if not list_content(question, source):
        return False
    telling = [word for word in answer_words if word not in _EMPTY_WORDS] or answer_words
    given = sum(word in words for word in telling)
    if any(word.isdigit() and word in words for word in telling) or given > 0.5 * len(telling):
        return False
    return len(set(words)) > 0.6 * len(words)
