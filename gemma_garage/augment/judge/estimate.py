"""What judging will take before it runs: calls, tokens, minutes, price. Figures are rough."""

from dataclasses import dataclass

from gemma_garage.augment.judge.choose import choose_judge, is_same_model
from gemma_garage.augment.judge.plan import count_origins, plan_batches
from gemma_garage.augment.judge.request import JudgeRequest
from gemma_garage.augment.open_generator import find_model
from gemma_garage.augment.prices import find_price
from gemma_garage.augment.remote.judge import count_call_tokens
from gemma_garage.augment.request import GenerateRequest, GeneratorName
from gemma_garage.garage import Garage

_SECONDS_PER_CALL = 6.0


@dataclass(frozen=True, slots=True)
class JudgeEstimate:
    """What judging would take now; figures are rough. `same`: the judge is the writer of most
    rows. `price_usd`: None where the list does not know the model."""

    judge: GeneratorName
    same: bool
    rows: int
    calls: int
    prompt_tokens: int
    reply_tokens: int
    minutes: float
    price_usd: float | None


def estimate_judge(garage: Garage, project_id: int, request: JudgeRequest) -> JudgeEstimate:
    """What `request` would take now. Raises ConfigError when there is no model to judge with."""
    origins = count_origins(garage, project_id)
    chosen = choose_judge(garage.settings, request, origins)
    batches, _ = plan_batches(garage, project_id, request)
    sizes = [count_call_tokens(len(b.case.passage.text) // 4, len(b.rows)) for b in batches]
    sent, received = sum(size[0] for size in sizes), sum(size[1] for size in sizes)
    asked = GenerateRequest(generator=chosen)
    model = find_model(garage.settings, asked)
    return JudgeEstimate(
        chosen,
        is_same_model(chosen, model, origins),
        sum(len(batch.rows) for batch in batches),
        len(batches),
        sent,
        received,
        len(batches) * _SECONDS_PER_CALL / request.threads / 60,
        find_price(asked, garage.settings, model, sent, received),
    )
