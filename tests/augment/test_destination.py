"""Where text goes, named before it goes; and what it costs there."""

from pathlib import Path

import pytest

from gemma_garage.augment.destination import describe_destination, say_what_leaves
from gemma_garage.augment.prices import find_price
from gemma_garage.augment.request import GenerateRequest
from gemma_garage.settings import Settings

GEMINI = GenerateRequest(generator="gemini")
OPENAI = GenerateRequest(generator="openai")


def settle(**values: str) -> Settings:
    return Settings(home=Path("/nowhere"), **values)  # type: ignore[arg-type]


def test_the_local_generator_sends_nothing() -> None:
    assert describe_destination(GenerateRequest(), settle()) is None


def test_gemini_is_google_unless_its_address_is_another() -> None:
    said = describe_destination(GEMINI, settle())
    assert said is not None
    assert said.startswith("Google (the Gemini API, generativelanguage.googleapis.com")
    assert "free tier" in said
    elsewhere = describe_destination(GEMINI, settle(gemini_url="https://proxy.example.com/g"))
    assert elsewhere == "proxy.example.com (instead of the Gemini API)"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:11434/v1", None),
        ("http://localhost:8000/v1", None),
        ("localhost:8000", None),
        ("http://[::1]:8000/v1", None),
        ("http://0.0.0.0:8000/v1", None),
        ("http://192.168.1.20:8000/v1", "192.168.1.20"),
        ("https://llm.example.com/v1", "llm.example.com"),
        ("127.0.0.1.evil.com/v1", "127.0.0.1.evil.com"),
        ("http://localhost@evil.com/v1", "evil.com"),
        ("", "OpenAI (api.openai.com)"),
        ("https://api.openai.com/v1", "OpenAI (api.openai.com)"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_a_server_is_named_by_its_host(url: str, said: str | None) -> None:
    assert describe_destination(OPENAI, settle(openai_url=url)) == said


def test_what_leaves_depends_on_what_is_asked() -> None:
    assert say_what_leaves(GEMINI) == "The text of your documents"
    more = GEMINI.model_copy(update={"mode": "more-like-these"})
    assert say_what_leaves(more) == "The text of your example rows"


@pytest.mark.parametrize(
    ("request_", "settings", "model", "price"),
    [
        (GEMINI, settle(), "gemini-3.5-flash-lite", 0.30 + 2.50),
        (GEMINI, settle(), "gemini-99-ultra", None),
        (OPENAI, settle(), "gpt-5-mini", 0.25 + 2.00),
        (OPENAI, settle(openai_url="http://127.0.0.1:8000/v1"), "gpt-5-mini", 0.0),
        (OPENAI, settle(openai_url="https://llm.example.com/v1"), "gpt-5-mini", None),
        (GenerateRequest(), settle(), "", 0.0),
    ],
)
def test_a_price_is_listed_or_unknown_but_never_guessed(
    request_: GenerateRequest, settings: Settings, model: str, price: float | None
) -> None:
    found = find_price(request_, settings, model, 1_000_000, 1_000_000)
    assert found == (None if price is None else pytest.approx(price))
