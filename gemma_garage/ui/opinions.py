"""Handlers of the judge beside the exam: whom to ask and how, what it costs, what it found."""

from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.destination import describe_place
from gemma_garage.augment.judge.pairs import estimate_pairs, require_judge
from gemma_garage.augment.open_generator import choose_default_generator
from gemma_garage.errors import BadInput, GarageError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.infer.exam_result import BASE_SUBJECT
from gemma_garage.infer.judge.findings import (
    Finding,
    list_differences,
    read_findings,
    say_differences,
    say_finding,
)
from gemma_garage.infer.judge.pairs import list_opponents, name_side, require_pairs
from gemma_garage.infer.judge.rubric import RUBRIC, check_rubric
from gemma_garage.infer.judge.run import SENT, list_judge_jobs, submit_exam_judge
from gemma_garage.opinion_records import ExamJudge
from gemma_garage.schema import ACTIVE, RESUMABLE, Job
from gemma_garage.settings import Settings
from gemma_garage.ui.access import Access, allow, draw_leaving, type_over
from gemma_garage.ui.cost import say_list_price
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import (
    draw_empty,
    draw_table,
    draw_tick,
    say_count,
    say_duration,
    say_number,
)
from gemma_garage.ui.frame import draw_job
from gemma_garage.ui.training import own_run
from gemma_garage.ui.watching import find_run

JUDGES: list[tuple[str, ExamJudge]] = [("Gemini", "gemini"), ("Another server", "openai")]
MOST_SHOWN = 100


def read_judge(said: str) -> ExamJudge:
    """The judge by its name. Raises BadInput for any other."""
    for _, judge in JUDGES:
        if judge == said:
            return judge
    raise BadInput(f"There is no judge {said!r}. Choose one under “Judged by”.")


def choose_default_judge(settings: Settings) -> ExamJudge:
    """The server that is named, where there is no Gemini key; else Gemini."""
    return "openai" if choose_default_generator(settings) == "openai" else "gemini"


def say_leaving(settings: Settings, judge: ExamJudge) -> Markup:
    """What goes where; empty when nothing leaves this machine."""
    place = describe_place(judge, settings)
    if place is None:
        return Markup("")
    return Markup("{} <strong>leave this machine</strong> and go to <strong>{}</strong>.").format(
        SENT, place
    )


def choose_judge(garage: Garage, judge: str, url: str) -> tuple[Any, ...]:
    """The fields of this judge, and where the answers go."""
    chosen = read_judge(judge)
    settings = type_over(garage.settings, openai_url=url)
    return (
        gr.Row(visible=chosen == "gemini"),
        gr.Row(visible=chosen == "openai"),
        *draw_leaving(say_leaving(settings, chosen)),
    )


def fill_form(garage: Garage, project_id: int, run_id: int | None, against: str) -> tuple[Any, Any]:
    """The form, once there are answers, and whose can stand beside the tuned model's; what was
    chosen stays."""
    found = find_run(garage, project_id, run_id)
    known = [] if found is None else list_opponents(garage.store, found[0])
    kept = against if against in known else next(iter(known), None)
    choices = [(name_side(name).removeprefix("the ").capitalize(), name) for name in known]
    return gr.Column(visible=bool(known)), gr.Dropdown(choices=choices, value=kept)


def fill_rubric(garage: Garage, project_id: int, run_id: int | None) -> str:
    """The rubric by which this Run was judged last, or ours."""
    found = find_run(garage, project_id, run_id)
    jobs = [] if found is None else list_judge_jobs(garage.store, found[0])
    return str(jobs[0].payload["rubric"]) if jobs else RUBRIC


def draw_estimate(
    garage: Garage,
    project_id: int,
    run_id: int | None,
    judge: str,
    against: str | None,
    rubric: str,
    gemini_model: str,
    url: str,
    model: str,
) -> str:
    """What the judge would take, with the model and the address that are typed."""
    found = find_run(garage, project_id, run_id)
    if found is None or against is None:
        return ""
    if any(job.status in ACTIVE for job in list_judge_jobs(garage.store, found[0])[:1]):
        return ""  # its progress says more
    typed = {"gemini_model": gemini_model, "openai_url": url, "openai_model": model}
    asked = replace(garage, settings=type_over(garage.settings, **typed))
    try:
        pairs = [one.pair for one in require_pairs(garage.store, found[0], against)]
        expected = estimate_pairs(asked, read_judge(judge), check_rubric(rubric or ""), pairs)
    except GarageError as error:  # fields are filled one after the other: no toast at each
        return str(Markup("<p class='problem'>{}</p>").format(error))
    parts = [
        f"{say_count(len(pairs), 'question')}, each asked twice",
        say_count(expected.calls, "call"),
        f"{say_number(expected.prompt_tokens)} tokens to send",
        f"about {say_number(expected.reply_tokens)} to receive",
        f"about {say_duration(expected.minutes * 60)}",
        say_list_price(expected.price_usd, "about "),
    ]
    if expected.kept:
        parts.insert(2, f"{expected.kept:,} of them answered before, at no cost")
    return str(Markup("<p class='hint'>{}</p>").format(" · ".join(parts)))


