"""The model that judges an exam's answers: opened, and what it will take before it is asked.

The exam gets it as a function (`wiring.py`), since it must not know the providers.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gemma_garage.augment.judge.choose import choose_judge
from gemma_garage.augment.judge.request import JudgeRequest
from gemma_garage.augment.kept_calls import StoredCalls
from gemma_garage.augment.open_generator import choose_provider, find_model
from gemma_garage.augment.prices import find_price, sum_usage
from gemma_garage.augment.remote.pair_judge import RemotePairJudge
from gemma_garage.augment.remote.pair_prompt import count_pair_tokens, key_pair, write_pair
from gemma_garage.augment.request import GenerateRequest
from gemma_garage.errors import ConfigError
from gemma_garage.garage import Garage
from gemma_garage.opinion_records import ExamJudge, Opinion, Pair

_THREADS = 4
_SECONDS_PER_CALL = 4.0


@dataclass(frozen=True, slots=True)
class PairEstimate:
    """What judging will take; figures are rough. `kept`: calls whose reply is there already, and
    which cost nothing. `price_usd`: None where the list does not know the model."""

    calls: int
    kept: int
    prompt_tokens: int
    reply_tokens: int
    minutes: float
    price_usd: float | None


class PairJudge:
    """The judge of one Job; nothing is connected before it judges."""

    def __init__(self, garage: Garage, judge: ExamJudge, rubric: str, job_id: int) -> None:
        require_judge(garage, judge)
        self._garage, self._job_id = garage, job_id
        self._request = GenerateRequest(generator=judge)
        self._remote = RemotePairJudge(
            choose_provider(garage.settings, self._request),
            rubric,
            threads=_THREADS,
            calls=StoredCalls(garage.store, job_id),
        )

    @property
    def name(self) -> str:
        return self._remote.name

    def judge(
        self,
        pairs: Sequence[Pair],
        *,
        should_stop: Callable[[], bool],
        on_notice: Callable[[str], None],
    ) -> Iterator[tuple[int, tuple[Opinion, Opinion] | None]]:
        """See `RemotePairJudge.judge`."""
        return self._remote.judge(pairs, should_stop=should_stop, on_notice=on_notice)

    def sum_usage(self) -> dict[str, Any]:
        """Calls, tokens and price of the Job over all its resumes; replies kept from before."""
        usage = sum_usage(self._garage, self._request, self._remote.model, self._job_id)
        return usage | {"kept": self._remote.usage.kept}


def require_judge(garage: Garage, judge: ExamJudge) -> None:
    """Raise ConfigError where this judge has no key or address."""
    choose_judge(garage.settings, JudgeRequest(judge=judge), Counter())


def estimate_pairs(
    garage: Garage, judge: ExamJudge, rubric: str, pairs: Sequence[Pair]
) -> PairEstimate:
    """What judging these would take now, with the settings as they are."""
    request = GenerateRequest(generator=judge)
    # Two equal answers make one call: with the sides exchanged it is the same.
    sides = dict.fromkeys(side for pair in pairs for side in (pair, pair.swap()))
    questions = [write_pair(side, rubric) for side in sides]
    kept = 0
    try:
        # A server's only model is not known before it is asked: then nothing counts as kept.
        identity = choose_provider(garage.settings, request).identity
        kept = garage.store.count_kept([key_pair(identity, question) for question in questions])
    except ConfigError:  # no key yet: the figures are of use all the same
        pass
    calls = len(questions)
    new = (calls - kept) / calls if calls else 0.0
    sizes = [count_pair_tokens(question) for question in questions]
    sent, received = (round(new * sum(size[side] for size in sizes)) for side in (0, 1))
    return PairEstimate(
        calls,
        kept,
        sent,
        received,
        (calls - kept) * _SECONDS_PER_CALL / _THREADS / 60,
        find_price(request, garage.settings, find_model(garage.settings, request), sent, received),
    )
