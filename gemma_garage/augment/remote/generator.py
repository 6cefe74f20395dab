"""The generator that asks a model behind a network, whichever provider it is.

One loop for all: repeat what chance spoiled within a budget, read what came, keep what could be
read. What the budget did not mend comes as a Draft whose reason says why, and is asked anew next
time. How providers are talked to is in `gemini.py` and `openai_server.py`, waiting in `gate.py`. It
stores no Examples and judges none.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from gemma_garage.augment.drafts import UNANSWERABLE, Ask, Draft, Passage
from gemma_garage.augment.remote.ask import GRACE_S, GaveUp, ask_all, ask_patiently
from gemma_garage.augment.remote.gate import Gate, Patience
from gemma_garage.augment.remote.instructions import CHECK, MORE, REWORD, version_prompt
from gemma_garage.augment.remote.keys import KeptCalls, key_call
from gemma_garage.augment.remote.prompts import (
    Wishes,
    count_facts,
    count_reply_tokens,
    count_wordings,
    say_shape,
    write_check_prompt,
    write_instruction,
    write_more_prompt,
    write_prompt,
    write_reword_prompt,
)
from gemma_garage.augment.remote.provider import Answer, Provider, Question
from gemma_garage.augment.remote.replies import (
    choose_shape,
    find_json,
    read_drafts,
    read_rewordings,
    read_rows,
    read_verdicts,
)
from gemma_garage.augment.remote.usage import Usage

# Reasons of `quality.REASONS` for what a provider spoiled.
REFUSED = "refused"  # the provider's filter (safety, recitation) let nothing through
CUT_OFF = "cut-off"  # the reply hit the length limit before the first whole fact
UNREADABLE = "unreadable"  # the reply was no JSON of the wanted shape
NO_ANSWER = "no-answer"  # this call failed each time while others worked: asked again next time
ANSWERABLE = "answerable"
UNCHECKED = "unchecked"

CALLS_PER_REPLY = 4  # until a broken reply is given up
_CALLS_PER_REFUSAL = 2
_MOST_REPLY_TOKENS = 32_768
_SHORT_QUOTE_WORDS = 12
_CHECKED_PASSAGES = 6
Read = TypeVar("Read")
FindPassages = Callable[[str], Sequence[Passage]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call; a retry changes it. `told`: what of the ask decides the reply, for its key."""

    task: str
    passage: Passage
    prompt: str
    facts: int
    reply_tokens: int
    told: Mapping[str, Any]
    examples: tuple[Draft, ...] = ()
    quote_words: int | None = None


