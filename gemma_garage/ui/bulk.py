"""Handlers that judge many Examples at once: the page, the ticked ones, or all the filter finds.

What is not on the screen is asked about first, with its number; another filter closes the question,
and if that number is another one by then, nothing is changed. Each is one action that can be taken
back.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError

from gemma_garage.errors import BadInput
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import say_count
from gemma_garage.ui.reviewing import BY_HAND, DRAWN, close_question, draw_view
from gemma_garage.ui.view import View, read_ticked, read_view

TARGETS = [("page", "page"), ("ticked", "ticked"), ("all found", "all")]
VERDICTS = {"accepted": ("Accept", ""), "rejected": ("Reject", BY_HAND)}


@dataclass(frozen=True, slots=True)
class Question:
    """What waits for a yes: judge the `count` Examples of the project that the filter finds."""

    project_id: int
    filter: Filter
    verdict: str
    count: int


_QUESTION = TypeAdapter(Question)


def judge_many(
    garage: Garage,
    project_id: int,
    view_text: str | None,
    target: str,
    ticked: str | None,
    verdict: str,
) -> tuple[Any, ...]:
    """Judge the target, or ask first where it is all that the filter finds.

    Gives what `draw_view` gives, then the question: its row, its words, its yes, what it is about.
    """
    view = read_view(view_text, project_id)
    if target == "all":
        return (*((gr.skip(),) * DRAWN), *_ask(garage, view, verdict))
    ids = read_ticked(ticked) if target == "ticked" else view.ids
    if not ids:
        raise BadInput(
            "No row is ticked. Tick some: click on a row's box, or press x."
            if target == "ticked"
            else "Nothing is shown here. Choose another filter first."
        )
    return _judge(garage, view, Filter(ids=ids), verdict)


def confirm_many(
    garage: Garage, project_id: int, view_text: str | None, asked: str | None
) -> tuple[Any, ...]:
    """The yes to the question."""
    view = read_view(view_text, project_id)
    try:
        question = _QUESTION.validate_json(asked or "")
    except ValidationError as error:
        raise BadInput("There is no question to say yes to. Press the button again.") from error
    if question.project_id != project_id:
        raise BadInput("That question was about another project. Press the button again.")
    if question.filter != view.filter:
        raise BadInput(
            "The filter is another one than the question was about; nothing was changed. Press the "
            "button again."
        )
    return _judge(garage, view, question.filter, question.verdict, question.count)


def _ask(garage: Garage, view: View, verdict: str) -> tuple[Any, ...]:
    word, _ = _read_verdict(verdict)
    count = garage.store.count_matching(view.project_id, view.filter)
    if not count:
        raise BadInput("The filter finds nothing. Choose another one first.")
    question = Question(view.project_id, view.filter, verdict, count)
    told = Markup("<p>{} {} that the filter finds? It can be undone as one action.</p>").format(
        word, say_count(count, "Example")
    )
    yes = gr.Button(f"{word} {count:,}")
    return gr.Row(visible=True), str(told), yes, _QUESTION.dump_json(question).decode()


def _judge(
    garage: Garage, view: View, wanted: Filter, verdict: str, expected: int | None = None
) -> tuple[Any, ...]:
    _, reason = _read_verdict(verdict)
    done = garage.store.review_examples(view.project_id, wanted, verdict, reason, expected=expected)
    left = ""
    if done.left:
        left = f" {say_count(done.left, 'row')} stayed: {verdict} already"
        left += ", or without a question or an answer." if verdict == "accepted" else "."
    tell(f"{say_count(done.changed, 'Example')} {verdict}.{left}")
    return (*draw_view(garage, view, view, fresh=True), *close_question())


def _read_verdict(verdict: str) -> tuple[str, str]:
    if verdict not in VERDICTS:
        raise BadInput(f"There is no verdict {verdict!r}. Reload the page.")
    return VERDICTS[verdict]
