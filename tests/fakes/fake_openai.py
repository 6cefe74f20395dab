"""An OpenAI-compatible server on the loopback, as far as the real openai client asks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.fakes.facts import write_reply
from tests.fakes.loopback import Reply, Request, Script, serve


class FakeOpenAI(Script):
    """Writes facts about any passage. `refused`: words in a request's options it answers 400 to."""

    def __init__(self, models: Sequence[str] = ("tiny",)) -> None:
        super().__init__(self._write)
        self.models = list(models)
        self.refused: list[str] = []
        self.url = ""

    def _write(self, request: Request) -> Reply:
        if request.path.endswith("/models"):
            return Reply(
                {"object": "list", "data": [{"id": n, "object": "model"} for n in self.models]}
            )
        if not request.path.endswith("/chat/completions"):
            return Reply({"detail": "Not Found"}, status=404)
        if request.body["model"] not in self.models:
            return fail(404, f"model {request.body['model']!r} not found")
        options = {name: value for name, value in request.body.items() if name != "messages"}
        for word in self.refused:
            if f"'{word}'" in str(options):
                return fail(400, f"Unsupported parameter: '{word}'")
        schema = request.body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        shape = list(schema.get("properties", {"facts": 0}))[-1]
        return say(write_reply(shape, request.body["messages"][-1]["content"]))


def say(text: str | None, reason: str = "stop") -> Reply:
    message = {"role": "assistant", "content": text}
    return Reply(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "tiny",
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        }
    )


def fail(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply({"error": {"message": message, "code": code}}, status=status, headers=named)


@contextmanager
def serve_openai(models: Sequence[str] = ("tiny",)) -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI(models)
    with serve(fake) as url:
        fake.url = f"{url}/v1"
        yield fake
