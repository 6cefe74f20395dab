"""What generation will take, and what it really took: passages, calls, tokens, price."""

from dataclasses import replace
from typing import Any

from markupsafe import Markup

from gemma_garage.augment.generate import Estimate, GenerateRequest, estimate
from gemma_garage.augment.tally import say_spoiled
from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.schema import ACTIVE
from gemma_garage.ui.access import type_over
from gemma_garage.ui.format import draw_empty, say_count, say_duration, say_number, say_price
from gemma_garage.ui.pulse import find_job
from gemma_garage.ui.wishes import make_request


def draw_estimate(
    garage: Garage,
    project_id: int,
    generator: str,
    gemini_model: str,
    url: str,
    model: str,
    *wishes: Any,
) -> str:
    """What Generate would do and take, with the models and the address that are typed: passages,
    calls, minutes, tokens, price."""
    if not garage.store.chunks(project_id) and not garage.store.count_examples(project_id):
        text = "When a document is read, questions and answers are written from it here."
        return str(draw_empty(text))
    job = find_job(garage, project_id, "generate")
    if job is not None and job.status in ACTIVE:
        return ""  # its progress says more
    try:
        request = make_request(generator, wishes)
    except BadInput as error:
        return str(Markup("<p class='hint'>{}</p>").format(str(error)))
    typed = {"gemini_model": gemini_model, "openai_url": url, "openai_model": model}
    asked = replace(garage, settings=type_over(garage.settings, **typed))
    expected = estimate(asked, project_id, request)
    parts = _say_work(request, expected)
    if expected.calls:
        parts.append(f"{say_count(expected.calls, 'call')}")
        if expected.kept:
            parts.append(f"{expected.kept:,} of them answered before, at no cost")
        parts.append(f"{say_number(expected.prompt_tokens)} tokens to send")
        parts.append(f"about {say_number(expected.reply_tokens)} to receive")
        parts.append(say_list_price(expected.price_usd, "about "))
    elif expected.facts and not request.is_remote and request.judged_by == "none":
        parts.append("no cost, nothing leaves this machine")
    if expected.judge_calls:
        parts.append(
            f"then {say_count(expected.judge_calls, 'call')} to judge, "
            f"{say_number(expected.judge_tokens)} tokens, "
            + say_list_price(expected.judge_price_usd, "about ")
        )
    return str(Markup("<p class='hint'>{}</p>").format(" · ".join(parts)))


def say_list_price(usd: float | None, about: str = "") -> str:
    if usd is None:
        return "the price is unknown: no list has this model at this address"
    return f"{about}{say_price(usd)} at list price"


def _say_work(request: GenerateRequest, expected: Estimate) -> list[str]:
    if request.mode == "documents":
        parts = [say_count(expected.chunks, "passage") + " to ask about"]
        if expected.skipped:
            parts.append(f"{expected.skipped:,} have been asked")
    else:
        parts = [say_count(expected.facts, "row") + " to write from"]
    if expected.facts:
        parts.append(f"about {say_duration(expected.minutes * 60)}")
    return parts


def draw_result(result: dict[str, Any]) -> Markup:
    """What the last generation gave and really cost."""
    if not result.get("asked"):
        return Markup("")
    parts = [f"{result['accepted']:,} accepted, {result['rejected']:,} rejected"]
    if result.get("gave_nothing"):
        parts.append(f"{say_count(result['gave_nothing'], 'time')} a passage gave nothing")
    usage = result.get("usage") or {}
    if usage:
        parts.append(say_count(usage["calls"], "call"))
        if usage.get("kept"):
            parts.append(f"{usage['kept']:,} answered before, at no cost")
        tokens = (say_number(usage["prompt_tokens"]), say_number(usage["reply_tokens"]))
        parts.append(f"{tokens[0]} tokens sent, {tokens[1]} received")
        parts.append(say_list_price(usage.get("price_usd")))
    told = Markup("<p class='hint'>Last time: {}</p>").format(" · ".join(parts))
    short = result.get("short") or say_spoiled(result.get("spoiled") or {})
    return told + (Markup("<p class='problem'>{}</p>").format(short) if short else Markup(""))
