"""Choose and open the generator that a request asks for: the seam's three real sides.

Opening the local one obtains the starter and holds the accelerator's memory until it is closed;
the remote ones open nothing before their first call.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from gemma_garage.augment.drafts import Draft, Passage
from gemma_garage.augment.remote.usage import Usage
from gemma_garage.errors import ConfigError
from gemma_garage.garage import Garage
from gemma_garage.settings import Settings

GeneratorName = Literal["local", "gemini", "openai"]
Report = Callable[[float, str], None]


class Generator(Protocol):
    """What writes Drafts. `write` yields each passage's index once, in any order; with
    `should_stop` it ends early. A passage that the provider spoiled comes as one Draft without a
    question whose kind says why (`remote_prompts.FAILED_KINDS`)."""

    @property
    def name(self) -> str: ...

    def write(
        self,
        passages: Sequence[Passage],
        *,
        on_progress: Any = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]: ...


@runtime_checkable
class Metered(Protocol):
    """A generator that counts what it uses."""

    usage: Usage


class GenerateRequest(BaseModel):
    """What the user asks for; kept in the Job, so that it can be resumed. Holds no secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    generator: GeneratorName = Field(
        "local", title="Written by", description="the model that writes the examples"
    )
    wordings: int = Field(
        5,
        ge=1,
        le=8,
        title="Wordings",
        description="questions a fact; from three on, one is kept for the exam",
    )
    max_facts: int | None = Field(
        None,
        ge=1,
        title="How many facts",
        description="at most, spread evenly over the passages; empty for all",
    )
    style: str = Field(
        "", max_length=500, title="Style", description="a wish in your own words (remote only)"
    )
    language: str = Field(
        "",
        max_length=60,
        title="Language",
        description="of questions and answers; empty for the document's own (remote only)",
    )
    document_ids: tuple[int, ...] | None = Field(
        None, title="Documents", description="empty for all of the project"
    )
    threads: int = Field(4, ge=1, le=32, title="Calls at once", description="to a remote generator")


Opener = Callable[[Garage, GenerateRequest, int | None, Report], AbstractContextManager[Generator]]


def choose_default_generator(settings: Settings) -> GeneratorName:
    """Gemini where there is a key, else the server that is named, else the local Gemma."""
    if settings.gemini_key:
        return "gemini"
    if settings.openai_url or settings.openai_key:
        return "openai"
    return "local"


def require_generator(settings: Settings, request: GenerateRequest) -> None:
    """Raise ConfigError when the request's generator cannot be used as the settings are."""
    if request.generator == "gemini" and not settings.gemini_key:
        raise ConfigError(
            "Gemini needs a key and none is set. Set GEMINI_API_KEY and start again, or let the "
            "local Gemma write the examples."
        )
    if request.generator == "openai" and not (settings.openai_url or settings.openai_key):
        raise ConfigError(
            "No server is named. Set OPENAI_BASE_URL (for Ollama: http://127.0.0.1:11434/v1) and "
            "start again, or let the local Gemma write the examples."
        )
    if request.generator == "local" and (request.style.strip() or request.language.strip()):
        raise ConfigError(
            "The local Gemma follows no wish for style or language: it writes plain questions in "
            "the document's language. Leave both empty, or choose Gemini or another server."
        )


@contextmanager
def open_generator(
    garage: Garage, request: GenerateRequest, facts_per_passage: int | None, report: Report
) -> Iterator[Generator]:
    """Give the generator; what it holds is let go afterwards. Raises ConfigError, ModelError,
    Busy (the memory is in use)."""
    settings = garage.settings
    require_generator(settings, request)
    if request.generator == "gemini":
        from gemma_garage.augment.remote.gemini import GeminiGenerator

        yield GeminiGenerator(
            settings.gemini_key,
            settings.gemini_model,
            wordings=request.wordings,
            facts_per_passage=facts_per_passage,
            style=request.style,
            language=request.language,
            threads=request.threads,
        )
    elif request.generator == "openai":
        from gemma_garage.augment.remote.openai_server import OpenAIGenerator

        yield OpenAIGenerator(
            settings.openai_url,
            settings.openai_model,
            key=settings.openai_key,
            wordings=request.wordings,
            facts_per_passage=facts_per_passage,
            style=request.style,
            language=request.language,
            threads=request.threads,
        )
    else:
        with garage.occupancy.claim("writing examples"):
            try:
                yield _load_local(garage, request, report)
            finally:
                garage.occupancy.release()


def _load_local(garage: Garage, request: GenerateRequest, report: Report) -> Generator:
    from gemma_garage.augment.local.generator import LocalGenerator
    from gemma_garage.gemma.catalogue import find_base
    from gemma_garage.gemma.device import detect_machine
    from gemma_garage.gemma.load import load_model, load_tokenizer
    from gemma_garage.gemma.obtain import obtain_base
    from gemma_garage.gemma.starter import STARTER_ID

    folder = obtain_base(find_base(STARTER_ID), garage.workspace, report=report)
    report(1.0, "Loading the model")
    model = load_model(folder, machine=detect_machine())
    return LocalGenerator(model, load_tokenizer(folder), wordings=request.wordings)
