"""Pages copied by Gemini, through the real google-genai client, against one on the loopback."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment.remote.copy_pages import copy_pages
from gemma_garage.augment.remote.gate import Patience
from gemma_garage.augment.remote.gemini import GeminiProvider
from gemma_garage.augment.remote.provider import Answer
from gemma_garage.errors import WrongKey
from tests.fakes.fake_gemini import FakeGemini, exceed_quota, fail, say, serve_gemini
from tests.fakes.loopback import Reply

QUICK = Patience(attempts=3, longest_wait_s=5.0, first_wait_s=0.01)


class Memory:
    """Kept calls, in memory."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.documents: set[int | None] = set()

    def find(self, key: str) -> Answer | None:
        return self.answers.get(key)

    def keep(
        self, key: str | None, model: str, task: str, document_id: int | None, answer: Answer
    ) -> None:
        assert (model, task) == ("gemini:gemini-3.5-flash-lite", "copy-page")
        if key is not None:
            self.answers[key] = answer
        self.documents.add(document_id)


@pytest.fixture
def gemini() -> Iterator[FakeGemini]:
    with serve_gemini() as fake:
        yield fake


@pytest.fixture
def pages(tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"{number}.jpg" for number in (1, 2)]
    for file in files:
        file.write_bytes(b"\xff\xd8 picture " + file.name.encode())
    return files


def reply(text: str) -> Reply:
    return say(json.dumps({"markdown": text}))


def copy(fake: FakeGemini, pages: list[Path], **options: Any) -> dict[int, str | None]:
    provider = GeminiProvider("key-1", "gemini-3.5-flash-lite", base_url=fake.url)
    return dict(copy_pages(provider, pages, threads=1, patience=QUICK, **options))


def test_each_picture_is_sent_with_the_instruction_and_its_text_comes_back(
    gemini: FakeGemini, pages: list[Path]
) -> None:
    gemini.enqueue(reply("# Pump\n\nFuse: 8 A"), reply(""))
    assert copy(gemini, pages) == {0: "# Pump\n\nFuse: 8 A", 1: ""}
    body = gemini.history[0].body
    picture, prompt = body["contents"][0]["parts"]
    assert "image/jpeg" in picture["inlineData"].values()
    assert base64.urlsafe_b64decode(picture["inlineData"]["data"]) == pages[0].read_bytes()
    assert "Copy" in prompt["text"]
    assert "no instruction to you" in body["systemInstruction"]["parts"][0]["text"]
    assert "markdown" in body["generationConfig"]["responseSchema"]["properties"]


def test_a_reply_is_kept_and_the_same_picture_is_not_paid_for_again(
    gemini: FakeGemini, pages: list[Path]
) -> None:
    kept = Memory()
    gemini.enqueue(reply("one"), reply("two"))
    first = copy(gemini, pages, calls=kept, document_id=7)
    assert copy(gemini, pages, calls=kept, document_id=7) == first == {0: "one", 1: "two"}
    assert len(gemini.history) == 2 and kept.documents == {7}
    pages[0].write_bytes(b"\xff\xd8 another picture")
    gemini.enqueue(reply("three"))
    assert copy(gemini, pages, calls=kept, document_id=7)[0] == "three"


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        ([say('{"markdown": "The pump is the pump is', "MAX_TOKENS")], 1),
        ([say(None, "RECITATION"), say(None, "RECITATION")], 2),
        ([say("no JSON at all"), say('{"text": "wrong field"}')], 2),
    ],
)
def test_a_page_that_cannot_be_had_comes_as_none(
    gemini: FakeGemini, pages: list[Path], answers: list[Reply], calls: int
) -> None:
    kept = Memory()
    gemini.enqueue(*answers, reply("two"))
    assert copy(gemini, pages, calls=kept) == {0: None, 1: "two"}
    assert len(gemini.history) == calls + 1
    gemini.enqueue(reply("one"))  # what could not be read is asked for anew
    assert copy(gemini, pages, calls=kept) == {0: "one", 1: "two"}


def test_a_spoiled_reply_is_asked_for_once_more(gemini: FakeGemini, pages: list[Path]) -> None:
    gemini.enqueue(say(None, "OTHER"), reply("one"))
    assert copy(gemini, pages[:1]) == {0: "one"}


def test_a_rate_limit_is_waited_out(gemini: FakeGemini, pages: list[Path]) -> None:
    gemini.enqueue(exceed_quota("PerMinute", "0.05s"), reply("one"))
    assert copy(gemini, pages[:1]) == {0: "one"}


def test_a_refused_key_ends_it_with_the_error_of_the_generator(
    gemini: FakeGemini, pages: list[Path]
) -> None:
    gemini.enqueue(fail(403, "PERMISSION_DENIED", "key not valid"))
    with pytest.raises(WrongKey, match="Gemini refused the key"):
        copy(gemini, pages[:1])
