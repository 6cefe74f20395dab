"""Is one model better than another on the same questions, or is it chance?

A paired bootstrap over the questions (Efron 1979) gives the interval of the difference. The exact
sign test on the questions where the two differ (McNemar 1947) has to agree: of three questions a
bootstrap sees little spread. Pure functions; the same answers always give the same result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Call = Literal["better", "worse", "same"]
BETTER: Call = "better"
WORSE: Call = "worse"
SAME: Call = "same"
LEVEL = 0.05
RESAMPLES = 5_000
_RULE_OF_THREE = 3.0  # Hanley and Lippman-Hand 1983, at 95 %


@dataclass(frozen=True, slots=True)
class Difference:
    """Share of right answers after minus before, its interval, and what may be said of it.

    The interval covers the true change in 1 - `level` of such exams.
    """

    change: float
    low: float
    high: float
    p_value: float
    call: Call
    level: float = LEVEL


def compare_answers(
    pairs: Sequence[tuple[bool, bool]], *, level: float = LEVEL, seed: int = 0
) -> Difference:
    """`pairs`: right before, right after, one a question. `level`: how often chance alone may be
    taken for a difference; divide it by the number of comparisons that are told together."""
    import numpy

    total = len(pairs)
    if not total:
        return Difference(0.0, -1.0, 1.0, 1.0, SAME, level)
    won = sum(after and not before for before, after in pairs)
    lost = sum(before and not after for before, after in pairs)
    # Drawing questions with replacement is drawing their three outcomes with these shares.
    shares = [won / total, lost / total, 1 - (won + lost) / total]
    drawn = numpy.random.default_rng(seed).multinomial(total, shares, size=RESAMPLES)
    changes = (drawn[:, 0] - drawn[:, 1]) / total
    low, high = numpy.quantile(changes, [level / 2, 1 - level / 2]).tolist()
    sure = level
    if total in (won, lost, total - won - lost):
        # All came out alike, so no resample differs; so many of the next might still.
        unseen = _RULE_OF_THREE / total
        low, high, sure = max(-1.0, low - unseen), min(1.0, high + unseen), LEVEL
    p_value = find_p_value(won, lost)
    call: Call = SAME
    if p_value <= level and low > 0:
        call = BETTER
    elif p_value <= level and high < 0:
        call = WORSE
    return Difference((won - lost) / total, low, high, p_value, call, sure)


def find_p_value(won: int, lost: int) -> float:
    """The two-sided exact p-value of `won` against `lost` where both are equally likely."""
    total = won + lost
    tail = sum(math.comb(total, k) for k in range(min(won, lost) + 1))
    return float(min(1.0, 2 * tail / 2**total))
