"""Train, Compare and Export, as the page calls them."""

from typing import Any

import gradio as gr
import pytest

from gemma_garage.errors import BadInput, GarageError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset, ExamQuestion, ExamResult, Run
from gemma_garage.train import run as train_run
from gemma_garage.ui import (
    asking,
    comparing_runs,
    controlling,
    curves,
    export_tab,
    run_log,
    terms,
    training,
    verdict,
    voting,
    watching,
)
from tests.ui.filled import EVIL, Filled, fill_project

STARTER = "gemma-3-270m-starter"


@pytest.fixture
def filled(garage: Garage) -> Filled:
    return fill_project(garage)


@pytest.fixture
def other(garage: Garage) -> int:
    return garage.store.ensure_project("Other").id


def size(garage: Garage, filled: Filled, effort: str = "balanced") -> list[Any]:
    return list(training.size_settings(garage, filled.project, STARTER, filled.dataset, effort))


def test_the_settings_are_sized_and_the_line_says_whether_it_fits(
    garage: Garage, filled: Filled
) -> None:
    line, notice, *values = size(garage, filled)
    assert "fits:" in line and "GB memory" in line and "updates over 176 rows" in line
    assert "Gemma Terms of Use" in line
    assert notice.visible
    assert len(values) == len(training.SETTINGS)
    assert dict(zip(training.SETTINGS, values, strict=True))["rank"] > 1


def test_a_run_starts_with_the_settings_as_they_stand_once_the_terms_are_accepted(
    garage: Garage, filled: Filled
) -> None:
    train_run.register(garage)
    _, _, *values = size(garage, filled)
    values[training.SETTINGS.index("rank")] = 48.0
    values[training.SETTINGS.index("alpha")] = 48.0
    with pytest.raises(BadInput, match="Gemma Terms"):
        training.start(garage, filled.project, STARTER, filled.dataset, *values)
    terms.accept(garage, True)
    shown = training.start(garage, filled.project, STARTER, filled.dataset, *values)
    newest = garage.store.runs(filled.project)[0]
    assert shown.value == newest.id
    assert (newest.config["rank"], newest.config["base_model"]) == (48, STARTER)
    pause, stop, resume, *_ = controlling.draw_controls(garage, filled.project, newest.id)
    assert (pause.visible, stop.visible, stop.value, resume.visible) == (
        True,
        True,
        "Cancel",
        False,
    )
    start = training.draw_start(garage, filled.project)
    assert (start.interactive, start.value, start.variant) == (
        True,
        "Add to the queue",
        "secondary",
    )
    controlling.stop(garage, filled.project, newest.id)
    pause, stop, resume, *_ = controlling.draw_controls(garage, filled.project, newest.id)
    assert (pause.visible, stop.visible, resume.visible) == (False, False, True)
    start = training.draw_start(garage, filled.project)
    assert (start.value, start.variant, resume.variant) == ("Start", "secondary", "primary")


def test_a_setting_out_of_bounds_is_named_and_nothing_starts(
    garage: Garage, filled: Filled
) -> None:
    terms.accept(garage, True)
    _, _, *values = size(garage, filled)
    values[training.SETTINGS.index("rank")] = 100_000
    with pytest.raises(GarageError, match="rank"):
        training.start(garage, filled.project, STARTER, filled.dataset, *values)
    assert len(garage.store.runs(filled.project)) == 1


def test_without_a_dataset_start_says_what_to_do(garage: Garage, filled: Filled) -> None:
    with pytest.raises(BadInput, match="Freeze one"):
        training.start(garage, filled.project, STARTER, None)
    empty = garage.store.ensure_project("Empty").id
    assert not training.draw_start(garage, empty).interactive