class RemoteGenerator:
    """Writes Drafts with the model of `provider`, up to `threads` calls at once.

    `scope`: what else of the user's request makes another call of the same ask. `calls`: where
    replies are kept, if anywhere. `find_passages`: the passages of all documents that come nearest
    to a question; without it no question counts as unanswerable.
    """

    def __init__(
        self,
        provider: Provider,
        wishes: Wishes | None = None,
        *,
        threads: int = 4,
        calls: KeptCalls | None = None,
        scope: Mapping[str, Any] | None = None,
        find_passages: FindPassages | None = None,
        patience: Patience | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        self.usage = Usage()
        self._provider, self._wishes = provider, wishes or Wishes()
        self._threads, self._calls, self._scope = threads, calls, dict(scope or {})
        self._find_passages = find_passages
        self._patience, self._grace_s = patience or Patience(), grace_s
        self._guard = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}  # by key: the same call is not made twice

    @property
    def name(self) -> str:
        return self._provider.name

    @property
    def model(self) -> str:
        return self._provider.model

    def write(
        self,
        asks: Sequence[Ask],
        *,
        should_stop: Callable[[], bool] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]:
        """Yield (index of the ask, its Drafts) as replies come, in any order.

        Raises WrongKey, QuotaSpent (an account that waiting does not fill), Unreachable,
        ConfigError (no model chosen), GeneratorError.
        """
        with self._provider.connect():
            yield from ask_all(
                len(asks),
                lambda index, gate: self._answer(asks[index], gate),
                threads=self._threads,
                patience=self._patience,
                should_stop=should_stop,
                on_notice=on_notice,
                grace_s=self._grace_s,
            )

    def key_of(self, ask: Ask) -> str:
        """The key under which the reply to this ask is kept."""
        return self._key(self._open(ask))

    def _answer(self, ask: Ask, gate: Gate) -> list[Draft]:
        """All Drafts of one ask."""
        kind = ask.kinds[0]
        call = self._open(ask)
        try:
            drafts, failed = self._obtain(call, lambda found: self._read(ask, found), gate)
            if drafts and call.task == UNANSWERABLE:
                drafts = self._check(ask.passage, drafts, gate)
                failed = UNCHECKED
        except GaveUp as gave_up:
            if not gate.lose():
                raise gave_up.final from gave_up.__cause__
            log.warning("a passage was left out: %s", gave_up.final)
            drafts, failed = None, NO_ANSWER
        return drafts if drafts is not None else [Draft("", "", "", kind, reason=failed)]

    def _read(self, ask: Ask, found: Any) -> list[Draft]:
        if ask.sort == "more":
            return read_rows(found, ask.kinds[0])
        if ask.sort == "reword":
            drafts = read_rewordings(found, _group(ask.examples))
        else:
            drafts = read_drafts(ask.kinds[0], found, ask.passage.text)
        # Some write more wordings than they were asked for.
        return [draft for fact in _group(drafts) for draft in fact[: self._wishes.wordings]]

    def _open(self, ask: Ask) -> _Call:
        wishes, kind = self._wishes, ask.kinds[0]
        told = {
            "round": ask.round,
            "known": ask.known,
            "examples": [(row.question, row.answer) for row in ask.examples],
            **asdict(wishes),
            **self._scope,
        }
        if ask.sort == "reword":
            facts = _group(ask.examples)
            tokens = count_reply_tokens(len(facts), wishes.wordings, REWORD)
            prompt = write_reword_prompt(facts)
            return _Call(REWORD, ask.passage, prompt, len(facts), tokens, told)
        if ask.sort == "more":
            rows = ask.facts or len(ask.examples)
            prompt = write_more_prompt(ask.examples, ask.known)
            return _Call(MORE, ask.passage, prompt, rows, count_reply_tokens(rows, 1, MORE), told)
        count = count_facts(ask.passage.text, ask.facts, kind)
        wordings = count_wordings(kind, wishes.wordings)
        tokens = count_reply_tokens(count, wordings, kind, wishes.answers)
        prompt = write_prompt(ask.passage, ask.known)
        return _Call(kind, ask.passage, prompt, count, tokens, told, ask.examples)

    def _obtain(
        self, call: _Call, read: Callable[[Any], Read], gate: Gate
    ) -> tuple[Read | None, str]:
        """What was read from the reply, the kept one or a new one, or why there is none."""
        if self._calls is None:
            return self._ask(call, read, gate, "")
        key = self._key(call)
        with self._guard:
            asking = self._asking.setdefault(key, threading.Lock())
        with asking:
            kept = self._calls.find(key)
            if kept is not None:
                try:
                    found = read(find_json(kept.text, partial=True))
                except ValueError as error:  # another version of this program read it once
                    log.warning("a kept reply cannot be read: %s", error)
                else:
                    self.usage.reuse()
                    return found, ""
            return self._ask(call, read, gate, key)

    def _ask(
        self, call: _Call, read: Callable[[Any], Read], gate: Gate, key: str
    ) -> tuple[Read | None, str]:
        """What was read from a new reply, or why there is none after so many calls.

        Of replies that broke off each time, what is whole in the longest is better than nothing.
        What could be read is kept under `key`, of the others only what they cost.
        """
        failed = ""
        refusals = 0
        first = call
        spoiled: list[Answer] = []
        try:
            for _ in range(CALLS_PER_REPLY):
                answer = self._call(call, gate)
                if answer.ended == "whole":
                    try:
                        found = read(find_json(answer.text))
                    except ValueError as error:
                        log.warning("unreadable reply of %s: %s", self.name, error)
                        failed = UNREADABLE
                    else:
                        gate.use()
                        self._keep(key, first, answer)
                        return found, ""
                elif answer.ended == "cut-off":
                    failed = CUT_OFF
                    tokens = min(2 * call.reply_tokens, _MOST_REPLY_TOKENS)
                    call = replace(call, facts=max(call.facts // 2, 1), reply_tokens=tokens)
                else:
                    failed, refusals = REFUSED, refusals + 1
                    if answer.ended == "recited":
                        call = replace(call, quote_words=_SHORT_QUOTE_WORDS)
                spoiled.append(answer)
                if answer.ended == "refused" and refusals >= _CALLS_PER_REFUSAL:
                    break
            broken = [answer for answer in spoiled if answer.ended in ("whole", "cut-off")]
            longest = max(broken, key=lambda answer: len(answer.text), default=None)
            try:
                rest = read(find_json(longest.text, partial=True)) if longest else None
            except ValueError:
                rest = None
            if not rest or longest is None:
                # Only now: of many threads, many may meet a first reply that a second one mends.
                gate.waste(self.name, len(spoiled), spoiled[-1].ended, spoiled[-1].text)
                return None, failed
            gate.use()
            spoiled.remove(longest)
            self._keep(key, first, longest)
            return rest, failed
        finally:
            for answer in spoiled:
                self._keep(None, first, answer)

    def _keep(self, key: str | None, call: _Call, answer: Answer) -> None:
        if self._calls is not None:
            self._calls.keep(key, self.name, call.task, call.passage.document_id, answer)

    def _call(self, call: _Call, gate: Gate) -> Answer:
        instruction = write_instruction(
            call.task,
            call.facts,
            self._wishes,
            quote_words=call.quote_words,
            examples=call.examples,
        )
        question = Question(
            instruction,
            call.prompt,
            choose_shape(call.task, self._wishes.answers),
            say_shape(call.task),
            call.reply_tokens,
        )
        answer = ask_patiently(lambda: self._provider.complete(question), gate, self._patience)
        self.usage.add(answer.prompt_tokens, answer.reply_tokens)
        return answer

    def _key(self, call: _Call) -> str:
        told = {"task": call.task, **call.told}
        return key_call(self._provider.identity, version_prompt(call.task), call.passage, told)

    def _check(self, passage: Passage, drafts: list[Draft], gate: Gate) -> list[Draft] | None:
        """The Drafts, with a reason where the documents do answer the question after all; None
        when that could not be found out."""
        facts = _group(drafts)
        if self._find_passages is None:
            return [replace(draft, reason=UNCHECKED) for draft in drafts]
        questions = [fact[0].question for fact in facts]
        found = list(
            dict.fromkeys(
                near
                for rank in itertools.zip_longest(*map(self._find_passages, questions))
                for near in rank
                if near is not None
            )
        )[:_CHECKED_PASSAGES]
        told = {"questions": questions, "passages": [near.text for near in found]}
        prompt = write_check_prompt(questions, found)
        call = _Call(CHECK, passage, prompt, 0, 512 + 150 * len(questions), told)
        answered, _ = self._obtain(call, lambda found: read_verdicts(found, len(questions)), gate)
        if answered is None:
            return None
        return [
            replace(draft, reason=ANSWERABLE) if answered[number] else draft
            for number, fact in enumerate(facts)
            for draft in fact
        ]


def _group(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """Wordings by fact, in their order."""
    facts: dict[int, list[Draft]] = {}
    for draft in drafts:
        facts.setdefault(draft.fact, []).append(draft)
    return list(facts.values())
