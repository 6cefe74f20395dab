"""Review, part of the Data tab: the list of Examples beside the passage. Layout and wiring only.

Keys (see keys.js): a accept, r reject, e edit, j and k or the arrows move, x tick, u undo,
/ search, ? help.
"""

import gradio as gr

from gemma_garage.ui import bulk, facets, reviewing
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.pulse import Desk

# A click or Enter on anything with data-id becomes the component's click event with that id.
SEND_ID = """
const send = (event) => {
  const hit = event.target.closest('[data-id]');
  if (!hit || !element.contains(hit) || event.target.closest('[data-tick]')) return;
  event.preventDefault();
  const {id, act, of} = hit.dataset;
  trigger('click', {id, act: act || '', of: of || ''});
};
element.addEventListener('click', send);
element.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches('[data-id]:not(button)')) send(event);
});
"""
# Answers may come in another order than they were asked: the marked row follows the open detail.
MARK = "watch('value', () => window.garageMark());"
# Ticks are the browser's own; they go to the server with the click that uses them.
SEND_TICKED = "(...given) => [...given.slice(0, -1), window.garageTicked()]"
# A key pressed again while the first press is under way counts when that is done. Verdicts are left
# out of this: the second would fall on a row that was not seen yet.
LATER = {"trigger_mode": "always_last"}
KEYS = """
<details id="review-keys"><summary>Keys</summary><dl class="keys">
<div><dt>a</dt><dd>accept, or take a rejected row back</dd></div>
<div><dt>r</dt><dd>reject</dd></div>
<div><dt>e</dt><dd>edit; Esc leaves the field, then a keeps the edit</dd></div>
<div><dt>j k ↓ ↑</dt><dd>next, previous, also across pages</dd></div>
<div><dt>x</dt><dd>tick the row; Shift and a click ticks up to there</dd></div>
<div><dt>u</dt><dd>undo the last action, again for the one before</dd></div>
<div><dt>/</dt><dd>search</dd></div>
<div><dt>?</dt><dd>show or hide this</dd></div>
</dl></details>
"""