def ask(
    garage: Garage,
    project_id: int,
    run_id: int | None,
    judge: str,
    against: str | None,
    rubric: str,
    *typed: Any,
) -> None:
    """Queue the judging. `typed`: the fields of Access."""
    run, chosen = own_run(garage, project_id, run_id), read_judge(judge)
    _allow(garage, chosen, Access(*typed))
    submit_exam_judge(garage, run.id, chosen, against=against or BASE_SUBJECT, rubric=rubric or "")
    tell("The judge has been asked. No grade is changed by what it says.")


def stop(garage: Garage, project_id: int, run_id: int | None) -> None:
    """Stop the judging of this Run; what was judged stays."""
    garage.jobs.stop(_find_newest(garage, project_id, run_id).id)


def resume(garage: Garage, project_id: int, run_id: int | None, *typed: Any) -> None:
    """Go on with the questions that have no opinion yet, with the judge it was begun with.

    A restarted process has forgotten the key, so it is read from its field again.
    """
    job = _find_newest(garage, project_id, run_id)
    _allow(garage, read_judge(job.payload["judge"]), Access(*typed))
    garage.jobs.resume(job.id)


def draw_judging(garage: Garage, project_id: int, run_id: int | None) -> tuple[str, Any, Any, Any]:
    """How far it is and what it found; Ask, Stop and Resume."""
    found = find_run(garage, project_id, run_id)
    jobs = [] if found is None else list_judge_jobs(garage.store, found[0])
    job = jobs[0] if jobs else None
    status = job.status if job else ""
    findings = [] if found is None else read_findings(garage.store, found[0].id)
    drawn = draw_job(garage, job, _draw_usage) + Markup("").join(map(_draw_finding, findings))
    empty = "What a judge model says of the answers, and how far it agrees with the grade, is here."
    return (
        str(drawn or draw_empty(empty)),
        gr.Button(visible=status not in ACTIVE),
        gr.Button(visible=status in ACTIVE),
        gr.Button(visible=status in RESUMABLE),
    )


def _allow(garage: Garage, judge: ExamJudge, access: Access) -> None:
    allow(
        garage,
        access,
        lambda settings: say_leaving(settings, judge),
        "ask a server on this machine",
    )
    require_judge(garage, judge)


def _find_newest(garage: Garage, project_id: int, run_id: int | None) -> Job:
    jobs = list_judge_jobs(garage.store, own_run(garage, project_id, run_id))
    if not jobs:
        raise NotFound("No judge has been asked about this run yet. Press “Ask the judge”.")
    return jobs[0]


def _draw_usage(result: dict[str, Any]) -> Markup:
    usage = result.get("usage")
    if not usage:
        return Markup("")
    return Markup("<p class='hint'>Last time: {}, {} answered before; {} tokens, {}.</p>").format(
        say_count(usage["calls"], "call"),
        f"{usage['kept']:,}",
        say_number(usage["prompt_tokens"] + usage["reply_tokens"]),
        say_list_price(usage.get("price_usd")),
    )


def _draw_finding(finding: Finding) -> Markup:
    title = f"The tuned model against {name_side(finding.against)}"
    shown = Markup("<h3 class='group'>{}</h3><p>{}</p>").format(title, say_finding(finding))
    shown += Markup(
        "<details class='fold'><summary>Its rubric</summary><pre class='log'>{}</pre></details>"
    ).format(finding.rubric)
    differences = list_differences(finding)
    if not differences:
        return shown
    rows = [
        (
            one["question"],
            one["expected"],
            Markup("<b>{}:</b> {}").format(name_side(one["subject"]), one["answer"] or "(nothing)"),
            draw_tick(one["correct"]),
            Markup("{}<p class='hint'>{}</p>").format(one["judge"], one["reason"]),
        )
        for one in differences[:MOST_SHOWN]
    ]
    headers = ("Question", "Right answer", "Answer", "Grade", "Judge")
    shown += Markup("<p class='hint'>{}</p>").format(say_differences(finding))
    shown += draw_table(headers, rows, "Answers that judge and grade call otherwise", kind="exam")
    if len(differences) > MOST_SHOWN:
        shown += Markup("<p class='hint'>The first {} of {:,}; the report has all.</p>").format(
            MOST_SHOWN, len(differences)
        )
    return shown
