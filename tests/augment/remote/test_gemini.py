"""The Gemini generator, through the real google-genai client, against a Gemini on the loopback."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from gemma_garage.augment.drafts import Ask, Draft, Passage
from gemma_garage.augment.remote.gate import Patience
from gemma_garage.augment.remote.gemini import GeminiProvider, choose_thinking
from gemma_garage.augment.remote.gemini_errors import seconds_to_reset
from gemma_garage.augment.remote.generator import CALLS_PER_REPLY, RemoteGenerator
from gemma_garage.augment.remote.prompts import Wishes
from gemma_garage.errors import ConfigError, GeneratorError, QuotaSpent, Unreachable, WrongKey
from tests.fakes.fake_gemini import FakeGemini, block, exceed_quota, fail, say, serve_gemini
from tests.fakes.loopback import Reply

PUMP = Passage("The oil volume is 3 litres. The fuse is 8 A.", "Data", "Pump X")
QUICK = Patience(attempts=3, longest_wait_s=5.0, first_wait_s=0.01, longest_pause_s=5.0)


WISHES = {"style", "language", "instruction", "answers"}


@pytest.fixture
def gemini() -> Iterator[FakeGemini]:
    with serve_gemini() as fake:
        yield fake


def ask(fake: FakeGemini, *passages: Passage, **options: Any) -> dict[int, list[Draft]]:
    return dict(open_fake(fake, **options).write([Ask(passage) for passage in passages or [PUMP]]))


def open_fake(
    fake: FakeGemini, model: str = "gemini-3.5-flash-lite", timeout_s: float = 120.0, **options: Any
) -> RemoteGenerator:
    wishes = Wishes(wordings=3, **{name: options.pop(name) for name in WISHES & set(options)})
    provider = GeminiProvider("key-1", model, base_url=fake.url, timeout_s=timeout_s)
    return RemoteGenerator(provider, wishes, **{"patience": QUICK, "threads": 1, **options})


def test_facts_become_drafts_with_several_wordings(gemini: FakeGemini) -> None:
    drafts = ask(gemini)[0]
    assert drafts[0] == Draft(
        "What is the oil volume?", "3 litres", "The oil volume is 3 litres.", fact=0
    )
    assert [draft.fact for draft in drafts] == [0, 0, 0, 1, 1, 1]


def test_the_request_carries_schema_thinking_title_and_the_users_wishes(gemini: FakeGemini) -> None:
    ask(gemini, style="for mechanics", language="Deutsch")
    request = gemini.history[0]
    assert request.path == "/v1/models/gemini-3.5-flash-lite:generateContent"
    assert request.headers["x-goog-api-key"] == "key-1"
    options = request.body["generationConfig"]
    assert options["responseSchema"]["properties"]["facts"]["type"] == "ARRAY"
    assert options["thinkingConfig"] == {"thinking_level": "MINIMAL"}
    assert options["maxOutputTokens"] > 1000
    instruction = request.body["systemInstruction"]["parts"][0]["text"]
    assert "for mechanics" in instruction and "Deutsch" in instruction
    prompt = request.body["contents"][0]["parts"][0]["text"]
    assert "Pump X" in prompt and "The fuse is 8 A." in prompt


def test_usage_is_counted(gemini: FakeGemini) -> None:
    generator = open_fake(gemini)
    list(generator.write([Ask(PUMP)] * 2))
    assert generator.usage.as_dict() == {
        "calls": 2,
        "kept": 0,
        "prompt_tokens": 200,
        "reply_tokens": 40,
    }


def test_many_passages_are_asked_at_once_and_each_comes_once(gemini: FakeGemini) -> None:
    passages = [Passage(f"The fuse of unit {n} is {n} A.") for n in range(12)]
    seen = list(open_fake(gemini, threads=4).write([Ask(passage) for passage in passages]))
    assert sorted(index for index, _ in seen) == list(range(12))
    assert all(drafts[0].answer == f"{index} A" for index, drafts in seen)


def test_a_rate_limit_is_waited_for_as_long_as_it_says(
    gemini: FakeGemini, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(
        "gemma_garage.augment.remote.ask.Gate.pause", lambda _, again: waits.append(again.wait_s)
    )
    gemini.enqueue(exceed_quota("RequestsPerMinutePerProject", "0.25s"))
    assert len(ask(gemini)[0]) == 6
    assert waits == [0.25]


def test_a_rate_limit_beyond_patience_is_a_spent_quota(gemini: FakeGemini) -> None:
    gemini.enqueue(exceed_quota("RequestsPerMinutePerProject", "41s"))
    with pytest.raises(QuotaSpent, match="rate limit") as caught:
        ask(gemini)
    assert caught.value.retry_after_s == 41


def test_a_daily_quota_pauses_and_says_until_when(
    gemini: FakeGemini, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "gemma_garage.augment.remote.gemini_errors.seconds_to_reset", lambda now: 4.0
    )
    monkeypatch.setattr("gemma_garage.augment.remote.gate._LONG_PAUSE_S", 0.1)
    gemini.enqueue(exceed_quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "20s"))
    heard: list[str] = []
    stopping = threading.Event()

    def hear(notice: str) -> None:
        heard.append(notice)
        stopping.set()

    generator = open_fake(gemini)
    assert list(generator.write([Ask(PUMP)], should_stop=stopping.is_set, on_notice=hear)) == []
    assert re.fullmatch(
        r"Paused until \d\d:\d\d, 1 min left: The day's quota of gemini-3.5-flash-lite is spent\. "
        r"Stop ends it\.",
        heard[0],
    )
    assert len(gemini.history) == 1


def test_after_a_daily_quota_one_call_goes_first(
    gemini: FakeGemini, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "gemma_garage.augment.remote.gemini_errors.seconds_to_reset", lambda now: 0.3
    )
    monkeypatch.setattr("gemma_garage.augment.remote.gate._LONG_PAUSE_S", 0.1)
    spent = exceed_quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")
    gemini.enqueue(*[spent] * 5)
    passages = [Passage(f"The fuse of unit {n} is {n} A.") for n in range(6)]
    answered = open_fake(gemini, threads=4).write([Ask(passage) for passage in passages])
    assert len(dict(answered)) == 6
    # Four at most were under way, those after them went one at a time, until it was answered.
    assert len(gemini.history) == 5 + 6


def test_quotas_start_again_at_midnight() -> None:
    assert seconds_to_reset(datetime(2026, 11, 23, 23, 0, 0)) == 3600


@pytest.mark.parametrize(
    ("code", "status", "details"),
    [
        (400, "INVALID_ARGUMENT", [{"reason": "API_KEY_INVALID"}]),
        (401, "UNAUTHENTICATED", []),
        (403, "PERMISSION_DENIED", []),
    ],
)
def test_a_wrong_key_is_said_once(
    gemini: FakeGemini, code: int, status: str, details: list[dict[str, Any]]
) -> None:
    gemini.enqueue(fail(code, status, "API key not valid.", details))
    with pytest.raises(WrongKey, match="GEMINI_API_KEY") as caught:
        ask(gemini)
    assert "key-1" not in str(caught.value)
    assert len(gemini.history) == 1


def test_without_a_key_nothing_is_asked() -> None:
    with pytest.raises(ConfigError, match="GEMINI_API_KEY"):
        GeminiProvider(None)


def test_a_model_that_is_gone_names_those_that_are_there(gemini: FakeGemini) -> None:
    gemini.enqueue(fail(404, "NOT_FOUND", "no longer available to new users"))
    with pytest.raises(GeneratorError, match=r"gemini-2.5-flash") as caught:
        ask(gemini, model="gemini-2.5-flash")
    assert "gemini-fake" in str(caught.value) and "embedder" not in str(caught.value)


def test_a_storm_passes_or_ends_with_an_error(gemini: FakeGemini) -> None:
    gemini.enqueue(fail(500, "INTERNAL", "boom"), fail(503, "UNAVAILABLE", "overloaded"))
    assert len(ask(gemini)[0]) == 6
    gemini.enqueue(*[fail(503, "UNAVAILABLE", "overloaded")] * 3)
    with pytest.raises(GeneratorError, match=r"503 .*overloaded"):
        ask(gemini)


def test_what_was_finished_before_an_error_is_given(gemini: FakeGemini) -> None:
    first, then = say(json.dumps({"facts": []})), fail(403, "PERMISSION_DENIED", "no")
    gemini.enqueue(first, then)
    given = []
    with pytest.raises(WrongKey):
        for item in open_fake(gemini).write([Ask(PUMP)] * 3):
            given.append(item)
    assert given == [(0, [])]
    assert len(gemini.history) == 2


def test_a_reply_cut_off_is_asked_again_with_more_room(gemini: FakeGemini) -> None:
    gemini.enqueue(say('{"facts": [{"answer": "3 li', "MAX_TOKENS"))
    assert len(ask(gemini)[0]) == 6
    limits = [request.body["generationConfig"]["maxOutputTokens"] for request in gemini.history]
    assert limits[1] > limits[0]


def test_of_a_reply_cut_off_each_time_the_whole_facts_are_kept(gemini: FakeGemini) -> None:
    fact = {"answer": "8 A", "evidence": "The fuse is 8 A.", "questions": ["What is the fuse?"]}
    text = f'{{"facts": [{json.dumps(fact)}, {{"answer": "3 li'
    gemini.enqueue(*[say(text, "MAX_TOKENS")] * CALLS_PER_REPLY)
    assert ask(gemini)[0] == [Draft("What is the fuse?", "8 A", "The fuse is 8 A.")]
    gemini.enqueue(*[say('{"fac', "MAX_TOKENS")] * CALLS_PER_REPLY)
    assert ask(gemini)[0] == [Draft("", "", "", reason="cut-off")]


def test_recitation_is_asked_again_with_short_quotes(gemini: FakeGemini) -> None:
    gemini.enqueue(say(None, "RECITATION"))
    assert len(ask(gemini)[0]) == 6
    instruction = gemini.history[1].body["systemInstruction"]["parts"][0]["text"]
    assert "at most 12 words" in instruction
    gemini.enqueue(*[say(None, "RECITATION")] * CALLS_PER_REPLY)
    assert ask(gemini)[0] == [Draft("", "", "", reason="refused")]


@pytest.mark.parametrize("reply", [say(None, "SAFETY"), block()])
def test_a_refused_passage_says_so_and_the_others_go_on(gemini: FakeGemini, reply: Reply) -> None:
    gemini.enqueue(reply, reply)
    drafts = ask(gemini, PUMP, PUMP)
    assert drafts[0] == [Draft("", "", "", reason="refused")]
    assert len(drafts[1]) == 6


def test_a_reply_that_is_no_json_is_asked_again_within_a_budget(gemini: FakeGemini) -> None:
    gemini.enqueue(say("I would rather not."), say("No."))
    assert len(ask(gemini)[0]) == 6
    assert len(gemini.history) == 3
    gemini.enqueue(*[say("No.")] * CALLS_PER_REPLY)
    assert ask(gemini)[0] == [Draft("", "", "", reason="unreadable")]
    assert len(gemini.history) == 3 + CALLS_PER_REPLY


def test_a_model_without_json_mode_or_system_instruction_is_asked_in_words(
    gemini: FakeGemini,
) -> None:
    gemini.enqueue(
        fail(400, "INVALID_ARGUMENT", "Developer instruction is not enabled for this model"),
        fail(400, "INVALID_ARGUMENT", "JSON mode is not enabled for this model"),
        say('Here you are:\n```json\n{"facts": []}\n```'),
    )
    generator = open_fake(gemini, model="gemma-4-31b-it")
    assert dict(generator.write([Ask(PUMP)])) == {0: []}
    assert len(dict(generator.write([Ask(PUMP)]))[0]) == 6
    last = gemini.history[-1].body
    assert "systemInstruction" not in last and "responseSchema" not in last["generationConfig"]
    assert '{"facts"' in last["contents"][0]["parts"][0]["text"]
    assert len(gemini.history) == 4  # it is not tried again


def test_no_network_is_unreachable() -> None:
    provider = GeminiProvider("key", base_url="http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="cannot be reached"):
        list(RemoteGenerator(provider, patience=QUICK).write([Ask(PUMP)]))


def test_a_silent_server_is_unreachable(gemini: FakeGemini) -> None:
    gate = threading.Event()
    gemini.enqueue(*[Reply({}, gate=gate)] * 2)
    with pytest.raises(Unreachable, match="did not answer"):
        ask(gemini, timeout_s=0.2)
    gate.set()


def test_a_stop_waits_for_no_slow_answer(gemini: FakeGemini) -> None:
    gate, stop = threading.Event(), threading.Event()
    slow = Reply({}, gate=gate)
    gemini.enqueue(say(json.dumps({"facts": []})), slow)
    given = []
    generator = open_fake(gemini, grace_s=0.1)
    for item in generator.write([Ask(PUMP)] * 5, should_stop=stop.is_set):
        given.append(item)
        stop.set()
    assert given == [(0, [])]
    assert len(gemini.history) <= 2
    gate.set()


@pytest.mark.parametrize(
    ("model", "level"),
    [
        ("gemini-3.5-flash-lite", "minimal"),
        ("gemini-3.8-flash", "low"),
        ("gemini-2.5-flash", 0),
        ("gemini-2.5-pro", 128),
        ("gemma-4-31b-it", None),
    ],
)
def test_each_model_thinks_as_little_as_it_takes(model: str, level: str | int | None) -> None:
    assert choose_thinking(model) == level
