"""What the page lets a person wish of generation, and how the controls become a request."""

from typing import Any

from gemma_garage.augment.drafts import KINDS
from gemma_garage.augment.request import ALL_KINDS, LOCAL_KINDS, GenerateRequest
from gemma_garage.errors import BadInput
from gemma_garage.ui.controls import read_controls

GENERATORS = [
    ("Gemma on this machine", "local"),
    ("Gemini", "gemini"),
    ("Another server", "openai"),
]
MODES = [
    ("The documents", "documents"),
    ("New wordings of accepted rows", "paraphrase"),
    ("More rows like the accepted ones", "more-like-these"),
]
JUDGES = [
    ("Nobody: the checks without a model are enough", "none"),
    ("Gemini", "gemini"),
    ("Another server", "openai"),
]
WISHES = (  # fields of GenerateRequest on the page
    "kinds",
    "target",
    "wordings",
    "style",
    "language",
    "instruction",
    "mode",
    "max_facts",
    "answer_wordings",
    "threads",
    "judged_by",
)
_REMOTE_ONLY = ("style", "language", "instruction", "answer_wordings")


def list_kinds(generator: str) -> list[tuple[str, str]]:
    """The kinds that this generator can write, each with what the user reads."""
    names = LOCAL_KINDS if generator == "local" else ALL_KINDS
    return [(KINDS[name], name) for name in names]


def make_request(generator: str, wishes: tuple[Any, ...]) -> GenerateRequest:
    """The request of the page's controls, in the order of WISHES. Raises BadInput."""
    from pydantic import ValidationError

    fields = GenerateRequest.model_fields
    values = read_controls(GenerateRequest, WISHES, wishes)
    if generator == "local":
        values |= {name: fields[name].default for name in _REMOTE_ONLY}  # hidden then
        values["kinds"] = [kind for kind in values["kinds"] if kind in LOCAL_KINDS]
    try:
        return GenerateRequest(generator=generator, **values)
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:  # two wishes that exclude each other
            raise BadInput(f"{first['ctx']['error']}.") from error
        name = fields[str(first["loc"][0])].title
        raise BadInput(f"“{name}” is {first['input']!r}: {first['msg']}. Correct it.") from error
