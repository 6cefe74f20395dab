"""Choose a fact's wordings among what the writer and the rules have to offer.

The order is that of usefulness: the writer's questions, the statement with a question word in it,
rules, a gap, and a few words around the best ones. It runs no model.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from gemma_garage.augment.local.cells import ask_about_cell
from gemma_garage.augment.local.fact_patterns import AMOUNT, QUALIFIER
from gemma_garage.augment.local.facts import Fact
from gemma_garage.augment.local.fit import fits_answer
from gemma_garage.augment.local.hours import CLOSES, OPENS, RULED, ask_about_hours
from gemma_garage.augment.local.sound import (
    is_sound,
    knows_no_more,
    list_content,
    list_stems,
    list_telling,
    names_number,
    normalise,
)
from gemma_garage.augment.local.wordings import (
    ask_about_clause,
    ask_about_limit,
    ask_about_signal,
    complete_statement,
    echo_statement,
    frame_question,
    name_subject,
    vary_question,
)
from gemma_garage.augment.sentences import Statement, clean_markup

_MIN_READ = -0.5  # log-probability per token of the answer, read with the question
_MIN_READ_THING = -0.3  # noun phrases are guesses of a rule, so their questions must fit better
_AHEAD = 0.3  # of the likeliest other answer in the statement
# The writer likes a few bare words at the end ("Island for the line?"), which seldom tell which.
ASKS = re.compile(r"(?i)\b(?:what|which|who|whom|whose|where|when|why|how)\b")
_BOUND = re.compile(r"(?i)\b(?:(?:less|more|fewer|longer|older) than|under|over|only|just) $")
_BEFORE_TIME = re.compile(
    r"(?i)\b(?:on|from|until|before|after|since|by|within|every|each|as far as) $"
)
_ARTICLE = re.compile(r"(?i)\b(?:an?|the|its|your|their) $")
_NUMBER = re.compile(rf"(?i)(?:{QUALIFIER})?{AMOUNT}")  # "about 200" of "about 200 firings"
# "Marrick & Dunn" of "Marrick & Dunn of Leverton", "Thursday" of "Thursdays", "£95" of "£95 plus
# parts"
_ENDING = re.compile(r"^([A-Z].{3,}?)(?= of [A-Z]|(?<=day)s$)|^(.*\d.*?)(?= plus )")
_NEAR_FIRST = 3


@dataclass(slots=True)
class Question:
    """A question, and how well the answer follows from it for who reads the statement: the mean
    log-probability of a token. `rival`: that of the statement's likeliest other answer."""

    text: str
    read: float = -99.0
    rival: float = -99.0
    far: bool = False  # from the words of the text
    fit: float = 0.0  # mean log-probability of the question itself, where it is near


@dataclass(slots=True)
class Task:
    """One fact on its way to Drafts. `marked`: what concerns the answer, which stands in square
    brackets; `whole`: the same of the whole statement; `subject`: the short name in the title;
    `proof`: the verbatim slice of the passage that says it."""

    passage: int
    fact: Fact
    statement: Statement
    marked: str
    whole: str
    title: str
    subject: str
    proof: str = ""
    questions: list[Question] = field(default_factory=list)

    def add(self, text: str, *, fit: float = 0.0, far: bool = False) -> None:
        """Take a question, unless it is there, unsound or asks for another sort of answer."""
        known = {normalise(other.text) for other in self.questions}
        lost = far and not self.tells_what(text)
        if normalise(text) not in known and ASKS.search(text) and self.takes(text) and not lost:
            self.questions.append(Question(text, far=far, fit=fit))

    def takes(self, text: str) -> bool:
        """Can `text` be asked for this fact?"""
        heading, answer = self.statement.heading, self.fact.answer
        return (
            is_sound(text, answer, f"{self.plain} {heading}")
            and knows_no_more(text, self.plain, f"{self.title} {heading}")
            and fits_answer(text, answer, self.fact.kind)
        )

    def tells_what(self, text: str) -> bool:
        """Does `text` share a telling word with the statement, beside the document's name?"""
        return bool(list_content(text, self.plain) - list_stems(self.subject))

    def drop_unread(self) -> None:
        """Leave out the questions that do not lead to the answer, or rather to another one."""
        floor = _MIN_READ_THING if self.fact.kind == "thing" else _MIN_READ
        self.questions = [
            question
            for question in self.questions
            if question.read > max(floor, question.rival + _AHEAD)
        ]

    def list_forms(self, question: str) -> list[str]:
        """The answer as a reader of the statement may give it to `question`: whole, with the bound,
        the preposition or the article that stands before it ("less than 6 cm", "on Friday", "a CO₂
        extinguisher") and the "only" behind, without what a name ends with, and without what the
        question names ("240" for "How many pegs are there?")."""
        forms = [self.fact.answer]
        if shorter := _ENDING.match(self.fact.answer):
            forms.append(shorter.group())
        before, _, rest = self.whole.partition("[")
        if opening := (
            _BOUND.search(before) or _BEFORE_TIME.search(before) or _ARTICLE.search(before)
        ):
            forms.append(f"{opening.group()}{self.fact.answer}")
        if rest.partition("]")[2].startswith(" only"):
            forms.append(f"{forms[-1]} only")
        if self.names_counted(question) and (number := _NUMBER.match(self.fact.answer)):
            forms.append(number.group())
        return forms

    def names_counted(self, question: str) -> bool:
        """Does `question` name what the answer counts ("How many pegs …?" for "240 pegs")?"""
        number, _, counted = self.fact.answer.rpartition(" ")
        if self.fact.kind != "quantity" or not number:
            return False
        return normalise(counted)[:5] in list_stems(question)

    @property
    def asked_from(self) -> str:
        """The words that a question near to the text may use: no values that nobody knows."""
        words = re.findall(r"[\w°'’-]+", self.marked.replace("[", "").replace("]", ""))
        answer = self.fact.answer.split()
        return " ".join(
            word
            for word in words
            if not word[0].isdigit() or word in answer or names_number(word, self.plain)
        )

    @property
    def told(self) -> str:
        """What the writer asks from: only what concerns the answer; a table's row whole."""
        return self.whole if self.fact.kind == "cell" else self.marked

    @property
    def tellings(self) -> list[str]:
        """What a question is read with: the statement, and what of it concerns the answer."""
        return list(dict.fromkeys((self.plain, _unmark(self.told))))

    def is_asked_by(self, question: str) -> bool:
        """Can this answer be what `question`, written for another one, asks for?"""
        return fits_answer(question, self.fact.answer, self.fact.kind)

    def fits_better(self, question: str, other: "Task") -> bool:
        """Do the words of `question` tell this answer from `other`, of the same statement?"""
        if self.names_counted(question) and not other.names_counted(question):
            return True
        own, others = (list_content(question, _unmark(task.told)) for task in (self, other))
        return len(own) > len(others)

    @property
    def plain(self) -> str:
        return _unmark(self.whole)


