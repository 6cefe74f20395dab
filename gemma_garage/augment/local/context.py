"""Make one plain sentence around an answer: pronouns named, side clauses left out.

A small model asks about what stands near the answer, so the less stands there the better. Rules
only; where no rule applies the statement stays as it is. It finds no answers.
"""

import re
from collections.abc import Sequence

from gemma_garage.augment.sentences import Statement, clean_markup

_OPEN, _CLOSE = "⟦", "⟧"
_PRONOUN = re.compile(r"^(It|They|This|These|He|She|Its|Their)\b(['’]s|['’]re)?\s+", re.IGNORECASE)
_CASE = re.compile(r"(If|When|Once|Before|After|While|As soon as) (?:it|they)\s(?=\w+\s)")
_VERB = re.compile(
    r"\s(?:is|are|was|were|has|have|had|can|may|must|should|shall|will|does|do|takes?|costs?|"
    r"lasts?|holds?|lies|stands?|hangs?|means?|shows?|keeps?|gives?|makes?|gets?|needs?|contains?|"
    r"weighs?|runs?|turns?|draws?|opens?|closes?|shuts?|stays?|belongs?|comes?|goes|receives?|pays?|"
    r"leads?|works?|uses?|reaches|bears?|sends?|consists?|contributes?|applies|glows?|trips?|"
    r"differ|leaves?|lives?|named|called|made|led|run|bent|which|who|whose|where|normally|also)\b"
)
_CUTS = re.compile(
    r";\s+|,?\s+(?=(?:because|since|whereas|although|provided that|so that|unless)\b)|"
    r",\s+(?=(?:so|but|as|for|nor|where|when|while|which|who|whose|after which|whatever|if|"
    r"(?:of|on|in|with|by|from) (?:which|whom))\b)|"
    r",\s+and\s+(?=(?:it|they|you|he|she|we|the|a|an|then|today['’]s|its)\b)|"
    r"\s+and\s+(?=(?:it|they|you)\s)|\s+(?=so that\s)"
)
_KEEPS_MAIN = re.compile(
    r"^(?:which|who|whose|where|because|since|as|for|so that|until|before|after which|when|if)\b"
)
# Finite verbs that open a second predicate ("weighs 18 kg and is 46 cm wide"); plural nouns that
# look the same ("roads and works") are left out.
_PREDICATE = re.compile(
    r"(?:,\s+(?:and\s+|but\s+)?|\s+(?:and|but)\s+)(?=(?:is|are|was|were|has|have|had|can|may|must|"
    r"should|will|does|costs?|weighs?|lasts?|holds?|takes?|needs?|measures?|contains?|shows?|sets?|"
    r"means?|comes?|goes|opens?|closes?|stays?|belongs?|consists?|gives?|keeps?|makes?|draws?|lies|"
    r"hangs?|turns?|reaches|receives?|pays?|starts?|ends?|begins?|stops?|blinks?|beeps?|glows?|"
    r"rings?|sits?|stands?|slides?)\s)|\s+(?:and|but)\s+(?=(?:runs|copes|carries|supports|serves|"
    r"offers|provides|includes|requires|allows|produces|delivers|accepts|connects|travels|sails|"
    r"arrives|departs|employs)\s)"
)
_LONG_LEAD = 6  # words
_NUMBER_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|some|several"
_PART = re.compile(rf"(?i)(?:an?|the|its|{_NUMBER_WORDS}|\d+)\s[a-z-]+")
_ITEM = re.compile(rf"\s(?=⟦?(?:an?|the|{_NUMBER_WORDS}|\d[\d.,]*)\s)")
_BETWEEN_ITEMS = re.compile(r",\s+(?:and|or)\s+|,\s+|\s+(?:and|or)\s+")
_VALUE = r"\[?[$€£]?\d[\d.,]*(?:\s?[^\s\[\]]{1,8})?\]?"
# "a temperature of 230 °C and a baking time of 48 minutes": each value with its own noun only
_PAIR = re.compile(
    rf"(?P<first>\b(?:an?|the)\s[\w-]+(?:\s[\w-]+)?\sof\s{_VALUE})\s+and\s+"
    rf"(?P<second>(?:an?|the)\s[\w-]+(?:\s[\w-]+)?\sof\s{_VALUE})"
)


def name_pronouns(statements: Sequence[Statement]) -> list[str]:
    """Return each statement's text, its first pronoun replaced by what the one before is about."""
    told: list[str] = []
    before = ""
    for statement in statements:
        text = statement.text
        if statement.listed and statement.lead.endswith(":"):
            # "Unpack the oven and check that nothing is missing:" says nothing of a part
            alone = _PART.match(text) and len(statement.lead.split()) > _LONG_LEAD
            text = text if alone else f"{statement.lead[:-1]}: {text}"
        elif statement.lead and before:
            named = statement.heading if statement.heading.startswith("The ") else ""
            subject = find_subject(before) or named
            case = _CASE.match(text)
            if case and subject:  # "If it is damaged, …"
                text = f"{case[1]} {_lower_article(subject)} {text[case.end() :]}"
            text = _replace_pronoun(text, subject)
        told.append(text)
        before = text
    return told


def _lower_article(subject: str) -> str:
    """ "The power cord" within a sentence."""
    return re.sub(r"^(The|An?|Each|Every|Your)\b", lambda first: first[0].lower(), subject)


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
    before, answer, after = _split_told(statement, told, start, end)
    if not answer:
        return ""
    marked = f"{before}{_OPEN}{answer}{_CLOSE}{after}"
    plain = _keep_item(_separate_pair(_keep_predicate(_narrow(marked)))).strip(" ,;")
    if not plain.rstrip(_CLOSE).endswith((".", "!", "?", ":")):
        plain += "."
    plain = plain.replace("“", "").replace("”", "").replace('"', "")
    return plain.replace(_OPEN, "[").replace(_CLOSE, "]")


