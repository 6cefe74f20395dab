"""Whether a written question can stand on its own, and the short name of a document.

Rules only; the model's own judgement is asked in `local`.
"""

import re
from collections import Counter

from gemma_garage.augment.local.answer_sorts import GENERAL_WORDS

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


def list_telling(question: str) -> set[str]:
    """Return the stems of the question's telling words."""
    return set(_cut_telling(question))


def _cut_telling(question: str) -> list[str]:
    return [word[:5] for word in normalise(question).split() if word not in _EMPTY_WORDS]


def list_stems(text: str) -> set[str]:
    """Return the stems of all words."""
    return set(_cut_words(text))


def _cut_words(text: str) -> list[str]:
    return [word[:5] for word in normalise(text).split()]


def list_content(question: str, source: str) -> set[str]:
    """Return the stems of the question's telling words that the source has too."""
    return list_telling(question) & list_stems(source)


def is_sound(question: str, answer: str, source: str) -> bool:
    """Say whether a question can stand on its own: it names something and gives no answer away."""
    words = normalise(question).split()
    answer_words = normalise(answer).split()
    if not 3 <= len(words) <= 26 or _PRONOUN_SUBJECT.match(question):
        return False
    if not list_content(question, source) or _repeats(question, source):
        return False
    telling = [word for word in answer_words if word not in _EMPTY_WORDS] or answer_words
    if "how many" in " ".join(words):  # who asks so names what is counted
        telling = [word for word in telling if word.isdigit()] or telling
    singular = {word.removesuffix("s") for word in words}
    given = sum(word.removesuffix("s") in singular for word in telling)
    if any(word.isdigit() and word in words for word in telling) or given > 0.5 * len(telling):
        return False
    return len(set(words)) > 0.6 * len(words)


def _repeats(question: str, source: str) -> bool:
    """Does the question say a telling word twice that the source says once ("the oven's oven")?"""
    asked, told = (
        Counter(word.removesuffix("s") for word in normalise(text).split())
        for text in (question, source)
    )
    return any(
        times > max(1, told[word])
        for word, times in asked.items()
        if len(word) > 2 and word not in _EMPTY_WORDS
    )


def knows_no_more(question: str, plain: str, place: str) -> bool:
    """Say whether a question holds only names and numbers that who asks can know.

    Names must stand in the statement `plain` or in `place` (title and heading); numbers too, where
    they belong to a name ("Glidol 40") or the statement is a table's row.
    """
    known = {word.casefold() for word in _WORD.findall(f"{plain} {place}")}
    for match in _WORD.finditer(question):
        word = match.group()
        opens = (
            not question[: match.start()].rstrip()
            or question[: match.start()].rstrip()[-1] in ".!?:“\"'("
        )
        if word[0].isupper() and not opens and not _FIRST_PERSON.fullmatch(word):
            bare = re.sub(r"['’]s?$", "", word).casefold()
            if not any(bare == other or bare.rstrip("s") == other.rstrip("s") for other in known):
                return False
        if word[0].isdigit() and not (
            word.casefold() in known and (_is_row(plain) or names_number(word, f"{place} {plain}"))
        ):
            return False
    return True


_WORD = re.compile(r"[\w°%][\w.,:'’°%-]*[\w°%]|\w")
_FIRST_PERSON = re.compile(r"I(?:['’](?:m|d|ve|ll))?")


def _is_row(plain: str) -> bool:
    return bool(re.match(r"[^.;]{1,60}: [^;]+; ", plain))


def names_number(word: str, text: str) -> bool:
    """Does the number belong to a name ("Glidol 40")? Other values nobody knows who asks."""
    return bool(re.search(rf"\b[A-Z]\w*\s{re.escape(word)}\b", text))
