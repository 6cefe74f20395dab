"""Handlers of the review: show a page of Examples and one with its passage; judge it, undo it.

Every id that comes from the browser is held against the project before it is used. The list, the
selection and the texts of the selected Example always change in one answer, so that a verdict can
never fall on a row whose texts are not the ones shown. Layout and wiring are in `review.py`.
"""

from dataclasses import replace
from typing import Any

import gradio as gr

from gemma_garage.errors import BadInput
from gemma_garage.example_filter import Filter, Order
from gemma_garage.garage import Garage
from gemma_garage.review_records import Reviewed
from gemma_garage.ui.facets import draw_facets, press_facet
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import say_count
from gemma_garage.ui.passage import draw_example, own_example
from gemma_garage.ui.shown import Shown, draw_list, draw_pager, find_neighbour, find_shown
from gemma_garage.ui.view import LONGEST_SEARCH, View, read_view, write_view

BY_HAND = "by hand"
ORDERS: dict[str, Order] = {
    "as read": "reading",
    "lowest score first": "doubtful",
    "highest score first": "sure",
    "newest first": "newest",
}
DETAIL = 5  # components that `draw_example` draws
DRAWN = 5 + DETAIL  # and `draw_view`


def draw_view(
    garage: Garage,
    before: View,
    view: View,
    *,
    shown: Shown | None = None,
    towards: int = 0,
    fresh: bool = False,
) -> tuple[Any, ...]:
    """The View, the list, the pager, whether there is a page before and after; the detail.

    A selection that is not on the page is looked for on the next one `towards` it, else it moves
    to the first row. The detail is left alone while the selection stays: someone may be typing
    there, or has moved on since this was asked. `fresh` draws it. `shown`: what is known to be
    the page.
    """
    shown = shown or find_shown(garage, view.project_id, view.filter, view.page)
    if towards and view.selected not in shown.ids:
        beside = find_shown(garage, view.project_id, view.filter, max(0, shown.page + towards))
        shown = beside if view.selected in beside.ids else shown
    ids = shown.ids
    chosen = view.selected if view.selected in ids else (ids[0] if ids else None)
    settled = replace(view, page=shown.page, selected=chosen, ids=tuple(ids))
    stays = chosen == before.selected and not fresh
    return (
        gr.skip() if settled == before else write_view(settled),
        draw_list(shown.rows, settled),
        draw_pager(shown),
        gr.Button(interactive=shown.page > 0),
        gr.Button(interactive=shown.has_more),
        *((gr.skip(),) * DETAIL if stays else draw_example(garage, view.project_id, chosen)),
    )


def close_question() -> tuple[Any, ...]:
    """The question before a verdict on many: its row, its words, its yes, what it is about."""
    return gr.Row(visible=False), "", gr.Button("Yes"), ""


def draw_selected(garage: Garage, view: View, selected: int | None) -> tuple[Any, ...]:
    """Another row of the page that is shown: the View and the detail. The list marks itself."""
    if selected == view.selected:
        return (gr.skip(),) * DRAWN
    return (
        write_view(replace(view, selected=selected)),
        *((gr.skip(),) * (DRAWN - DETAIL - 1)),
        *draw_example(garage, view.project_id, selected),
    )


def draw_page(
    garage: Garage, project_id: int, view_text: str | None, turn: int = 0
) -> tuple[Any, ...]:
    """The page as it is now; `turn` goes that many pages on."""
    view = read_view(view_text, project_id)
    return draw_view(garage, view, replace(view, page=max(0, view.page + turn)))


def change_filter(
    garage: Garage,
    project_id: int,
    view_text: str | None,
    search: str,
    order: str,
    document_id: int | None,
    origin: str,
    lowest: float | None,
    highest: float | None,
) -> tuple[Any, ...]:
    """The fields of the filter; what the counts ask for stays. Its first page; the question about
    what the filter found is closed."""
    view = read_view(view_text, project_id)
    wanted = replace(
        view.filter,
        search=" ".join((search or "").split())[:LONGEST_SEARCH],
        order=ORDERS.get(order, "reading"),
        document_id=document_id or None,
        origins=(origin,) if origin else (),
        # An empty number field cannot be told from 0.
        lowest=lowest if lowest and lowest > 0 else None,
        highest=highest if highest and highest < 1 else None,
    )
    if wanted == view.filter:
        # A field was left as it was: stay on this page.
        return (gr.skip(),) * (DRAWN + len(close_question()))
    return (*draw_view(garage, view, replace(view, filter=wanted, page=0)), *close_question())


