"""The Compare tab: one prompt, several answers side by side. Layout and wiring; the handlers are
in `asking.py`, `voting.py` and `asking_files.py`.

All columns stream from one generator: two listeners on a button would run one after the other.
"""

import gradio as gr

from gemma_garage.infer.request import GEMMA_TEMPERATURE, GEMMA_TOP_K, GEMMA_TOP_P, HOTTEST
from gemma_garage.ui import asking, voting
from gemma_garage.ui.asking_files import build_files_section
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.review import SEND_ID


def build_compare_tab(desk: Desk) -> None:
    """Lay out the tab."""
    project = desk.project
    conversation, votable = (gr.Number(None, visible="hidden") for _ in range(2))
    who = gr.Dropdown(
        [],
        label="Who answers",
        info="The base and up to three runs or checkpoints of it.",
        multiselect=True,
        max_choices=4,
        elem_id="compare-who",
    )
    prompt = gr.Textbox(
        label="Prompt", lines=2, placeholder="Ask something …", elem_id="compare-prompt"
    )
    suggestions = gr.HTML(js_on_load=SEND_ID, elem_id="compare-suggestions")
    busy = gr.HTML(elem_id="compare-busy")
    way = gr.Radio(
        asking.WAYS, value="wait", label="Meanwhile", visible=False, elem_id="compare-way"
    )
    with gr.Row(elem_classes="tools"):
        button = gr.Button("Ask", variant="primary", elem_id="compare-ask", min_width=140)
        stop = gr.Button("Stop", min_width=100, elem_id="compare-stop")
        anew = gr.Button("New conversation", min_width=140, elem_id="compare-anew")
    with gr.Accordion("Settings", open=False, elem_id="compare-settings"):
        system, schema, blind, own, drawn = _build_settings(desk)
    columns = gr.HTML(elem_id="compare-columns")
    with gr.Column(visible=False, elem_id="compare-votes") as votes:
        with gr.Row(elem_classes="tools"):
            buttons = [
                (gr.Button(title, size="sm", elem_id=f"vote-{choice}"), choice)
                for title, choice in voting.BUTTONS
            ]
        note = gr.Textbox(label="Why (kept with the vote)", max_lines=3, elem_id="compare-note")
    with gr.Accordion("A file of prompts", open=False, elem_id="compare-file"):
        build_files_section(desk, who, system, schema, drawn)
    gr.HTML(draw_heading("✓", "Votes"))
    standings = gr.HTML(elem_id="compare-standings")
    with gr.Row(elem_classes="tools"):
        make = gr.Button(
            "Make preferences to train on", size="sm", visible=False, elem_id="compare-preferences"
        )
    gr.HTML(draw_heading("↺", "Asked before"))
    history = gr.HTML(elem_id="compare-history")

    # Wiring
    desk.redraw("runs", asking.draw_choices, [project, who], [who, button])
    desk.changes["compared"] = who.change
    desk.redraw(("runs", "compared"), asking.draw_suggestions, [project, who], [suggestions])
    desk.redraw("frame", asking.draw_busy, [], [busy, way])
    desk.listen(suggestions.click, asking.take_suggestion, [project, who], [prompt])
    asked = [project, who, prompt, conversation, way, system, schema, blind, *drawn]
    given = [columns, conversation, votable, prompt]
    going = [
        # Who waits for a run must not keep others from what is in the cache.
        desk.listen(trigger, asking.ask, asked, given, shows_work=True, concurrency_limit=8)
        for trigger in (button.click, prompt.submit)
    ]
    desk.listen(stop.click, asking.settle, [columns], [columns], quick=True, cancels=going)
    begun = [columns, conversation, votable]
    for trigger in (anew.click, project.change):
        desk.listen(trigger, asking.begin_anew, [], begun, quick=True)
    desk.listen(drawn[0].input, asking.show_own, [drawn[0]], [own], quick=True)
    desk.listen(votable.change, voting.show_voting, [votable], [votes], quick=True)
    for pressed, choice in buttons:
        desk.listen(
            pressed.click,
            voting.cast,
            [project, votable, note],
            [columns, votable, note],
            fixed={"choice": choice},
        )
    desk.redraw("comparisons", asking.draw_history, [project], [history])
    desk.redraw("comparisons", voting.draw_standings, [project], [standings, make])
    desk.listen(make.click, voting.make_rows, [project])


def _build_settings(
    desk: Desk,
) -> tuple[gr.Textbox, gr.Textbox, gr.Checkbox, gr.Row, list[gr.components.Component]]:
    """System prompt, form of the answer, blind; the row of one's own settings, and all that decides
    how answers are drawn, in the order of `asking.read_drawing`."""
    system = gr.Textbox(
        label="System prompt",
        info="What all columns are told before the conversation.",
        lines=2,
        elem_id="compare-system",
    )
    with gr.Row():
        mode = gr.Radio(
            asking.MODES, value=asking.GREEDY, label="Which word comes next", scale=2, min_width=280
        )
        longest = gr.Slider(
            16, 1024, value=128, step=16, label="Longest answer", info="In tokens.", min_width=180
        )
    with gr.Row(visible=False) as own:
        temperature = gr.Slider(
            0.0, HOTTEST, value=GEMMA_TEMPERATURE, step=0.1, label="Variety (temperature)"
        )
        top_k = gr.Slider(1, 256, value=GEMMA_TOP_K, step=1, label="Words drawn from (top k)")
        top_p = gr.Slider(0.05, 1.0, value=GEMMA_TOP_P, step=0.05, label="Share drawn from (top p)")
    with gr.Row():
        seed = gr.Number(
            0, label="Seed", info="The same seed draws the same words.", precision=0, min_width=140
        )
        blind = gr.Checkbox(
            label="Hide who is who until I have voted",
            info="For two columns; left and right by lot.",
            elem_id="compare-blind",
            min_width=220,
        )
    schema = gr.Textbox(
        label="Form of the answer (JSON schema)",
        info="Optional: whether each answer meets it is said below the answer.",
        lines=2,
        elem_id="compare-schema",
    )
    return system, schema, blind, own, [mode, longest, temperature, top_k, top_p, seed]
