"""Choose and open the generator that a request asks for: the seam's three real sides.

Opening the local one obtains the starter and holds the accelerator's memory until it is closed;
the remote ones open nothing before their first call.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, runtime_checkable

from gemma_garage.augment.drafts import KINDS, UNANSWERABLE, Ask, Draft, Passage
from gemma_garage.augment.kept_calls import StoredCalls
from gemma_garage.augment.material import open_retriever
from gemma_garage.augment.remote.generator import FindPassages, RemoteGenerator
from gemma_garage.augment.remote.prompts import Wishes
from gemma_garage.augment.remote.provider import Provider
from gemma_garage.augment.remote.usage import Usage
from gemma_garage.augment.request import LOCAL_KINDS, GenerateRequest, GeneratorName
from gemma_garage.augment.retrieve import Retriever
from gemma_garage.errors import ConfigError
from gemma_garage.garage import Garage
from gemma_garage.settings import Settings

Report = Callable[[float, str], None]


class Generator(Protocol):
    """What writes Drafts. `write` yields each ask's index once, in any order; with `should_stop`
    it ends early. `on_notice` hears what it waits for, and "" when it goes on. An ask that the
    provider spoiled comes as one Draft without a question whose reason says why."""

    @property
    def name(self) -> str: ...

    def write(
        self,
        asks: Sequence[Ask],
        *,
        should_stop: Callable[[], bool] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]: ...


@runtime_checkable
class Metered(Protocol):
    """A generator that counts what it uses."""

    usage: Usage

    @property
    def model(self) -> str: ...


class Opener(Protocol):
    """Opens the generator of a request; `job_id`: who pays."""

    def __call__(
        self,
        garage: Garage,
        project_id: int,
        request: GenerateRequest,
        report: Report,
        job_id: int | None = None,
    ) -> AbstractContextManager[Generator]: ...


def choose_default_generator(settings: Settings) -> GeneratorName:
    """Gemini where there is a key, else the server that is named, else the local Gemma."""
    if settings.gemini_key:
        return "gemini"
    if settings.openai_url or settings.openai_key:
        return "openai"
    return "local"


def require_generator(settings: Settings, request: GenerateRequest) -> None:
    """Raise ConfigError when the request's generator cannot do it, or not as the settings are."""
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
    if not request.is_remote:
        _require_local(request)


def _require_local(request: GenerateRequest) -> None:
    wishes = (request.style, request.instruction, request.language)
    if any(wish.strip() for wish in wishes) or request.answer_wordings > 1:
        raise ConfigError(
            "The local Gemma follows no wish for style, instruction, language or wordings of the "
            "answer: it writes plain questions in the document's language and answers in its "
            "words. Leave them empty, or choose Gemini or another server."
        )
    if request.mode == "more-like-these" or (
        request.mode == "documents" and request.seed_example_ids is not None
    ):
        raise ConfigError(
            "The local Gemma asks about what stands in a document; it cannot write rows like "
            "others. Choose Gemini or another server, or new wordings of the rows."
        )
    others = [kind for kind in request.kinds if kind not in LOCAL_KINDS]
    if request.mode == "documents" and others:
        raise ConfigError(
            "The local Gemma cannot write "
            + "; ".join(KINDS[kind] for kind in others)
            + f". It writes {' and '.join(LOCAL_KINDS)}. Leave the others out, or choose Gemini "
            "or another server."
        )


@contextmanager
def open_generator(
    garage: Garage,
    project_id: int,
    request: GenerateRequest,
    report: Report,
    job_id: int | None = None,
) -> Iterator[Generator]:
    """Give the generator; what it holds is let go afterwards. Raises ConfigError, ModelError,
    Busy (the memory is in use)."""
    require_generator(garage.settings, request)
    if request.is_remote:
        yield open_remote(garage, project_id, request, job_id)
    elif request.mode == "paraphrase":
        from gemma_garage.augment.local.reword import RuleRewriter

        yield RuleRewriter(request.wordings)
    else:
        with garage.occupancy.claim("writing examples"):
            try:
                yield _load_local(garage, request, report)
            finally:
                garage.occupancy.release()


def open_remote(
    garage: Garage, project_id: int, request: GenerateRequest, job_id: int | None = None
) -> RemoteGenerator:
    """The remote generator of the request; nothing is connected yet. Raises ConfigError."""
    checks = request.mode == "documents" and UNANSWERABLE in request.kinds
    return RemoteGenerator(
        choose_provider(garage.settings, request),
        Wishes(
            request.wordings,
            request.answer_wordings,
            request.style,
            request.instruction,
            request.language,
        ),
        threads=request.threads,
        calls=StoredCalls(garage.store, job_id),
        # Replies to a request for few rows are shorter than those to one for all.
        scope={"target": request.target, "max_facts": request.max_facts, "mode": request.mode},
        find_passages=_open_finder(garage, project_id) if checks else None,
    )


def find_model(settings: Settings, request: GenerateRequest) -> str:
    """The model's name as the price list may know it; "" where it is not known yet."""
    if request.generator == "gemini":
        return settings.gemini_model
    return settings.openai_model or "" if request.is_remote else ""


def _open_finder(garage: Garage, project_id: int) -> FindPassages:
    """The nearest passages of all documents; they are indexed at the first question."""
    lock = threading.Lock()
    opened: list[Retriever] = []

    def find(question: str) -> Sequence[Passage]:
        with lock:
            if not opened:
                opened.append(open_retriever(garage, project_id))
        return opened[0].find_best(question)

    return find


def choose_provider(settings: Settings, request: GenerateRequest) -> Provider:
    """The remote model of the request. Raises ConfigError."""
    if request.generator == "gemini":
        from gemma_garage.augment.remote.gemini import GeminiProvider

        return GeminiProvider(
            settings.gemini_key, settings.gemini_model, base_url=settings.gemini_url
        )
    from gemma_garage.augment.remote.openai_server import OpenAIProvider

    return OpenAIProvider(settings.openai_url, settings.openai_model, key=settings.openai_key)


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
