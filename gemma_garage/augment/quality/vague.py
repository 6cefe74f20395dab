"""Can the question be understood without the passage? By its words alone."""

import re

from gemma_garage.augment.normalise import split_words
from gemma_garage.augment.quality.names import read_identifiers
from gemma_garage.augment.quality.words import FUNCTION_WORDS

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
    r"(?:text|passage|excerpt|snippet)s?\b(?! of\b)|"
    rf"\b(?:this|these|given|above|following|provided) {_PARTS}\b|"
    r"\bthis (?:manual|guide|page|table|figure|list|report|paper|study|contract|policy)\b|"
    rf"\bthe {_PARTS} (?:say|mention|describe|state|list|give|refer|explain|suggest|recommend)s?\b|"
    rf"\b(?:in|of|from|by|to) the {_PARTS}$|"
    r"\b(?:mentioned|described|listed|shown|stated|given|discussed|named) "
    r"(?:above|below|here|earlier|before|there)\b|"
    r"\baccording to the (?:table|figure|list|author|speaker|writer|narrator)\b|"
    r"\b(?:the|which) (?:former|latter|aforementioned|above|following)\b|\bas mentioned\b|"
    r"\bin (?:this|that) (?:case|example|context|scenario|situation)\b|"
    r"\b(?:figure|table|fig|tab|equation|footnote|appendix) \d+(?:\.\d+)?\b|"
    r"\b(?:laut|gemäß|in|im|aus) (?:dem |diesem |dieser |der )?(?:text|abschnitt|passage|"
    r"dokument)\b|\b(?:selon|dans|d'après) (?:le|ce|cette|la) (?:texte|passage|extrait|document)\b|"
    r"\bsegún el (?:texto|pasaje|fragmento|documento)\b|\bsecondo il (?:testo|brano)\b"
)
# Nouns that name nothing by themselves: a question of these alone asks about anything.
_GENERIC = frozenset(
    "name number value amount size colour color weight height length width time date price cost "
    "thing part item code type kind temperature".split()
)
_ANY_SUBJECT = frozenset(
    "device product system company organisation organization author person process method study "
    "document item unit project event result purpose function role goal aim topic subject issue "
    "procedure approach concept feature features main important key example main idea point "
    "points benefit benefits advantage advantages reason reasons step steps user speaker".split()
)


def is_vague(question: str, answer: str) -> bool:
    """Would a reader who has not seen the passage have to ask "which one?"."""
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
    content = [word for word in words if word not in FUNCTION_WORDS]
    if any(len(word) > 12 and not word.isascii() for word in words):
        return False  # a script without spaces: words cannot be counted
    if not content or (len(content) == 1 and content[0] in _GENERIC):
        return True
    found = read_identifiers(question)
    if found.codes or found.letters or any(name.certain for name in found.names):
        return False
    return all(word in _GENERIC or word in _ANY_SUBJECT for word in content)
