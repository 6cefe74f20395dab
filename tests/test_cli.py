"""The command's manners: what goes where, and with which exit status."""

import json
import logging
from pathlib import Path

import pytest

from gemma_garage import __version__
from gemma_garage.cli import main
from gemma_garage.garage import open_garage
from gemma_garage.settings import read_settings


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out.strip()) == (0, __version__)


@pytest.mark.parametrize("call", [[], ["polish"], ["demo", "--effort", "heroic"]])
def test_a_wrong_call_is_2(call: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(call)
    assert ended.value.code == 2


def test_a_file_that_is_not_there_is_a_wrong_call(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--home", str(home), str(home / "no.pdf")]) == 2
    assert "There is no file" in capsys.readouterr().err
    assert not home.exists()


def test_a_busy_home_is_said_and_is_1(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}), exclusive=True)
    try:
        assert main(["demo", "--home", str(home), "--json"]) == 1
    finally:
        garage.close()
    output = capsys.readouterr()
    assert output.out == ""
    assert "Another Gemma Garage" in output.err


def test_files_that_cannot_be_read_end_the_demo_with_all_reasons(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    picture = tmp_path / "picture.pdf"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert main(["demo", "--home", str(home), "--json", str(empty), str(picture)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "empty.txt" in output.err
    assert "picture.pdf" in output.err


def test_what_would_fail_at_the_end_is_refused_before_the_demo_begins(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "care.md"
    document.write_text("# Care\n\nOil the hinge once a year.", "utf-8")
    call = ["demo", "--home", str(home), str(document)]
    assert main([*call, "--base", "gemma-3-27b-it"]) == 1
    assert "cannot be trained here" in capsys.readouterr().err
    mine = tmp_path / "mine.csv"
    mine.write_text("nothing,of use\n1,2\n", "utf-8")
    assert main([*call, "--questions", str(mine)]) == 1
    assert "mine.csv" in capsys.readouterr().err
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    try:
        assert garage.store.jobs() == []
    finally:
        garage.close()


def test_a_port_that_cannot_be_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--home", str(home), "--port", "99999"]) == 1
    assert "between 1 and 65535" in capsys.readouterr().err


def test_a_demo_prints_one_json_document(
    home: Path,
    tmp_path: Path,
    tiny_gemma: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole command with a scripted generator and a tiny Gemma in the starter's place."""
    from gemma_garage import wiring
    from gemma_garage.gemma import paraphrases
    from tests.e2e.crash_child import open_for_test, write_document
    from tests.tiny import write_tiny_paraphrases

    weights = write_tiny_paraphrases(tiny_gemma, tmp_path / "paraphrases.safetensors")
    monkeypatch.setattr(paraphrases, "WEIGHTS", weights)
    monkeypatch.setattr(
        wiring,
        "open_wired",
        lambda _: open_for_test(home, tiny_gemma, exam=True, patch=monkeypatch.setattr),
    )
    questions = tmp_path / "mine.csv"
    questions.write_text("Question,Answer\nHow heavy is the machine's part 3?,24 kg\n")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing more")
    call = ["demo", "--home", str(home), "--json", "--effort", "quick", "--base"]
    call += ["gemma-3-270m-starter", "--questions", str(questions)]
    code = main([*call, str(write_document(tmp_path)), str(broken)])
    output = capsys.readouterr()
    assert code == 1, "one of the files could not be read"
    assert "broken.pdf was left out" in output.err
    result = json.loads(output.out)
    assert set(result) == {
        "seconds",
        "base_model",
        "examples",
        "exam",
        "own_questions",
        "adapter",
    }
    assert result["base_model"] == "gemma-3-270m-starter"
    assert result["examples"]["exam"] == result["exam"]["tuned"]["total"] >= 10
    assert result["exam"]["base"]["total"] == result["exam"]["tuned"]["total"]
    assert result["own_questions"]["base"]["total"] == 1
    assert (Path(result["adapter"]) / "adapter_model.safetensors").is_file()


@pytest.mark.parametrize(("asked", "form"), [("", "WARNING shop: closed"), ("1", '"level": "warn')])
def test_the_log_is_words_or_json_and_never_in_a_commands_answer(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    form: str,
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setenv("GEMMA_GARAGE_LOG_JSON", asked)
    assert main(["runs", "--home", str(home), "--json"]) == 0
    logging.getLogger("shop").warning("closed")
    output = capsys.readouterr()
    assert json.loads(output.out) == {"runs": []}
    assert form in output.err.splitlines()[-1]
    if asked:
        assert json.loads(output.err.splitlines()[-1])["message"] == "closed"


def test_the_served_page_logs_json_to_stdout(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setenv("GEMMA_GARAGE_LOG_JSON", "1")
    said = logging.getLogger("shop")
    monkeypatch.setattr("gemma_garage.server.serve", lambda *_, **__: said.info("open"))
    assert main(["serve", "--home", str(home)]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert (entry["level"], entry["logger"], entry["message"]) == ("info", "shop", "open")
