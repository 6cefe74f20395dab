"""The judge that asks a model elsewhere: yes or no, four times, about rows beside their passage.

Several rows of one passage go in one call, so that the passage is paid for once; each is judged
for itself. A reply that could be read is kept. It stores no verdicts and knows no Examples.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gemma_garage.augment.drafts import Passage
from gemma_garage.augment.remote.ask import GaveUp
from gemma_garage.augment.remote.asker import Asker
from gemma_garage.augment.remote.gate import Gate
from gemma_garage.augment.remote.instructions import INSTRUCTIONS, JUDGE, version_prompt
from gemma_garage.augment.remote.keys import key_call
from gemma_garage.augment.remote.prompts import say_shape, write_judge_prompt
from gemma_garage.augment.remote.provider import Answer, Question
from gemma_garage.augment.remote.replies import (
    Judgement,
    choose_shape,
    find_json,
    read_judgements,
)

ROWS_A_CALL = 8
_CALLS_PER_CASE = 3  # until rows that were not judged are left
_TOKENS_PER_ROW = 60
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Case:
    """Rows (question, answer) of one passage, at most `ROWS_A_CALL`."""

    passage: Passage
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Four answers of yes or no, under the names that `quality.reasons.JUDGED` has."""

    relevant: bool
    coherent: bool
    grounded: bool
    standalone: bool


class RemoteJudge(Asker):
    """Judges rows beside their passage."""

    task = JUDGE

    def judge(
        self,
        cases: Sequence[Case],
        *,
        should_stop: Callable[[], bool] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Iterator[tuple[int, list[Verdict | None]]]:
        """Yield (index of the case, a verdict for each of its rows) as replies come, in any order.

        None stands for a row that the model did not judge, whatever was tried. Raises WrongKey,
        QuotaSpent, Unreachable, ConfigError (no model chosen), GeneratorError.
        """
        yield from self._ask_each(
            len(cases),
            lambda index, gate: self._judge(cases[index], gate),
            should_stop,
            on_notice,
        )

    def _judge(self, case: Case, gate: Gate) -> list[Verdict | None]:
        verdicts: list[Verdict | None] = [None] * len(case.rows)
        spoiled: list[Answer] = []
        for _ in range(_CALLS_PER_CASE):
            open_rows = [at for at, verdict in enumerate(verdicts) if verdict is None]
            if not open_rows:
                break
            rows = tuple(case.rows[at] for at in open_rows)
            try:
                found = self._read(Case(case.passage, rows), gate, spoiled)
            except GaveUp as gave_up:
                if not gate.lose():
                    raise gave_up.final from gave_up.__cause__
                log.warning("%d rows were not judged: %s", len(rows), gave_up.final)
                break
            for number, said in found.items():
                verdicts[open_rows[number - 1]] = Verdict(
                    said.relevant, said.coherent, said.grounded, said.standalone
                )
        if spoiled and not any(verdicts):
            gate.waste(self.name, len(spoiled), spoiled[-1].ended, spoiled[-1].text)
        return verdicts

    def _read(self, case: Case, gate: Gate, spoiled: list[Answer]) -> dict[int, Judgement]:
        """By number from 1 what is said of the rows, in the kept reply or a new one; nothing
        when that cannot be read: then it is one of `spoiled`."""

        def read(answer: Answer) -> dict[int, Judgement]:
            try:
                return read_judgements(find_json(answer.text, partial=True), len(case.rows))
            except ValueError as error:
                log.warning("unreadable judgement of %s: %s", self.name, error)
                return {}

        told = {"task": JUDGE, "rows": case.rows}
        key = key_call(self._provider.identity, version_prompt(JUDGE), case.passage, told)
        question = Question(
            INSTRUCTIONS[JUDGE],
            write_judge_prompt(case.passage, case.rows),
            choose_shape(JUDGE),
            say_shape(JUDGE),
            256 + 2 * _TOKENS_PER_ROW * len(case.rows),
        )
        document_id = case.passage.document_id
        found, useless = self._ask_once(question, key, read, gate, document_id=document_id)
        if useless is not None:
            spoiled.append(useless)
        return found or {}


def count_call_tokens(passage_tokens: int, rows: int) -> tuple[int, int]:
    """About how many tokens one call sends and gets."""
    instruction = len(INSTRUCTIONS[JUDGE]) // 4
    return instruction + passage_tokens + _TOKENS_PER_ROW * rows, _TOKENS_PER_ROW * rows
