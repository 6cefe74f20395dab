"""Choose a fact's wordings among what the model and the rules have to offer.

The order is that of usefulness: the model's best questions, the statement with a question word in
it, rules, a gap, and a few words around the best ones. It runs no model.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gemma_garage.augment.local.cells import ask_about_cell
from gemma_garage.augment.local.facts import Fact
from gemma_garage.augment.local.fit import fits_answer
from gemma_garage.augment.local.sound import is_sound, list_content, normalise
from gemma_garage.augment.local.wordings import (
    ask_about_clause,
    ask_about_signal,
    complete_statement,
    echo_statement,
    frame_question,
    name_subject,
    vary_question,
)
from gemma_garage.augment.sentences import Statement

_MIN_READ, _MIN_FIT, _MIN_WORTH = -1.2, -0.75, -0.45
_MIN_READ_THING = -0.9  # noun phrases are guesses of a rule, so their questions must fit better


@dataclass(slots=True)
class Question:
    """A question the model wrote: its mean log-probability, and that of the answer given it."""

    text: str
    fit: float = 0.0
    read: float = 0.0
    told: int = 0

    @property
    def worth(self) -> float:
        """Fitting, leading to the answer, and telling what it is about."""
        return self.fit + self.read + 0.2 * min(self.told, 4)


@dataclass(slots=True)
class Task:
    """One fact on its way to Drafts."""

    passage: int
    fact: Fact
    statement: Statement
    marked: str
    subject: str
    questions: list[Question] = field(default_factory=list)

    def add(self, text: str, *, fit: float) -> None:
        """Take a question, unless it is there, unsound or asks for another sort of answer."""
        answer = self.fact.answer
        if (
            all(text != other.text for other in self.questions)
            and is_sound(text, answer, self.plain)
            and fits_answer(text, answer, self.fact.kind)
        ):
            told = len(list_content(text, self.plain))
            self.questions.append(Question(text, fit=fit, told=told))

    @property
    def plain(self) -> str:
        return self.marked.replace("[", "").replace("]", "")


def drop_ambiguous(tasks: Sequence[Task], every: Sequence[Task]) -> None:
    """Drop questions of `tasks` that fit another fact of the text just as well.

    That is: the same question was written for another answer, or all its telling words stand in
    another statement with an answer of the same sort ("What is the code?" where there are three).
    """
    answers: dict[str, set[str]] = {}
    for task in tasks:
        for question in task.questions:
            answers.setdefault(normalise(question.text), set()).add(task.fact.answer)
    for task in tasks:
        task.questions = [
            question
            for question in task.questions
            if len(answers[normalise(question.text)]) == 1
            and not any(_fits_too(question.text, task, other) for other in every)
        ]


def _fits_too(question: str, task: Task, other: Task) -> bool:
    if other.fact.answer == task.fact.answer or task.fact.kind not in _SORTED:
        return False
    if _sort_of(other.fact) != _sort_of(task.fact):
        return False
    telling = list_content(question, task.plain)
    told = telling - {word[:5] for word in normalise(task.subject).split()}
    return (told or telling) <= {word[:5] for word in normalise(other.plain).split()}


_SORTED = frozenset({"quantity", "time", "code", "colour"})


def _sort_of(fact: Fact) -> str:
    """What an answer is measured in, else its kind."""
    if fact.kind in ("quantity", "time"):
        return fact.answer.lower().split()[-1].strip("0123456789.,–-")
    return fact.kind


def _find_column(task: Task) -> int:
    at = 0
    for column, (_, value) in enumerate(task.statement.cells):
        at = task.statement.text.index(value, at)
        if at == task.fact.start:
            return column
        at += len(value)
    raise ValueError(f"{task.fact.answer!r} is no cell of {task.statement.text!r}")


def list_wordings(task: Task, wanted: int) -> Iterator[str]:
    """Yield wordings of a fact: the model's best, rules, then frames around the best one."""
    subject = task.subject
    floor = _MIN_READ_THING if task.fact.kind == "thing" else _MIN_READ
    good = sorted(
        (
            question
            for question in task.questions
            if question.read > floor and question.fit > _MIN_FIT and question.worth > _MIN_WORTH
        ),
        key=lambda question: -question.worth,
    )
    asked = [question.text for question in good]
    if task.fact.kind == "cell":
        asked = ask_about_cell(task.statement.cells, _find_column(task), subject)
    elif task.fact.kind == "clause":
        asked += ask_about_clause(task.marked)
    elif task.fact.kind == "colour":
        asked = ask_about_signal(task.marked) or asked
    if not asked and task.fact.kind == "thing":
        return
    echo = gap = ""
    if task.fact.kind != "cell":
        gap = complete_statement(task.marked)
        echo = echo_statement(task.marked, task.fact.kind) if task.fact.kind != "clause" else ""
    natural = [*asked[:2], *([echo] if echo else []), *asked[2:3]]
    for question in asked[:2]:
        natural += [
            other
            for other in vary_question(question)
            if is_sound(other, task.fact.answer, task.plain)
            and fits_answer(other, task.fact.answer, task.fact.kind)
        ]
    for number, question in enumerate(natural):
        # Every other one as it would be asked from outside the document.
        yield name_subject(question, subject, short=number % 4 == 3) if number % 2 else question
    if gap:
        yield gap
    for question in asked[3:]:
        yield question
    for number, question in enumerate(natural):
        yield frame_question(question, number)
