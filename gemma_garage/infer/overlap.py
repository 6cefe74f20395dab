"""How much of an expected answer stands in a given one: token F1 (Rajpurkar et al. 2016,
arXiv 1606.05250, section 6.1), over the tokens that the grader reads.

It tells partly right from wrong; it never decides whether an answer passes (`grade.py` does).
"""

from collections import Counter
from functools import lru_cache

from gemma_garage.alike.tokens import read_tokens
from gemma_garage.infer.refusal import abstains


@lru_cache(maxsize=20_000)  # the page asks for the same answers again and again
def token_f1(answer: str, expected: str) -> float:
    """0 to 1: the harmonic mean of precision and recall of the tokens, in any order.

    Where not answering is right, it is 1 for an answer that declines, else 0.
    """
    if abstains(expected):
        return float(abstains(answer))
    given, wanted = _count(answer), _count(expected)
    shared = (given & wanted).total()
    return 2 * shared / (given.total() + wanted.total()) if shared else 0.0


def _count(text: str) -> Counter[str]:
    tokens = (token for token in read_tokens(text) if token.kind != "separator")
    return Counter(f"{token.kind} {token.value}" for token in tokens)
