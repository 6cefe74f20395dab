"""Handlers of Compare: who answers, what is suggested, ask, begin anew, what was asked before."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.gemma.device import detect_machine
from gemma_garage.infer.answerers import BASE_NAME, MOST_TUNED, list_names
from gemma_garage.infer.column import PastComparison, read_comparison
from gemma_garage.infer.column import history as list_past
from gemma_garage.infer.compare import WhileBusy, compare, say_busy
from gemma_garage.infer.request import (
    GEMMA_TEMPERATURE,
    GEMMA_TOP_K,
    GEMMA_TOP_P,
    Drawing,
    Request,
)
from gemma_garage.schema import ExamQuestion, Run
from gemma_garage.ui.chat_columns import CARET, STOPPED, WAITING, draw_columns, draw_past
from gemma_garage.ui.format import draw_empty, shorten

QUESTION_WORDS = frozenset("what which who whom when where why how".split())
MOST_SUGGESTIONS = 6
LONGEST_PROMPT = 20_000
MOST_PAST = 20
GREEDY, GEMMA, OWN = "greedy", "gemma", "own"
MODES = [
    ("Always the likeliest word (greedy)", GREEDY),
    ("As Gemma's makers draw", GEMMA),
    ("My own", OWN),
]
WAYS = [("Wait for its end", "wait"), ("Let the processor answer", "processor")]


def draw_choices(garage: Garage, project_id: int, chosen: Sequence[str] | None) -> tuple[Any, Any]:
    """Who can answer, and whether one can ask. What was chosen stays, else base and newest Run."""
    listed = list_names(garage, project_id)
    known = [name for _, name in listed]
    kept = [name for name in chosen or () if name in known]
    newest = known[1:2]
    value = kept if any(name != BASE_NAME for name in kept) else [BASE_NAME, *newest]
    who = gr.Dropdown(
        choices=listed,
        value=value if newest else [],
        multiselect=True,
        max_choices=MOST_TUNED + 1,
        interactive=bool(newest),
    )
    return who, gr.Button(interactive=bool(newest))


def draw_suggestions(garage: Garage, project_id: int, names: Sequence[str] | None) -> str:
    """Questions of the first Run's exam, to ask with one click."""
    run = _find_first_run(garage, project_id, names)
    if run is None:
        return str(
            draw_empty(
                "When a run has ended, ask it here and see what its base says beside it. "
                "Train one in the Train tab first."
            )
        )
    questions = garage.store.exam_questions(run.dataset_id)
    stride = max(1, len(questions) // MOST_SUGGESTIONS)
    parts = [questions[at : at + stride] for at in range(0, len(questions), stride)]
    chips = Markup("").join(
        Markup('<button type="button" class="chip" data-id="{}">{}</button>').format(
            question.id, shorten(question.question, 90)
        )
        for question in (min(part, key=rate_suggestion) for part in parts[:MOST_SUGGESTIONS])
    )
    return str(Markup('<div class="chips">{}</div>').format(chips))


def rate_suggestion(question: ExamQuestion) -> tuple[bool, int]:
    """Low where a person would ask it so: it opens with a question word, and is short."""
    opens = question.question.partition(" ")[0].lower() in QUESTION_WORDS
    return not opens or "…" in question.question, len(question.question)


def take_suggestion(
    garage: Garage, project_id: int, names: Sequence[str] | None, event: gr.EventData
) -> str:
    """The text of the exam question that was clicked."""
    run = _find_first_run(garage, project_id, names)
    question = garage.store.get(ExamQuestion, int(event.id))
    if run is None or question.dataset_id != run.dataset_id:
        raise NotFound("This question belongs to another exam. Reload the page.")
    return question.question


def draw_busy(garage: Garage) -> tuple[str, Any]:
    """What has the memory, and, where there is a choice, what to do meanwhile."""
    said = say_busy(garage)
    if said is None:
        return "", gr.Radio(visible=False)
    note = Markup("<p class='hint busy' role='status'>{}</p>").format(said)
    return str(note), gr.Radio(visible=detect_machine().kind == "cuda")


def ask(
    garage: Garage,
    project_id: int,
    names: Sequence[str] | None,
    prompt: str,
    conversation_id: float | None,
    while_busy: str,
    system: str,
    schema: str,
    blind: bool,
    *drawn: Any,
) -> Iterator[tuple[Any, ...]]:
    """Stream all answers, drawn, until all are done. `drawn`: see `read_drawing`.

    Gives the columns, the conversation, the comparison to vote on, the prompt's field.
    """
    prompt = (prompt or "").strip()
    if not 1 <= len(prompt) <= LONGEST_PROMPT:
        raise BadInput(
            f"A prompt has 1 to {LONGEST_PROMPT:,} characters; this one has {len(prompt):,}. "
            + ("Type a question." if not prompt else "Shorten it.")
        )
    wanted = tuple(names or ())
    past = _read_conversation(garage, project_id, conversation_id, wanted)
    request = Request(
        project_id,
        wanted,
        prompt,
        system=system or "",
        drawing=read_drawing(*drawn),
        conversation_id=past[0].id if past else None,
        reference=_find_reference(garage, project_id, wanted, prompt),
        schema=schema or "",
        # A conversation stays as it was begun.
        blind=past[0].is_blind if past else bool(blind),
    )
    way: WhileBusy = "processor" if while_busy == "processor" else "wait"
    hidden = request.blind and not any(garage.store.find_vote(row.id) for row in past)
    kept: list[int] = []
    columns = compare(garage, request, while_busy=way, on_kept=kept.append)
    waiting = (gr.skip(), gr.skip(), gr.skip())
    for told in columns:
        done = bool(kept) and all(column.done for column in told)
        drawing = draw_columns(past, prompt, told, hidden=hidden)
        if done:
            begun = request.conversation_id or kept[0]
            yield drawing, begun, kept[0] if len(told) == 2 else None, ""
        else:
            yield drawing, *waiting


def settle(garage: Garage, drawn: str | None) -> str:
    """The columns as they stand, but nothing in them works any more: what was still being written
    says that it was stopped."""

    def stop(found: re.Match[str]) -> str:
        facts = "" if found[1] in ("", WAITING) else f"{found[1]} · "
        return f'</p><p class="hint">{facts}{STOPPED}</p>'

    told = re.sub(f'{CARET}</p><p class="hint">([^<]*)</p>', stop, drawn or "")
    return told.replace('aria-busy="true"', 'aria-busy="false"')


def begin_anew(garage: Garage) -> tuple[str, None, None]:
    """Empty columns: no conversation, nothing to vote on."""
    return "", None, None


def draw_history(garage: Garage, project_id: int) -> str:
    """Earlier prompts with all answers, newest first."""
    past = list_past(garage.store, project_id, limit=MOST_PAST)
    if not past:
        return str(draw_empty("What you asked before will be listed here."))
    return str(draw_past(past, {row.id for row in past if garage.store.find_vote(row.id)}))


def read_drawing(
    mode: str, longest: float, temperature: float, top_k: float, top_p: float, seed: float | None
) -> Drawing:
    """How the answers are drawn, from the controls."""
    if mode == OWN:
        return Drawing(int(longest), float(temperature), int(top_k), float(top_p), int(seed or 0))
    heat = GEMMA_TEMPERATURE if mode == GEMMA else 0.0
    return Drawing(int(longest), heat, GEMMA_TOP_K, GEMMA_TOP_P, int(seed or 0))


def show_own(garage: Garage, mode: str) -> Any:
    """The settings of one's own, where they are asked for."""
    return gr.Row(visible=mode == OWN)


def _read_conversation(
    garage: Garage, project_id: int, conversation_id: float | None, names: Sequence[str]
) -> list[PastComparison]:
    """What the conversation has said; empty if it was with others, or of another project."""
    if not conversation_id:
        return []
    rows = garage.store.conversation(int(conversation_id))
    past = [read_comparison(row) for row in rows if row.project_id == project_id]
    if not past or {column.name for column in past[0].columns} != set(names):
        return []
    return past


def _find_first_run(garage: Garage, project_id: int, names: Sequence[str] | None) -> Run | None:
    for run in garage.store.runs(project_id):
        prefix = f"run-{run.id}"
        if run.adapter and any(
            name == prefix or name.startswith(f"{prefix}-") for name in names or ()
        ):
            return run
    return None


def _find_reference(garage: Garage, project_id: int, names: Sequence[str], prompt: str) -> str:
    """The right answer, if the exam of the first Run asks this very question."""
    run = _find_first_run(garage, project_id, names)
    if run is None:
        return ""
    questions = garage.store.exam_questions(run.dataset_id)
    return next((row.answer for row in questions if row.question.strip() == prompt), "")
