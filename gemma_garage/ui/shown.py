"""The Examples a page of the review shows, and the list they are drawn as.

Pages are cut by the store, never in the browser. The counts are in `facets.py`, the passage in
`passage.py`, verdicts in `reviewing.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gemma_garage.augment.quality.reasons import label_reason
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.schema import Example
from gemma_garage.ui.format import draw_badge, draw_empty, say_count, shorten
from gemma_garage.ui.view import View

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """The Examples a page shows, and how many its filter finds."""

    rows: Sequence[Example]
    total: int
    page: int

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.rows]

    @property
    def has_more(self) -> bool:
        return self.page * PAGE_ROWS + len(self.rows) < self.total


def find_shown(garage: Garage, project_id: int, wanted: Filter, page: int) -> Shown:
    """The rows of that page; a page past the end becomes the last one."""

    def read() -> tuple[Sequence[Example], int]:
        return garage.store.examples(project_id, wanted, offset=page * PAGE_ROWS, limit=PAGE_ROWS)

    rows, total = read()
    if not rows and total:
        page = (total - 1) // PAGE_ROWS
        rows, total = read()
    return Shown(rows, total, page if rows else 0)


def find_neighbour(garage: Garage, view: View, by: int) -> tuple[int | None, Shown | None]:
    """The Example after (`by` 1) or before (-1) the selected one, and its page if that is another.

    Which rows stand on this page the View knows, so nothing is asked for within it.
    """
    if view.selected not in view.ids:
        return (view.ids[0] if view.ids else view.selected), None
    place = view.ids.index(view.selected) + by
    if 0 <= place < len(view.ids):
        return view.ids[place], None
    if view.page + by < 0:
        return view.selected, None
    beside = find_shown(garage, view.project_id, view.filter, view.page + by)
    if beside.page != view.page + by or not beside.rows:
        return view.selected, None  # there is no further page
    return beside.ids[0 if by > 0 else -1], beside


def draw_pager(shown: Shown) -> str:
    first = shown.page * PAGE_ROWS
    told = (
        f"{first + 1:,}–{first + len(shown.rows):,} of {shown.total:,}"
        if shown.rows
        else "nothing to show"
    )
    return str(Markup('<p class="pager" aria-live="polite">{}</p>').format(told))


def draw_list(rows: Sequence[Example], view: View) -> str:
    """The page as a list box. Ticks are the browser's: they belong to one project and filter."""
    if not rows:
        return str(draw_empty("No Example fits this filter."))
    items = Markup("").join(_draw_row(row, row.id == view.selected) for row in rows)
    return str(
        Markup(
            '<ul class="examples" role="listbox" aria-multiselectable="true" aria-label="Examples" '
            'data-scope="{}">{}</ul>'
        ).format(f"{view.project_id} {view.filter}", items)
    )


def _draw_row(row: Example, is_selected: bool) -> Markup:
    about = [f"{row.score:.2f}"] if row.score is not None else []
    if row.turns:
        about.append(f"after {say_count(len(row.turns), 'message')}")
    return Markup(
        '<li role="option" tabindex="{}" data-id="{}" aria-selected="{}" aria-checked="false">'
        '<span class="box" data-tick title="Tick (x)"></span>'
        '<span class="question">{}</span>{}<span class="answer">{}</span>'
        '<span class="about">{}</span></li>'
    ).format(
        0 if is_selected else -1,
        row.id,
        "true" if is_selected else "false",
        shorten(row.question, 160) or "(no question)",
        draw_badge(row.status),
        shorten(row.answer, 160),
        label_reason(row.reason) if row.status == "rejected" else " · ".join(about),
    )