def test_ids_of_another_project_are_refused_everywhere(
    garage: Garage, filled: Filled, other: int
) -> None:
    own = garage.store.add(
        Run(project_id=other, dataset_id=filled.dataset, number=1, base_model=STARTER)
    ).id
    calls = [
        lambda: training.size_settings(garage, other, STARTER, filled.dataset, "quick"),
        lambda: training.start(garage, other, STARTER, filled.dataset),
        lambda: controlling.stop(garage, other, filled.run),
        lambda: controlling.resume(garage, other, filled.run),
        lambda: controlling.pause(garage, other, filled.run),
        lambda: controlling.move(garage, other, filled.run, 1),
        lambda: controlling.clone(garage, other, filled.run),
        lambda: controlling.ask_delete(garage, other, filled.run),
        lambda: controlling.delete(garage, other, filled.run),
        lambda: run_log.draw_log(garage, other, filled.run, True, "debug", "all", ""),
        lambda: comparing_runs.draw_comparison(garage, other, own, [filled.run]),
        lambda: curves.draw_curve(garage, other, own, "loss", 0, False, [filled.run]),
        lambda: verdict.examine_again(garage, other, filled.run),
        lambda: list(ask(garage, other, filled.run, "Hello?")),
        lambda: export_tab.make_adapter(garage, other, filled.run),
        lambda: export_tab.push(garage, other, filled.run, "name", True, False, "token"),
    ]
    for call in calls:
        with pytest.raises(NotFound, match="another project"):
            call()
    stages, now, answers, more = watching.draw_live(garage, other, filled.run)
    assert "empty" in now
    assert (stages, answers, more.visible) == ("", "", False)
    assert not curves.draw_curve(garage, other, filled.run, "loss", 0, False, []).visible
    assert not any(b.visible for b in controlling.draw_controls(garage, other, filled.run))
    assert verdict.draw_verdict(garage, other, filled.run)[0] == ""
    assert verdict.draw_questions(garage, other, filled.run)[0] == ""
    assert "empty" in asking.draw_suggestions(garage, other, [f"run-{filled.run}"])
    assert "empty" in export_tab.draw_chosen(garage, other, filled.run)[0]


def test_the_dataset_that_was_just_frozen_is_chosen(garage: Garage, filled: Filled) -> None:
    newest = garage.store.add(
        Dataset(
            project_id=filled.project,
            version=2,
            path="datasets/2",
            counts={"train": 9, "exam": 3},
            fingerprint="1" * 64,
        )
    ).id
    choice = training.draw_dataset_choices(garage, filled.project, filled.dataset)
    assert choice.value == newest


def test_a_run_that_is_going_on_is_shown(garage: Garage, filled: Filled) -> None:
    running = fill_project(garage, "Pump manuals 2", run_status="running")
    assert training.show_newest_run(garage, running.project, None).value == running.run
    assert training.show_newest_run(garage, filled.project, filled.run).value == filled.run


def test_the_verdict_is_what_was_measured_and_own_questions_stand_apart(
    garage: Garage, filled: Filled
) -> None:
    line, onward = verdict.draw_verdict(garage, filled.project, filled.run)
    assert "Knows your documents: <strong>3 of 4</strong>" in line
    said = "75 % of 4 questions (30 to 95) against 0 %: no clear difference."
    assert f"<p>Knows your documents: {said}</p>" in line
    assert "<p>Your own questions: 100 % of 1 question (21 to 100) against" in line
    assert onward.visible
    table, _ = verdict.draw_questions(garage, filled.project, filled.run)
    assert table.count("<tr>") == 6
    assert table.index("your own") < table.index("other wording")
    assert "<img" not in table
    assert table.count('aria-label="wrong"') == 6