def _unmark(marked: str) -> str:
    return marked.replace("[", "").replace("]", "")


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
    if other.statement is task.statement:
        return False  # these were told apart by reading
    if _sort_of(other.fact) != _sort_of(task.fact):
        return False
    telling = list_telling(question)
    told = telling - list_stems(task.subject)
    return (told or telling) <= list_stems(other.plain)


_SORTED = frozenset({"quantity", "time", "code", "colour"})


def _sort_of(fact: Fact) -> str:
    """What an answer is measured in, else its kind."""
    if fact.kind in ("quantity", "time"):
        return fact.answer.lower().split()[-1].strip("0123456789.,–-")
    return fact.kind


def list_wordings(task: Task) -> Iterator[str]:
    """Yield wordings of a fact, the most useful first: the writer's, rules, frames around them."""
    subject, fact = task.subject, task.fact
    best = sorted(task.questions, key=lambda question: -question.fit - question.read)
    near = [question.text for question in best if not question.far]
    far = [question.text for question in task.questions if question.far]
    pairs = zip_longest(far, near[:_NEAR_FIRST])
    asked = [text for pair in pairs for text in pair if text] + near[_NEAR_FIRST:]
    if not asked and fact.kind == "thing":
        return
    if fact.kind == "quantity":
        asked = ask_about_limit(task.marked) + asked
    if fact.kind == "reply":
        asked.insert(0, clean_markup(task.statement.question))
    ruled: list[str] = []
    if fact.kind == "cell":  # rules know the head of the column: their best come first
        column = task.statement.place_cells().index(fact.start)
        ruled = ask_about_cell(task.statement.cells, column, subject)
        yield from ruled[:_NEAR_FIRST]
    elif fact.kind in (OPENS, CLOSES):
        ruled = ask_about_hours(task.statement, fact.start, fact.kind, subject, task.plain)
    elif fact.kind == "clause":
        ruled = ask_about_clause(task.marked)
    elif fact.kind != "reply":
        ruled = [echo_statement(task.marked, fact.kind)]
        if fact.kind == "colour":
            ruled = ask_about_signal(task.marked) or ruled
    yield from asked
    for question in asked[:2]:
        ruled += [other for other in vary_question(question) if task.takes(other)]
    if fact.kind == "reply":
        ruled += [name_subject(question, subject, short=True) for question in asked[:1]]
    if fact.kind not in RULED:
        ruled.append(complete_statement(task.marked))
    ruled = [question for question in ruled if question]
    for number, question in enumerate(ruled):
        # Every other one as it would be asked from outside the document.
        yield name_subject(question, subject, short=number % 4 == 3) if number % 2 else question
    for number, question in enumerate(asked or ruled):
        yield frame_question(question, number)
