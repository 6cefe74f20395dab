"""An answer meets its schema, or it is said what fails; nothing is fetched."""

import pytest

from gemma_garage.errors import BadInput
from gemma_garage.infer.structure import check_structure, read_schema

SCHEMA = read_schema(
    '{"type": "object", "required": ["hours"], "properties": {"hours": {"type": "integer"}}}'
)


@pytest.mark.parametrize(
    ("answer", "problems"),
    [
        ('{"hours": 500}', []),
        ('```json\n{"hours": 500}\n```', []),
        ('{"hours": "many"}', ["hours: 'many' is not of type 'integer'"]),
        ("{}", ["The answer: 'hours' is a required property"]),
        ("every 500 hours", ["It is no JSON: Expecting value at character 1."]),
        ("", ["It is no JSON: Expecting value at character 1."]),
        ("9" * 5_000, ["It has a number of too many digits."]),
        ("[" * 100_000, ["It is nested too deeply to be read."]),
    ],
)
def test_says_what_fails(answer: str, problems: list[str]) -> None:
    assert check_structure(answer, SCHEMA) == problems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not a JSON object"),
        ("{,}", "no JSON"),
        ("[" * 40_000, "nested too deep"),
        ('{"not": ' * 2_000 + "{}" + "}" * 2_000, "nested too deep"),
        ('{"const": ' + "9" * 5_000 + "}", "too many digits"),
        ('{"const": "\\ud800"}', "half of a character"),
        ('{"$schema": []}', "no text"),
        ('{"properties": {"a": {"type": "text"}}}', "Correct properties.a.type"),
        ('{"a": "' + "x" * 50_000 + '"}', "50,000 are allowed"),
    ],
)
def test_refuses_what_is_no_schema(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_schema(text)


def test_follows_no_link_and_no_circle() -> None:
    remote = read_schema('{"$ref": "http://127.0.0.1:9/schema.json"}')
    assert "points to what is not in it" in check_structure("{}", remote)[0]
    circle = read_schema('{"$ref": "#"}')
    assert "without an end" in check_structure("{}", circle)[0]
