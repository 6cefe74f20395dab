"""New wordings of questions by rule, without a model: what an offline machine can add honestly.

Synonyms of common openings and the name of what the document is about; English only. Where no rule
applies nothing is added. It stores nothing.
"""

from collections.abc import Callable, Iterator, Sequence

from gemma_garage.augment.drafts import Ask, Draft
from gemma_garage.augment.local.sound import normalise, shorten_title
from gemma_garage.augment.local.wordings import name_subject, vary_question


class RuleRewriter:
    """Gives up to `wordings` new questions for each fact of an ask's examples."""

    name = "local"

    def __init__(self, wordings: int) -> None:
        self._wordings = wordings

    def write(
        self,
        asks: Sequence[Ask],
        *,
        should_stop: Callable[[], bool] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]:
        """Yield (index of the ask, its Drafts) in order; it waits for nobody."""
        for index, ask in enumerate(asks):
            if should_stop is not None and should_stop():
                return
            yield index, self._reword(ask)

    def _reword(self, ask: Ask) -> list[Draft]:
        subject = shorten_title(ask.passage.title)
        there = {normalise(row.question) for row in ask.examples}
        given: dict[int, int] = {}
        drafts = []
        for row in ask.examples:
            for question in _list_rewordings(row.question, subject):
                key = normalise(question)
                if key in there or given.get(row.fact, 0) >= self._wordings:
                    continue
                there.add(key)
                given[row.fact] = given.get(row.fact, 0) + 1
                drafts.append(Draft(question, row.answer, row.evidence, row.kind, row.fact))
        return drafts


def _list_rewordings(question: str, subject: str) -> list[str]:
    others = vary_question(question)
    named = [name_subject(other, subject, short=True) for other in (question, *others)]
    return [*others, *named]
