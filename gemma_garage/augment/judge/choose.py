"""Choose and open the model that judges: another one than the writer, where there is one."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from gemma_garage.augment.judge.request import JudgeRequest
from gemma_garage.augment.kept_calls import StoredCalls
from gemma_garage.augment.open_generator import choose_provider
from gemma_garage.augment.remote.judge import Case, RemoteJudge, Verdict
from gemma_garage.augment.remote.usage import Usage
from gemma_garage.augment.request import GenerateRequest, GeneratorName
from gemma_garage.errors import ConfigError
from gemma_garage.garage import Garage
from gemma_garage.settings import Settings


class Judge(Protocol):
    """What judges rows beside their passage; see `remote.judge.RemoteJudge`."""

    @property
    def usage(self) -> Usage: ...

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    def judge(
        self,
        cases: Sequence[Case],
        *,
        should_stop: Callable[[], bool] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Iterator[tuple[int, list[Verdict | None]]]: ...


def choose_judge(settings: Settings, request: JudgeRequest, origins: Counter[str]) -> GeneratorName:
    """Who judges: who was asked for, else another than who wrote most rows, else whoever is there.

    Raises ConfigError when there is none.
    """
    there: list[GeneratorName] = []
    if settings.gemini_key:
        there.append("gemini")
    if settings.openai_url or settings.openai_key:
        there.append("openai")
    if request.judge != "auto":
        if request.judge in there:
            return request.judge
        missing = "GEMINI_API_KEY" if request.judge == "gemini" else "OPENAI_BASE_URL"
        raise ConfigError(
            f"{request.judge} cannot judge: {missing} is not set. Set it and start again."
        )
    if not there:
        raise ConfigError(
            "No model can judge: neither Gemini nor another server is set. Set GEMINI_API_KEY or "
            "OPENAI_BASE_URL and start again. The gates that need no model have been asked already."
        )
    writers = origins.most_common(1)
    writer = writers[0][0].partition(":")[0] if writers else ""
    return next((name for name in there if name != writer), there[0])


def is_same_model(judge: GeneratorName, model: str, origins: Counter[str]) -> bool:
    """Did the judge's own model write most of the rows?"""
    writers = origins.most_common(1)
    return bool(writers) and writers[0][0] == f"{judge}:{model}"[:100]


def open_judge(
    garage: Garage, judge: GeneratorName, request: JudgeRequest, job_id: int | None = None
) -> Judge:
    """The remote judge; nothing is connected yet. Raises ConfigError."""
    provider = choose_provider(garage.settings, GenerateRequest(generator=judge))
    return RemoteJudge(provider, threads=request.threads, calls=StoredCalls(garage.store, job_id))
