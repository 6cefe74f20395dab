"""What a model may say of two answers to an exam question, in place of one."""

import json
import re
from collections.abc import Callable

import pytest

from gemma_garage.augment.remote.provider import Answer, Question
from tests.fakes.fake_provider import FakeProvider

Says = Callable[[str, str, str], dict[str, str]]  # of right answer, first, second
PART = r"<{0}>\n(.*)\n</{0}>"


def find_part(prompt: str, name: str) -> str:
    found = re.search(PART.format(name), prompt, re.DOTALL)
    return found[1] if found else ""


def say(says: Says) -> Callable[[Question], Answer]:
    """A provider's `answer` that says this of any pair."""

    def answer(question: Question) -> Answer:
        parts = (find_part(question.prompt, name) for name in ("right", "first", "second"))
        return Answer("whole", write(says(*parts)), 200, 40)

    return answer


def judge_with(monkeypatch: pytest.MonkeyPatch, says: Says) -> FakeProvider:
    """Put a provider that says this in the place of every judge's, and give it."""
    fake = FakeProvider()
    fake.answer = say(says)
    monkeypatch.setattr("gemma_garage.augment.judge.pairs.choose_provider", lambda *_: fake)
    return fake


def write(said: dict[str, str]) -> str:
    return json.dumps({"reason": "It is so.", **said})


def judge_fairly(right: str, first: str, second: str) -> dict[str, str]:
    """Right is what holds the right answer."""
    grades = ["right" if right in given else "wrong" for given in (first, second)]
    if grades[0] == grades[1]:
        better = "tie"
    else:
        better = "first" if grades[0] == "right" else "second"
    return {"first": grades[0], "second": grades[1], "better": better}


def prefer_first(right: str, first: str, second: str) -> dict[str, str]:
    """A judge that has an eye for places only."""
    return {"first": "Right", "second": "wrong.", "better": "FIRST"}
