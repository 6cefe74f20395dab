"""An OpenAI-compatible server in a storm: refusals, errors, broken replies, dropped connections.

What happens to a request is decided by a seeded dice; replies that can be used are counted by
passage, since they are what is paid for.
"""

import random
import re
import threading
from collections import Counter
from dataclasses import dataclass

from tests.fakes.fake_openai import FakeOpenAI, fail, say
from tests.fakes.loopback import Reply, Request


@dataclass(frozen=True)
class Weather:
    """Shares of requests that end so; the others are answered."""

    refused: float = 0.30  # 429 with Retry-After
    failed: float = 0.05  # 500
    broken: float = 0.05  # 200 with half a JSON
    dropped: float = 0.02  # no answer at all
    retry_after_s: float = 0.02


class Storm:
    """Stands in for the answers of a `FakeOpenAI`; `good` counts usable replies by passage."""

    def __init__(self, fake: FakeOpenAI, weather: Weather, seed: int = 0) -> None:
        self.good: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self._weather, self._dice = weather, random.Random(seed)
        self._calm = fake.otherwise
        self._lock = threading.Lock()
        fake.otherwise = self._answer

    def _answer(self, request: Request) -> Reply:
        weather = self._weather
        with self._lock:
            fate = self._choose()
            self.met[fate] += 1
        if fate == "refused":
            return fail(429, "slow down", retry_after=str(weather.retry_after_s))
        if fate == "failed":
            return fail(500, "boom")
        if fate == "broken":
            return say('{"facts": [{"answer": "9')
        if fate == "dropped":
            return Reply({}, drop=True)
        passage = re.search(
            r"<passage>(.*?)</passage>", request.body["messages"][-1]["content"], re.S
        )
        with self._lock:
            self.good[passage.group(1) if passage else ""] += 1
        return self._calm(request)

    def _choose(self) -> str:
        number = self._dice.random()
        for fate in ("refused", "failed", "broken", "dropped"):
            number -= getattr(self._weather, fate)
            if number < 0:
                return fate
        return "answered"
