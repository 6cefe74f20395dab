"""The judge beside the exam, as the page calls it."""

from dataclasses import replace

import pytest

from gemma_garage.augment.judge.pairs import PairJudge
from gemma_garage.errors import BadInput, ConfigError, DatasetError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.infer.judge.rubric import RUBRIC
from gemma_garage.infer.judge.run import register
from gemma_garage.schema import Job
from gemma_garage.ui import opinions, pulse, verdict
from tests.fakes.fake_pair_judge import judge_fairly, judge_with, say
from tests.fakes.fake_provider import FakeProvider
from tests.ui.filled import EVIL, Filled, fill_project

KEY = ("very-secret-key-9", "gemini-3.5-flash-lite", "", "", "")
NONE = ("", "", "", "", "")
FORM = ("gemini", "base", RUBRIC)


@pytest.fixture
def filled(garage: Garage) -> Filled:
    return fill_project(garage)


@pytest.fixture
def provider(garage: Garage, monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    fake = judge_with(monkeypatch, judge_fairly)
    register(garage, PairJudge)
    return fake


def newest(garage: Garage) -> Job:
    return garage.store.jobs(kind="judge-exam")[0]


def test_nothing_is_sent_before_a_tick_that_says_what_goes_where(
    garage: Garage, filled: Filled, provider: FakeProvider
) -> None:
    asked = (garage, filled.project, filled.run, *FORM)
    gemini, openai, notice, told, tick = opinions.choose_judge(garage, "gemini", "")
    assert (gemini.visible, openai.visible, notice.visible, tick.value) == (
        True,
        False,
        True,
        False,
    )
    assert "answers, <strong>leave this machine</strong>" in told
    assert "Google" in told
    with pytest.raises(BadInput, match=r"Google.*Tick the box"):
        opinions.ask(*asked, False, *KEY)
    assert garage.store.jobs(kind="judge-exam") == [] and garage.settings.gemini_key is None
    near, far = "http://127.0.0.1:11434/v1", "https://llm.example.com/v1"
    assert not opinions.choose_judge(garage, "openai", near)[2].visible
    assert "llm.example.com" in opinions.choose_judge(garage, "openai", far)[3]
    with pytest.raises(BadInput, match=r"llm\.example\.com"):
        opinions.ask(*asked[:3], "openai", *FORM[1:], False, "", "", far, "m", "")
    with pytest.raises(ConfigError, match="GEMINI_API_KEY"):
        opinions.ask(*asked, True, *NONE)
    with pytest.raises(BadInput, match="no judge 'local'"):
        opinions.ask(*asked[:3], "local", *FORM[1:], True, *KEY)


def test_it_is_asked_stopped_and_resumed_and_the_key_is_in_no_file(
    garage: Garage, filled: Filled, provider: FakeProvider
) -> None:
    other = garage.store.ensure_project("Other").id
    opinions.ask(garage, filled.project, filled.run, *FORM, True, *KEY)
    for call in (opinions.stop, lambda *them: opinions.resume(*them, True, *KEY)):
        with pytest.raises(NotFound):
            call(garage, other, filled.run)
    opinions.stop(garage, filled.project, filled.run)
    told, ask, stop, resume = opinions.draw_judging(garage, filled.project, filled.run)
    assert [button.visible for button in (ask, stop, resume)] == [True, False, True]
    assert "stopped" in told
    with pytest.raises(BadInput, match="Google"):
        opinions.resume(garage, filled.project, filled.run, False, *NONE)
    opinions.resume(garage, filled.project, filled.run, True, *NONE)
    assert newest(garage).status == "queued"
    garage.jobs.start()  # what waited in a process that has ended is marked as interrupted
    opinions.resume(garage, filled.project, filled.run, True, *NONE)
    assert garage.jobs.wait(newest(garage).id, 120).status == "finished"
    files = [path for path in garage.settings.home.rglob("*") if path.is_file()]
    assert all(KEY[0].encode() not in path.read_bytes() for path in files)


def test_what_it_found_is_shown_escaped_and_changes_no_score(
    garage: Garage, filled: Filled, provider: FakeProvider
) -> None:
    before, _ = verdict.draw_verdict(garage, filled.project, filled.run)
    provider.answer = say(
        lambda *_: {"first": "right", "second": "right", "better": "tie", "reason": EVIL}
    )
    garage.jobs.start()
    key = pulse.read_pulse(garage, filled.project, filled.run)
    opinions.ask(garage, filled.project, filled.run, "gemini", "base", EVIL, True, *KEY)
    garage.jobs.wait(newest(garage).id, 120)
    moved = pulse.read_pulse(garage, filled.project, filled.run)
    assert (moved.judging, moved.runs) != (key.judging, key.runs) and moved.exam == key.exam
    told, *_ = opinions.draw_judging(garage, filled.project, filled.run)
    assert "prefers the tuned model in 0 of 5 questions" in told
    assert "Where judge and grade differ" in told and "the base:" in told
    assert "<img" not in told and "Last time: " in told
    after, _ = verdict.draw_verdict(garage, filled.project, filled.run)
    assert "A judge model beside it: fake:model" in after
    assert after.startswith(before.removesuffix("</div>"))
    assert opinions.fill_rubric(garage, filled.project, filled.run) == EVIL


def test_the_form_waits_for_answers_and_the_estimate_says_what_is_wrong(
    garage: Garage, filled: Filled, provider: FakeProvider
) -> None:
    form, against = opinions.fill_form(garage, filled.project, filled.run, "passage")
    assert form.visible and against.value == "base"
    assert against.choices == [("Base", "base")]
    assert opinions.fill_rubric(garage, filled.project, filled.run) == RUBRIC
    asked = (garage, filled.project, filled.run)
    line = opinions.draw_estimate(*asked, *FORM, "gemini-3.5-flash-lite", "", "")
    assert "5 questions, each asked twice · 5 calls" in line  # the answers are equal
    assert "about $0.00" in line and "at list price" in line
    local = opinions.draw_estimate(*asked, "openai", *FORM[1:], "", "http://127.0.0.1:9/v1", "m")
    assert "about nothing at list price" in local
    assert "The rubric has 0" in opinions.draw_estimate(*asked, *FORM[:2], " ", "", "", "")
    assert opinions.draw_estimate(garage, filled.project, None, *FORM, "", "", "") == ""
    garage.store.forget_exam_results(filled.run)
    form, _ = opinions.fill_form(garage, filled.project, filled.run, "base")
    assert not form.visible
    with pytest.raises(DatasetError, match="Run the exam first"):
        opinions.ask(garage, filled.project, filled.run, *FORM, True, *KEY)
    told, *_ = opinions.draw_judging(garage, filled.project, filled.run)
    assert "is here" in told


def test_who_is_set_up_is_chosen_at_first(garage: Garage) -> None:
    settings = garage.settings
    assert opinions.choose_default_judge(settings) == "gemini"
    assert opinions.choose_default_judge(replace(settings, openai_url="http://a/v1")) == "openai"
    both = replace(settings, openai_url="http://a/v1", gemini_key="k")
    assert opinions.choose_default_judge(both) == "gemini"
