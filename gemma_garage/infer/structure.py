"""Does an answer hold the JSON that a schema asks for? It generates nothing and follows no link."""

import json
from typing import Any

from gemma_garage.errors import BadInput
from gemma_garage.infer.text_file import NoJson, parse_json

MOST_PROBLEMS = 5
LARGEST_SCHEMA = 50_000


def read_schema(text: str) -> dict[str, Any]:
    """The JSON schema (draft 2020-12, or the one it names). BadInput: it is none."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    if len(text) > LARGEST_SCHEMA:
        raise BadInput(
            f"The schema has {len(text):,} characters; {LARGEST_SCHEMA:,} are allowed. Shorten it."
        )
    try:
        schema = parse_json(text)
        if not isinstance(schema, dict):
            raise BadInput(
                "The schema is not a JSON object. Write one such as "
                '{"type": "object", "required": ["answer"]}.'
            )
        if not isinstance(schema.get("$schema", ""), str):
            raise BadInput(
                'The schema\'s "$schema" is no text. Write the address of a draft such as '
                "https://json-schema.org/draft/2020-12/schema, or leave it out."
            )
        validator_for(schema).check_schema(schema)
    except NoJson as error:
        raise BadInput(
            f"The schema is no JSON (line {error.line}: {error}). Correct it."
        ) from error
    except RecursionError as error:
        raise BadInput("The schema is nested too deep to be read. Make it flatter.") from error
    except SchemaError as error:
        raise BadInput(
            f"This is no JSON schema: {error.message[:200]}. Correct {_place(error) or 'it'}."
        ) from error
    return schema


def check_structure(answer: str, schema: dict[str, Any]) -> list[str]:
    """What fails, in words, the first `MOST_PROBLEMS`; empty for an answer that meets the schema.

    The JSON may stand in a code fence; anything else around it is a failure.
    """
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        value = json.loads(_unfence(answer))
    except json.JSONDecodeError as error:
        return [f"It is no JSON: {error.msg} at character {error.pos + 1}."]
    except RecursionError:
        return ["It is nested too deeply to be read."]
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        return ["It has a number of too many digits."]
    # With a registry of its own nothing is fetched that a "$ref" points to.
    validator = validator_for(schema)(schema, registry=Registry())
    try:
        errors: list[ValidationError] = sorted(
            validator.iter_errors(value), key=lambda error: list(map(str, error.absolute_path))
        )
    except Unresolvable as error:
        return [f"The schema points to what is not in it: {error}."]
    except RecursionError:
        return ["The schema points to itself without an end."]
    told = [f"{_place(error) or 'The answer'}: {error.message[:200]}" for error in errors]
    return told[:MOST_PROBLEMS]


def _unfence(text: str) -> str:
    text = text.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        return text[text.index("\n") : -3]
    return text


def _place(error: Any) -> str:
    return ".".join(str(part) for part in error.absolute_path)