def build_review(desk: Desk) -> None:
    """Lay out section 3 of the Data tab."""
    project = desk.project
    gr.HTML(draw_heading(3, "Review", "keep what is right; each answer must stand in its passage"))
    counts = gr.HTML(js_on_load=SEND_ID, elem_id="review-counts")
    # Everything that the server has to know about what is shown; see view.py.
    view, ticked, question_text = (gr.Textbox("", visible="hidden") for _ in range(3))
    with gr.Column(visible=False, elem_id="review") as body:
        with gr.Row(elem_classes="filters"):
            search = gr.Textbox(
                label="Search (/)",
                placeholder="in question, answer and evidence",
                min_width=220,
                max_lines=1,
                scale=2,
                elem_id="review-search",
            )
            order = gr.Dropdown(
                list(reviewing.ORDERS),
                value=next(iter(reviewing.ORDERS)),
                label="Order",
                min_width=150,
                elem_id="review-order",
            )
            document = gr.Dropdown(
                [("all", 0)],
                value=0,
                label="Document",
                min_width=190,
                elem_id="review-document",
            )
            origin = gr.Dropdown([("anyone", "")], value="", label="Written by", min_width=130)
            lowest, highest = (
                gr.Number(value, label=label, minimum=0, maximum=1, step=0.05, min_width=90)
                for label, value in (("Score from", 0), ("to", 1))
            )
            clear = gr.Button("No filter", size="sm", min_width=90, elem_id="review-clear")
        with gr.Row(equal_height=False, elem_classes="review"):
            with gr.Column(scale=5, min_width=300):
                table = gr.HTML(js_on_load=SEND_ID + MARK, elem_id="review-rows")
                with gr.Row(elem_classes="tools"):
                    back = gr.Button("‹ Page", size="sm", min_width=70, elem_id="review-page-back")
                    pager = gr.HTML(elem_id="review-pager")
                    forth = gr.Button(
                        "Page ›", size="sm", min_width=70, elem_id="review-page-forth"
                    )
                    revert = gr.Button("Undo (u)", size="sm", min_width=90, elem_id="review-undo")
                with gr.Row(elem_classes="tools many"):
                    target = gr.Radio(
                        bulk.TARGETS,
                        value="page",
                        show_label=False,
                        container=False,
                        elem_id="review-target",
                        min_width=220,
                    )
                    gr.HTML('<p class="hint" aria-live="polite"></p>', elem_id="review-ticked")
                    accept_many, reject_many = (
                        gr.Button(f"{word} them", size="sm", min_width=90, elem_id=elem_id)
                        for word, elem_id in (
                            ("Accept", "review-accept-many"),
                            ("Reject", "review-reject-many"),
                        )
                    )
                with gr.Row(visible=False, elem_id="review-sure", elem_classes="notice") as sure:
                    asked = gr.HTML()
                    yes = gr.Button("Yes", size="sm", min_width=90, elem_id="review-yes")
                    no = gr.Button("Cancel", size="sm", min_width=70, elem_id="review-no")
            with gr.Column(scale=6, min_width=300, visible=False, elem_classes="card") as panel:
                passage = gr.HTML(js_on_load=SEND_ID + MARK, elem_id="review-passage")
                question = gr.Textbox(label="Question", lines=2, elem_id="review-question")
                answer = gr.Textbox(label="Answer", lines=2, elem_id="review-answer")
                with gr.Row(elem_classes="tools"):
                    accept, reject, save, previous, following = (
                        gr.Button(word, size="sm", min_width=60, elem_id=f"review-{name}")
                        for word, name in (
                            ("Accept (a)", "accept"),
                            ("Reject (r)", "reject"),
                            ("Save edit", "save"),
                            ("↑ (k)", "previous"),
                            ("↓ (j)", "next"),
                        )
                    )
                gr.HTML(KEYS)

    fields = [search, order, document, origin, lowest, highest]
    drawn = [view, table, pager, back, forth, passage, question, answer, accept, panel]
    seen = [project, view]
    confirm = [sure, asked, yes, question_text]

    # 1 The store moved: counts, choices and rows; the panel keeps what is being typed.
    desk.redraw(
        ("examples", "documents"),
        facets.draw_facets,
        seen,
        [counts, document, origin, revert, body],
    )
    desk.redraw("examples", reviewing.draw_page, seen, drawn)

    # 2 Filters, pages, the selection.
    desk.listen(counts.click, reviewing.press_count, seen, [*drawn, *confirm, counts])
    for trigger in (
        search.submit,
        search.blur,
        order.input,
        document.input,
        origin.input,
        lowest.submit,
        lowest.blur,
        highest.submit,
        highest.blur,
    ):
        desk.listen(trigger, reviewing.change_filter, [*seen, *fields], [*drawn, *confirm])
    for trigger in (clear.click, project.change):
        desk.listen(trigger, reviewing.clear_filter, seen, [*drawn, *confirm, counts, *fields])
    for button, turn in ((back, -1), (forth, 1)):
        desk.listen(button.click, reviewing.draw_page, seen, drawn, fixed={"turn": turn})
    desk.listen(table.click, reviewing.select_row, seen, drawn)
    for button, by in ((previous, -1), (following, 1)):
        desk.listen(button.click, reviewing.step_row, seen, drawn, fixed={"by": by}, **LATER)

    # 3 Verdicts on one, and back again.
    texts = [question, answer]
    for button, verdict in ((accept, "accepted"), (reject, "rejected"), (save, "edited")):
        desk.listen(
            button.click, reviewing.judge, [*seen, *texts], drawn, fixed={"verdict": verdict}
        )
    desk.listen(passage.click, reviewing.restore_wording, seen, drawn)
    desk.listen(revert.click, reviewing.undo, seen, drawn, **LATER)

    # 4 Verdicts on many.
    for button, verdict in ((accept_many, "accepted"), (reject_many, "rejected")):
        done = desk.listen(
            button.click,
            bulk.judge_many,
            [*seen, target, ticked],
            [*drawn, *confirm],
            fixed={"verdict": verdict},
            js=SEND_TICKED,
        )
        done.success(None, js="() => window.garageUntick()")
    desk.listen(yes.click, bulk.confirm_many, [*seen, question_text], [*drawn, *confirm])
    no.click(reviewing.close_question, outputs=confirm, queue=False, api_visibility="private")
