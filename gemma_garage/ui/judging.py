"""Handlers of the judge: ask it about rows that are there, say what it found and cost."""

from typing import Any

from markupsafe import Markup

from gemma_garage.augment.judge.request import JudgeRequest
from gemma_garage.augment.judge.run import submit_judge
from gemma_garage.augment.quality.reasons import label_reason
from gemma_garage.augment.request import GenerateRequest
from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.schema import ACTIVE, Job
from gemma_garage.ui.access import Access
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import draw_badge, draw_bar, say_count, say_number, say_price
from gemma_garage.ui.generation import allow_request


def judge_rows(garage: Garage, project_id: int, judge: str, *typed: Any) -> None:
    """Queue the judging of all accepted rows that were not judged in their present wording.
    `typed`: the fields of Access, then how many calls at once."""
    if judge == "none":
        raise BadInput("Nobody is chosen to judge. Choose who under “Judged by”.")
    # What is sent is the passages and the rows, as a generation from documents would send them.
    sent = GenerateRequest.model_validate({"generator": judge})
    *access, threads = typed
    allow_request(garage, sent, Access(*access))
    request = JudgeRequest.model_validate({"judge": judge, "threads": int(threads or 4)})
    submit_judge(garage, project_id, request)
    tell("The judge has been asked. What it rejects stays below, with its reason.")


def draw_judged(job: Job | None) -> Markup:
    """How far the newest judging is, or what it found and cost."""
    if job is None:
        return Markup("")
    if job.status in ACTIVE:
        return Markup("<p>{} {}: {}</p>{}").format(
            draw_badge(job.status), job.title, job.stage, draw_bar(job.fraction, "Judging")
        )
    return _draw_error(job) + _draw_found(job.result)


def _draw_error(job: Job) -> Markup:
    if job.status == "finished":
        return Markup("")
    return Markup("<p class='problem'>{} {}: {}</p>").format(
        draw_badge(job.status), job.title, job.error or "it did not come to its end"
    )


def _draw_found(result: dict[str, Any]) -> Markup:
    if not result.get("judged"):
        return Markup("")
    parts = [f"Judged by {result['judge']}: {say_count(result['judged'], 'row')}"]
    if result["same"]:
        parts.append("the model that wrote most of them, so it is kinder than another")
    reasons = ", ".join(
        f"{label_reason(name)} {count:,}" for name, count in result["reasons"].items()
    )
    parts.append(f"{result['rejected']:,} rejected" + (f" ({reasons})" if reasons else ""))
    if result["unjudged"]:
        parts.append(f"{result['unjudged']:,} got no verdict")
    if result["without_passage"]:
        parts.append(f"{result['without_passage']:,} have no passage to be judged by")
    usage = result.get("usage") or {}
    if usage:
        tokens = usage["prompt_tokens"] + usage["reply_tokens"]
        parts.append(
            f"{say_count(usage['calls'], 'call')}, {say_number(tokens)} tokens, "
            f"{say_price(usage.get('price_usd'))} at list price"
        )
    return Markup("<p class='hint'>{}</p>").format(" · ".join(parts))
