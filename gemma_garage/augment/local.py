"""The local Generator: a pretrained Gemma writes questions for answers found in the text.

Answer first: `facts` finds what can be asked, `context` makes a plain sentence around it, the
model turns that sentence into questions (few-shot, first words given, words of the sentence only),
reads them again to see whether they lead to the answer, and `wordings` adds what rules can add.
Every answer stands in its sentence by construction. It needs no network and no key, stores nothing
and knows no jobs.

Method: overgenerate and rank (Heilman and Smith 2010, "Good Question! Statistical Ranking for
Question Generation").
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gemma_garage.augment.context import mark_answer, name_pronouns
from gemma_garage.augment.drafts import Draft, Passage
from gemma_garage.augment.facts import Fact, find_facts
from gemma_garage.augment.prompts import (
    GENERAL_WORDS,
    ask_for_answer,
    ask_for_question,
    choose_starts,
    show_read,
    show_turned,
)
from gemma_garage.augment.sentences import Statement, split_statements
from gemma_garage.augment.wordings import (
    ask_about_cell,
    ask_about_clause,
    complete_statement,
    frame_question,
    name_subject,
    vary_question,
)
from gemma_garage.errors import Stopped

_PASSAGES_AT_ONCE = 8
_QUESTION_TOKENS = 18
_READ_AT_ONCE = 48
_MIN_READ, _MIN_FIT = -1.6, -2.6
_EMPTY_WORDS = frozenset(GENERAL_WORDS) | {"manual", "document", "text"}
_PRONOUN_SUBJECT = re.compile(
    r"^(?:\w+\s){1,4}?(?:is|are|does|do|was|were|can|may|must|should|has|have|did|will)\s"
    r"(?:it|they|he|she|this|that|them|these|those)\b(?! take| takes| mean)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Question:
    text: str
    fit: float = 0.0
    read: float = 0.0

    @property
    def worth(self) -> float:
        return self.fit + self.read


@dataclass(slots=True)
class _Task:
    """One fact on its way to Drafts."""

    passage: int
    fact: Fact
    statement: Statement
    marked: str
    subject: str
    questions: list[_Question] = field(default_factory=list)

    @property
    def plain(self) -> str:
        return self.marked.replace("[", "").replace("]", "")


class LocalGenerator:
    """Writes Drafts with a pretrained Gemma that runs here."""

    name = "local"

    def __init__(self, model: Any, tokenizer: Any, *, wordings: int = 4, seed: int = 0) -> None:
        """`wordings`: how many questions to write for each fact, at least 1."""
        self._model = model
        self._tokenizer = tokenizer
        self._wordings = wordings
        self._seed = seed
        self._turned = show_turned()
        self._general = self._encode_words(GENERAL_WORDS) | {
            token
            for mark in ("?", "'", ",", "-", "'s")
            for token in tokenizer.encode(mark, add_special_tokens=False)
        }
        self._stop_ids = tokenizer.encode("?", add_special_tokens=False)[-1:]

    def write(
        self,
        passages: Sequence[Passage],
        *,
        on_progress: Callable[[int, int], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]:
        """Yield (index of the passage, its Drafts) for every passage, in order.

        `on_progress` gets (passages done, all passages). Raises Stopped when `should_stop` says so;
        what was yielded before stays good.
        """
        asked: dict[str, str] = {}
        for first in range(0, len(passages), _PASSAGES_AT_ONCE):
            batch = range(first, min(first + _PASSAGES_AT_ONCE, len(passages)))
            tasks = [task for index in batch for task in _make_tasks(index, passages[index])]
            self._ask(tasks, should_stop)
            self._read(tasks, should_stop)
            for index in batch:
                own = [task for task in tasks if task.passage == index]
                yield index, self._choose(own, asked)
            if on_progress:
                on_progress(batch[-1] + 1, len(passages))

    def _ask(self, tasks: Sequence[_Task], should_stop: Callable[[], bool] | None) -> None:
        """Let the model finish a question for each way it may begin."""
        from gemma_garage.gemma.decode import generate_scored

        rows = [
            (task, start)
            for task in tasks
            if task.fact.kind != "cell" and not re.search(r" (?:means? that|, because) \[", task.marked)
            for start in choose_starts(
                task.fact.kind, task.fact.answer, task.marked[: task.marked.index("[")]
            )
        ]
        prompts = [
            self._encode(self._turned + ask_for_question(task.marked, start)) for task, start in rows
        ]
        texts = generate_scored(
            self._model,
            prompts,
            stop_ids=self._stop_ids,
            pad_id=self._tokenizer.pad_token_id,
            max_new_tokens=_QUESTION_TOKENS,
            allowed_ids=[self._list_allowed(task) for task, _ in rows],
            should_stop=should_stop,
        ) if rows else []
        for (task, start), found in zip(rows, texts, strict=True):
            written = self._tokenizer.decode(found.ids, skip_special_tokens=True)
            question = " ".join(f"{start}{written}?".split())
            if len(found.ids) < _QUESTION_TOKENS and is_sound(question, task.fact.answer, task.plain):
                if all(question != other.text for other in task.questions):
                    task.questions.append(_Question(question, fit=found.mean))

    def _read(self, tasks: Sequence[_Task], should_stop: Callable[[], bool] | None) -> None:
        """Score each question: does it lead a reader of the sentence to the answer?"""
        from gemma_garage.gemma.score import extend_prefix, score_continuations

        asked = [(task, question) for task in tasks for question in task.questions]
        asked.sort(key=lambda pair: len(pair[0].plain) + len(pair[1].text))
        rows = [
            (
                self._encode(task.plain + ask_for_answer(question.text), False),
                self._encode(f" {task.fact.answer}", False),
            )
            for task, question in asked
        ]
        vocabulary = {token for context, answer in rows for token in (*context, *answer)}
        prefix = extend_prefix(self._model, self._encode(show_read()))
        for first in range(0, len(rows), _READ_AT_ONCE):
            if should_stop and should_stop():
                raise Stopped("Stopped while questions were written.")
            part = slice(first, first + _READ_AT_ONCE)
            found = score_continuations(
                self._model, prefix, rows[part], vocabulary=sorted(vocabulary)
            )
            for (_, question), score in zip(asked[part], found, strict=True):
                question.read = score.mean

    def _choose(self, tasks: Sequence[_Task], asked: dict[str, str]) -> list[Draft]:
        """Choose each fact's wordings, best first; `asked` maps questions to their answers."""
        drafts = []
        for number, task in enumerate(tasks):
            kept: list[str] = []
            for question in _list_wordings(task, self._wordings):
                key = normalise(question)
                if asked.setdefault(key, task.fact.answer) != task.fact.answer:
                    continue
                if key not in map(normalise, kept):
                    kept.append(question)
                if len(kept) == self._wordings:
                    break
            if len(kept) > 1:
                drafts += [
                    Draft(question, task.fact.answer, task.statement.source, fact=number)
                    for question in kept
                ]
        return drafts

    def _list_allowed(self, task: _Task) -> list[int]:
        words = re.findall(r"[\w°'’-]+", task.plain)
        forms = [word[:-len(end)] + new for word in words for end, new in _ENDINGS
                 if word.endswith(end) and len(word) > len(end) + 2]
        return sorted(self._general | self._encode_words([*words, *forms, words[0].lower()]))

    def _encode_words(self, words: Sequence[str]) -> set[int]:
        return {token for word in words for token in self._encode(f" {word}", False)}

    def _encode(self, text: str, start: bool = True) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=start)
        return ids


