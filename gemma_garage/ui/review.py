"""Review, part of the Data tab: the list of Examples beside the passage. Layout and wiring only.

Keys (see keys.js): a accept, r reject, e edit, j next, k previous.
"""

import gradio as gr

from gemma_garage.ui import reviewing
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.shown import draw_counts

# A click or Enter on anything with data-id becomes the component's click event with that id.
SEND_ID = """
const send = (event) => {
  const hit = event.target.closest('[data-id]');
  if (!hit || !element.contains(hit)) return;
  event.preventDefault();
  trigger('click', {id: hit.dataset.id, act: hit.dataset.act || ''});
};
element.addEventListener('click', send);
element.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches('[data-id]:not(button)')) send(event);
});
"""
# Answers may come in another order than they were asked: the marked row follows the open detail.
MARK = "watch('value', () => window.garageMark());"


def build_review(desk: Desk) -> None:
    """Lay out section 3 of the Data tab."""
    gr.HTML(draw_heading(3, "Review", "keep what is right; each answer must stand in its passage"))
    counts = gr.HTML(elem_id="review-counts")
    page = gr.Number(0, precision=0, visible="hidden")
    selected = gr.Number(None, precision=0, visible="hidden")
    with gr.Column(visible=False) as body:
        with gr.Row(elem_classes="filters"):
            status = gr.Radio(
                [
                    ("All", "all"),
                    ("To look at", "look"),
                    ("Accepted", "accepted"),
                    ("Rejected", "rejected"),
                ],
                value="all",
                label="Show",
                elem_id="review-status",
                scale=3,
                min_width=280,
            )
            reason = gr.Dropdown(
                [("any reason", "")], value="", label="Rejected because", min_width=150
            )
            document = gr.Dropdown([("all documents", 0)], value=0, label="Document", min_width=150)
            search = gr.Textbox(
                label="Search",
                placeholder="words in question or answer",
                min_width=150,
                max_lines=1,
            )
        with gr.Row(equal_height=False, elem_classes="review"):
            with gr.Column(scale=5, min_width=300):
                table = gr.HTML(js_on_load=SEND_ID + MARK, elem_id="review-rows")
                with gr.Row(elem_classes="tools"):
                    back = gr.Button("‹ Page", size="sm", min_width=70, elem_id="review-page-back")
                    pager = gr.HTML(elem_id="review-pager")
                    forth = gr.Button(
                        "Page ›", size="sm", min_width=70, elem_id="review-page-forth"
                    )
                with gr.Row(elem_classes="tools"):
                    accept_all = gr.Button(
                        "Accept all shown", size="sm", elem_id="review-accept-all"
                    )
                    reject_all = gr.Button(
                        "Reject all shown", size="sm", elem_id="review-reject-all"
                    )
            with gr.Column(scale=6, min_width=300, visible=False, elem_classes="card") as panel:
                passage = gr.HTML(js_on_load=MARK, elem_id="review-passage")
                question = gr.Textbox(label="Question", lines=2, elem_id="review-question")
                answer = gr.Textbox(label="Answer", lines=2, elem_id="review-answer")
                with gr.Row(elem_classes="tools"):
                    accept = gr.Button(
                        "Accept (a)", size="sm", min_width=90, elem_id="review-accept"
                    )
                    reject = gr.Button(
                        "Reject (r)", size="sm", min_width=90, elem_id="review-reject"
                    )
                    save = gr.Button("Save edit", size="sm", min_width=90, elem_id="review-save")
                    previous = gr.Button(
                        "↑ (k)", size="sm", min_width=60, elem_id="review-previous"
                    )
                    following = gr.Button("↓ (j)", size="sm", min_width=60, elem_id="review-next")
                gr.HTML(
                    '<p class="hint">Keys: a accept · r reject · e edit · j next · k previous</p>'
                )

    filters = [desk.project, status, reason, document, search]
    whole = [*filters, page, selected]
    drawn = [table, pager, page, selected, back, forth, passage, question, answer, panel]

    # 1 The store moved: counts, choices and rows; the panel keeps what is being typed.
    desk.redraw(
        ("examples", "documents"),
        draw_counts,
        [desk.project],
        [counts, reason, document, body],
    )
    desk.redraw("examples", reviewing.draw_page, whole, drawn)

    # 2 Filters, pages, the selection.
    for trigger in (status.input, reason.input, document.input, search.submit, search.blur):
        desk.listen(trigger, reviewing.draw_first_page, [*filters, selected], drawn)
    for button, turn in ((back, -1), (forth, 1)):
        desk.listen(button.click, reviewing.draw_page, whole, drawn, fixed={"turn": turn})
    desk.listen(table.click, reviewing.select_row, whole, drawn)
    for button, by in ((previous, -1), (following, 1)):
        desk.listen(button.click, reviewing.step_row, whole, drawn, fixed={"by": by})

    # 3 Verdicts.
    texts = [question, answer]
    for button, verdict in ((accept, "accepted"), (reject, "rejected"), (save, "edited")):
        desk.listen(button.click, reviewing.judge, whole + texts, drawn, fixed={"verdict": verdict})
    for button, verdict in ((accept_all, "accepted"), (reject_all, "rejected")):
        desk.listen(button.click, reviewing.judge_shown, whole, drawn, fixed={"verdict": verdict})
