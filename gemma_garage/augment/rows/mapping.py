"""Which columns are what, and a row seen through that: a question, an answer, earlier turns, text.

Pure: it reads no file and judges no row beyond what it is made of.
"""

import json
from collections.abc import Iterator
from collections.abc import Mapping as Row
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gemma_garage.augment.reading.clean import clean_characters
from gemma_garage.augment.rows.names import fold_name
from gemma_garage.errors import ConfigError

USER, ASSISTANT, SYSTEM = "user", "assistant", "system"
_ROLES = {
    **dict.fromkeys(("user", "human", "prompter", "customer", "question"), USER),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "chatgpt", "ai", "answer"), ASSISTANT),
    **dict.fromkeys(("system", "developer"), SYSTEM),
}
_ROLE_KEYS, _CONTENT_KEYS = ("role", "from", "speaker"), ("content", "value", "text")
_NO_CONTEXT = frozenset({"<noinput>", "nan", "none", "n/a"})


class Mapping(BaseModel):
    """Which column holds what: a question with its answer, or a conversation, or a text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = Field(default="", title="Question", description="What is asked")
    context: str = Field(
        default="", title="Beneath the question", description="Goes with it, such as an input"
    )
    answer: str = Field(default="", title="Answer", description="What is trained")
    worse: str = Field(
        default="",
        title="Worse answer",
        description="One that the answer is preferred to, for training on preferences",
    )
    system: str = Field(
        default="", title="System", description="Instructions in front of the first question"
    )
    turns: str = Field(default="", title="Conversation", description="A list of messages")
    text: str = Field(default="", title="Text", description="Running text, split into passages")

    @property
    def columns(self) -> list[str]:
        return [column for column in self.model_dump().values() if column]

    def check(self, columns: Row[str, object] | tuple[str, ...] | list[str]) -> None:
        """Raise ConfigError unless it says one thing, with columns that are there."""
        missing = [column for column in self.columns if column not in columns]
        if missing:
            raise ConfigError(
                f"There is no column “{missing[0]}”; there are {', '.join(list(columns)[:20])}. "
                "Choose one of these."
            )
        pair = bool(self.question or self.answer or self.worse)
        kinds = pair + bool(self.turns) + bool(self.text)
        if kinds == 0:
            raise ConfigError(
                "No column is chosen yet. Say which one is the question and which the answer, or "
                "which one holds the conversation, or the text."
            )
        if kinds > 1:
            raise ConfigError(
                f"Rows are either questions with answers, or conversations, or texts; chosen are "
                f"{self.describe()}. Set the others to nothing."
            )
        if pair and not (self.question and self.answer):
            missing_part = "answer" if self.question else "question"
            raise ConfigError(f"Choose the column of the {missing_part} too: both are needed.")

    def describe(self) -> str:
        """`question “Frage”, answer “Antwort”`."""
        return ", ".join(
            f"{field.title.lower() if field.title else name} “{getattr(self, name)}”"
            for name, field in type(self).model_fields.items()
            if getattr(self, name)
        )


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A row as it can be trained on. `turns`: the messages before `question`, as chat messages.
    `worse`: an answer that `answer` is preferred to. `problem`: a reason of `quality.REASONS` why
    it cannot be, or ""."""

    question: str = ""
    answer: str = ""
    turns: list[dict[str, str]] = field(default_factory=list)
    text: str = ""
    problem: str = ""
    worse: str = ""


def list_answers(row: MappedRow) -> Iterator[MappedRow]:
    """Every answer of a conversation as a row of its own, with what was said before as its turns:
    so each is trained, and trained as it would be asked."""
    for at in range(1, len(row.turns)):
        before, this = row.turns[at - 1], row.turns[at]
        if (before["role"], this["role"]) == (USER, ASSISTANT):
            yield MappedRow(before["content"], this["content"], row.turns[: at - 1])
    yield row


