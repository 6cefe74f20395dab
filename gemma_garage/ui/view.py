"""What the browser remembers of the review: the filter, the page and the selected Example.

It travels as one text in a hidden field, so a server that was restarted has nothing to forget.
What comes back from a browser is checked here; whose rows it may see is checked in the handlers.
"""

from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter, ValidationError

from gemma_garage.errors import BadInput
from gemma_garage.example_filter import Filter

LONGEST_VIEW = 20_000  # characters
LONGEST_SEARCH = 200
MOST_TICKED = 10_000


@dataclass(frozen=True, slots=True)
class View:
    """`page` counts from 0, `ids` are the rows on it. A View of another project shows nothing of
    this one."""

    project_id: int
    filter: Filter = field(default_factory=Filter)
    page: int = 0
    selected: int | None = None
    ids: tuple[int, ...] = ()


_VIEW = TypeAdapter(View)


def read_view(text: str | None, project_id: int) -> View:
    """The View that `text` holds, or a new one: without text, and after another was shown.

    Raises BadInput.
    """
    if not text:
        return View(project_id)
    if len(text) > LONGEST_VIEW:
        raise BadInput("The filter is too long to be remembered. Reload the page.")
    try:
        view = _VIEW.validate_json(text)
    except ValidationError as error:
        raise BadInput("The filter could not be read. Reload the page.") from error
    if view.project_id != project_id:
        return View(project_id)
    return replace(view, page=max(0, view.page), filter=replace(view.filter, ids=None))


def write_view(view: View) -> str:
    return _VIEW.dump_json(view).decode()


def read_ticked(text: str | None) -> tuple[int, ...]:
    """The ids that the browser ticked, as "3,5,8". Raises BadInput."""
    parts = (text or "").split(",") if text else []
    if len(parts) > MOST_TICKED or not all(part.isascii() and part.isdigit() for part in parts):
        raise BadInput(
            f"{len(parts):,} rows are ticked; at most {MOST_TICKED:,} can be changed at once. Use "
            "a filter and change all that it finds."
        )
    return tuple(int(part) for part in parts)
