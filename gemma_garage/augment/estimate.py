"""What a generation will take before it runs: calls, tokens, minutes, price. Figures are rough."""

from collections import Counter
from dataclasses import dataclass, replace

from gemma_garage.augment.drafts import UNANSWERABLE
from gemma_garage.augment.judge.choose import choose_judge
from gemma_garage.augment.judge.request import JudgeRequest
from gemma_garage.augment.material import find_material
from gemma_garage.augment.open_generator import find_model, open_remote
from gemma_garage.augment.plan import plan_tasks
from gemma_garage.augment.prices import find_price
from gemma_garage.augment.remote.judge import ROWS_A_CALL, count_call_tokens
from gemma_garage.augment.remote.prompts import count_facts, count_reply_tokens, count_wordings
from gemma_garage.augment.request import GenerateRequest
from gemma_garage.errors import ConfigError
from gemma_garage.garage import Garage

_FILLED_SHARE = 0.6  # passages hold fewer facts than they are asked for
_INSTRUCTION_TOKENS = 450
_CHECK_TOKENS = 1_500  # the passages that are read to see that a question has no answer
_TOKENS_PER_ROW = 70
_REMOTE_SECONDS_PER_CALL = 8.0
_LOCAL_SECONDS_PER_FACT = 2.0  # the starter on two cores, however many wordings are kept


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request will take. `calls` and tokens are 0 for the local generator; `kept`: calls
    whose reply is there already, and which cost nothing. `price_usd`: by the list, None where it
    does not know the model. `judge_…`: what judging the new rows will take, where that is asked
    for; rows that are kept from before are not in it."""

    chunks: int
    skipped: int  # Chunks that have nothing left to ask
    facts: int
    calls: int
    kept: int
    prompt_tokens: int
    reply_tokens: int
    minutes: float
    price_usd: float | None = 0.0
    judge_calls: int = 0
    judge_tokens: int = 0
    judge_price_usd: float | None = 0.0


def estimate(garage: Garage, project_id: int, request: GenerateRequest) -> Estimate:
    """What `request` would take now; with a target what its first round takes."""
    if request.mode == "documents":
        expected = _estimate_documents(garage, project_id, request)
    else:
        expected = _estimate_rows(garage, project_id, request)
    return _add_judging(garage, project_id, request, expected)


def _add_judging(
    garage: Garage, project_id: int, request: GenerateRequest, expected: Estimate
) -> Estimate:
    if request.judged_by == "none" or not expected.facts:
        return expected
    writer = Counter({f"{request.generator}:": 1})
    try:
        judge = choose_judge(garage.settings, JudgeRequest(judge=request.judged_by), writer)
    except ConfigError:  # no key yet
        if request.judged_by == "auto":
            return expected
        judge = request.judged_by
    rows = expected.facts * (request.wordings if request.mode != "more-like-these" else 1)
    calls = max(expected.chunks, -(-rows // ROWS_A_CALL))
    chunks = garage.store.chunks(project_id)
    passage = sum(chunk.tokens for chunk in chunks) // max(len(chunks), 1)
    sent, received = (calls * size for size in count_call_tokens(passage, rows // calls))
    asked = GenerateRequest(generator=judge)
    model = find_model(garage.settings, asked)
    price = find_price(asked, garage.settings, model, sent, received)
    return replace(expected, judge_calls=calls, judge_tokens=sent + received, judge_price_usd=price)


def _estimate_documents(garage: Garage, project_id: int, request: GenerateRequest) -> Estimate:
    material = find_material(garage, project_id, request.document_ids)
    ids = {chunk.id for chunk in material.chunks}
    left = None
    if request.target is not None:
        rows, _ = garage.store.examples(project_id, statuses=("accepted", "edited"))
        left = max(request.target - sum(row.chunk_id in ids for row in rows), 0)
    tasks, skipped = plan_tasks(material, request, rows_left=left) if left != 0 else ([], len(ids))
    chunks = len({task.chunk.id for task in tasks})
    if not request.is_remote:
        asked = (count_facts(task.chunk.text, task.limit) for task in tasks)
        facts = sum(max(round(count * _FILLED_SHARE), 1) for count in asked)
        seconds = facts * _LOCAL_SECONDS_PER_FACT
        return Estimate(chunks, skipped, facts, 0, 0, 0, 0, seconds / 60)
    facts = calls = sent = received = 0
    for task in tasks:
        kind = task.ask.kinds[0]
        count = max(round(count_facts(task.chunk.text, task.limit, kind) * _FILLED_SHARE), 1)
        wordings = count_wordings(kind, request.wordings)
        facts += count
        calls += 2 if kind == UNANSWERABLE else 1
        sent += task.chunk.tokens + _INSTRUCTION_TOKENS
        sent += _CHECK_TOKENS if kind == UNANSWERABLE else 0
        # Half of the limit that is sent: it has as much again to spare.
        received += count_reply_tokens(count, wordings, kind, request.answer_wordings) // 2
    try:
        generator = open_remote(garage, project_id, request)
        kept = garage.store.count_kept([generator.key_of(task.ask) for task in tasks])
    except ConfigError:  # no key yet: the figures are of use all the same
        kept = 0
    model = find_model(garage.settings, request)
    return _price(garage, request, model, chunks, skipped, facts, calls, kept, sent, received)


def _estimate_rows(garage: Garage, project_id: int, request: GenerateRequest) -> Estimate:
    rows, _ = garage.store.examples(project_id, statuses=("accepted", "edited"))
    chosen = request.seed_example_ids
    rows = [row for row in rows if chosen is None or row.id in chosen]
    if request.mode == "paraphrase":
        facts = len({(row.chunk_id, row.fact) for row in rows if row.chunk_id is not None})
        facts += sum(row.chunk_id is None for row in rows)
        wanted = facts * request.wordings
    else:
        facts = wanted = request.target or 0
    if not request.is_remote:
        return Estimate(0, 0, facts, 0, 0, 0, 0, 0.0)
    calls = -(-facts // 10)
    sent = calls * _INSTRUCTION_TOKENS + len(rows) * _TOKENS_PER_ROW
    model = find_model(garage.settings, request)
    received = wanted * _TOKENS_PER_ROW
    return _price(garage, request, model, 0, 0, facts, calls, 0, sent, received)


def _price(
    garage: Garage,
    request: GenerateRequest,
    model: str,
    chunks: int,
    skipped: int,
    facts: int,
    calls: int,
    kept: int,
    sent: int,
    received: int,
) -> Estimate:
    new = (calls - kept) / calls if calls else 0.0
    sent, received = round(sent * new), round(received * new)
    price = find_price(request, garage.settings, model, sent, received)
    minutes = (calls - kept) * _REMOTE_SECONDS_PER_CALL / request.threads / 60
    return Estimate(chunks, skipped, facts, calls, kept, sent, received, minutes, price)
