"""The environment is read once, and what cannot be is refused by name."""

from pathlib import Path

import pytest

from gemma_garage.errors import ConfigError
from gemma_garage.settings import read_settings


def test_defaults_stay_on_this_machine() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.password) == ("127.0.0.1", 7860, None)
    assert settings.home == Path.home() / ".gemma-garage"


def test_the_command_line_wins_where_it_speaks(tmp_path: Path) -> None:
    env = {"GEMMA_GARAGE_HOME": "/elsewhere", "GEMMA_GARAGE_PORT": "9000"}
    settings = read_settings(env, home=tmp_path, port=None)
    assert (settings.home, settings.port) == (tmp_path.resolve(), 9000)


@pytest.mark.parametrize("port", ["0", "70000", "http", "-1", "7860.5"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(ConfigError, match="GEMMA_GARAGE_PORT"):
        read_settings({"GEMMA_GARAGE_PORT": port})


def test_secrets_do_not_show_in_a_printed_settings() -> None:
    env = {
        "GEMMA_GARAGE_PASSWORD": "open-sesame",
        "GEMINI_API_KEY": "gem-key",
        "OPENAI_API_KEY": "oai-key",
        "HF_TOKEN": "hf-key",
    }
    text = repr(read_settings(env))
    assert not any(secret in text for secret in env.values())