def test_unseen_text_stands_apart_from_what_was_taught(garage: Garage, filled: Filled) -> None:
    before, _ = verdict.draw_verdict(garage, filled.project, filled.run)
    unseen = ExamQuestion(dataset_id=filled.dataset, kind="unseen", question="Q?", answer="A")
    garage.store.add_exam_questions([unseen])
    answers = [
        ExamResult(
            run_id=filled.run, question_id=unseen.id, subject=subject, answer="", correct=False
        )
        for subject in ("base", "tuned")
    ]
    garage.store.record_exam_results(answers)
    drawn, _ = verdict.draw_verdict(garage, filled.project, filled.run)
    assert "Knows your documents: <strong>3 of 4</strong>" in before
    assert "Knows your documents: <strong>3 of 4</strong>" in drawn
    assert "Answers about passages it never saw: 0 % of 1 question (0 to 79) against 0 %" in drawn
    for question in garage.store.exam_questions(filled.dataset):
        if question.kind == "paraphrase":
            garage.store.delete(ExamQuestion, question.id)
    alone, _ = verdict.draw_verdict(garage, filled.project, filled.run)
    assert "Questions it never saw: <strong>0 of 1</strong>" in alone


def test_the_runs_table_names_settings_and_score(garage: Garage, filled: Filled) -> None:
    table = watching.draw_runs(garage, filled.project)
    assert "rank 64" in table
    assert "3 of 4" in table


def ask(garage: Garage, project: int, run: int, prompt: str, **options: Any) -> Any:
    values: dict[str, Any] = {"conversation": None, "system": "", "schema": "", "blind": False}
    values |= options
    settings = ("greedy", 16, 1.0, 64, 0.95, 0)
    names = ["base", f"run-{run}"]
    return asking.ask(
        garage,
        project,
        names,
        prompt,
        values["conversation"],
        "wait",
        values["system"],
        values["schema"],
        values["blind"],
        *settings,
    )


def test_a_plain_short_question_is_suggested_before_others() -> None:
    asked = (
        "What is missing here: “It weighs …”?",
        "I would like to know: how heavy is it?",
        "What does the pump weigh without water?",
        "How heavy is it?",
    )
    questions = [ExamQuestion(question=text) for text in asked]
    rated = [question.question for question in sorted(questions, key=asking.rate_suggestion)]
    assert rated[:2] == [asked[3], asked[2]]


def test_suggestions_come_from_the_runs_exam_and_only_from_it(
    garage: Garage, filled: Filled
) -> None:
    second = fill_project(garage, "Second")
    names = ["base", f"run-{filled.run}"]
    chips = asking.draw_suggestions(garage, filled.project, names)
    questions = garage.store.exam_questions(filled.dataset)
    assert f'data-id="{questions[0].id}"' in chips
    assert "<img" not in chips

    def take(question_id: int) -> str:
        event = gr.EventData(None, {"id": str(question_id), "act": ""})
        return asking.take_suggestion(garage, filled.project, names, event)

    assert take(questions[0].id) == EVIL
    with pytest.raises(NotFound, match="another exam"):
        take(garage.store.exam_questions(second.dataset)[0].id)


def test_base_and_the_newest_run_are_chosen_until_a_person_chooses(
    garage: Garage, filled: Filled
) -> None:
    who, button = asking.draw_choices(garage, filled.project, None)
    assert who.value == ["base", f"run-{filled.run}"]
    assert button.interactive
    kept, _ = asking.draw_choices(garage, filled.project, [f"run-{filled.run}", "run-99"])
    assert kept.value == [f"run-{filled.run}"]
    empty = garage.store.ensure_project("Empty").id
    nobody, button = asking.draw_choices(garage, empty, who.value)
    assert (nobody.value, button.interactive) == ([], False)