def press_count(
    garage: Garage, project_id: int, view_text: str | None, event: gr.EventData
) -> tuple[Any, ...]:
    """A click on one of the counts: filter by it, or no longer. The counts come after the page."""
    view = read_view(view_text, project_id)
    pressed = replace(view, filter=press_facet(view, str(event.act), str(event.id)), page=0)
    counts, *_ = draw_facets(garage, project_id, write_view(pressed))
    return (*draw_view(garage, view, pressed), *close_question(), counts)


def clear_filter(garage: Garage, project_id: int, view_text: str | None) -> tuple[Any, ...]:
    """No filter at all: the page, no question, the counts and the six fields of the filter."""
    view = read_view(view_text, project_id)
    cleared = replace(view, filter=Filter(), page=0)
    counts, *_ = draw_facets(garage, project_id, write_view(cleared))
    fields = ("", next(iter(ORDERS)), 0, "", 0, 1)
    return (*draw_view(garage, view, cleared), *close_question(), counts, *fields)


def select_row(
    garage: Garage, project_id: int, view_text: str | None, event: gr.EventData
) -> tuple[Any, ...]:
    """A click on a row: select it, if it is one of this project."""
    view = read_view(view_text, project_id)
    return draw_selected(garage, view, own_example(garage, project_id, int(event.id)).id)


def step_row(garage: Garage, project_id: int, view_text: str | None, by: int) -> tuple[Any, ...]:
    """Select the row after (`by` 1) or before (-1) the selected one."""
    view = read_view(view_text, project_id)
    wanted, beside = find_neighbour(garage, view, by)
    if beside is None:
        return draw_selected(garage, view, wanted)
    return draw_view(garage, view, replace(view, selected=wanted), shown=beside)


def judge(
    garage: Garage,
    project_id: int,
    view_text: str | None,
    question: str,
    answer: str,
    verdict: str,
) -> tuple[Any, ...]:
    """Accept, reject or keep the edit of the selected Example, and go to the next one.

    Accepting after a change of the texts keeps the change: nothing typed is lost.
    """
    view = read_view(view_text, project_id)
    example = own_example(garage, project_id, view.selected)
    following, _ = find_neighbour(garage, view, 1)
    question, answer = (question or "").strip(), (answer or "").strip()
    alone = Filter(ids=(example.id,))
    if verdict == "rejected":
        garage.store.review_examples(project_id, alone, "rejected", BY_HAND)
    elif not question or not answer:
        raise BadInput(
            f"The {'question' if not question else 'answer'} is empty. Type one, or reject the row."
        )
    elif (question, answer) != (example.question, example.answer):
        garage.store.edit_example(example.id, question=question, answer=answer)
    elif verdict == "accepted":
        garage.store.review_examples(project_id, alone, "accepted")
    else:
        raise BadInput("Question and answer are as they were. Change one of them, then save.")
    return draw_view(garage, view, replace(view, selected=following), towards=1, fresh=True)


def restore_wording(
    garage: Garage, project_id: int, view_text: str | None, event: gr.EventData
) -> tuple[Any, ...]:
    """A click in the history of the selected Example: take that edit back."""
    view = read_view(view_text, project_id)
    example = own_example(garage, project_id, int(event.of))
    garage.store.restore_wording(example.id, int(event.id))
    tell("The earlier wording is back. The one it replaced is in the list of earlier wordings.")
    return draw_view(garage, view, replace(view, selected=example.id), fresh=True)


def undo(garage: Garage, project_id: int, view_text: str | None) -> tuple[Any, ...]:
    """Take the last action back and show what it was about. Again: the one before."""
    view = read_view(view_text, project_id)
    undone = garage.store.undo_review(project_id)
    if undone is None:
        raise BadInput("There is nothing to take back.")
    tell(_say_undone(undone))
    selected = undone.example_id or view.selected
    return draw_view(garage, view, replace(view, selected=selected), towards=-1, fresh=True)


def _say_undone(undone: Reviewed) -> str:
    gone = f" {say_count(undone.left, 'row')} removed since stay removed." if undone.left else ""
    return f"Taken back: {undone.action} {say_count(undone.changed, 'Example')}.{gone}"
