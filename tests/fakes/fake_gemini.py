"""The Gemini API on the loopback, as far as the real google-genai client asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.fakes.facts import write_reply
from tests.fakes.loopback import Reply, Request, Script, serve

SHAPES = ("facts", "conversations", "gaps", "verdicts", "rewordings", "rows")


class FakeGemini(Script):
    """Writes facts about any passage; `enqueue` answers that come first."""

    def __init__(self) -> None:
        super().__init__(self._write)
        self.url = ""

    def _write(self, request: Request) -> Reply:
        if request.method == "GET":
            entries = [
                {
                    "name": f"models/{name}",
                    "supportedGenerationMethods": [method],
                }
                for name, method in (
                    ("gemini-fake", "generateContent"),
                    ("embedder", "embedContent"),
                )
            ]
            return Reply({"models": entries})
        schema = request.body["generationConfig"].get("responseSchema", {})
        shape = next((name for name in schema.get("properties", {}) if name in SHAPES), "facts")
        return say(write_reply(shape, request.body["contents"][0]["parts"][0]["text"]))


def say(text: str | None, reason: str = "STOP") -> Reply:
    """A candidate with this text (None: no content at all) and reason to end."""
    candidate: dict[str, Any] = {"finishReason": reason, "index": 0}
    if text is not None:
        candidate["content"] = {"role": "model", "parts": [{"text": text}]}
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120}
    return Reply({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "fake"})


def block(reason: str = "PROHIBITED_CONTENT") -> Reply:
    """The prompt itself is blocked: no candidates."""
    return Reply({"promptFeedback": {"blockReason": reason}})


def fail(
    code: int, status: str, message: str, details: list[dict[str, Any]] | None = None
) -> Reply:
    error = {"code": code, "status": status, "message": message, "details": details or []}
    return Reply({"error": error}, status=code)


def exceed_quota(quota: str, delay: str | None = None) -> Reply:
    """A 429 as Google words it."""
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaId": quota, "quotaMetric": "requests"}],
        }
    ]
    if delay is not None:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    return fail(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", details)


@contextmanager
def serve_gemini() -> Iterator[FakeGemini]:
    fake = FakeGemini()
    with serve(fake) as url:
        fake.url = url
        yield fake