def _answer_evil(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let `compare` say something hostile; gives the requests it got."""
    from gemma_garage.infer.column import Column
    from gemma_garage.schema import Comparison

    asked: list[Any] = []

    def answer(garage: Garage, request: Any, *, on_kept: Any, **_: Any) -> Any:
        asked.append(request)
        half = [Column(EVIL, 0.4, None, 3, False, name=name, title=name) for name in request.names]
        yield tuple(half)
        whole = [
            Column(EVIL, 0.4, 14.0, 9, True, 1.0, name, name, False, False, 0.5, (EVIL,))
            for name in request.names
        ]
        row = Comparison(
            project_id=request.project_id,
            run_id=1,
            prompt=request.prompt,
            columns=[column.store() for column in whole],
            conversation_id=request.conversation_id,
            settings={"blind": request.blind, "system": EVIL},
        )
        on_kept(garage.store.add(row).id)
        yield tuple(whole)

    monkeypatch.setattr(asking, "compare", answer)
    return asked


def test_all_columns_come_from_one_generator_and_are_escaped(
    garage: Garage, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _answer_evil(monkeypatch)
    first, last = list(ask(garage, filled.project, filled.run, EVIL))
    assert asked[0].drawing.max_new_tokens == 16
    assert asked[0].reference == "every 500 hours"  # the exam asks this very question
    drawn, conversation, votable, prompt = last
    assert "0.4 s to first token" in first[0]
    assert "0.4 s to first token · then 14 tokens/s · 9 tokens · 1.0 s in all" in drawn
    assert f"<h3>run-{filled.run}</h3>" in drawn
    assert "<img" not in first[0] + drawn
    stopped = asking.settle(garage, first[0])
    assert "caret" in first[0] and 'aria-busy="true"' in first[0]
    assert "caret" not in stopped and 'aria-busy="true"' not in stopped
    assert (conversation, votable, prompt) == (2, 2, "")
    *_, (drawn, conversation, votable, _) = ask(
        garage, filled.project, filled.run, "And then?", conversation=conversation
    )
    assert drawn.count("And then?") == 2
    assert drawn.count("&lt;img") > 4  # the turn before is there too
    assert (asked[1].conversation_id, conversation, votable) == (2, 2, 3)


def test_who_is_who_is_told_after_the_vote_only(
    garage: Garage, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answer_evil(monkeypatch)
    first, last = list(ask(garage, filled.project, filled.run, "Hi?", blind=True))
    for drawn in (first[0], last[0], asking.draw_history(garage, filled.project)):
        assert f"<h3>run-{filled.run}</h3>" not in drawn
        assert "<h3>First</h3>" in drawn
    assert "tokens" not in last[0]
    assert not voting.draw_standings(garage, filled.project)[1].visible
    drawn, votable, note = voting.cast(garage, filled.project, last[2], "So clear.", choice="right")
    assert f"<h3>run-{filled.run}</h3>" in drawn
    assert (votable, note) == (None, "")
    table, make = voting.draw_standings(garage, filled.project)
    assert "100 % (21 to 100)" in table
    assert make.visible
    assert "<h3>First</h3>" not in asking.draw_history(garage, filled.project)
    with pytest.raises(BadInput, match="nothing to vote on"):
        voting.cast(garage, filled.project, None, "", choice="left")


def test_an_empty_prompt_is_refused(garage: Garage, filled: Filled) -> None:
    with pytest.raises(BadInput, match="1 to 20,000"):
        next(ask(garage, filled.project, filled.run, "  "))


def test_history_and_exports_are_escaped_and_linked_by_their_own_route(
    garage: Garage, filled: Filled
) -> None:
    assert "<img" not in asking.draw_history(garage, filled.project)
    listed = export_tab.draw_exports(garage, filled.project)
    assert f'href="/files/{filled.export}"' in listed
    assert "javascript:" not in listed
    assert "15.3 MB" in listed


def test_the_licence_stands_where_it_is_exported(garage: Garage, filled: Filled) -> None:
    line, make, push = export_tab.draw_chosen(garage, filled.project, filled.run)
    assert "Gemma Terms of Use" in line
    assert "3 of 4" in line
    assert make.interactive
    assert push.interactive
    line, make, push = export_tab.draw_chosen(garage, filled.project, None)
    assert "empty" in line
    assert not make.interactive