def apply_mapping(mapping: Mapping, row: Row[str, Any]) -> MappedRow:
    """The row through the mapping. A conversation becomes its last question and answer, with what
    was said before as turns; two messages of one side in a row become one."""
    if mapping.text:
        text = say(row.get(mapping.text))
        return MappedRow(text=text, problem="" if text else "empty")
    system = say(row.get(mapping.system)) if mapping.system else ""
    lead = [(SYSTEM, system)] if system else []
    if mapping.turns:
        return _fold([*lead, *read_messages(row.get(mapping.turns), bare=True)])
    asked, answered = row.get(mapping.question), row.get(mapping.answer)
    opening = read_messages(asked) or [(USER, say(asked))]
    worse = _read_answer(row.get(mapping.worse)) if mapping.worse else ""
    context = say(row.get(mapping.context)) if mapping.context else ""
    if context and context.casefold() not in _NO_CONTEXT and opening[-1][0] == USER:
        opening[-1] = (USER, "\n\n".join(part for part in (opening[-1][1], context) if part))
    closing = read_messages(answered)
    if closing and closing[: len(opening)] == opening:  # the whole conversation stands there again
        closing = closing[len(opening) :]
    folded = _fold([*lead, *opening, *(closing or [(ASSISTANT, say(answered))])])
    return replace(folded, worse=worse if worse != folded.answer else "")


def _read_answer(value: Any) -> str:
    """The last thing said in a cell that holds an answer, or a conversation up to it."""
    messages = read_messages(value)
    return messages[-1][1] if messages else say(value)


def read_messages(value: Any, *, bare: bool = False) -> list[tuple[str, str]]:
    """The messages in a cell as (role, text); none if it holds something else.

    Known are lists of `{"role", "content"}` and of `{"from", "value"}` (ShareGPT), content in
    parts, and both as JSON in a text. `bare`: lists of texts that take turns too; it is for columns
    said to hold conversations, as any list of words would be one.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    if not isinstance(value, list) or not value:
        return []
    if bare and len(value) > 1 and all(isinstance(entry, str) for entry in value):
        return [(ASSISTANT if at % 2 else USER, say(entry)) for at, entry in enumerate(value)]
    if not all(isinstance(entry, dict) for entry in value):
        return []
    messages = []
    for entry in value:
        role = next((entry[key] for key in _ROLE_KEYS if key in entry), None)
        content = next((entry[key] for key in _CONTENT_KEYS if key in entry), None)
        if not isinstance(role, str):
            return []
        messages.append((_ROLES.get(fold_name(role), fold_name(role)), _say_parts(content)))
    return messages


def say(value: Any) -> str:
    """What a cell says as text: of several answers the first, numbers as they are written."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean_characters(value).strip()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return next((said for said in map(say, value) if said), "")
    if isinstance(value, dict):
        inner = next((value[key] for key in ("text", "value", "content") if key in value), None)
        return say(inner) if inner is not None else clean_characters(json.dumps(value))
    return str(value)


def _say_parts(content: Any) -> str:
    if isinstance(content, list):
        parts = [part.get("text", "") if isinstance(part, dict) else part for part in content]
        return "\n\n".join(said for said in map(say, parts) if said)
    return say(content)


def _fold(messages: list[tuple[str, str]]) -> MappedRow:
    """Question and answer out of messages, with what is wrong with them if something is."""
    joined: list[tuple[str, str]] = []
    for role, text in messages:
        if joined and joined[-1][0] == role:
            joined[-1] = (role, "\n\n".join(part for part in (joined[-1][1], text) if part))
        else:
            joined.append((role, text))
    while joined and joined[-1][0] == USER:  # a last question without an answer teaches nothing
        open_question = joined.pop()
        if not any(role == ASSISTANT for role, _ in joined):
            return MappedRow(question=open_question[1], problem="empty")
    turns = [{"role": role, "content": text} for role, text in joined[:-2]]
    question = joined[-2][1] if len(joined) > 1 else ""
    row = MappedRow(question, joined[-1][1] if joined else "", turns)
    spoken = [role for role, _ in joined if role != SYSTEM]
    expected = [USER, ASSISTANT] * (len(spoken) // 2)
    has_late_system = any(role == SYSTEM for role, _ in joined[1:])
    problem = ""
    if not joined or not all(text for _, text in joined):
        problem = "empty"
    elif spoken != expected or has_late_system:
        problem = "roles"
    return MappedRow(row.question, row.answer, row.turns, problem=problem)
