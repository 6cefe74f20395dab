"""Does an answer say that it does not know? By words, in English, German and French; no model takes
part.
"""

import re

_TOLD = (
    r"say|says|said|state|states|stated|mention|mentions|mentioned|give|gives|given|specify|"
    r"specifies|specified|know|answer|answered|include|included|describe|described|"
    r"provide|provides|provided|contain|contains|cover|covered|find|found|available|indicate|"
    r"indicated|disclosed|listed|tell|told|determine"
)
_REFUSAL = re.compile(
    rf"(?:\bnot|n't|\bnever|\bno|\bnothing|\bcannot|\bnone)\b.{{0,30}}?\b(?:{_TOLD})\b"
    r"|(?:\bnot|n't)\b.{0,20}\b(?:sure|certain|aware|known|clear|have (?:that|this|any|the))\b"
    r"|(?:\bnot|n't|\bnever)\b.{0,12}\b(?:in|part of) (?:the|these|those|my|your|this) "
    r"(?:documents?|texts?|manuals?|passages?|sources?|context)\b"
    r"|\b(?:unable|impossible) to (?:answer|find|say|tell|determine|know)\b"
    r"|\bno (?:\w+ )?(?:information|data|details?|mention|indication|idea|record)\b"
    r"|\bunknown\b|\b(?:is|are|stays?|remains?) silent\b|\bleaves? (?:this|that|it) open\b",
    re.IGNORECASE,
)
_GERMAN_SOURCE = r"(?:Dokument|Text|Handbuch|Abschnitt|Anleitung|Quelle|Unterlage)\w*"
_GERMAN = re.compile(
    rf"\b(?:nicht|nichts|nirgends)\b.{{0,12}}\b(?:im|in|aus)\b(?: d\w+)? {_GERMAN_SOURCE}\b"
    r"|\b(?:nicht|nirgends)\b.{0,30}?"
    r"\b(?:angegeben|erwähnt|genannt|beschrieben|hervor|beantworten|beantwortet|bekannt)\b"
    rf"|\b{_GERMAN_SOURCE} (?:sagt|nennt|enthält|erwähnt|beschreibt|gibt|macht)\b"
    r".{0,30}?\b(?:nichts?|kein\w*)\b"
    r"|\bkeine (?:\w+ )?(?:Angaben?|Informationen|Hinweise)\b"
    r"|\bweiß (?:ich )?(?:es |das )?(?:leider )?nicht\b|\bunbekannt\b",
    re.IGNORECASE,
)
_FRENCH_SOURCE = r"(?:documents?|textes?|manuels?|passages?|sources?|notices?)"
_FRENCH = re.compile(
    rf"\bn(?:e\b|').{{0,20}}?\b(?:pas|rien)\b.{{0,20}}?\bdans (?:le|la|les|ce|ces|cette) "
    rf"{_FRENCH_SOURCE}\b"
    r"|\bn(?:e\b|').{0,20}?\bpas (?:été )?(?:indiqué|précisé|mentionné|spécifié|connu)e?s?\b"
    rf"|\b{_FRENCH_SOURCE} n(?:e (?:le |la |les |l'|en )?|'en )"
    r"(?:di(?:t|sent)|précise|mentionne|indique|donne|contien|parle)\w* (?:pas|rien|aucun)"
    r"|\bje ne sais pas\b|\baucune? (?:information|indication|mention)\b|\binconnue?s?\b",
    re.IGNORECASE,
)
# "It does not say which year, but it was 1999": an answer after all.
_AFTER_ALL = re.compile(
    r"\b(?:but|however|although|still|aber|jedoch|dennoch|mais|cependant|toutefois)\b(.*)$",
    re.IGNORECASE | re.DOTALL,
)


def abstains(answer: str) -> bool:
    """Whether `answer` declines to answer, and names no value after all."""
    plain = answer.replace("’", "'")
    if not any(words.search(plain) for words in (_REFUSAL, _GERMAN, _FRENCH)):
        return False
    rest = _AFTER_ALL.search(plain)
    return rest is None or not re.search(r"\d", rest.group(1))
