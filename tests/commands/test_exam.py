"""`gemma-garage exam` over the tiny model: the verdict, counts and files of one run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gemma_garage.cli import main
from gemma_garage.commands.exam import describe_exam
from gemma_garage.garage import Garage, open_garage
from gemma_garage.infer import exam
from gemma_garage.infer.questions import add_question
from gemma_garage.schema import Dataset, Job, Run
from tests.fakes.fake_pair_judge import judge_with, prefer_first
from tests.infer.conftest import (  # noqa: F401  (fixtures)
    adapters,
    add_run,
    base_folder,
    dataset,
    one_thread,
)
from tests.ui.filled import add_sums, fill_project


def test_examines_a_run_and_gives_one_document(
    garage: Garage,
    add_run: Callable[[int], int],  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exam, "MOST_NEW_TOKENS", 4)
    monkeypatch.setattr(exam, "add_general", lambda *_: 0)
    run = garage.store.get(Run, add_run(0))
    home = str(garage.workspace.home)
    trained = garage.workspace.absolute(garage.store.get(Dataset, run.dataset_id).path)
    trained.mkdir(parents=True, exist_ok=True)
    (trained / "train.jsonl").write_text('{"question": "who", "answer": "x"}\n', encoding="utf-8")
    own = tmp_path / "own.csv"
    own.write_text("question,answer\nWho?,Anna\n", encoding="utf-8")
    report, table = tmp_path / "exam.html", tmp_path / "exam.csv"
    told = ["exam", "--home", home, "--run", "1", "--json", "--questions", str(own)]
    assert main([*told, "--html", str(report), "--csv", str(table)]) == 0
    captured = capsys.readouterr()
    answered = json.loads(captured.out)
    assert "Proves little, trained in the same words: Who?" in captured.err
    assert answered["subjects"]["tuned"]["kinds"]["own"]["total"] == 1
    assert answered["subjects"]["base"]["kinds"]["paraphrase"]["total"] == 5
    assert answered["verdict"].startswith("Knows your documents:")
    assert set(answered["differences"]) == {"paraphrase", "own"}
    assert "<title>Exam of run 1</title>" in report.read_text(encoding="utf-8")
    assert len(table.read_text(encoding="utf-8").splitlines()) == 13

    assert main(["exam", "--home", home, "--subject", "step-9"]) == 1
    assert "no “step-9” to examine" in capsys.readouterr().err
    assert main(["exam", "--home", home, "--run", "7"]) == 1
    assert "There is no run 7" in capsys.readouterr().err


def test_beside_an_open_page_its_process_examines_and_is_not_stopped_by_who_only_waits(
    garage: Garage,
    add_run: Callable[[int], int],  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exam, "MOST_NEW_TOKENS", 4)
    monkeypatch.setattr(exam, "add_general", lambda *_: 0)
    add_run(0)
    called = ["exam", "--home", str(garage.workspace.home), "--json"]
    page = open_garage(garage.settings, exclusive=True)
    exam.register(page)
    try:
        job = exam.submit_exam(page, 1)  # waits: the page's threads do not run yet
        own = tmp_path / "own.csv"
        own.write_text("question,answer\nWho?,Anna\n", encoding="utf-8")
        page.store.update(Job, job, status="running")
        with monkeypatch.context() as patch:  # Ctrl-C while it waits for the other's exam
            patch.setattr(type(garage.jobs), "wait", _press_once())
            assert main([*called, "--subject", "tuned"]) != 0
        assert "goes on there; only the waiting ended" in capsys.readouterr().err
        assert (page.store.get(Job, job).status, page.store.get(Job, job).wish) == ("running", "")

        page.store.update(Job, job, status="interrupted")
        page.jobs.start()
        assert main([*called, "--questions", str(own)]) == 0
        answered = json.loads(capsys.readouterr().out)
        assert answered["subjects"]["tuned"]["kinds"]["own"]["total"] == 1
        assert answered["subjects"]["tuned"]["kinds"]["own"]["not_asked"] == 0
    finally:
        page.close()


def test_a_question_that_came_while_an_exam_ran_is_asked_by_the_next(
    garage: Garage,
    add_run: Callable[[int], int],  # noqa: F811
) -> None:
    run = garage.store.get(Run, add_run(0))
    exam.register(garage)
    first = exam.submit_exam(garage, run.id)
    assert exam.submit_exam(garage, run.id) == first
    add_question(garage, run.dataset_id, "Who?", "Anna")
    assert exam.submit_exam(garage, run.id) == first  # it waits, so it will ask this too
    garage.store.update(Job, first, status="running")
    second = exam.submit_exam(garage, run.id)
    assert second != first and exam.submit_exam(garage, run.id) == second


def _press_once() -> Callable[..., Job]:
    def wait(*_: object) -> Job:
        raise KeyboardInterrupt

    return wait


def test_a_judge_is_asked_after_the_exam_and_told_where_its_material_goes(
    garage: Garage,
    add_run: Callable[[int], int],  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exam, "MOST_NEW_TOKENS", 4)
    monkeypatch.setattr(exam, "add_general", lambda *_: 0)
    provider = judge_with(monkeypatch, prefer_first)
    add_run(0)
    called = ["exam", "--home", str(garage.workspace.home), "--json"]
    assert main([*called, "--rubric", "mine.txt"]) == 2
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    assert main([*called, "--judge", "gemini"]) == 1
    assert "GEMINI_API_KEY is not set" in capsys.readouterr().err
    assert provider.history == []
    monkeypatch.setenv("GEMINI_API_KEY", "key")
    assert main([*called, "--judge", "gemini", "--rubric", "none.txt"]) == 1
    assert "none.txt cannot be read" in capsys.readouterr().err
    assert garage.store.jobs() == []  # told before the exam began

    rubric = tmp_path / "mine.txt"
    rubric.write_text("The shorter one is better.", encoding="utf-8")
    table, report = tmp_path / "exam.csv", tmp_path / "exam.html"
    told = [*called, "--judge", "gemini", "--rubric", str(rubric), "--against", "base"]
    assert main([*told, "--csv", str(table), "--html", str(report)]) == 0
    captured = capsys.readouterr()
    assert "leave this machine and go to Google" in captured.err
    assert "10 calls to judge (0 answered before)" in captured.err
    (judged,) = json.loads(captured.out)["judges"]
    assert judged["rubric"] == "The shorter one is better."
    assert (judged["better"]["undecided"], judged["questions"]) == (5, 5)
    head, *lines = table.read_text(encoding="utf-8").splitlines()
    assert head.endswith("evidence,judged_against_base,better_against_base")
    assert all(line.endswith(",undecided,undecided") for line in lines if ",passage," not in line)
    assert "A judge model beside the grade" in report.read_text(encoding="utf-8")
    assert main([*called, "--judge", "gemini", "--against", "run-9"]) == 1
    assert "cannot be judged against “run-9”" in capsys.readouterr().err


def test_programs_get_both_figures_of_sums_and_only_kinds_that_were_asked(garage: Garage) -> None:
    filled = fill_project(garage)
    add_sums(garage, filled)
    described = describe_exam(garage, garage.store.get(Run, filled.run))
    told, checkpoint = described["subjects"], described["checkpoints"]["step-20"]
    assert set(described["checkpoints"]) == {"step-20"}
    assert checkpoint["verdict"].startswith("Sums in words (n = 2): strict form 50 %")
    assert set(checkpoint["differences"]) == {"reasoning"}
    counted = {
        subject: [told[subject]["kinds"]["reasoning"][name] for name in ("strict", "lenient")]
        for subject in told
    }
    assert counted == {
        "base": [{"correct": 0, "total": 2}, {"correct": 2, "total": 2}],
        "passage": [{"correct": 0, "total": 1}, {"correct": 0, "total": 1}],
        "step-20": [{"correct": 1, "total": 2}, {"correct": 2, "total": 2}],
        "tuned": [{"correct": 1, "total": 2}, {"correct": 1, "total": 2}],
    }
    assert told["step-20"]["kinds"]["reasoning"]["correct"] == 2
    assert set(told["passage"]["kinds"]) == {"reasoning"}
    assert set(told["tuned"]["kinds"]) == {"paraphrase", "own", "reasoning"}
    assert set(told["tuned"]["kinds"]["own"]) == {"correct", "total", "interval", "not_asked"}
    assert told["passage"]["kinds"]["reasoning"]["not_asked"] == 1


@pytest.mark.parametrize("command", ["exam", "compare", "datasets export"])
def test_help_says_that_formulas_are_guarded(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    assert "a cell that begins with = + - or @" in " ".join(capsys.readouterr().out.split())
