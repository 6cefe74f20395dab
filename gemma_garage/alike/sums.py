"""Sums in words, as in GSM8K (Cobbe et al. 2021, arXiv 2110.14168): solved step by step, with
`#### ` and the number on the last line.

Two figures, always both: strict (the form is kept and the number right) and lenient (the last
number of the answer is right). A model that only lost the form looks worse by the first, one that
only learned the form better.
"""

import re
from decimal import Decimal, InvalidOperation

MARK = "####"
INSTRUCTION = f"Solve it step by step. End with a last line: {MARK} and the number."
_NUMBER = r"-?\$?\d[\d,]*(?:\.\d+)?"
_STRICT = re.compile(rf"{MARK}\s*({_NUMBER})\s*%?\.?\s*$")
_ANY = re.compile(_NUMBER)


def is_reasoning(expected: str) -> bool:
    """Whether a row's answer ends as such rows do."""
    return _STRICT.search(expected.strip()) is not None


def write_prompt(question: str) -> str:
    """What the model is asked: the question, and the form that the strict figure wants."""
    return f"{question.strip()}\n\n{INSTRUCTION}"


def passes_strictly(answer: str, expected: str) -> bool:
    """The last line is the mark and the right number."""
    found = _STRICT.search(answer.strip())
    return found is not None and _read(found[1]) == read_number(expected)


def passes_leniently(answer: str, expected: str) -> bool:
    """The last number anywhere in the answer is the right one."""
    number = read_number(answer)
    return number is not None and number == read_number(expected)


def read_number(text: str) -> Decimal | None:
    """The last number of a text; None without any."""
    found = _ANY.findall(text)
    return _read(found[-1]) if found else None


def _read(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "").replace("$", ""))
    except InvalidOperation:
        return None
