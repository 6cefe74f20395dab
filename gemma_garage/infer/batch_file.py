"""Read prompts from a TXT, CSV or JSONL file: a broken row is told, and costs no other.

TXT has a prompt in each line. CSV and JSONL name them `prompt` (or question, instruction, input),
the right answer, where there is one, `reference` (or answer, expected, output); JSONL may have
`messages` instead, of which the last one of the user is the prompt.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gemma_garage.errors import BadInput
from gemma_garage.gemma.turns import check_turns
from gemma_garage.infer.text_file import NoJson, parse_json, read_text, split_lines

MOST_ROWS = 10_000
LARGEST_MB = 100
LONGEST_PROMPT = 100_000
FORMATS = (".txt", ".csv", ".tsv", ".jsonl", ".ndjson")
_PROMPT = ("prompt", "question", "instruction", "input")
_REFERENCE = ("reference", "answer", "expected", "output")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One row. `problem`: why it cannot be asked, or ""; then `text` is what stands there."""

    text: str
    reference: str = ""
    turns: list[dict[str, str]] = field(default_factory=list)
    problem: str = ""


def read_prompts(path: Path) -> list[Prompt]:
    """The rows of the file in their order. BadInput: another format, too large, too many, none."""
    form = path.suffix.lower()
    if form not in FORMATS:
        raise BadInput(
            f"{path.name} is no file of prompts; {', '.join(FORMATS)} can be read. Save it as one."
        )
    text = read_text(path, LARGEST_MB)
    if form == ".txt":
        rows: Iterator[Prompt] = (_check(line.strip()) for line in split_lines(text))
    elif form in (".csv", ".tsv"):
        rows = _read_csv(path, text)
    else:
        rows = _read_jsonl(text)
    prompts = [row for row in rows if row.text or row.problem]
    if not any(not row.problem for row in prompts):
        first = prompts[0].problem if prompts else "it is empty"
        raise BadInput(f"{path.name} has no prompt: {first}. Write one in each line.")
    if len(prompts) > MOST_ROWS:
        raise BadInput(
            f"{path.name} has {len(prompts):,} prompts; {MOST_ROWS:,} are allowed. Split it."
        )
    return prompts


def _read_csv(path: Path, text: str) -> Iterator[Prompt]:
    header = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text.lstrip("\n"), newline=""), delimiter=delimiter)
    names = [name.strip().casefold() for name in reader.fieldnames or [] if name]
    if not set(names) & set(_PROMPT):
        raise BadInput(
            f"The first line of {path.name} names the columns {', '.join(names) or '(none)'}; "
            "prompt is needed, reference can be there. Name them so in the first line."
        )
    try:
        for row in reader:
            if row.get(None):  # more cells than the header names
                yield Prompt("", problem="has more cells than the first line names")
            else:
                yield _take(row)
    except csv.Error as error:
        yield Prompt("", problem=f"is no CSV ({error}), nor is what follows")


def _read_jsonl(text: str) -> Iterator[Prompt]:
    for line in split_lines(text):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except NoJson as error:
            yield Prompt(line[:200], problem=f"is no JSON ({error})")
            continue
        if isinstance(row, str):
            yield _check(row.strip())
        elif isinstance(row, dict):
            yield _take_messages(row) if row.get("messages") else _take(row)
        else:
            yield Prompt(line[:200], problem="is neither an object nor a text")


def _take_messages(row: dict[str, Any]) -> Prompt:
    messages = row["messages"]
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        return Prompt(_show(messages), problem="has messages that are no list of messages")
    reference = _find(row, _REFERENCE)
    if messages[-1].get("role") in ("assistant", "model"):
        reference = reference or str(messages[-1].get("content", ""))
        messages = messages[:-1]
    if not messages or messages[-1].get("role") != "user":
        return Prompt(_show(messages), problem="has no message of the user at its end")
    asked = messages[-1].get("content") or ""
    try:
        turns = check_turns(messages[:-1])
    except BadInput:  # its words are for an Example
        turns = None
    if turns is None or not isinstance(asked, str):
        roles = ", ".join(str(turn.get("role")) for turn in messages)
        problem = (
            f"has messages of {roles[:120]}; each needs a text as content, and user and assistant "
            "must take turns, the user first and last (one message of system may lead)"
        )
        return Prompt(_show(messages), problem=problem)
    return _check(asked.strip(), reference, turns)


def _show(messages: Any) -> str:
    return json.dumps(messages, ensure_ascii=False)[:200]


def _take(row: dict[str, Any]) -> Prompt:
    return _check(_find(row, _PROMPT), _find(row, _REFERENCE))


def _find(row: dict[str, Any], names: tuple[str, ...]) -> str:
    values = {str(name).strip().casefold(): value for name, value in row.items()}
    for name in names:
        value = values.get(name)
        if isinstance(value, (str, int, float)) and str(value).strip():
            return str(value).strip()
    return ""


def _check(text: str, reference: str = "", turns: list[dict[str, str]] | None = None) -> Prompt:
    if len(text) > LONGEST_PROMPT:
        problem = f"has {len(text):,} characters; {LONGEST_PROMPT:,} are allowed"
        return Prompt(text[:200], problem=problem)
    if not text and (reference or turns is not None):
        return Prompt("", reference, problem="has no prompt")
    return Prompt(text, reference, turns or [])
