"""The OpenAI-compatible generator, through the real openai client, against a loopback server."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gemma_garage.augment.drafts import Ask, Draft, Passage
from gemma_garage.augment.remote.gate import Patience
from gemma_garage.augment.remote.generator import CALLS_PER_REPLY, RemoteGenerator
from gemma_garage.augment.remote.openai_server import OpenAIProvider
from gemma_garage.augment.remote.prompts import Wishes
from gemma_garage.errors import ConfigError, GeneratorError, QuotaSpent, Unreachable, WrongKey
from tests.fakes.fake_openai import FakeOpenAI, fail, say, serve_openai
from tests.fakes.loopback import Reply

PUMP = Passage("The oil volume is 3 litres. The fuse is 8 A.", "Data", "Pump X")
QUICK = Patience(attempts=3, longest_wait_s=5.0, first_wait_s=0.01, longest_pause_s=5.0)


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with serve_openai() as fake:
        yield fake


def open_fake(
    fake: FakeOpenAI,
    model: str | None = "tiny",
    key: str | None = None,
    timeout_s: float = 300.0,
    **options: Any,
) -> RemoteGenerator:
    provider = OpenAIProvider(fake.url, model, key=key, timeout_s=timeout_s, patience=QUICK)
    options = {"patience": QUICK, "threads": 1, **options}
    return RemoteGenerator(provider, Wishes(wordings=3), **options)


def ask(fake: FakeOpenAI, *passages: Passage, **options: Any) -> dict[int, list[Draft]]:
    return dict(open_fake(fake, **options).write([Ask(passage) for passage in passages or [PUMP]]))


def formats(fake: FakeOpenAI) -> list[str | None]:
    posts = [request.body for request in fake.history if request.method == "POST"]
    return [body.get("response_format", {}).get("type") for body in posts]


def test_facts_become_drafts_with_several_wordings(server: FakeOpenAI) -> None:
    drafts = ask(server)[0]
    assert drafts[3] == Draft("What is the fuse?", "8 A", "The fuse is 8 A.", fact=1)
    assert len(drafts) == 6
    schema = server.history[0].body["response_format"]["json_schema"]
    assert schema["strict"] and schema["schema"]["additionalProperties"] is False
    assert schema["schema"]["$defs"]["Fact"]["additionalProperties"] is False


def test_a_key_is_sent_and_none_is_needed(server: FakeOpenAI) -> None:
    ask(server, key="sk-7")
    ask(server)
    assert [request.headers["authorization"] for request in server.history] == [
        "Bearer sk-7",
        "Bearer none",
    ]


def test_a_server_without_schemas_is_asked_in_json_mode_then_in_words(server: FakeOpenAI) -> None:
    server.refused = ["json_schema"]
    assert len(ask(server)[0]) == 6
    assert formats(server) == ["json_schema", "json_object"]
    server.history.clear()
    server.refused = ["json_schema", "json_object"]
    generator = open_fake(server)
    assert [len(drafts) for _, drafts in generator.write([Ask(PUMP)] * 2)] == [6, 6]
    assert formats(server) == ["json_schema", "json_object", None, None]
    assert '{"facts"' in server.history[-1].body["messages"][0]["content"]


def test_a_model_with_another_name_for_the_limit_is_served(server: FakeOpenAI) -> None:
    server.enqueue(fail(400, "Unsupported: 'max_tokens'. Use 'max_completion_tokens' instead."))
    assert len(ask(server)[0]) == 6
    assert "max_completion_tokens" in server.history[-1].body
    assert "max_tokens" not in server.history[-1].body


@pytest.mark.parametrize(
    "wrapped",
    [
        "```json\n{}\n```",
        "<think>The fuse {{is}} …</think>\nSure! {} I hope this helps.",
    ],
)
def test_json_is_found_in_prose(server: FakeOpenAI, wrapped: str) -> None:
    fact = {"answer": 8, "evidence": "The fuse is 8 A.", "question": "What is the fuse?"}
    text = wrapped.replace("{}", json.dumps([fact])).replace("{{", "{").replace("}}", "}")
    server.enqueue(say(text))
    assert ask(server)[0] == [Draft("What is the fuse?", "8", "The fuse is 8 A.")]


def test_the_only_model_of_a_server_is_used(server: FakeOpenAI) -> None:
    generator = open_fake(server, model=None)
    assert len(dict(generator.write([Ask(PUMP)]))[0]) == 6
    assert generator.name == "openai:tiny"
    server.models = ["tiny", "large"]
    with pytest.raises(ConfigError, match=r"2 models.*GEMMA_GARAGE_OPENAI_MODEL: tiny, large"):
        ask(server, model=None)


def test_a_missing_model_names_those_that_are_there(server: FakeOpenAI) -> None:
    with pytest.raises(GeneratorError, match=r"no model 'huge'.*It has: tiny"):
        ask(server, model="huge")


def test_an_address_without_its_path_says_so(server: FakeOpenAI) -> None:
    server.otherwise = lambda _: Reply({"detail": "Not Found"}, status=404)
    with pytest.raises(GeneratorError, match="most addresses end in /v1"):
        ask(server)


def test_a_web_page_is_no_completion(server: FakeOpenAI) -> None:
    page = Reply(b"<html>hello</html>", headers={"Content-Type": "text/html"})
    server.otherwise = lambda _: page
    with pytest.raises(GeneratorError, match=r"no chat completion|answered badly"):
        ask(server)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_said_once(server: FakeOpenAI, status: int) -> None:
    server.enqueue(fail(status, "Incorrect API key provided"))
    with pytest.raises(WrongKey, match="Incorrect API key") as caught:
        ask(server, key="sk-secret")
    assert "sk-secret" not in str(caught.value)
    assert len(server.history) == 1


def test_a_rate_limit_is_waited_for_as_long_as_it_says(
    server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(
        "gemma_garage.augment.remote.ask.Gate.pause", lambda _, again: waits.append(again.wait_s)
    )
    server.enqueue(fail(429, "slow down", retry_after="3"))
    assert len(ask(server)[0]) == 6
    assert waits == [3.0]


def test_a_rate_limit_beyond_patience_and_an_empty_account_are_spent_quotas(
    server: FakeOpenAI,
) -> None:
    server.enqueue(fail(429, "slow down", retry_after="99"))
    with pytest.raises(QuotaSpent, match="slow down") as caught:
        ask(server)
    assert caught.value.retry_after_s == 99
    server.history.clear()
    server.enqueue(fail(429, "pay first", "insufficient_quota"))
    with pytest.raises(QuotaSpent, match="pay first"):
        ask(server)
    assert len(server.history) == 1


def test_a_spent_day_that_names_a_time_is_a_pause_and_no_empty_account(server: FakeOpenAI) -> None:
    server.enqueue(fail(429, "requests per day", "insufficient_quota", retry_after="40000"))
    notices: list[str] = []
    stop = threading.Event()

    def hear(notice: str) -> None:
        notices.append(notice)
        stop.set()

    patient = open_fake(server, patience=Patience(), grace_s=0.1)
    given = list(patient.write([Ask(PUMP)], should_stop=stop.is_set, on_notice=hear))
    assert given == [] and len(server.history) == 1
    assert notices[0].startswith("Paused until ") and ", 11.1 h left: the limit" in notices[0]


def test_a_limit_that_is_over_at_once_is_no_reason_to_ask_for_ever(server: FakeOpenAI) -> None:
    server.otherwise = lambda _: fail(429, "slow down", retry_after="0")
    with pytest.raises(QuotaSpent, match="slow down"):
        ask(server)
    assert len(server.history) == QUICK.attempts


def test_a_storm_passes_or_ends_with_an_error(server: FakeOpenAI) -> None:
    server.enqueue(fail(500, "boom"), fail(503, "loading model"))
    assert len(ask(server)[0]) == 6
    server.enqueue(*[fail(503, "loading model")] * 3)
    with pytest.raises(GeneratorError, match=r"503 .*loading model"):
        ask(server)


def test_a_bad_request_is_shown_in_the_servers_words(server: FakeOpenAI) -> None:
    server.enqueue(*[fail(400, "context length exceeded")] * 3)
    with pytest.raises(GeneratorError, match="context length exceeded"):
        ask(server)


def test_a_reply_cut_off_is_asked_again_with_more_room(server: FakeOpenAI) -> None:
    server.enqueue(say('{"facts": [{"answer": "3 li', "length"))
    assert len(ask(server)[0]) == 6
    limits = [request.body["max_tokens"] for request in server.history]
    assert limits[1] > limits[0]
    server.enqueue(*[say('{"fac', "length")] * CALLS_PER_REPLY)
    assert ask(server)[0] == [Draft("", "", "", reason="cut-off")]


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([say(None, "content_filter")] * 2, "refused"),
        ([say("No.")] * CALLS_PER_REPLY, "unreadable"),
        ([say(None)] * CALLS_PER_REPLY, "unreadable"),
    ],
)
def test_a_spoiled_passage_says_so_and_the_others_go_on(
    server: FakeOpenAI, replies: list[Reply], reason: str
) -> None:
    server.enqueue(*replies)
    drafts = ask(server, PUMP, PUMP)
    assert drafts[0] == [Draft("", "", "", reason=reason)]
    assert len(drafts[1]) == 6


def test_no_server_is_unreachable() -> None:
    provider = OpenAIProvider("http://127.0.0.1:9/v1", "tiny")
    with pytest.raises(Unreachable, match=r"No server answers at http://127.0.0.1:9/v1"):
        list(RemoteGenerator(provider, patience=QUICK).write([Ask(PUMP)]))
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL"):
        OpenAIProvider(None)


def test_a_silent_server_is_unreachable(server: FakeOpenAI) -> None:
    gate = threading.Event()
    server.enqueue(*[Reply({}, gate=gate)] * 2)
    with pytest.raises(Unreachable, match="did not answer within"):
        ask(server, timeout_s=0.2)
    gate.set()


def test_a_stop_waits_for_no_slow_answer_but_keeps_a_quick_one(server: FakeOpenAI) -> None:
    gate, stop = threading.Event(), threading.Event()
    server.enqueue(say('{"facts": []}'), Reply({}, gate=gate))
    given = []
    for item in open_fake(server, grace_s=0.1).write([Ask(PUMP)] * 5, should_stop=stop.is_set):
        given.append(item)
        stop.set()
    gate.set()
    assert given == [(0, [])]
    assert len(server.history) <= 2

    stop.clear()
    gate.clear()
    server.history.clear()
    server.enqueue(Reply(say('{"facts": []}').body, gate=gate))

    def stop_and_answer() -> bool:
        if server.history:
            stop.set()
            gate.set()
        return stop.is_set()

    late = list(open_fake(server, grace_s=20).write([Ask(PUMP)] * 5, should_stop=stop_and_answer))
    assert late == [(0, [])]
    assert len(server.history) == 1
