"""Handlers of the review: one page of Examples, the passage behind one, and the verdict on it.

Pages are cut by the store, never in the browser. Every id that comes from the browser is held
against the project before it is used. Layout and wiring are in `review.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Document, Example
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import (
    draw_badge,
    draw_empty,
    mark_evidence,
    say_count,
    shorten,
)

PAGE_ROWS = 50
BY_HAND = "by hand"
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


def draw_rows(
    garage: Garage,
    project_id: int,
    status: str,
    reason: str,
    document_id: int | None,
    search: str,
    page: int,
    selected: int | None,
    turn: int = 0,
) -> tuple[str, str, int, int | None, Any, Any]:
    """The table, the pager's text, page, selection, and whether there is a page before and after.

    `turn` goes that many pages on. A selection that is not on the page moves to its first row.
    """
    page = int(page or 0) + turn
    shown = find_shown(garage, project_id, status, reason, document_id, search, page)
    if selected not in shown.ids:
        selected = shown.ids[0] if shown.rows else None
    first = shown.page * PAGE_ROWS
    last = first + len(shown.rows)
    pager = f"{first + 1:,}–{last:,} of {shown.total:,}" if shown.rows else "nothing to show"
    return (
        str(_draw_list(shown.rows, selected)),
        str(Markup('<p class="pager" aria-live="polite">{}</p>').format(pager)),
        shown.page,
        selected,
        gr.Button(interactive=shown.page > 0),
        gr.Button(interactive=last < shown.total),
    )


def first_rows(
    garage: Garage,
    project_id: int,
    status: str,
    reason: str,
    document_id: int | None,
    search: str,
    selected: int | None,
) -> tuple[Any, ...]:
    """A filter changed: its first page."""
    return draw_rows(garage, project_id, status, reason, document_id, search, 0, selected)


def draw_selected(
    garage: Garage, project_id: int, selected: int | None
) -> tuple[str, str, str, Any]:
    """The passage with its evidence marked; question and answer to edit; the panel itself."""
    if selected is None:
        return "", "", "", gr.Column(visible=False)
    example = own_example(garage, project_id, selected)
    why = Markup(" · {}").format(example.reason) if example.reason else Markup("")
    status = Markup("<p>{}{}</p>").format(draw_badge(example.status), why)
    if example.chunk_id is None:
        passage = Markup('<p class="hint">Written by hand; no passage belongs to it.</p>')
    else:
        chunk = garage.store.get(Chunk, example.chunk_id)
        document = garage.store.get(Document, chunk.document_id)
        place = document.name + (f", page {chunk.page}" if chunk.page else "")
        passage = Markup(
            '<p class="hint">{}{}</p><blockquote class="passage">{}</blockquote>'
        ).format(
            place,
            f" · {chunk.heading}" if chunk.heading else "",
            mark_evidence(chunk.text, example.evidence, example.answer),
        )
    return str(status + passage), example.question, example.answer, gr.Column(visible=True)


def select_row(
    garage: Garage,
    project_id: int,
    status: str,
    reason: str,
    document_id: int | None,
    search: str,
    page: int,
    event: gr.EventData,
) -> tuple[Any, ...]:
    """A click on a row: select it, if it is one of this project."""
    example = own_example(garage, project_id, int(event.id))
    return draw_rows(garage, project_id, status, reason, document_id, search, page, example.id)


def step_row(
    garage: Garage,
    project_id: int,
    status: str,
    reason: str,
    document_id: int | None,
    search: str,
    page: int,
    selected: int | None,
    by: int,
) -> tuple[Any, ...]:
    """Select the row after (`by` 1) or before (-1) the selected one on this page."""
    filters = (project_id, status, reason, document_id, search, page)
    shown = find_shown(garage, *filters)
    return draw_rows(garage, *filters, _neighbour(shown.ids, selected, by))


def judge(
    garage: Garage,
    project_id: int,
    status: str,
    reason: str,
    document_id: int | None,
    search: str,
    page: int,
    selected: int | None,
    question: str,
    answer: str,
    verdict: str,
) -> tuple[Any, ...]:
    """Accept, reject or keep the edit of the selected Example, and go to the next one.

    Accepting after a change of the texts keeps the change: nothing typed is lost.
    """
    example = own_example(garage, project_id, selected)
    filters = (project_id, status, reason, document_id, search, page)
    following = _neighbour(find_shown(garage, *filters).ids, example.id, 1)
    question, answer = (question or "").strip(), (answer or "").strip()
    if verdict == "rejected":
        garage.store.review_examples([example.id], "rejected", BY_HAND)
    elif (question, answer) != (example.question, example.answer):
        if not question or not answer:
            raise BadInput(
                f"The {'question' if not question else 'answer'} is empty. Type one, or reject "
                "the row."
            )
        garage.store.edit_example(example.id, question=question, answer=answer)
    elif verdict == "accepted":
        garage.store.review_examples([example.id], "accepted")
    else:
        raise BadInput("Question and answer are as they were. Change one of them, then save.")
    drawn = draw_rows(garage, *filters, following)
    return (*drawn, *draw_selected(garage, project_id, drawn[3]))


def judge_shown(
    garage: Garage,
    project_id: int,
    status: str,
    reason: str,
    document_id: int | None,
    search: str,
    page: int,
    selected: int | None,
    verdict: str,
) -> tuple[Any, ...]:
    """Accept or reject every Example on the page that is shown. Edited ones stay edited."""
    filters = (project_id, status, reason, document_id, search, page)
    shown = find_shown(garage, *filters)
    ids = [row.id for row in shown.rows if not (verdict == "accepted" and row.status == "edited")]
    if not ids:
        raise BadInput("Nothing is shown here. Choose another filter first.")
    garage.store.review_examples(ids, verdict, BY_HAND if verdict == "rejected" else "")
    tell(f"{say_count(len(ids), 'Example')} {verdict}.")
    drawn = draw_rows(garage, *filters, selected)
    return (*drawn, *draw_selected(garage, project_id, drawn[3]))


def own_example(garage: Garage, project_id: int, example_id: int | None) -> Example:
    example = garage.store.get(Example, example_id)
    if example.project_id != project_id:
        raise NotFound(f"Example {example_id} belongs to another project. Reload the page.")
    return example


def _neighbour(ids: Sequence[int], selected: int | None, by: int) -> int | None:
    if selected not in ids:
        return ids[0] if ids else selected
    return ids[min(max(ids.index(selected) + by, 0), len(ids) - 1)]


def _draw_list(rows: Sequence[Example], selected: int | None) -> Markup:
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
