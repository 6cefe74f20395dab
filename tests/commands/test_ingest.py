"""`gemma-garage ingest`: what programs read on stdout, and with which status it ends."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment.rows.mapping import Mapping
from gemma_garage.cli import main
from gemma_garage.commands.ingest import PARTS, read_columns
from gemma_garage.garage import open_garage
from gemma_garage.schema import Document
from gemma_garage.settings import read_settings

KEYS = {"id", "name", "status", "error", "media_type", "pages", "characters", "text_path"}
KEYS |= {"notes", "rows", "double_of"}
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
    assert (table["rows"]["read"], table["rows"]["accepted"]) == (9, 9)
    assert pump["rows"] is None
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


def test_rows_are_counted_with_what_was_left_out_and_why(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from openpyxl import Workbook

    lines = tmp_path / "qa.jsonl"
    good = [{"question": f"How heavy is {n}?", "answer": f"{n} kg"} for n in range(3)]
    empty = {"question": "How wide is it?", "answer": ""}
    text = "".join(json.dumps(row) + "\n" for row in [*good, empty])
    lines.write_text(text + "{broken\n", encoding="utf-8")
    book = Workbook()
    book.active.append(["question", "answer"])
    book.active.append(["How hot is it?", "90 °C"])
    book.create_sheet("Second").append(["never", "read"])
    book.save(tmp_path / "multi.xlsx")
    code, told, err = run(home, capsys, str(lines), str(tmp_path / "multi.xlsx"))
    assert code == 0, told
    rows, sheet = told["documents"]
    counts = {name: rows["rows"][name] for name in ("read", "accepted", "rejected", "skipped")}
    assert counts == {"read": 4, "accepted": 3, "rejected": 1, "skipped": 1}
    assert rows["rows"]["reasons"] == {"empty": 1}
    assert rows["rows"]["problems"][0].startswith("line 5: it is not valid JSON")
    assert "qa.jsonl: 4 rows (question/answer), 3 accepted, 1 rejected" in err
    assert "1 rejected: question or answer is missing" in err
    assert "1 left out, such as line 5" in err
    assert "not read: Second" in sheet["notes"][0] and sheet["notes"][0] in err


def test_columns_of_no_known_shape_are_named_by_an_option(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('was,das,x\nIs it hot?,"Yes, it is",1\nIs it big?,No,2\n')
    code, told, _ = run(home, capsys, str(path))
    assert code == 1
    assert "--columns" in told["documents"][0]["error"]
    code, told, _ = run(home, capsys, "--columns", "question=was,answer=nothing", str(path))
    assert code == 1
    assert "There is no column “nothing”" in told["documents"][0]["error"]
    code, told, _ = run(home, capsys, "--columns", "question=was, answer=das", str(path))
    assert code == 0, told
    assert told["documents"][0]["rows"]["accepted"] == 2
    code, told, err = run(home, capsys, "--columns", "frage=was", str(path))
    assert (code, told) == (1, None)
    assert "The parts are question," in err


def test_the_parts_of_columns_are_those_of_a_mapping() -> None:
    assert tuple(Mapping.model_fields) == PARTS
    assert read_columns("question=a, b,answer=c") == {"question": "a, b", "answer": "c"}


def test_links_out_of_a_folder_are_refused_and_named_links_are_followed(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, secret = tmp_path / "manuals", tmp_path / "secret"
    for one in (folder, secret):
        one.mkdir()
    (secret / "secret.txt").write_text("The code of the safe is 4711.\n")
    (folder / "pump.md").write_text(TEXT)
    (folder / "again.md").symlink_to(folder / "pump.md")
    (folder / "ln.txt").symlink_to(secret / "secret.txt")
    (folder / "lndir").symlink_to(secret)
    (folder / "gone.txt").symlink_to(folder / "nothing.txt")
    code, told, err = run(home, capsys, str(folder))
    assert code == 1
    found = {document["name"]: document for document in told["documents"]}
    assert set(found) == {"pump.md", "again.md", "ln.txt", "lndir", "gone.txt"}
    assert found["pump.md"]["status"] == found["again.md"]["status"] == "ready"
    for name in ("ln.txt", "lndir"):
        assert (found[name]["status"], found[name]["id"]) == ("failed", None)
        assert "outside of" in found[name]["error"]
    assert "leads nowhere" in found["gone.txt"]["error"]
    assert "ln.txt was left out" in err
    code, told, _ = run(home, capsys, str(folder / "ln.txt"))
    assert (code, told["documents"][0]["status"]) == (0, "ready")


def test_a_double_in_a_zip_keeps_its_own_name(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("a/pump.md", TEXT)
        archive.writestr("b/copy.md", TEXT)
    code, told, err = run(home, capsys, str(bundle))
    assert code == 0, told
    first, second = told["documents"]
    assert (first["name"], first["double_of"]) == ("pump.md", None)
    assert (second["name"], second["double_of"]) == (
        "bundle.zip > b/copy.md",
        "bundle.zip > a/pump.md",
    )
    assert second["id"] == first["id"]
    assert "copy.md: the same content as bundle.zip > a/pump.md" in err
