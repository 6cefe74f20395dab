"""The judge of exam answers: a model elsewhere sees two answers to a question, twice.

The second time the sides are exchanged, as models prefer a place (Zheng et al. 2023, "Judging
LLM-as-a-Judge with MT-Bench and Chatbot Arena", arXiv 2306.05685, section 4.3). What that makes of
a verdict is decided elsewhere; this stores replies and no opinions.
"""

import logging
from collections.abc import Callable, Iterator, Sequence

from gemma_garage.augment.remote.ask import GaveUp
from gemma_garage.augment.remote.asker import Asker
from gemma_garage.augment.remote.gate import Gate
from gemma_garage.augment.remote.keys import KeptCalls
from gemma_garage.augment.remote.pair_prompt import TASK, key_pair, read_opinion, write_pair
from gemma_garage.augment.remote.provider import Answer, Provider
from gemma_garage.opinion_records import Opinion, Pair

CALLS_PER_OPINION = 3
log = logging.getLogger(__name__)


class RemotePairJudge(Asker):
    """Judges pairs of answers by `rubric`."""

    task = TASK

    def __init__(
        self,
        provider: Provider,
        rubric: str,
        *,
        threads: int = 4,
        calls: KeptCalls | None = None,
    ) -> None:
        super().__init__(provider, threads=threads, calls=calls)
        self._rubric = rubric

    def judge(
        self,
        pairs: Sequence[Pair],
        *,
        should_stop: Callable[[], bool] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Iterator[tuple[int, tuple[Opinion, Opinion] | None]]:
        """Yield (index of the pair, the opinion in its order, that with the sides exchanged) as
        replies come, in any order; both opinions are told in the order of the pair. None stands
        for a pair of which the model gave no usable opinion.

        Raises WrongKey, QuotaSpent, Unreachable, ConfigError (no model chosen), GeneratorError.
        """
        yield from self._ask_each(
            len(pairs),
            lambda index, gate: self._judge(pairs[index], gate),
            should_stop,
            on_notice,
        )

    def _judge(self, pair: Pair, gate: Gate) -> tuple[Opinion, Opinion] | None:
        try:
            given = self._ask(pair, gate)
            swapped = self._ask(pair.swap(), gate) if given else None
        except GaveUp as gave_up:
            if not gate.lose():
                raise gave_up.final from gave_up.__cause__
            log.warning("two answers were not judged: %s", gave_up.final)
            return None
        return (given, swapped.swap()) if given and swapped else None

    def _ask(self, pair: Pair, gate: Gate) -> Opinion | None:
        question = write_pair(pair, self._rubric)
        key = key_pair(self._provider.identity, question)
        useless: Answer | None = None
        for _ in range(CALLS_PER_OPINION):
            opinion, useless = self._ask_once(question, key, read_opinion, gate)
            if opinion is not None:
                return opinion
        if useless is not None:
            gate.waste(self.name, CALLS_PER_OPINION, useless.ended, useless.text)
        return None
