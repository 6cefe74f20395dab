"""The local Generator: the starter writes questions for answers found in the text.

Answer first: `facts` finds what can be asked, `writer` asks for it as people do and reads the
questions again to see whether they lead to the answer, and `wordings` adds what rules can add.
Every answer stands in its sentence by construction. It needs no network and no key, stores nothing
and knows no jobs.

Method: overgenerate and rank (Heilman and Smith 2010, "Good Question! Statistical Ranking for
Question Generation").
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gemma_garage.augment.drafts import Ask, Draft
from gemma_garage.augment.local.choose import Question, Task, drop_ambiguous, list_wordings
from gemma_garage.augment.local.hours import CLOSES, OPENS, RULED
from gemma_garage.augment.local.invert import invert_statement
from gemma_garage.augment.local.sound import normalise
from gemma_garage.augment.local.starts import choose_starts
from gemma_garage.augment.local.told import Told, name_kind
from gemma_garage.augment.local.writer import (
    ADAPTER,
    QuestionWriter,
    ask_for_answer,
    ask_for_questions,
)

_FACTS_AT_ONCE = 48
_MIN_FIT = -0.45  # below it, a question whose first words were given is seldom well-formed
_STARTS = 4  # ways in which a question is begun
# where the pattern around the answer asks the better question: see `wordings`
_BY_RULE = re.compile(
    r" means? (?:that )?\[|, because \[|, (?:as|since) \[|^(?:If|When|To)\b[^,]*\["
)


class LocalGenerator:
    """Writes Drafts with a pretrained Gemma that runs here."""

    name = "local"

    def __init__(
        self, model: Any, tokenizer: Any, *, wordings: int = 4, adapter: Path = ADAPTER
    ) -> None:
        """`wordings`: how many questions to write for each fact, at least 1. `adapter`: that of
        the question writer, for this very `model`."""
        self._writer = QuestionWriter(model, tokenizer, adapter)
        self._wordings = wordings

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
        passages = [Told(index, ask) for index, ask in enumerate(asks)]
        every = [task for passage in passages for task in passage.make_tasks(passage.facts)]
        for batch in _join_passages(every, len(asks)):
            tasks = [task for task in every if task.passage in batch]
            self._ask(tasks, should_stop)
            self._read(tasks, should_stop)
            drop_ambiguous(tasks, every)
            for index in batch:
                own = [task for task in tasks if task.passage == index]
                yield index, self._choose(own, asked)

    def _ask(self, tasks: Sequence[Task], should_stop: Callable[[], bool] | None) -> None:
        """Ask for each answer: near to the text by given first words and by moving the statement's
        own words, and farther from it as the writer likes."""
        prompts = [
            ask_for_questions(task.title, task.statement.heading, task.whole, task.fact.answer)
            for task in tasks
        ]
        begun = [
            (task, (prompt, starts, task.asked_from))
            for task, prompt in zip(tasks, prompts, strict=True)
            if (starts := _choose_starts(task))
        ]
        near = self._writer.finish([row for _, row in begun], should_stop)
        for (task, _), begun_by_rule in zip(begun, near, strict=True):
            for question, fit in begun_by_rule:
                if fit > _MIN_FIT:
                    task.add(question, fit=fit)
        for task in tasks:
            if task.fact.kind not in RULED:
                task.add(invert_statement(task.marked, task.fact.kind))
        # Of a time at which something opens the writer would ask for the whole span.
        written = [task for task in tasks if task.fact.kind not in (OPENS, CLOSES)]
        far = self._writer.write(
            [
                ask_for_questions(task.title, task.statement.heading, task.told, task.fact.answer)
                for task in written
            ],
            should_stop,
        )
        for task, questions in zip(written, far, strict=True):
            for question in questions:
                task.add(question, far=True)

    def _read(self, tasks: Sequence[Task], should_stop: Callable[[], bool] | None) -> None:
        """Keep the questions that lead a reader of the statement to the answer, and to none of the
        other answers in it."""

        def read(asked: list[tuple[Task, Question, str, str]]) -> list[float]:
            prompts = [
                ask_for_answer(task.title, task.statement.heading, told, question.text)
                for task, question, told, _ in asked
            ]
            answers = [answer for _, _, _, answer in asked]
            return self._writer.read(list(zip(prompts, answers, strict=True)), should_stop)

        own = [
            (task, question, told, form)
            for task in tasks
            for told in task.tellings
            for question in task.questions
            for form in task.list_forms(question.text)
        ]
        for (_, question, _, _), score in zip(own, read(own), strict=True):
            question.read = max(question.read, score)
        for task in tasks:
            task.drop_unread()
        others: dict[str, list[Task]] = {}
        for task in tasks:
            others.setdefault(task.plain, []).append(task)
        rivals = [
            (task, question, task.plain, other.fact.answer)
            for task in tasks
            for question in task.questions
            for other in others[task.plain]
            if other.fact.answer != task.fact.answer
            and other.is_asked_by(question.text)
            and not task.fits_better(question.text, other)
        ]
        for (_, question, _, _), score in zip(rivals, read(rivals), strict=True):
            question.rival = max(question.rival, score)
        for task in tasks:
            task.drop_unread()

    def _choose(self, tasks: Sequence[Task], asked: dict[str, str]) -> list[Draft]:
        """Choose each fact's wordings, best first; `asked` maps questions to their answers."""
        drafts = []
        for number, task in enumerate(tasks):
            kept: list[str] = []
            for question in list_wordings(task):
                key = normalise(question)
                if asked.setdefault(key, task.fact.answer) != task.fact.answer:
                    continue
                if key not in map(normalise, kept):
                    kept.append(question)
                if len(kept) == self._wordings:
                    break
            if len(kept) > 1:
                drafts += [
                    Draft(question, task.fact.answer, task.proof, name_kind(task), number)
                    for question in kept
                ]
        return drafts


def _join_passages(every: Sequence[Task], passages: int) -> Iterator[list[int]]:
    """Passages that are worked on together: as many as fill the model's batch."""
    counts = Counter(task.passage for task in every)
    batch: list[int] = []
    for index in range(passages):
        if batch and sum(counts[number] for number in (*batch, index)) > _FACTS_AT_ONCE:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _choose_starts(task: Task) -> tuple[str, ...]:
    before, _, rest = task.marked.partition("[")
    if task.fact.kind in RULED or _BY_RULE.search(task.marked):
        return ()
    starts = choose_starts(task.fact.kind, task.fact.answer, before, rest.partition("]")[2])
    return (starts * _STARTS)[:_STARTS]