_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"))


def _make_tasks(index: int, passage: Passage) -> list[_Task]:
    statements = split_statements(passage.text, passage.heading)
    told = name_pronouns(statements)
    subject = shorten_title(passage.title)
    tasks = []
    for fact in find_facts(statements, passage.title):
        statement = statements[fact.statement]
        text = told[fact.statement]
        marked = mark_answer(statement, text, fact.start, fact.end)
        if marked:
            tasks.append(_Task(index, fact, statement, marked, subject))
    return tasks


def shorten_title(title: str) -> str:
    """Return the name in a document's title: "Tindrel R2 Roaster: Manual" is about a roaster."""
    name = re.split(r"\s*[:–—|(]|\s-\s", title.strip().lstrip("# "))[0].strip()
    name = re.sub(
        r"(?i)^(?:welcome to|about|guide to|introduction to)\s+|^the\s+|"
        r"\s+(?:employee|user|owner'?s?|instruction|operating)?\s*(?:handbook|manual|guide|instructions)$",
        "", name,
    )
    name = re.sub(r"(?i)^the\s+", "", name).strip()
    return name if 0 < len(name.split()) <= 6 else ""


def normalise(text: str) -> str:
    """Reduce a question to its words, small, for comparison."""
    return " ".join(re.findall(r"\w+", text.lower()))


def is_sound(question: str, answer: str, source: str) -> bool:
    """Say whether a question can stand on its own: it names something and gives no answer away."""
    words = normalise(question).split()
    answer_words = normalise(answer).split()
    if not 3 <= len(words) <= 26 or _PRONOUN_SUBJECT.match(question):
        return False
    content = [word for word in words if word not in _EMPTY_WORDS]
    stems = {word[:5] for word in normalise(source).split()}
    if not any(word[:5] in stems for word in content):
        return False
    telling = [word for word in answer_words if word not in _EMPTY_WORDS] or answer_words
    given = sum(word in words for word in telling)
    if any(word.isdigit() and word in words for word in telling) or given > 0.5 * len(telling):
        return False
    return len(set(words)) > 0.6 * len(words)


def _list_wordings(task: _Task, wanted: int) -> Iterator[str]:
    """Yield wordings of a fact: the model's best, rules, then frames around the best one."""
    subject = task.subject
    good = sorted(
        (q for q in task.questions if q.read > _MIN_READ and q.fit > _MIN_FIT),
        key=lambda question: -question.worth,
    )
    asked = [question.text for question in good]
    if task.fact.kind == "cell":
        column = [value for _, value in task.statement.cells].index(task.fact.answer)
        asked = ask_about_cell(task.statement.cells, column, subject)
    elif task.fact.kind == "clause":
        asked += ask_about_clause(task.marked)
    gap = complete_statement(task.marked) if task.fact.kind != "cell" else ""
    if not asked and task.fact.kind == "thing":
        return
    natural = list(asked[:3])
    for question in asked[:2]:
        natural += [
            other for other in vary_question(question)
            if is_sound(other, task.fact.answer, task.plain)
        ]
    for number, question in enumerate(natural):
        yield name_subject(question, subject) if number % 2 else question
    if gap:
        yield gap
    for question in asked[3:]:
        yield question
    for number, question in enumerate(natural):
        yield frame_question(question, number)
