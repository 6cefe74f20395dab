"""How errors reach the user, and that binding keeps what Gradio looks at."""

import asyncio
import inspect
import logging
from collections.abc import Iterator

import gradio as gr
import pytest

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.ui.feedback import bind, explain, listen


def test_a_message_of_ours_is_shown_escaped() -> None:
    shown = explain(BadInput("<img src=x> is empty. Give another."))
    assert "&lt;img src=x&gt; is empty" in shown.message


def test_an_unforeseen_error_is_logged_and_shown_as_a_reference_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        shown = explain(RuntimeError("secret detail"))
    assert "secret detail" not in shown.message
    reference = caplog.records[0].getMessage().rsplit(" ", 1)[-1]
    assert reference in shown.message
    assert caplog.records[0].exc_info is not None


def test_binding_gives_the_garage_and_the_fixed_values(garage: Garage) -> None:
    def handler(opened: Garage, number: int, event: gr.EventData, verdict: str) -> tuple[int, str]:
        assert opened is garage
        return number, verdict

    bound = bind(garage, handler, verdict="accepted")
    parameters = inspect.signature(bound).parameters
    assert list(parameters) == ["number", "event"]
    assert parameters["event"].annotation is gr.EventData
    assert bound(3, gr.EventData(None, {})) == (3, "accepted")


def test_a_generator_stays_a_generator_and_its_errors_are_explained(garage: Garage) -> None:
    def stream(_: Garage, count: int) -> Iterator[int]:
        yield from range(count)
        raise BadInput("It is over. Ask again.")

    bound = bind(garage, stream)
    assert inspect.isgeneratorfunction(bound)
    parts = bound(2)
    assert [next(parts), next(parts)] == [0, 1]
    with pytest.raises(gr.Error, match="It is over"):
        next(parts)


def test_what_draws_by_itself_is_not_refused_a_choice_that_is_gone(garage: Garage) -> None:
    """Another answer may have taken the choice away before the browser knew of it."""

    def say(_: Garage, chosen: int) -> str:
        return str(chosen)

    async def build() -> gr.Blocks:  # Gradio leaks an event loop where none is running
        with gr.Blocks() as page:
            run, text = gr.Dropdown([]), gr.Textbox()
            for quick in (True, False):
                listen(gr.Button().click, garage, say, [run], [text], quick=quick)
        return page

    page = asyncio.run(build())
    drawing, pressed = page.fns.values()
    assert asyncio.run(page.preprocess_data(drawing, [7], None)) == [7]
    with pytest.raises(gr.Error, match="not in the list"):
        asyncio.run(page.preprocess_data(pressed, [7], None))
