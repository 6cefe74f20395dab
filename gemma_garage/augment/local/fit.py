"""What a question asks for and what its answer is: a price and money, a weight and kilograms.

A small model takes any question for any number ("How much does a single espresso cost?" for
"8.5 grams"). English question words and the usual units; where neither is known, nothing is said.
It runs no model.
"""

import re

from gemma_garage.augment.local.answer_sorts import (
    find_bound,
    is_day,
    is_duration,
    is_free,
    is_frequency,
    is_heat,
    is_hour,
    is_length,
    is_money,
    is_person,
    is_weight,
    starts_with_place,
)

_PERSON = re.compile(
    r"\b[A-ZÄÖÜÉÈ](?:[\w.]*[a-zäöüéèß]|[A-Z]+\b)|\b(?:staff|people|person|team|lead|office|department|crew|nobody)\b|"
    r"(?:er|or|ist|ian|ee|ess|man|men|woman|women|nurse|chef|guide|clerk)s?\b"
)
_FREQUENCY = re.compile(
    r"(?i)\b(?:every|each|once|twice|times?|daily|weekly|monthly|yearly|annually|per|after|an?|"
    r"first day|jede[nrs]?|chaque)\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b"
)
_BY_QUESTION = (
    (r"cost|costs|price|pay|paid|fee", lambda answer: is_money(answer) or is_free(answer)),
    (r"how heavy|weight of|(?:does|do|must|may|can) .+ weigh", is_weight),
    (r"how hot|how warm|how cold|(?:what|which) temperature", is_heat),
    (r"how (?:far|wide|high|deep|thick|tall)", is_length),
    (r"how often|how frequently|at what interval", lambda answer: bool(_FREQUENCY.search(answer))),
    (r"how (?:soon|quickly)|how much time|(?:what|which) length of time|after what time|"
     r"for how long", is_duration),
    (r"how long", lambda answer: is_duration(answer) or is_length(answer)),
    (r"(?:what|which) (?:day|days|date|evening|morning|night)", lambda answer: not is_hour(answer)),
    (r"(?:what|which) (?:time|hour|hours)|opening hours", lambda answer: not is_day(answer)),
    (r"how fast|(?:what|which|top|highest) speed", lambda answer: not is_length(answer)),
    (r"how old|(?:what|which|minimum) age", lambda answer: not is_length(answer)),
    (r"(?:what|which) distance", is_length),
    (r"(?:in )?(?:what|which) year", lambda answer: bool(re.search(r"\b\d{4}\b", answer))),
    (r"who|whom|(?:which|what) person|the name of the one who",
     lambda answer: bool(_PERSON.search(answer))),
)  # fmt: skip
# "How much water does the machine weigh?": two questions in one
_CROSSED = re.compile(
    r"(?i)\bhow (?:much|many) [a-z]+ (?:does|do) .+ (?:weigh|cost)\b|"
    r"\b(?:what|which) (?:colour|color) .+\b(?:what|which|how many|how much)\b"
)
# "After 90 hours" and "every six weeks" are points in time, no lengths of it
_TAKES = re.compile(
    r"(?i)\b(?:how long|how much time|what length of time)\b.*\b(?:take|takes|last)\b"
)
_POINT = re.compile(r"(?i)(?:after|every|within|by|until|on|at)\b")
_COUNTED = re.compile(r"(?i)\bhow many ([a-z]+)")


def fits_answer(question: str, answer: str, kind: str) -> bool:
    """Can `answer` (of a Fact's `kind`) be what `question` asks for?

    False only where the question's words name a sort of answer and this one is of another sort.
    """
    if _CROSSED.search(question) or (_POINT.match(answer) and _TAKES.search(question)):
        return False
    if kind in ("quantity", "time"):
        counted = _COUNTED.search(question)
        if counted and not _counts(counted.group(1).lower(), answer.lower()):
            return False
    return all(
        fits(answer) for words, fits in _BY_QUESTION if re.search(rf"(?i)\b(?:{words})\b", question)
    )


def list_openings(answer: str, before: str = "", after: str = "") -> tuple[str, ...]:
    """How people may open a question for an answer of this sort, which stands between `before` and
    `after`; () where the sort is not known."""
    bound = find_bound(answer, before, after)
    ends = () if not bound else _MOST if "maximum" in bound[0] else _LEAST
    return (*ends, *next((openings for fits, openings in _OPENINGS if fits(answer)), ()))


_MOST = ("what is the most", "what is the biggest", "what is the longest", "how much at most")
_LEAST = ("what is the least", "what is the smallest", "what is the shortest", "at least how much")
_OPENINGS = (
    (lambda answer: is_money(answer) or is_free(answer),
     ("how much does", "what is the price of", "how much money", "how expensive",
      "what do I pay for")),
    (is_frequency, ("how often", "how frequently", "at what interval", "when")),
    (is_heat, ("how hot", "at what temperature", "how warm", "what temperature")),
    (is_weight, ("how heavy", "how much", "what is the weight of", "how many grams")),
    (is_length, ("how far", "how long", "how big", "how much space", "what is the distance",
                 "how high", "how wide")),
    (is_duration, ("how long", "for how long", "after how long", "how much time", "how soon",
                   "when")),
    (is_person, ("who", "who is", "which person", "whom")),
    (starts_with_place, ("where", "where is", "in which place", "where do I find")),
)  # fmt: skip


def _counts(noun: str, answer: str) -> bool:
    """Is `noun` what is counted? Units may be written short ("how many litres" for "2 l")."""
    stem = noun[:4]
    words = re.findall(r"[^\W\d_]+|[°%€$£]", answer)
    return (
        not words
        or any(word.startswith(stem) or noun.startswith(word) for word in words)
        or _SHORT.get(noun.rstrip("s"), "") in words
    )


_SHORT = {
    "metre": "m", "meter": "m", "kilometre": "km", "centimetre": "cm", "millimetre": "mm",
    "gram": "g", "kilogram": "kg", "second": "s", "minute": "min", "hour": "h", "degree": "°",
    "percent": "%", "euro": "€", "dollar": "$", "pound": "£", "litre": "l", "liter": "l",
    "watt": "w", "volt": "v", "ampere": "a", "amp": "a", "decibel": "db",
}  # fmt: skip
