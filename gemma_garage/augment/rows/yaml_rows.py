"""Read YAML: a list of mappings, an object that holds one, or one document a row.

Aliases are counted out before anything is built: a few lines of them can stand for billions of
values (a "YAML bomb"). Only plain values are made, never objects (`safe_load`'s rules).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gemma_garage.augment.rows.cells import MAX_DEPTH, Findings
from gemma_garage.augment.rows.json_rows import list_rows
from gemma_garage.augment.rows.lines import find_codec
from gemma_garage.errors import DocumentError

MAX_NESTED = 500  # of a whole file; rows themselves: MAX_DEPTH
MAX_NODES = 5_000_000  # values, with what aliases stand for


def read_yaml(path: Path, name: str, findings: Findings) -> Iterator[dict[str, Any]]:
    """Raises DocumentError for broken YAML, and for more values than MAX_NODES."""
    import yaml

    safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = path.read_text(encoding=find_codec(path, findings), errors="replace")
    try:
        _check_depth(text, safe, name)
        loader = safe(text)
        documents = []
        while loader.check_node():
            node = loader.get_node()
            _check_size(node, name)
            documents.append(loader.construct_document(node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise DocumentError(
            f"“{name}” is not valid YAML ({where}{error.problem}). Correct it, or save the rows as "
            "CSV or JSON Lines."
        ) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise DocumentError(
            f"“{name}” cannot be read as YAML ({str(error).splitlines()[0][:120]}). Save the rows "
            "as CSV or JSON Lines."
        ) from error
    whole = documents[0] if len(documents) == 1 else documents
    yield from list_rows(whole, name, findings)


def _check_depth(text: str, loader: Any, name: str) -> None:
    """The fast loader goes down without a limit of its own, until its process crashes."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_NESTED:
            raise DocumentError(
                f"“{name}” has more than {MAX_NESTED} lists and objects in one another. Write its "
                "rows flat, or save them as CSV or JSON Lines."
            )


def _check_size(node: Any, name: str) -> None:
    """Count the values under `node`, each alias as much as what it stands for, without walking
    any part twice."""
    sizes: dict[int, int] = {}
    inside: set[int] = set()
    stack = [(node, False)]
    while stack:
        current, is_done = stack.pop()
        key = id(current)
        children = _list_children(current)
        if is_done:
            inside.discard(key)
            sizes[key] = 1 + sum(sizes[id(child)] for child in children)
            if sizes[key] > MAX_NODES:
                raise DocumentError(
                    f"“{name}” stands for more than {MAX_NODES:,} values through its aliases (*). "
                    "Write them out, or save the rows as CSV or JSON Lines."
                )
        elif key in inside:
            raise DocumentError(
                f"“{name}” has an alias (*) that holds itself. Write its values out, at most "
                f"{MAX_DEPTH} levels deep."
            )
        elif key not in sizes:
            inside.add(key)
            stack.append((current, True))
            stack.extend((child, False) for child in children)


def _list_children(node: Any) -> list[Any]:
    if isinstance(node.value, str):
        return []
    return [
        part for entry in node.value for part in (entry if isinstance(entry, tuple) else [entry])
    ]
