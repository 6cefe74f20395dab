"""Controls made from a pydantic model's fields: label, help, bounds and default are declared there.

One field gives one component; what the component says goes back into the model, whose own checks
decide. Nothing is repeated here, so a new setting appears on the page by being declared.
"""

from collections.abc import Collection, Sequence
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import gradio as gr
from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

_ONE_LINE = 1_000  # characters; what may be longer gets several


def list_fields(model: type[BaseModel], leave_out: Collection[str] = ()) -> list[str]:
    """The names of the fields that get a control, in the order of their declaration."""
    return [name for name in model.model_fields if name not in leave_out]


def build_controls(
    model: type[BaseModel], leave_out: Collection[str] = ()
) -> dict[str, gr.components.Component]:
    """One component per field, in the layout that is open now.

    Raises TypeError for a field whose type has no control here.
    """
    return {
        name: build_control(name, model.model_fields[name])
        for name in list_fields(model, leave_out)
    }


def build_control(name: str, field: FieldInfo) -> gr.components.Component:
    """bool → checkbox, Literal → dropdown, str → text, int and float → number in its bounds.

    A number that may be None is left empty for it, and 0 is read as that too: a field that was
    emptied cannot be told from 0.
    """
    about: dict[str, Any] = {
        "label": field.title or name,
        "info": field.description,
        "elem_id": f"setting-{name}",
        "min_width": 220,
    }
    value, kind = field.default, find_kind(field)
    if kind is bool:
        return gr.Checkbox(value=value, **about)
    if get_origin(kind) is Literal:
        return gr.Dropdown([str(choice) for choice in get_args(kind)], value=value, **about)
    if kind is str:
        long = any(isinstance(r, MaxLen) and r.max_length > _ONE_LINE for r in field.metadata)
        return gr.Textbox(value=value, lines=3 if long else 1, max_lines=6 if long else 1, **about)
    if kind in (int, float):
        low, high = read_bounds(field)
        if value is None:
            low, about["placeholder"] = 0, "not set"
        number = gr.Number(
            value=value,
            minimum=low,
            maximum=high,
            precision=0 if kind is int else None,
            step=1 if kind is int else "any",
            **about,
        )
        return number if value is not None else _leave_empty(number)
    raise TypeError(f"the field {name} is {kind}; there is no control for that type")


def _leave_empty(number: Any) -> Any:
    """The browser writes 0 into a number field whose first value is None, and leaves "" as it is.

    No class of our own: Gradio writes a stub file beside the module of each such class.
    """
    preprocess = number.preprocess
    number.value = ""
    number.preprocess = lambda payload: None if payload == "" else preprocess(payload)
    return number


def find_kind(field: FieldInfo) -> Any:
    """The field's type, without a None beside it."""
    if get_origin(field.annotation) in (Union, UnionType):
        return next(kind for kind in get_args(field.annotation) if kind is not type(None))
    return field.annotation


def read_bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The field's lower and upper bound. Exclusive ones are given as they are: the model checks."""
    low: float | None = None
    high: float | None = None
    for rule in field.metadata:
        if isinstance(rule, Ge):
            low = float(rule.ge)  # type: ignore[arg-type]
        elif isinstance(rule, Gt):
            low = float(rule.gt)  # type: ignore[arg-type]
        elif isinstance(rule, Le):
            high = float(rule.le)  # type: ignore[arg-type]
        elif isinstance(rule, Lt):
            high = float(rule.lt)  # type: ignore[arg-type]
    return low, high


def read_controls(
    model: type[BaseModel], names: Sequence[str], values: Sequence[Any]
) -> dict[str, Any]:
    """What the components say, by field; a whole number typed as 4.0 becomes 4."""
    said: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        field = model.model_fields[name]
        if find_kind(field) is int and isinstance(value, float) and value.is_integer():
            value = int(value)
        said[name] = None if field.default is None and not value else value
    return said
