"""The Compare tab: one prompt, base and tuned side by side. Layout, wiring and its handlers.

Both columns stream from one generator: two listeners on a button would run one after the other.
"""

from collections.abc import Iterator
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.infer.compare import Column, compare
from gemma_garage.infer.compare import history as list_past
from gemma_garage.schema import ExamQuestion
from gemma_garage.ui.format import draw_empty, draw_heading, say_when, shorten
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.review import SEND_ID
from gemma_garage.ui.training import name_base, own_run
from gemma_garage.ui.watching import find_run

MOST_SUGGESTIONS = 6
LONGEST_PROMPT = 4_000


def draw_learned(garage: Garage, project_id: int, chosen: int | None) -> Any:
    """The Runs that have an adapter; the chosen one stays, else the newest."""
    runs = [run for run in garage.store.runs(project_id) if run.adapter]
    choices = [(f"Run {run.number} · {name_base(run)}", run.id) for run in runs]
    known = [run.id for run in runs]
    value = chosen if chosen in known else (known[0] if known else None)
    return gr.Dropdown(choices=choices, value=value, interactive=bool(runs))


def draw_suggestions(garage: Garage, project_id: int, run_id: int | None) -> tuple[str, Any]:
    """Questions of the Run's exam to ask with one click; Ask is there once a Run is."""
    found = find_run(garage, project_id, run_id)
    if found is None:
        empty = draw_empty(
            "When a run has ended, ask it here and see what its base says beside it. "
            "Train one in the Train tab first."
        )
        return str(empty), gr.Button(interactive=False)
    questions = garage.store.exam_questions(found[0].dataset_id)
    stride = max(1, len(questions) // MOST_SUGGESTIONS)
    chips = Markup("").join(
        Markup('<button type="button" class="chip" data-id="{}">{}</button>').format(
            question.id, shorten(question.question, 90)
        )
        for question in questions[::stride][:MOST_SUGGESTIONS]
    )
    return str(Markup('<div class="chips">{}</div>').format(chips)), gr.Button(interactive=True)


def take_suggestion(
    garage: Garage, project_id: int, run_id: int | None, event: gr.EventData
) -> str:
    """The text of the exam question that was clicked."""
    run = own_run(garage, project_id, run_id)
    question = garage.store.get(ExamQuestion, int(event.id))
    if question.dataset_id != run.dataset_id:
        raise NotFound("This question belongs to another exam. Reload the page.")
    return question.question


def ask(
    garage: Garage,
    project_id: int,
    run_id: int | None,
    prompt: str,
    longest_tokens: int,
    temperature: float,
) -> Iterator[tuple[str, str]]:
    """Stream both answers, drawn, until both are done."""
    prompt = (prompt or "").strip()
    if not 1 <= len(prompt) <= LONGEST_PROMPT:
        raise BadInput(
            f"A prompt has 1 to {LONGEST_PROMPT:,} characters; this one has {len(prompt):,}. "
            + ("Type a question." if not prompt else "Shorten it.")
        )
    run = own_run(garage, project_id, run_id)
    waiting = Column("", None, None, 0, done=False)
    yield draw_column("Base", waiting), draw_column(f"Run {run.number}", waiting)
    columns = compare(
        garage, run.id, prompt, max_new_tokens=int(longest_tokens), temperature=float(temperature)
    )
    for base, tuned in columns:
        yield draw_column("Base", base), draw_column(f"Run {run.number}", tuned)


def draw_column(title: str, column: Column) -> str:
    """One side: its text, and how fast it came."""
    facts = []
    if column.first_token_s is not None:
        facts.append(f"{column.first_token_s:.1f} s to first token")
    if column.tokens_per_second is not None:
        facts.append(f"then {column.tokens_per_second:.0f} tokens/s")
    if column.done:
        facts.append(f"{column.tokens:,} tokens")
    working = not column.done
    text = column.text or ("" if working else "(it says nothing)")
    return str(
        Markup(
            '<section class="answer-card" aria-busy="{}"><h3>{}</h3><p class="said">{}{}</p>'
            '<p class="hint">{}</p></section>'
        ).format(
            "true" if working else "false",
            title,
            text,
            Markup('<span class="caret"></span>') if working else "",
            " · ".join(facts) if facts else ("getting ready …" if working else ""),
        )
    )


def draw_history(garage: Garage, project_id: int) -> str:
    """Earlier prompts with both answers, newest first."""
    past = list_past(garage.store, project_id, limit=20)
    if not past:
        return str(draw_empty("What you asked before will be listed here."))
    entries = Markup("").join(
        Markup(
            "<details><summary>{} <small>{}</small></summary><div class='pair'>"
            "<div><h3>Base</h3><p class='said'>{}</p></div>"
            "<div><h3>Tuned</h3><p class='said'>{}</p></div></div></details>"
        ).format(shorten(row.prompt, 110), say_when(row.created), row.base.text, row.tuned.text)
        for row in past
    )
    return str(Markup('<div class="history">{}</div>').format(entries))


def build_compare_tab(desk: Desk) -> None:
    """Lay out the tab."""
    project = desk.project
    with gr.Row(equal_height=False):
        run = gr.Dropdown([], label="Run", elem_id="compare-run", scale=2, min_width=220)
        longest = gr.Slider(
            16,
            512,
            value=128,
            step=16,
            label="Longest answer",
            info="In tokens.",
            scale=1,
            min_width=160,
        )
        temperature = gr.Slider(
            0.0,
            1.5,
            value=0.0,
            step=0.1,
            label="Variety (temperature)",
            info="0: always the likeliest word.",
            scale=1,
            min_width=160,
        )
    prompt = gr.Textbox(
        label="Prompt", lines=2, placeholder="Ask something …", elem_id="compare-prompt"
    )
    suggestions = gr.HTML(js_on_load=SEND_ID, elem_id="compare-suggestions")
    with gr.Row(elem_classes="tools"):
        button = gr.Button("Ask", variant="primary", elem_id="compare-ask", min_width=140)
        stop = gr.Button("Stop", min_width=100, elem_id="compare-stop")
    with gr.Row(equal_height=True):
        with gr.Column(min_width=300):
            base = gr.HTML(elem_id="compare-base")
        with gr.Column(min_width=300):
            tuned = gr.HTML(elem_id="compare-tuned")
    gr.HTML(draw_heading("↺", "Asked before"))
    history = gr.HTML(elem_id="compare-history")

    desk.redraw("runs", draw_learned, [project, run], [run])
    desk.changes["compared"] = run.change
    suggested = [suggestions, button]
    desk.redraw(("runs", "compared"), draw_suggestions, [project, run], suggested)
    desk.listen(suggestions.click, take_suggestion, [project, run], [prompt])
    asking = [
        desk.listen(
            trigger,
            ask,
            [project, run, prompt, longest, temperature],
            [base, tuned],
            shows_work=True,
        )
        for trigger in (button.click, prompt.submit)
    ]
    stop.click(None, cancels=asking, queue=False, api_visibility="private")
    desk.redraw("comparisons", draw_history, [project], [history])
