"""A passage as the local generator works on it: its statements, their facts, and Tasks of these.

Rules only, no model. It asks for nothing.
"""

import re
from collections.abc import Sequence

from gemma_garage.augment.drafts import FACTUAL, WHY, Ask
from gemma_garage.augment.local.choose import Task
from gemma_garage.augment.local.context import mark_answer, mark_whole, name_pronouns
from gemma_garage.augment.local.facts import Fact, find_facts
from gemma_garage.augment.local.sound import shorten_title
from gemma_garage.augment.sentences import Statement, clean_markup, split_statements

_REASON = re.compile(
    r"(?:\b(?:because|weil|parce que)|, (?:as|since)) \[|^(?:If|When|Wenn|To)\b[^,]*, (?:then )?\["
)


class Told:
    """A passage's statements, with their pronouns named, and the facts that rules find in them."""

    def __init__(self, index: int, ask: Ask) -> None:
        self.index, self.title, self._kinds = index, ask.passage.title, ask.kinds
        self._text = ask.passage.text
        self.statements = split_statements(self._text, ask.passage.heading)
        self.facts = find_facts(self.statements, self.title)
        self._told = name_pronouns(self.statements)
        self._subject = shorten_title(self.title)

    def make_tasks(self, facts: Sequence[Fact]) -> list[Task]:
        tasks = []
        for fact in facts:
            statement = self.statements[fact.statement]
            place = (statement, self._told[fact.statement], fact.start, fact.end)
            marked, whole = mark_answer(*place), mark_whole(*place)
            proof = statement.source
            if fact.kind == "reply":
                marked = whole = f"{clean_markup(statement.question)} [{fact.answer}]."
                proof = _find_exchange(self._text, statement)
            if marked and whole:
                about = (self.title, self._subject, proof)
                task = Task(self.index, fact, statement, marked, whole, *about)
                if name_kind(task) in self._kinds:
                    tasks.append(task)
        return tasks


def name_kind(task: Task) -> str:
    """A clause that gives a reason, or what to do in a case, answers "why" or "how"."""
    if task.fact.kind == "reply":
        return WHY if re.match(r"(?i)(?:why|how do|how can)\b", task.marked) else FACTUAL
    return WHY if task.fact.kind == "clause" and _REASON.search(task.marked) else FACTUAL


def _find_exchange(text: str, statement: Statement) -> str:
    """The verbatim slice from a question in the text to the end of its reply."""
    end = text.find(statement.source)
    start = text.rfind(statement.question, 0, end)
    return text[start : end + len(statement.source)] if 0 <= start else statement.source
