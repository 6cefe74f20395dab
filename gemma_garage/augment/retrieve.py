"""Find the passages that come nearest to a question, by the telling words they share.

Words are weighted by how rare they are in all passages (inverse document frequency, Spärck Jones
1972), so common words of any language count little. No model, no network; small inflections are
forgiven by comparing the beginnings of words. It says what is near, not what is answered.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from gemma_garage.augment.drafts import Passage
from gemma_garage.augment.normalise import split_words
from gemma_garage.augment.sentences import split_statements

_STEM_LETTERS = 5
_LONGEST_WORD = 12  # letters; what is longer in another script has no spaces between its words
_ASKING = frozenset(
    "a an the of in on at by to from for with is are was were be do does did can could may must "
    "should will would has have had what which who whom whose when where why how many much long "
    "often there it its this that and or not no you your i my we our one if as der die das ein "
    "eine einer eines dem den des ist sind wird werden kann darf muss soll wie was wer wo wann "
    "warum welche welcher welches wieviel viele und oder nicht im am zu zum zur von mit le la "
    "les un une des du de est sont peut doit que quel quelle quels quelles qui quand pourquoi "
    "comment combien et ou ne pas en au aux pour avec el los las una del al es son puede debe "
    "qué cuál cuáles quién cuándo dónde cómo cuánto cuánta por para con y o no il lo gli che "
    "chi come quanto quale per".split()
)


class Retriever:
    """The passages of all documents of a project, indexed once. Any thread may ask."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = list(passages)
        self._holders: dict[str, list[int]] = defaultdict(list)
        for number, passage in enumerate(self._passages):
            for stem in _list_stems(f"{passage.title}\n{passage.heading}\n{passage.text}"):
                self._holders[stem].append(number)

    def find_best(self, question: str, count: int = 2) -> list[Passage]:
        """The `count` passages that share most with the question, best first; fewer where no
        others share anything."""
        scores: dict[int, float] = defaultdict(float)
        for stem in _list_telling(question):
            for number in self._holders.get(stem, ()):
                scores[number] += self._weigh(stem)
        best = sorted(scores, key=lambda number: (-scores[number], number))[:count]
        return [self._passages[number] for number in best]

    def is_about(self, question: str) -> bool:
        """Does any telling word of the question stand in any document?"""
        return any(stem in self._holders for stem in _list_telling(question))

    def is_said(self, question: str) -> bool:
        """Do all its telling words stand in one statement, beside its title and heading?

        Then that statement may well be the answer.
        """
        wanted = _list_telling(question)
        for passage in self.find_best(question, 3):
            around = _list_stems(f"{passage.title}\n{passage.heading}")
            for statement in split_statements(passage.text, passage.heading):
                if wanted <= _list_stems(f"{statement.lead}\n{statement.text}") | around:
                    return True
        return False

    def _weigh(self, stem: str) -> float:
        holders = len(self._holders[stem])
        return math.log((len(self._passages) + 1) / (holders + 0.5))


def _list_telling(question: str) -> set[str]:
    return _list_stems(" ".join(w for w in split_words(question) if w not in _ASKING))


def _list_stems(text: str) -> set[str]:
    stems: set[str] = set()
    for word in split_words(text):
        if len(word) > _LONGEST_WORD and not word.isascii():
            stems |= {word[at : at + 2] for at in range(len(word) - 1)}
        elif word.isalpha():
            stems.add(word[:_STEM_LETTERS])
        else:
            stems.add(word)
    return stems
