"""`gemma-garage exam` over the tiny model: the verdict, counts and files of one run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gemma_garage.cli import main
from gemma_garage.garage import Garage
from gemma_garage.infer import exam
from tests.infer.conftest import (  # noqa: F401  (fixtures)
    adapters,
    add_run,
    base_folder,
    dataset,
    one_thread,
)


def test_examines_a_run_and_gives_one_document(
    garage: Garage,
    add_run: Callable[[int], int],  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exam, "MOST_NEW_TOKENS", 4)
    monkeypatch.setattr(exam, "add_general", lambda *_: 0)
    add_run(0)
    home = str(garage.workspace.home)
    own = tmp_path / "own.csv"
    own.write_text("question,answer\nWho?,Anna\n", encoding="utf-8")
    report, table = tmp_path / "exam.html", tmp_path / "exam.csv"
    told = ["exam", "--home", home, "--run", "1", "--json", "--questions", str(own)]
    assert main([*told, "--html", str(report), "--csv", str(table)]) == 0
    answered = json.loads(capsys.readouterr().out)
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
