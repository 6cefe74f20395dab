"""Does an answer say that it does not know? By words, in English; no model takes part."""

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
# "It does not say which year, but it was 1999": an answer after all.
_AFTER_ALL = re.compile(r"\b(?:but|however|although|still)\b(.*)$", re.IGNORECASE | re.DOTALL)


def abstains(answer: str) -> bool:
    """Whether `answer` declines to answer, and names no value after all."""
    plain = answer.replace("’", "'")
    if not _REFUSAL.search(plain):
        return False
    rest = _AFTER_ALL.search(plain)
    return rest is None or not re.search(r"\d", rest.group(1))