def mark_whole(statement: Statement, told: str, start: int, end: int) -> str:
    """As `mark_answer`, but nothing is cut; a table's row is told as "Column: value; …"."""
    if statement.cells:
        return _mark_row(statement, start)
    before, answer, after = _split_told(statement, told, start, end)
    return f"{_drop_brackets(before)}[{answer}]{_drop_brackets(after)}" if answer else ""


def _split_told(statement: Statement, told: str, start: int, end: int) -> tuple[str, str, str]:
    """What stands before the answer, the answer, and what follows; all empty when it went lost."""
    stop = len(told) - (len(statement.text) - end)
    begin = stop - (end - start)
    if told[begin:stop] != statement.text[start:end]:
        return "", "", ""
    return told[:begin], told[begin:stop], told[stop:]


def _mark_row(statement: Statement, start: int) -> str:
    parts = [statement.lead[:-1]] if statement.lead else []
    for (column, value), at in zip(statement.cells, statement.place_cells(), strict=True):
        shown = f"[{value}]" if at == start else _drop_brackets(value)
        parts.append(f"{column}: {shown}" if column else shown)
    joint = "; " if any(column for column, _ in statement.cells) else ": "
    return joint.join(parts)


def _drop_brackets(text: str) -> str:
    return text.replace("[", "(").replace("]", ")")


def narrow_evidence(evidence: str, answer: str) -> str:
    """The part of a proving sentence that concerns `answer`; the whole where no rule applies."""
    text = clean_markup(evidence)
    start = text.find(answer)
    if start < 0:
        return evidence
    marked = mark_answer(Statement(text, evidence), text, start, start + len(answer))
    return marked.replace("[", "").replace("]", "") or evidence


def _keep_predicate(marked: str) -> str:
    """Leave out the other predicates of the answer's subject, where the subject is plain."""
    home = marked.index(_OPEN)
    cuts = list(_PREDICATE.finditer(marked))
    after = [cut for cut in cuts if cut.start() > marked.index(_CLOSE)]
    if after:
        marked = marked[: after[0].start()] + "."
    before = [cut for cut in cuts if cut.end() <= home]
    if not before:
        return marked
    # "E7 means that the probe is broken and has to be changed": the probe has, not E7
    clause = re.split(r"\b(?:that|which|who)\s", marked[: before[0].start()])[-1]
    subject = _find_first_subject(clause)
    if not subject:
        return marked
    return f"{subject[:1].upper()}{subject[1:]} {marked[before[-1].end() :]}"


def _find_first_subject(text: str) -> str:
    """The subject, also when a name is put in after it ("The tank, named the Pilla tank, …")."""
    named = re.match(
        r"(?:The|A|An|Each|Every)\s[\w -]{2,40},\s(?:named|called)\s[^,]{2,40}(?=,|$)", text
    )
    return f"{named.group()}," if named else find_subject(text + " ")


def _separate_pair(marked: str) -> str:
    pair = _PAIR.search(marked.replace(_OPEN, "[").replace(_CLOSE, "]"))
    if not pair:
        return marked
    kept = "first" if "[" in pair["first"] else "second" if "[" in pair["second"] else ""
    if not kept:
        return marked
    return marked[: pair.start()] + marked[pair.start(kept) : pair.end(kept)] + marked[pair.end() :]


def _keep_item(marked: str) -> str:
    """Leave out the other things of a list: "The box holds [240 pegs]", not the mower as well."""
    cuts = [
        cut
        for cut in _BETWEEN_ITEMS.finditer(marked)
        if not marked.index(_OPEN) < cut.start() < marked.index(_CLOSE)
    ]
    first = next((cut for cut in cuts if "," in cut.group()), None)
    verb = _VERB.search(marked)
    if first is None or verb is None or verb.end() > first.start():
        return marked
    begins = [start for start in _ITEM.finditer(marked) if verb.end() <= start.start() + 1]
    if not begins or begins[0].start() > first.start():
        return marked
    head = marked[: [start for start in begins if start.start() < first.start()][-1].start()]
    cuts = [cut for cut in cuts if cut.start() >= first.start()]
    bounds = [len(head), *(edge for cut in cuts for edge in cut.span()), len(marked)]
    items = [marked[bounds[at] : bounds[at + 1]].strip() for at in range(0, len(bounds), 2)]
    if len(items) < 3 or _OPEN in head or any(_VERB.search(f" {item}") for item in items):
        return marked
    own = next(number for number, item in enumerate(items) if _OPEN in item)
    # "nails and screws for the wall": what follows the last "and" may belong to several.
    whole = all(_ITEM.match(f" {item} ") for item in items)
    return f"{head} {items[own]}" if whole else marked


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
    own = re.sub(r"^(?:so|but|nor|while|whereas)\s+", "", own)
    if named := re.search(r"[\w-]+$", pieces[home - 1]):
        # "about 520 bicycles, of which [140] are electric": of the bicycles
        own = re.sub(r"^(of|on|in|with|by|from) which\b", rf"\1 the {named.group()}", own)
    verb = _VERB.search(pieces[0])
    if verb and find_subject(pieces[0]) and not _VERB.search(f" {own[: own.index(_OPEN)]}"):
        # "It lasts three years, but only [12 months] in an office": one predicate for both
        return f"{pieces[0][: verb.end()]} {own}"
    return _replace_pronoun(own[:1].upper() + own[1:], find_subject(pieces[0]))
