"""Does an answer say the opposite of its proof: "open it" where it says "do not open it"?

English, with the plain negations of German, French, Spanish and Italian.
"""

import re

from gemma_garage.augment.normalise import normalise_text, split_words
from gemma_garage.augment.quality.words import FUNCTION_WORDS, is_inflected

_NEGATIONS = (
    "not never none nor neither without cannot nicht kein keine keinen keiner nie niemals ohne "
    "weder pas jamais sans aucun aucune nunca sin ningún ninguna non mai senza"
).split()
_IS_NEGATION = re.compile(rf"(?:{'|'.join(_NEGATIONS)}|\w+n't|no)")
# Words that carry a "not" in themselves: where one stands, polarity is not judged.
_NEGATIVE_SENSE = re.compile(
    r"\b(?:avoid|exclu|forb|prohibit|ban(?:s|ned)?\b|except|refus|fail|lack|missing\b|prevent|deny|"
    r"denie|reject|unable|unless|instead|rather|impossible|unsafe|illegal|wrong|dangerous|hardly|"
    r"barely|seldom|rarely|free of|free from|absen|exempt|disallow|un(?:lawful|permitted|"
    r"authori|suitable|covered|affected|touched|changed|opened|available|answered|known)|"
    r"in(?:valid|compatible|eligible|sufficient)|harm|damage|safe from)",
)
# These bound or emphasise; they negate nothing.
_NO_NEGATION = re.compile(
    r"\b(?:no|not) (?:more|less|fewer|later|earlier|longer|shorter|higher|lower|greater|only|just|"
    r"older|younger|larger|smaller|bigger|heavier|lighter|wider|taller|deeper|thicker|faster|slower|"
    r"further|farther) than\b|\bnot only\b|\b(?:must|may|should|shall|can|do|does|to) ?"
    r"(?:not|never) (?:be )?"
    r"(?:exceed\w*|fall below|drop below|go (?:above|below|over|under))|\b(?:not|never) exceed\w*|"
    r"\bno\.? ?(?=\d)|\bwhether or not\b|\bcannot exceed\b"
)
_BORDERS = frozenset(
    ", ; : . ( ) but because since if when unless until while although though however so instead "
    "as otherwise sondern aber weil wenn mais car si pero porque cuando".split()
)
_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[,;:.()]")
_BEFORE = 3  # tokens in front of what is said in which a "not" still belongs to it


def says_opposite(question: str, answer: str, proof: str) -> bool:
    """Is the answer negated where the proof is not, or plain where the proof negates it?

    Of a table's row only the answer's cell counts: "finds no signal" denies no remedy."""
    if "|" in proof:
        words = set(split_words(answer))
        proof = next((cell for cell in proof.split("|") if words <= set(split_words(cell))), proof)
    said, there, asked = (_strip(text) for text in (answer, proof, question))
    answer_negates, proof_negates = has_negation(said), has_negation(there)
    if answer_negates:
        return not proof_negates and not _NEGATIVE_SENSE.search(there)
    if not proof_negates or has_negation(asked):
        return False
    if _NEGATIVE_SENSE.search(asked) or _NEGATIVE_SENSE.search(said):
        return False
    return _stands_negated(said, there)


def has_negation(text: str) -> bool:
    """Holds `text` (folded) a word that negates?"""
    return any(_IS_NEGATION.fullmatch(token) for token in _TOKEN.findall(text))


def _strip(text: str) -> str:
    text = re.sub(r"\bcan ?not\b", "cannot", normalise_text(text))
    return _NO_NEGATION.sub(" ", text)


def _stands_negated(said: str, proof: str) -> bool:
    """Is there a "not" inside of the stretch of `proof` that says it, or right before it?"""
    tokens = _TOKEN.findall(proof)
    wanted = [word for word in _TOKEN.findall(said) if word[0].isalnum()]
    content = [word for word in wanted if word not in FUNCTION_WORDS]
    if not content:
        return False
    places = [
        at for at, token in enumerate(tokens) if any(is_inflected(token, word) for word in content)
    ]
    span = _find_tightest(tokens, places, content)
    if span is None:
        return False
    start, end = span
    at = start - 1
    while at >= max(0, start - _BEFORE) and tokens[at] not in _BORDERS:
        if _IS_NEGATION.fullmatch(tokens[at]):
            return True
        at -= 1
    return any(
        _IS_NEGATION.fullmatch(token) and token not in wanted for token in tokens[start : end + 1]
    )


def _find_tightest(
    tokens: list[str], places: list[int], content: list[str]
) -> tuple[int, int] | None:
    """The shortest stretch that holds the most of the wanted words."""
    best: tuple[int, int, int] | None = None  # (words found, -length, start)
    for first in range(len(places)):
        seen: set[str] = set()
        for last in range(first, min(len(places), first + 2 * len(content))):
            seen |= {word for word in content if is_inflected(tokens[places[last]], word)}
            rank = (len(seen), places[first] - places[last], places[first])
            if best is None or rank > best:
                best = rank
    return None if best is None else (best[2], best[2] - best[1])
