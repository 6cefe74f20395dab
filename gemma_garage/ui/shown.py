"""The Examples a page of the review shows: found by the store, counted and drawn.

Pages are cut by the store, never in the browser. Verdicts are in `reviewing.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.garage import Garage
from gemma_garage.schema import Example
from gemma_garage.ui.format import draw_badge, draw_empty, shorten

PAGE_ROWS = 50
STATUS_FILTERS: dict[str, tuple[str, ...]] = {
    "all": (),
    "look": ("generated",),
    "accepted": ("accepted", "edited"),
    "rejected": ("rejected",),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The Examples a page shows, and how many its filter finds."""

    rows: Sequence[Example]
    total: int
    page: int

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.rows]


def find_shown(
    garage: Garage,
    project_id: int,
    status: str,
    reason: str,
    document_id: int | None,
    search: str,
    page: int,
) -> Shown:
    """The rows of that page; a page past the end becomes the last one."""

    def read(offset: int) -> tuple[Sequence[Example], int]:
        return garage.store.examples(
            project_id,
            statuses=STATUS_FILTERS.get(status, ()),
            reason=reason or "",
            search=(search or "").strip(),
            document_id=document_id or None,
            offset=offset,
            limit=PAGE_ROWS,
        )

    page = max(0, int(page or 0))
    rows, total = read(page * PAGE_ROWS)
    if not rows and total:
        page = (total - 1) // PAGE_ROWS
        rows, total = read(page * PAGE_ROWS)
    return Shown(rows, total, page)


def draw_counts(garage: Garage, project_id: int) -> tuple[str, Any, Any, Any]:
    """Counts by status and reason, the choices of two filters, and whether there is a list."""
    counts = garage.store.count_examples(project_id)
    by_status: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for (status, reason), count in counts.items():
        by_status[status] = by_status.get(status, 0) + count
        if status == "rejected" and reason:
            reasons[reason] = reasons.get(reason, 0) + count
    accepted = by_status.get("accepted", 0) + by_status.get("edited", 0)
    parts = [f"{accepted:,} accepted"]
    if by_status.get("edited"):
        parts[0] += f" ({by_status['edited']:,} edited)"
    if by_status.get("rejected"):
        told = sorted(reasons.items(), key=lambda item: -item[1])
        detail = ", ".join(f"{reason} {count:,}" for reason, count in told)
        parts.append(f"{by_status['rejected']:,} rejected" + (f" ({detail})" if detail else ""))
    if by_status.get("generated"):
        parts.append(f"{by_status['generated']:,} to look at")
    line = (
        Markup('<p class="counts">{}</p>').format(" · ".join(parts))
        if counts
        else draw_empty(
            "Here you will see each question and answer beside the passage that proves it. "
            "Generate Examples above to fill it."
        )
    )
    documents = [(row.name, row.id) for row in garage.store.documents(project_id)]
    return (
        str(line),
        gr.Dropdown(choices=[("any reason", ""), *((name, name) for name in sorted(reasons))]),
        gr.Dropdown(choices=[("all documents", 0), *documents]),
        gr.Column(visible=bool(counts)),
    )


def draw_list(rows: Sequence[Example], selected: int | None) -> Markup:
    if not rows:
        return draw_empty("No Example fits this filter.")
    items = Markup("").join(
        Markup(
            '<li role="option" tabindex="{}" data-id="{}" aria-selected="{}">'
            '<span class="question">{}</span><span class="answer">{}</span>{}</li>'
        ).format(
            0 if row.id == selected else -1,
            row.id,
            "true" if row.id == selected else "false",
            shorten(row.question, 160),
            shorten(row.answer, 160),
            draw_badge(row.status),
        )
        for row in rows
    )
    return Markup('<ul class="examples" role="listbox" aria-label="Examples">{}</ul>').format(items)
