"""One answer beside others, as it is shown and kept: text, speed, scores. It asks nobody."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from gemma_garage.infer.answerers import BASE_NAME
from gemma_garage.infer.grade import grade
from gemma_garage.infer.overlap import token_f1
from gemma_garage.infer.structure import check_structure
from gemma_garage.schema import Comparison
from gemma_garage.store import Store


@dataclass(frozen=True, slots=True)
class Column:
    """`name` and `title`: who answers (see `answerers.py`).

    `first_token_s` and `tokens_per_second` (of the tokens after the first) count the time in which
    this column was computed (None: not yet known), `total_s` the time since all began. `cached`:
    the same was asked before, and these are the answer and the times of then. A kept column that
    is not `done` was stopped.
    `matches` and `f1`: against the right answer, where one is known. `problems`: where the answer
    fails its schema; None: there is none.
    """

    text: str
    first_token_s: float | None
    tokens_per_second: float | None
    tokens: int
    done: bool
    total_s: float = 0.0
    name: str = ""
    title: str = ""
    cached: bool = False
    matches: bool | None = None
    f1: float | None = None
    problems: tuple[str, ...] | None = None

    def store(self) -> dict[str, Any]:
        return asdict(self)


def list_facts(column: Column) -> list[str]:
    """How fast it came, and from where; the times of a cached answer are those of then."""
    facts = ["from the cache, with the times of then"] if column.cached else []
    if column.first_token_s is not None:
        facts.append(f"{column.first_token_s:.1f} s to first token")
    if column.tokens_per_second is not None:
        facts.append(f"then {column.tokens_per_second:.0f} tokens/s")
    if column.done or column.tokens:  # a stopped one too says how far it came
        facts.append(f"{column.tokens:,} token{'' if column.tokens == 1 else 's'}")
        if column.total_s:
            facts.append(f"{column.total_s:.1f} s {'in all' if column.done else 'so far'}")
    return facts


@dataclass(frozen=True, slots=True)
class PastComparison:
    """A prompt that was answered before. `settings`: see `keep_settings` in `compare.py`."""

    id: int
    prompt: str
    columns: tuple[Column, ...]
    conversation_id: int | None
    settings: dict[str, Any]
    created: str

    @property
    def is_blind(self) -> bool:
        return bool(self.settings.get("blind"))

    @property
    def is_stopped(self) -> bool:
        return not all(column.done for column in self.columns)

    def find(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def score_column(
    column: Column, prompt: str, reference: str, schema: dict[str, Any] | None
) -> Column:
    """The column with its scores; a column that still grows has none."""
    if not column.done:
        return column
    if reference:
        column = replace(
            column,
            matches=grade(column.text, reference, prompt),
            f1=round(token_f1(column.text, reference), 4),
        )
    if schema is not None:
        column = replace(column, problems=tuple(check_structure(column.text, schema)))
    return column


def read_column(stored: dict[str, Any]) -> Column:
    """A column as it was kept, also by an earlier version."""
    known = {field.name for field in fields(Column)}
    values = {name: value for name, value in stored.items() if name in known}
    if values.get("problems") is not None:
        values["problems"] = tuple(values["problems"])
    return Column(**values)


def read_comparison(row: Comparison) -> PastComparison:
    """A comparison as it was kept; those of earlier versions had base and tuned, in this order."""
    columns = [read_column(stored) for stored in row.columns]
    known = ((BASE_NAME, "Base"), (f"run-{row.run_id}", "Tuned"))
    named = [
        column if column.name else replace(column, name=name, title=title)
        for column, (name, title) in zip(columns, known, strict=False)
    ] + columns[len(known) :]
    return PastComparison(
        row.id, row.prompt, tuple(named), row.conversation_id, row.settings, row.created
    )


def history(store: Store, project_id: int, limit: int = 50) -> list[PastComparison]:
    """What was compared in this project, newest first."""
    return [read_comparison(row) for row in store.comparisons(project_id, limit)]


def tell_conversation(
    past: list[PastComparison], name: str, system: str = ""
) -> list[dict[str, str]]:
    """The chat messages that this column has heard and said, oldest first. An exchange that it
    answered with nothing is left out: no chat template takes an empty answer."""
    turns = [{"role": "system", "content": system}] if system.strip() else []
    for row in past:
        said = row.find(name).text.strip()
        if said:
            turns.append({"role": "user", "content": row.prompt})
            turns.append({"role": "assistant", "content": said})
    return turns
