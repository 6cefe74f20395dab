"""Gemma 3's chat template without a tokenizer: enough to show how a row will look in training.

It stands in for a tokenizer where `turns.render_answer` lays rows out before a base is loaded.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

BOS = "<bos>"


class ShippedTemplate:
    """Renders turns with the starter's template, as `apply_chat_template` of its tokenizer does."""

    def apply_chat_template(
        self,
        turns: Sequence[Mapping[str, Any]],
        *,
        tokenize: bool = False,
        add_generation_prompt: bool = False,
    ) -> str:
        """The turns as text. Raises jinja2's TemplateError for roles that do not take turns."""
        if tokenize:
            raise ValueError("there is no tokenizer here")
        return _load().render(
            messages=turns, bos_token=BOS, add_generation_prompt=add_generation_prompt
        )


class _Generation(Extension):
    """`{% generation %}` marks what the model says; for the text it changes nothing."""

    tags = {"generation"}  # noqa: RUF012  (read by jinja2 on the class)

    def parse(self, parser: Any) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body).set_lineno(line)


@cache
def _load() -> Template:
    # The environment that transformers renders templates in.
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation]
    )
    environment.globals["raise_exception"] = _refuse
    source = (resources.files("gemma_garage.gemma") / "gemma3.jinja").read_text(encoding="utf-8")
    return environment.from_string(source)


def _refuse(message: str) -> None:
    raise TemplateError(message)
