"""Where an error becomes something to read: handlers are bound to the garage here.

A `GarageError` is shown with its own words. Anything else is logged with its trace and shown with
a short reference. No other module of the page raises `gr.Error` or catches a broad exception.
"""

import inspect
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import gradio as gr

from gemma_garage.errors import BadInput, Busy, GarageError, Stopped
from gemma_garage.garage import Garage

Handler = Callable[..., Any]
log = logging.getLogger(__name__)


def explain(error: Exception) -> gr.Error:
    """The message for the user. The toast renders HTML, so the text is escaped."""
    if isinstance(error, GarageError):
        mild = isinstance(error, (BadInput, Busy, Stopped))
        return gr.Error(
            escape(str(error)),
            title="Please check" if mild else "That did not work",
            duration=12,
            print_exception=False,
        )
    reference = uuid.uuid4().hex[:8]
    log.error("a handler broke, reference %s", reference, exc_info=error)
    return gr.Error(
        f"Something unforeseen broke. The log has the details under {reference}; nothing already "
        "done is lost. Try again, or reload the page.",
        title="Not your fault",
        duration=12,
        print_exception=False,
    )


def tell(text: str) -> None:
    """A short note of success. Escaped for the same reason."""
    gr.Info(escape(text), duration=5)


def warn(text: str) -> None:
    """A problem of one part while the others go on."""
    gr.Warning(escape(text), duration=12)


def bind(garage: Garage, handler: Handler, **fixed: Any) -> Handler:
    """`handler` with the garage and the `fixed` arguments given, and its errors explained.

    Gradio reads the signature to inject `gr.EventData`, so the wrapper carries the handler's own
    without what is given already.
    """
    signature = inspect.signature(handler, eval_str=True)
    names = list(signature.parameters)[1:]
    parameters = [signature.parameters[name] for name in names if name not in fixed]

    def call(*arguments: Any) -> Any:
        try:
            return handler(garage, *arguments, **fixed)
        except gr.Error:
            raise
        except Exception as error:
            raise explain(error) from error

    def stream(*arguments: Any) -> Iterator[Any]:
        try:
            yield from handler(garage, *arguments, **fixed)
        except gr.Error:
            raise
        except Exception as error:
            raise explain(error) from error

    bound: Any = stream if inspect.isgeneratorfunction(handler) else call
    bound.__name__ = bound.__qualname__ = handler.__name__
    bound.__doc__ = handler.__doc__
    bound.__signature__ = signature.replace(parameters=parameters)
    bound.__annotations__ = {
        parameter.name: parameter.annotation
        for parameter in parameters
        if parameter.annotation is not inspect.Parameter.empty
    }
    result: Handler = bound
    return result


def listen(
    trigger: Callable[..., Any],
    garage: Garage,
    handler: Handler,
    inputs: Sequence[Any] = (),
    outputs: Sequence[Any] = (),
    *,
    quick: bool = False,
    shows_work: bool = False,
    fixed: Mapping[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Attach a handler. What draws by itself is `quick`: it skips the queue and never waits.

    What a person presses goes through the queue: without it the browser shows no error and no note.
    A quick handler gets the values as the browser sent them, and looks for itself whether they are
    (still) there: Gradio would refuse a choice that another answer, not yet arrived in the browser,
    has just taken away, and that part of the page would stay as it was.
    """
    return trigger(
        bind(garage, handler, **(fixed or {})),
        list(inputs),
        list(outputs),
        queue=not quick,
        preprocess=not quick,
        show_progress="minimal" if shows_work else "hidden",
        api_visibility="private",
        **options,
    )
