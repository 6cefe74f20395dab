"""Make one plain sentence around an answer: pronouns named, side clauses left out.

A small model asks about what stands near the answer, so the less stands there the better. Rules
only; where no rule applies the statement stays as it is. It finds no answers.
"""

import re
from collections.abc import Sequence

from gemma_garage.augment.sentences import Statement

_OPEN, _CLOSE = "⟦", "⟧"
_PRONOUN = re.compile(r"^(It|They|This|These|He|She|Its|Their)\b(['’]s|['’]re)?\s+", re.IGNORECASE)
_VERB = re.compile(
    r"\s(?:is|are|was|were|has|have|had|can|may|must|should|shall|will|does|do|takes?|costs?|"
    r"lasts?|holds?|lies|stands?|hangs?|means?|shows?|keeps?|gives?|makes?|gets?|needs?|contains?|"
    r"weighs?|runs?|turns?|draws?|opens?|closes?|shuts?|stays?|belongs?|comes?|goes|receives?|pays?|"
    r"leads?|works?|uses?|reaches|bears?|sends?|consists?|contributes?|applies|glows?|trips?|"
    r"differ|leaves?|lives?|named|called|made|led|run|bent|which|who|whose|where|normally|also)\b"
)
_CUTS = re.compile(
    r";\s+|,?\s+(?=(?:because|since|whereas|although|provided that|so that|unless)\b)|"
    r",\s+(?=(?:so|but|as|for|nor|where|when|while|which|who|whose|after which|whatever|if)\b)|"
    r",\s+and\s+(?=(?:it|they|you|he|she|we|the|a|an|then|today['’]s|its)\b)|"
    r"\s+and\s+(?=(?:it|they|you)\s)|\s+(?=so that\s)"
)
_KEEPS_MAIN = re.compile(
    r"^(?:which|who|whose|where|because|since|as|for|so that|until|before|after which|when|if|"
    r"while)\b"
)


def name_pronouns(statements: Sequence[Statement]) -> list[str]:
    """Return each statement's text, its first pronoun replaced by what the one before is about."""
    told: list[str] = []
    before = ""
    for statement in statements:
        text = statement.text
        if statement.listed and statement.lead.endswith(":"):
            text = f"{statement.lead[:-1]}: {text}"
        elif statement.lead and before:
            named = statement.heading if statement.heading.startswith("The ") else ""
            text = _replace_pronoun(text, find_subject(before) or named)
        told.append(text)
        before = text
    return told


def find_subject(text: str) -> str:
    """Return the noun phrase a sentence opens with, "" when it opens with something else."""
    match = _VERB.search(text)
    if not match:
        return ""
    subject = text[: match.start()].strip(" ,")
    words = subject.split()
    if not 1 <= len(words) <= 7 or "," in subject or _PRONOUN.match(subject + " "):
        return ""
    if words[0].lower() in (
        "if",
        "when",
        "in",
        "on",
        "at",
        "for",
        "to",
        "from",
        "there",
        "what",
        "those",
        "who",
        "do",
        "never",
        "you",
        "we",
        "i",
        "after",
        "before",
    ):
        return ""
    return subject


def _replace_pronoun(text: str, subject: str) -> str:
    match = _PRONOUN.match(text.lstrip('“"'))
    if not match or not subject:
        return text
    text = text.lstrip('“"')
    pronoun, short = match.group(1), match.group(2)
    if pronoun in ("Its", "Their"):
        name = subject + ("'" if subject.endswith("s") else "'s")
    else:
        name = subject + {"'s": " is", "’s": " is", "'re": " are", "’re": " are"}.get(
            short or "", ""
        )
    return f"{name} {text[match.end() :]}"


def mark_answer(statement: Statement, told: str, start: int, end: int) -> str:
    """Return `told` cut down to what concerns the answer, which stands in square brackets.

    `start` and `end` lie in `statement.text`; `told` is that text as `name_pronouns` gave it.
    Empty when the answer went lost with its pronoun.
    """
    tail = len(statement.text) - end
    stop = len(told) - tail
    begin = stop - (end - start)
    if told[begin:stop] != statement.text[start:end]:
        return ""
    marked = f"{told[:begin]}{_OPEN}{told[begin:stop]}{_CLOSE}{told[stop:]}"
    plain = _narrow(marked).strip(" ,;")
    if not plain.rstrip(_CLOSE).endswith((".", "!", "?", ":")):
        plain += "."
    plain = plain.replace("“", "").replace("”", "").replace('"', "")
    return plain.replace(_OPEN, "[").replace(_CLOSE, "]")


def _narrow(marked: str) -> str:
    pieces: list[str] = []
    at = 0
    for cut in _CUTS.finditer(marked):
        inside = marked.rfind(_OPEN, 0, cut.start()) > marked.rfind(_CLOSE, 0, cut.start())
        if not inside:
            pieces.append(marked[at : cut.start()])
            at = cut.end()
    pieces.append(marked[at:])
    home = next(index for index, piece in enumerate(pieces) if _OPEN in piece)
    own = pieces[home]
    if home == 0:
        if len(re.findall(r"\w+", own)) < 4 and len(pieces) > 1:
            return f"{own}, {pieces[1]}"
        return own
    if re.match(r"(?:If|When|To|In|On|Before|After)\b", pieces[0]) and home == 1 and "," in marked:
        return f"{pieces[0]}, {own}"
    if _KEEPS_MAIN.match(own):
        joint = " " if re.match(r"because|since|so that|until|before|while", own) else ", "
        return f"{pieces[home - 1]}{joint}{own}"
    own = re.sub(r"^(?:so|but|nor)\s+", "", own)
    return _replace_pronoun(own[:1].upper() + own[1:], find_subject(pieces[0]))
