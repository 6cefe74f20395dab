"""Options made from fields: every field has one, and what is wrong is said by its name."""

import argparse

import pytest
from pydantic import BaseModel, ValidationError

from gemma_garage.augment.request import GenerateRequest
from gemma_garage.cli import main
from gemma_garage.commands.fields import add_fields, explain_invalid, read_fields


def parse(*call: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_fields(parser, GenerateRequest)
    return parser.parse_args(call)


def test_what_is_not_said_is_left_to_the_model() -> None:
    assert read_fields(parse(), GenerateRequest) == {}
    assert GenerateRequest.model_validate(read_fields(parse(), GenerateRequest))


def test_every_kind_of_field_is_read() -> None:
    options = parse(
        "--generator", "gemini", "--max-facts", "30", "--style", "short", "--document-ids", "1", "2"
    )
    request = GenerateRequest.model_validate(read_fields(options, GenerateRequest))
    assert (request.generator, request.max_facts, request.style) == ("gemini", 30, "short")
    assert request.document_ids == (1, 2)


def test_every_field_has_an_option() -> None:
    parser = argparse.ArgumentParser()
    add_fields(parser, GenerateRequest)
    told = parser.format_help()
    for name in GenerateRequest.model_fields:
        assert f"--{name.replace('_', '-')}" in told


def test_a_type_without_an_option_is_a_mistake_of_ours() -> None:
    class Odd(BaseModel):
        field: dict[str, int] = {}

    with pytest.raises(TypeError, match="no option for that type"):
        add_fields(argparse.ArgumentParser(), Odd)


def test_a_value_out_of_bounds_is_named_by_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        GenerateRequest.model_validate({"wordings": 99})
    assert str(explain_invalid(refused.value, GenerateRequest)).startswith("--wordings is 99: ")
    assert main(["generate", "--wordings", "99", "--json"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and "--wordings is 99" in told.err
