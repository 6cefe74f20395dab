"""Read JSON and JSON Lines: one object a row, wherever in the file the rows stand.

A broken line of JSON Lines is left out and counted, the others go on; JSON is whole or nothing.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gemma_garage.augment.rows.cells import MAX_LINE_CHARACTERS, Findings
from gemma_garage.augment.rows.lines import find_codec, iter_lines
from gemma_garage.augment.rows.names import LISTS, fold_name
from gemma_garage.errors import DocumentError


def read_lines(path: Path, name: str, findings: Findings) -> Iterator[dict[str, Any]]:
    """One row a line. A file whose first line opens a list is read as JSON."""
    codec = find_codec(path, findings)
    first = next((line for _, line in iter_lines(path, codec) if line is None or line.strip()), "")
    if first is not None and first.lstrip().startswith("["):
        yield from read_json(path, name, findings)
        return
    for number, line in iter_lines(path, codec):
        where = f"line {number}"
        if line is None:
            findings.skip(where, f"it is longer than {MAX_LINE_CHARACTERS:,} characters")
            continue
        if not line.strip():
            continue
        try:
            value = _load(line)
        except json.JSONDecodeError as error:
            findings.skip(where, f"it is not valid JSON ({error.msg}, at character {error.pos})")
            continue
        except (RecursionError, ValueError) as error:
            findings.skip(where, f"it cannot be read ({_explain(error)})")
            continue
        row = as_row(value)
        if row is None:
            findings.skip(where, f"it is {_say_type(value)} and no object")
        else:
            yield from _spread(row)


def read_json(path: Path, name: str, findings: Findings) -> Iterator[dict[str, Any]]:
    """The rows of a list, of `{"data": [...]}` or of columns; a file with a `.json` name that
    holds JSON Lines is read as that. Raises DocumentError for broken JSON."""
    text = path.read_text(encoding=find_codec(path, findings), errors="replace")
    try:
        value = _load(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text[: error.pos].strip().startswith("{"):
            del text
            yield from read_lines(path, name, findings)
            return
        ended = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        end = " It ends there: the file was cut off." if ended else ""
        raise DocumentError(
            f"“{name}” is not valid JSON (line {error.lineno}, column {error.colno}: {error.msg})."
            f"{end} Correct it, or export it as JSON Lines, where a bad line spoils only itself."
        ) from error
    except (RecursionError, ValueError) as error:
        raise DocumentError(
            f"“{name}” cannot be read ({_explain(error)}). Export it as a plain list of objects."
        ) from error
    yield from list_rows(value, name, findings)


def list_rows(value: Any, name: str, findings: Findings) -> Iterator[dict[str, Any]]:
    """The rows in a parsed JSON or YAML value. Raises DocumentError if it holds none."""
    found = find_list(value, findings)
    if not found:
        raise DocumentError(
            f"“{name}” holds no rows: it is {_say_type(value)}. Wanted is a list of objects, such "
            'as [{"question": …, "answer": …}], or an object that holds such a list.'
        )
    for number, entry in enumerate(found, start=1):
        row = as_row(entry)
        if row is None:
            findings.skip(f"entry {number}", f"it is {_say_type(entry)} and no object")
        else:
            yield from _spread(row)


def find_list(value: Any, findings: Findings) -> list[Any]:
    """The list of rows: the value itself, a list in it, or its columns turned into rows."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or not value:
        return []
    if _list_passages(value):
        return [value]
    lists = {
        key: inner
        for key, inner in value.items()
        if isinstance(inner, list) and inner and isinstance(inner[0], dict)
    }
    if lists and not _is_conversation(value):
        known = [key for key in lists if fold_name(key) in LISTS]
        best = known[0] if known else max(lists, key=lambda key: len(lists[key]))
        others = [str(key) for key in value if key != best]
        if others:
            findings.note(f"The rows are those under “{best}”; {', '.join(others[:5])} is unused.")
        return lists[best]
    if _is_question_list(value):
        return [{"question": asked, "answer": said} for asked, said in value.items()]
    columns = list(value.values())
    if len(columns) > 1 and all(isinstance(column, list) for column in columns):
        if len({len(column) for column in columns}) == 1:
            return [dict(zip(value, cells, strict=True)) for cells in zip(*columns, strict=True)]
    if len(columns) > 1 and all(isinstance(column, dict) for column in columns):
        if all(column.keys() == columns[0].keys() for column in columns):  # as pandas writes it
            return [{key: inner[at] for key, inner in value.items()} for at in columns[0]]
    return [value]


def as_row(value: Any) -> dict[str, Any] | None:
    """The value as a row: an object, a text, or a list of messages; None for anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        return {"messages": value}
    return None


def _spread(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each question, where passages come with theirs as in SQuAD: `paragraphs` of
    `context` and `qas`."""
    passages = _list_passages(row)
    if not passages:
        yield row
    for passage in passages:
        for pair in passage["qas"]:
            if isinstance(pair, dict):
                context = {"context": passage["context"]} if "context" in passage else {}
                yield {**pair, **context}


def _list_passages(row: dict[str, Any]) -> list[dict[str, Any]]:
    inner = row.get("paragraphs")
    found = inner if isinstance(inner, list) else [row]
    passages = [one for one in found if isinstance(one, dict)]
    are_passages = all(isinstance(one.get("qas"), list) for one in passages)
    return passages if are_passages and len(passages) == len(found) else []


def _is_question_list(value: dict[str, Any]) -> bool:
    """Is this one object of answers by question?"""
    if not all(isinstance(text, str) for text in (*value, *value.values())):
        return False
    return 2 * sum(asked.rstrip().endswith(("?", "？")) for asked in value) > len(value)


def _is_conversation(value: dict[str, Any]) -> bool:
    """Is this object itself one row, whose only list is its messages?"""
    inner = [entry for entry in value.values() if isinstance(entry, list)]
    return len(inner) == 1 and any(
        isinstance(entry, dict) and ({"role", "content"} <= entry.keys() or "from" in entry)
        for entry in inner[0]
    )


def _load(text: str) -> Any:
    return json.loads(text, parse_constant=lambda _: None)  # NaN and Infinity are no values


def _explain(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error)[:100]


def _say_type(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}
    return kinds.get(type(value), "empty" if value is None else "a number")
