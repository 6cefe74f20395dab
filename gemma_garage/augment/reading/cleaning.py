"""Keep account of what cleaning changed: how often, rule by rule, with samples to look at.

It changes nothing itself; the readers tell it what they did.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SAMPLES = 20  # of each rule; the count goes on
SAMPLE_CHARACTERS = 160
RULES = {
    "ligatures": "Ligatures written as letters",
    "hyphenation": "Words made whole that a line's end had split",
    "glued_words": "Words parted that stood together",
    "line_breaks": "Lines joined that a program had broken at its right margin",
    "headers_footers": "Headers and footers left out that every page repeats",
    "page_numbers": "Page numbers left out",
    "invisible": "Invisible and control characters removed",
    "boilerplate": "Menus, scripts and other parts of a web page left out",
}

Note = Callable[[str, str, str], None]  # (rule, before, after)


@dataclass(slots=True)
class _Rule:
    count: int = 0
    samples: dict[tuple[str, str], int | None] = field(default_factory=dict)


class Cleaning:
    """The account of one document. A sample that looks like an earlier one is only counted."""

    def __init__(self) -> None:
        self._rules: dict[str, _Rule] = {}

    def note(self, rule: str, before: str, after: str, page: int | None = None) -> None:
        """Count one change under a key of `RULES`; `after` is empty for what was left out."""
        account = self._rules.setdefault(rule, _Rule())
        account.count += 1
        if len(account.samples) < SAMPLES:
            account.samples.setdefault((_shorten(before), _shorten(after)), page)

    def at(self, page: int | None) -> Note:
        """`note` for one page."""

        def note(rule: str, before: str, after: str) -> None:
            self.note(rule, before, after, page)

        return note

    def to_json(self) -> dict[str, Any]:
        """{rule: {"count", "samples": [{"before", "after", "page"}, …]}}, in the order of RULES."""
        return {
            rule: {
                "count": self._rules[rule].count,
                "samples": [
                    {"before": before, "after": after, "page": page}
                    for (before, after), page in self._rules[rule].samples.items()
                ],
            }
            for rule in RULES
            if rule in self._rules
        }


def _shorten(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SAMPLE_CHARACTERS else flat[: SAMPLE_CHARACTERS - 1] + "…"
