"""Options made from a pydantic model's fields, as the page's controls are.

What a field is called, what it means and what it is by itself is declared there and nowhere else.
"""

import argparse
from collections.abc import Collection
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from gemma_garage.errors import ConfigError


def add_fields(
    parser: argparse.ArgumentParser, model: type[BaseModel], leave_out: Collection[str] = ()
) -> None:
    """One option a field: `max_facts` becomes `--max-facts`. TypeError: a type without one."""
    for name, field in model.model_fields.items():
        if name not in leave_out:
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                dest=name,
                help=_say_help(field),
                **_make_kind(name, field.annotation),
            )


def read_fields(options: argparse.Namespace, model: type[BaseModel]) -> dict[str, Any]:
    """What was given; what was not is left to the model."""
    return {
        name: getattr(options, name)
        for name in model.model_fields
        if getattr(options, name, None) is not None
    }


def explain_invalid(error: ValidationError, model: type[BaseModel]) -> ConfigError:
    """Our error for the first thing the model refuses, by the name of its option."""
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    message = str(first["msg"]).removeprefix("Value error, ")
    if name not in model.model_fields:
        return ConfigError(f"These options do not go together: {message}. Correct the call.")
    return ConfigError(
        f"--{name.replace('_', '-')} is {first['input']!r}: {message}. Correct the call."
    )


def _say_help(field: FieldInfo) -> str:
    text = (field.description or field.title or "").replace("%", "%%")
    default = field.default
    if isinstance(default, tuple):
        default = " ".join(str(part) for part in default)
    return text if default in (None, "", False) else f"{text} ({default})"


def _make_kind(name: str, annotation: Any) -> dict[str, Any]:
    """What argparse has to know of this type."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(kind for kind in get_args(annotation) if kind is not type(None))
    if annotation is bool:
        return {"action": argparse.BooleanOptionalAction, "default": None}
    if get_origin(annotation) is tuple:
        return {"nargs": "+", **_make_kind(name, get_args(annotation)[0])}
    if get_origin(annotation) is Literal:
        return {"choices": get_args(annotation)}
    if annotation in (int, float, str):
        return {"type": annotation, "metavar": "TEXT" if annotation is str else "N"}
    raise TypeError(f"the field {name} is {annotation}; there is no option for that type")
