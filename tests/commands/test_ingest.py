"""`gemma-garage ingest`: what programs read on stdout, and with which status it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.cli import main
from gemma_garage.garage import open_garage
from gemma_garage.schema import Document
from gemma_garage.settings import read_settings

KEYS = {"id", "name", "status", "error", "media_type", "pages", "characters", "text_path"}
TEXT = "# Pump\n\nThe pump weighs 9 kg. Oil the hinge of the pump once a year.\n"


def run(home: Path, capsys: pytest.CaptureFixture[str], *call: str) -> tuple[int, Any, str]:
    code = main(["ingest", "--home", str(home), "--json", *call])
    told = capsys.readouterr()
    return code, json.loads(told.out) if told.out else None, told.err


def test_documents_that_were_read_are_told_with_their_text(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "manuals"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden" / "no.md").write_text(TEXT)
    (folder / "pump.md").write_text(TEXT)
    rows = tmp_path / "rows.csv"
    rows.write_text("question,answer\n" + "".join(f"How heavy is {n}?,{n} kg\n" for n in range(9)))
    code, told, _ = run(home, capsys, "--project", "Pumps", str(folder), str(rows))
    assert code == 0, told
    assert [document["name"] for document in told["documents"]] == ["pump.md", "rows.csv"]
    for document in told["documents"]:
        assert set(document) == KEYS
        assert (document["status"], document["error"]) == ("ready", None)
    pump, table = told["documents"]
    assert pump["media_type"] == "text/markdown"
    assert Path(pump["text_path"]).read_text(encoding="utf-8").startswith("# Pump")
    assert pump["characters"] == len(Path(pump["text_path"]).read_text(encoding="utf-8"))
    assert (table["media_type"], table["text_path"]) == ("text/csv", None)
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    project = garage.store.ensure_project("Pumps")
    assert told["project"] == "Pumps"
    assert [row.id for row in garage.store.documents(project.id)] == [pump["id"], table["id"]]
    assert garage.store.examples(project.id)[1] == 9, "rows of a known shape are Examples"
    garage.close()


def test_one_that_cannot_be_read_is_told_and_the_others_go_on(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "pump.md"
    good.write_text(TEXT)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing more")
    missing = tmp_path / "missing.md"
    code, told, err = run(home, capsys, str(broken), str(missing), str(good))
    assert code == 1
    first, second, third = told["documents"]
    assert (first["name"], first["status"], third["status"]) == ("broken.pdf", "failed", "ready")
    assert "broken.pdf" in first["error"] and first["text_path"] is None
    assert (second["id"], second["status"]) == (None, "failed")
    assert "missing.md" in second["error"]
    assert all(set(document) == KEYS for document in told["documents"])
    assert "broken.pdf was left out" in err and "pump.md: " in err


def test_the_same_file_twice_is_one_document(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "pump.md"
    good.write_text(TEXT)
    one = run(home, capsys, str(good))[1]["documents"]
    two = run(home, capsys, str(good), str(good))[1]["documents"]
    assert {document["id"] for document in (*one, *two)} == {one[0]["id"]}
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    assert garage.store.get(Document, one[0]["id"]).status == "ready"
    garage.close()


def test_a_password_file_that_is_not_there_is_said(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told, err = run(home, capsys, "--password-file", str(tmp_path / "no"), str(tmp_path))
    assert (code, told) == (1, None)
    assert "--password-file" in err
