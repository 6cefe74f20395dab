"""Handlers of the review: show a page of Examples and one with its passage; judge it.

Every id that comes from the browser is held against the project before it is used. The list, the
selection and the texts of the selected Example always change in one answer, so that a verdict can
never fall on a row whose texts are not the ones shown. Layout and wiring are in `review.py`.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Document, Example
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import draw_badge, mark_evidence, say_count
from gemma_garage.ui.shown import PAGE_ROWS, draw_list, find_shown

BY_HAND = "by hand"


def draw_page(
    garage: Garage,
    project_id: int,
    status: str,
    reason: str,
    document_id: int | None,
    search: str,
    page: int,
    selected: int | None,
    turn: int = 0,
    wanted: int | None = None,
    fresh: bool = False,
) -> tuple[Any, ...]:
    """The list, the pager, page, selection, whether there is a page before and after; the detail.

    `turn` goes that many pages on, `wanted` is selected instead of `selected`. A selection that is
    not on the page moves to its first row. Selection and detail are left alone while the selection
    stays: someone may be typing there, or has moved on since this was asked. `fresh` draws them.
    """
    page = int(page or 0) + turn
    shown = find_shown(garage, project_id, status, reason, document_id, search, page)
    chosen = wanted if wanted is not None else selected
    if chosen not in shown.ids:
        chosen = shown.ids[0] if shown.rows else None
    first = shown.page * PAGE_ROWS
    last = first + len(shown.rows)
    pager = f"{first + 1:,}–{last:,} of {shown.total:,}" if shown.rows else "nothing to show"
    stays = chosen == selected and not fresh
    return (
        str(draw_list(shown.rows, chosen)),
        str(Markup('<p class="pager" aria-live="polite">{}</p>').format(pager)),
        shown.page,
        gr.skip() if stays else chosen,
        gr.Button(interactive=shown.page > 0),
        gr.Button(interactive=last < shown.total),
        *((gr.skip(),) * 4 if stays else draw_example(garage, project_id, chosen)),
    )


def draw_first_page(
    garage: Garage,
    project_id: int,
    status: str,
    reason: str,
    document_id: int | None,
    search: str,
    selected: int | None,
) -> tuple[Any, ...]:
    """A filter changed: its first page."""
    return draw_page(garage, project_id, status, reason, document_id, search, 0, selected)


def draw_example(
    garage: Garage, project_id: int, selected: int | None
) -> tuple[str, str, str, Any]:
    """The passage with its evidence marked; question and answer to edit; the panel itself."""
    if selected is None:
        return "", "", "", gr.Column(visible=False)
    example = own_example(garage, project_id, selected)
    why = Markup(" · {}").format(example.reason) if example.reason else Markup("")
    status = Markup('<p data-open="{}">{}{}</p>').format(
        example.id, draw_badge(example.status), why
    )
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
    selected: int | None,
    event: gr.EventData,
) -> tuple[Any, ...]:
    """A click on a row: select it, if it is one of this project."""
    wanted = own_example(garage, project_id, int(event.id)).id
    filters = (project_id, status, reason, document_id, search, page)
    return draw_page(garage, *filters, selected, wanted=wanted)


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
    return draw_page(garage, *filters, selected, wanted=_neighbour(shown.ids, selected, by))


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
    return draw_page(garage, *filters, example.id, wanted=following, fresh=True)


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
    return draw_page(garage, *filters, selected, fresh=True)


def own_example(garage: Garage, project_id: int, example_id: int | None) -> Example:
    example = garage.store.get(Example, example_id)
    if example.project_id != project_id:
        raise NotFound(f"Example {example_id} belongs to another project. Reload the page.")
    return example


def _neighbour(ids: Sequence[int], selected: int | None, by: int) -> int | None:
    if selected not in ids:
        return ids[0] if ids else selected
    return ids[min(max(ids.index(selected) + by, 0), len(ids) - 1)]
