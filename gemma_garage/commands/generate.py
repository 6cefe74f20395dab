"""`gemma-garage generate`: Examples from a project's documents, and what they took."""

import argparse
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from gemma_garage.augment.request import GenerateRequest
from gemma_garage.commands.fields import add_fields, explain_invalid, read_fields
from gemma_garage.commands.terminal import add_shared, answer, find_project, open_home, say
from gemma_garage.commands.waiting import wait_for

if TYPE_CHECKING:
    from gemma_garage.schema import Job


def add_parser(commands: Any, shared: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "generate",
        parents=[shared],
        help="write questions and answers from the documents",
        description="Keys come from the environment. With --generator gemini or openai the text "
        "of the documents leaves this machine, unless that server runs on it.",
    )
    add_fields(parser, GenerateRequest)
    add_shared(parser)
    parser.set_defaults(run=run_generate)


def run_generate(options: argparse.Namespace) -> int:
    """Write until it is done; 1 when fewer rows came than were asked for, or none at all because
    no reply was usable."""
    try:
        request = GenerateRequest.model_validate(read_fields(options, GenerateRequest))
    except ValidationError as error:
        say(str(explain_invalid(error, GenerateRequest)))
        return 2
    with open_home(options, works=True) as garage:
        from gemma_garage.augment.destination import describe_destination, say_what_leaves
        from gemma_garage.augment.generate import submit_generate
        from gemma_garage.gemma.starter import GEMMA_TERMS

        project = find_project(garage, options)
        destination = describe_destination(request, garage.settings)
        if destination:
            say(f"{say_what_leaves(request)} leaves this machine and goes to {destination}.")
        if request.generator == "local":
            say(GEMMA_TERMS)
        job = wait_for(garage, submit_generate(garage, project.id, request), say)
        if "judge_job" in job.result:
            wait_for(garage, job.result["judge_job"], say)
    result = describe_generation(job)
    _say_counts(result)
    answer(options, {"project": project.name, **result})
    return 1 if result["short"] or (result["spoiled"] and not result["accepted"]) else 0


def _say_counts(result: dict[str, Any]) -> None:
    from gemma_garage.augment.quality.reasons import REASONS
    from gemma_garage.augment.tally import say_spoiled

    say(f"{result['accepted']} accepted, {sum(result['rejected'].values())} rejected")
    for reason, count in result["rejected"].items():
        say(f"  {count} rejected: {REASONS.get(reason, reason)}")
    if result["gave_nothing"]:
        say(f"{result['gave_nothing']} times a passage gave nothing to ask about")
    if result["short"]:
        say(result["short"])
    elif result["spoiled"]:
        say(say_spoiled(result["spoiled"]))


def describe_generation(job: "Job") -> dict[str, Any]:
    """What a finished Job "generate" did, as programs get it.

    `asked`: requests about passages; `produced`: rows, accepted or rejected; `rejected`: rows by
    reason; `gave_nothing`: requests that found nothing to ask about; `spoiled`: those without a
    usable reply, by reason, which are made again next time; `price_usd`: 0 for a model on
    this machine, null where the price list does not know the model; `short`: why there are fewer
    rows than were asked for, or null.
    """
    result = job.result
    usage = result.get("usage") or {}
    local = job.payload["request"]["generator"] == "local"
    return {
        "job": job.id,
        "asked": result.get("asked", 0),
        "produced": result.get("produced", 0),
        "accepted": result.get("accepted", 0),
        "rejected": result.get("reasons", {}),
        "gave_nothing": result.get("gave_nothing", 0),
        "spoiled": result.get("spoiled", {}),
        "skipped": result.get("skipped", 0),
        "calls": usage.get("calls", 0),
        "kept": usage.get("kept", 0),
        "tokens": {
            "prompt": usage.get("prompt_tokens", 0),
            "reply": usage.get("reply_tokens", 0),
        },
        "price_usd": 0.0 if local else usage.get("price_usd"),
        "short": result.get("short"),
    }
