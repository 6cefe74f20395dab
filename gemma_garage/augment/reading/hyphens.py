"""Make words whole again that a line's end has split, and leave hyphens that belong to a word."""

import re
from collections import Counter
from collections.abc import Iterable

from gemma_garage.augment.reading.cleaning import Note

SPLIT_WORD = re.compile(r"(\w+)-$")
FIRST_WORD = re.compile(r"\w+")
HYPHENATED = re.compile(r"\w+-\w+")
# "Ein- und Ausgang", "two- and three-way": the hyphen stands for what comes later.
CONJUNCTIONS = frozenset("und oder bzw bis sowie and or to et ou y e o en of og och i".split())
PREFIXES = frozenset(("self", "well", "vice"))  # nearly all their compounds keep the hyphen
WORD_CHARACTERS = 4  # shorter halves are words by chance


class Words:
    """What a document's lines say inside, where no line's end has split anything."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._counts: Counter[str] = Counter()
        self._hyphenated: set[str] = set()
        for text in texts:
            inner = text.rpartition(" ")[0] if text.endswith("-") else text
            self._counts.update(FIRST_WORD.findall(inner))
            if "-" in inner:
                self._hyphenated.update(HYPHENATED.findall(inner.casefold()))

    def join(self, before: str, after: str, note: Note) -> str:
        """Two lines as one; a word that was split at the end of the first becomes whole again."""
        split = SPLIT_WORD.search(before)
        rest = FIRST_WORD.match(after)
        if not split:
            return f"{before} {after}"
        if rest and rest[0].casefold() in CONJUNCTIONS:
            return f"{before} {after}"
        if not rest or not after[:1].islower() or self._keeps_hyphen(split[1], rest[0]):
            return before + after
        note("hyphenation", f"{split[0]} ⏎ {rest[0]}", split[1] + rest[0])
        return before[:-1] + after

    def _keeps_hyphen(self, first: str, second: str) -> bool:
        """Whether the hyphen would stand there in the middle of a line, too."""
        if f"{first}-{second}".casefold() in self._hyphenated or first.casefold() in PREFIXES:
            return True
        if first + second in self._counts:
            return False
        long = min(len(first), len(second)) >= WORD_CHARACTERS
        return long and first in self._counts and second in self._counts
