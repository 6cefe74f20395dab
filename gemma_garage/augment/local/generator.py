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
from typing import Any

from gemma_garage.augment.drafts import FACTUAL, WHY, Ask, Draft
from gemma_garage.augment.local.choose import Task, drop_ambiguous, list_wordings
from gemma_garage.augment.local.context import mark_answer, name_pronouns
from gemma_garage.augment.local.facts import find_facts
from gemma_garage.augment.local.invert import invert_statement
from gemma_garage.augment.local.prompts import (
    GENERAL_WORDS,
    ask_for_answer,
    ask_for_question,
    choose_starts,
    show_read,
    show_turned,
)
from gemma_garage.augment.local.sound import normalise, shorten_title
from gemma_garage.augment.sentences import split_statements
from gemma_garage.errors import Stopped

_PASSAGES_AT_ONCE = 3
# where the pattern around the answer asks the better question: see `wordings`
_BY_RULE = re.compile(r" means? that \[|, because \[|, (?:as|since) \[|^(?:If|When)\b[^,]*\[")
_REASON = re.compile(
    r"(?:\b(?:because|weil|parce que)|, (?:as|since)) \[|^(?:If|When|Wenn)\b[^,]*, (?:then )?\["
)
_QUESTION_TOKENS = 18
_MOVED_FIT = -0.1  # what a well-formed question of the model's scores: log-probability per token
_READ_AT_ONCE = 48


class LocalGenerator:
    """Writes Drafts with a pretrained Gemma that runs here."""

    name = "local"

    def __init__(self, model: Any, tokenizer: Any, *, wordings: int = 4) -> None:
        """`wordings`: how many questions to write for each fact, at least 1."""
        self._model = model
        self._tokenizer = tokenizer
        self._wordings = wordings
        self._turned = show_turned()
        self._general = self._encode_words(GENERAL_WORDS) | {
            token
            for mark in ("?", "'", ",", "-", "'s")
            for token in tokenizer.encode(mark, add_special_tokens=False)
        }
        self._stop_ids = tokenizer.encode("?", add_special_tokens=False)[-1:]

    def write(
        self,
        asks: Sequence[Ask],
        *,
        should_stop: Callable[[], bool] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]:
        """Yield (index of the ask, its Drafts) for every ask, in order.

        Only facts of the kinds that are asked for, factual and why; all that the passage holds.
        Raises Stopped when `should_stop` says so; what was yielded before stays good. It waits for
        nobody, so `on_notice` hears nothing.
        """
        asked: dict[str, str] = {}
        every = [task for index, ask in enumerate(asks) for task in _make_tasks(index, ask)]
        for first in range(0, len(asks), _PASSAGES_AT_ONCE):
            batch = range(first, min(first + _PASSAGES_AT_ONCE, len(asks)))
            tasks = [task for task in every if task.passage in batch]
            self._ask(tasks, should_stop)
            self._read(tasks, should_stop)
            drop_ambiguous(tasks, every)
            for index in batch:
                own = [task for task in tasks if task.passage == index]
                yield index, self._choose(own, asked)

    def _ask(self, tasks: Sequence[Task], should_stop: Callable[[], bool] | None) -> None:
        """Let the model finish a question for each way it may begin."""
        from gemma_garage.gemma.decode import generate

        rows = [
            (task, start)
            for task in tasks
            if task.fact.kind != "cell" and not _BY_RULE.search(task.marked)
            for start in choose_starts(
                task.fact.kind,
                task.fact.answer,
                task.marked[: task.marked.index("[")],
                task.marked[task.marked.index("]") + 1 :],
            )
        ]
        prompts = [
            self._encode(self._turned + ask_for_question(task.marked, start))
            for task, start in rows
        ]
        texts = (
            generate(
                self._model,
                prompts,
                stop_ids=self._stop_ids,
                pad_id=self._tokenizer.pad_token_id,
                max_new_tokens=_QUESTION_TOKENS,
                allowed_ids=[self._list_allowed(task) for task, _ in rows],
                should_stop=should_stop,
            )
            if rows
            else []
        )
        for (task, start), found in zip(rows, texts, strict=True):
            written = self._tokenizer.decode(found.ids, skip_special_tokens=True)
            if len(found.ids) < _QUESTION_TOKENS:
                task.add(" ".join(f"{start}{written}?".split()), fit=found.mean)
        for task in tasks:
            if task.fact.kind != "cell" and (
                moved := invert_statement(task.marked, task.fact.kind)
            ):
                task.add(moved, fit=_MOVED_FIT)

    def _read(self, tasks: Sequence[Task], should_stop: Callable[[], bool] | None) -> None:
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

    def _choose(self, tasks: Sequence[Task], asked: dict[str, str]) -> list[Draft]:
        """Choose each fact's wordings, best first; `asked` maps questions to their answers."""
        drafts = []
        for number, task in enumerate(tasks):
            kept: list[str] = []
            for question in list_wordings(task, self._wordings):
                key = normalise(question)
                if asked.setdefault(key, task.fact.answer) != task.fact.answer:
                    continue
                if key not in map(normalise, kept):
                    kept.append(question)
                if len(kept) == self._wordings:
                    break
            if len(kept) > 1:
                drafts += [
                    Draft(
                        question, task.fact.answer, task.statement.source, _name_kind(task), number
                    )
                    for question in kept
                ]
        return drafts

    def _list_allowed(self, task: Task) -> list[int]:
        words = [
            word
            for word in re.findall(r"[\w°'’-]+", task.plain)
            if not word[0].isdigit() or f"[{word}" in task.marked or _names_number(word, task.plain)
        ]
        forms = [
            word[: -len(end)] + new
            for word in words
            for end, new in _ENDINGS
            if word.endswith(end) and len(word) > len(end) + 2
        ]
        return sorted(self._general | self._encode_words([*words, *forms, words[0].lower()]))

    def _encode_words(self, words: Sequence[str]) -> set[int]:
        return {token for word in words for token in self._encode(f" {word}", False)}

    def _encode(self, text: str, start: bool = True) -> list[int]:
        # What a document says stays text: "<end_of_turn>" in it ends nothing.
        ids: list[int] = self._tokenizer.encode(
            text, add_special_tokens=start, split_special_tokens=True
        )
        return ids


def _names_number(word: str, text: str) -> bool:
    """Does the number belong to a name ("Glidol 40")? Other values nobody knows who asks."""
    return bool(re.search(rf"\b[A-Z]\w*\s{re.escape(word)}\b", text))


_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"))


def _name_kind(task: Task) -> str:
    """A clause that gives a reason, or what to do in a case, answers "why" or "how"."""
    return WHY if task.fact.kind == "clause" and _REASON.search(task.marked) else FACTUAL


def _make_tasks(index: int, ask: Ask) -> list[Task]:
    passage = ask.passage
    statements = split_statements(passage.text, passage.heading)
    told = name_pronouns(statements)
    subject = shorten_title(passage.title)
    tasks = []
    for fact in find_facts(statements, passage.title):
        statement = statements[fact.statement]
        text = told[fact.statement]
        marked = mark_answer(statement, text, fact.start, fact.end)
        if marked:
            task = Task(index, fact, statement, marked, subject)
            if _name_kind(task) in ask.kinds:
                tasks.append(task)
    return tasks
