"""Excel workbooks and Parquet files, made by the real libraries."""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gemma_garage.errors import DocumentError
from tests.augment.rows.shelf import read, write


def make_sheet(path: Path, rows: list[list[Any]], *more: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for number, table in enumerate((rows, *more)):
        sheet = book.active if number == 0 else book.create_sheet(f"Extra {number}")
        for row in table:
            sheet.append(row)
    book.save(path)
    return path


def make_parquet(path: Path, **columns: Any) -> Path:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path)
    return path


def test_a_sheet_gives_rows_by_heading(tmp_path: Path) -> None:
    day = datetime.datetime(2024, 1, 31, 12, 30)
    table = [["Question", "Answer", "Since"], ["How much?", 4.5, day], [], ["Why?", "#N/A", None]]
    rows, said = read(make_sheet(tmp_path / "a.xlsx", table))
    assert rows == [
        {"Question": "How much?", "Answer": 4.5, "Since": "2024-01-31T12:30:00"},
        {"Question": "Why?"},
    ]
    assert said["notes"] == []


def test_the_first_sheet_with_rows_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    path = make_sheet(tmp_path / "a.xlsx", [], [["question", "answer"], ["a", "b"]], [["x"]])
    rows, said = read(path)
    assert rows == [{"question": "a", "answer": "b"}]
    assert "“Extra 1”" in said["notes"][0] and "Extra 2" in said["notes"][0]


def test_a_title_above_the_header_is_left_out_and_told(tmp_path: Path) -> None:
    table = [["Pump FAQ 2026"], [None, "as of May"], ["question", "answer"], ["a", "b"]]
    rows, said = read(make_sheet(tmp_path / "a.xlsx", table))
    assert rows == [{"question": "a", "answer": "b"}]
    assert said["notes"] == ["Left out above the header: “Pump FAQ 2026; as of May”."]
    single = [["text"], ["One."], ["Two."]]
    rows, said = read(make_sheet(tmp_path / "b.xlsx", single))
    assert ([row["text"] for row in rows], said["notes"]) == (["One.", "Two."], [])


def test_formulas_are_never_read_and_those_without_a_value_are_counted(tmp_path: Path) -> None:
    path = make_sheet(tmp_path / "a.xlsx", [["question", "answer"], ["2+2?", "=2+2"], ["a", "b"]])
    rows, said = read(path)
    assert rows == [{"question": "2+2?"}, {"question": "a", "answer": "b"}]
    assert "1 cells hold formulas" in said["notes"][0]
    saved = tmp_path / "saved.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(saved, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename.endswith("sheet1.xml"):
                data = data.replace(b"<f>2+2</f><v></v>", b"<f>2+2</f><v>4</v>")
                data = data.replace(b"<f>2+2</f><v/>", b"<f>2+2</f><v>4</v>")
                data = data.replace(b"<f>2+2</f><v />", b"<f>2+2</f><v>4</v>")
            new.writestr(member.filename, data)
    rows, said = read(saved)
    assert (rows[0], said["notes"]) == ({"question": "2+2?", "answer": 4}, [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 and nothing more", "cannot be opened"),
        (None, "no Excel workbook"),
    ],
)
def test_what_is_no_workbook_is_refused(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "a.xlsx"
    if content is None:
        with zipfile.ZipFile(path, "w") as package:
            package.writestr("readme.txt", "hello")
    else:
        path.write_bytes(content)
    with pytest.raises(DocumentError, match=message):
        read(path)


def test_an_empty_workbook_holds_no_rows(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="1 sheets are empty"):
        read(make_sheet(tmp_path / "a.xlsx", []))


def test_a_damaged_sheet_ends_in_a_message(tmp_path: Path) -> None:
    whole = make_sheet(tmp_path / "whole.xlsx", [["question", "answer"], ["a", "b"]])
    for part, junk in (
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>"),
        ("xl/workbook.xml", b"not xml"),
    ):
        path = tmp_path / "broken.xlsx"
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
            for member in old.infolist():
                new.writestr(member.filename, junk if member.filename == part else old.read(member))
        with pytest.raises(DocumentError, match="cannot be opened"):
            read(path)


def test_parquet_gives_rows_and_leaves_pictures_out(tmp_path: Path) -> None:
    turns = [[{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]]
    path = make_parquet(
        tmp_path / "a.parquet",
        conversations=turns,
        image=[{"bytes": b"\x89PNG", "path": "a.png"}],
        score=[float("nan")],
    )
    rows, said = read(path)
    assert rows == [{"conversations": turns[0], "score": None}]
    assert "image" in said["notes"][0]


def test_parquet_that_is_cut_off_or_has_nothing_to_read_is_refused(tmp_path: Path) -> None:
    path = make_parquet(tmp_path / "a.parquet", a=["x"] * 500)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DocumentError, match="cannot be read as Parquet"):
        read(path)
    with pytest.raises(DocumentError, match="no column with text"):
        read(make_parquet(tmp_path / "b.parquet", a=[b"x"]))


def test_a_limit_stops_the_reading(tmp_path: Path) -> None:
    path = make_parquet(tmp_path / "a.parquet", question=["q"] * 900, answer=["a"] * 900)
    rows, said = read(path, limit=250)
    assert (len(rows), said["more"]) == (250, True)


def test_a_text_that_is_not_what_its_name_says_is_told(tmp_path: Path) -> None:
    from gemma_garage.augment.rows.formats import check_row_file

    table = make_parquet(tmp_path / "a.parquet", a=["x"])
    for name, content, message in (
        ("a.csv", b"%PDF-1.7", "it is a PDF"),
        ("a.json", table.read_bytes(), "it is a Parquet file"),
        ("a.xlsx", b"question,answer", "does not begin as one"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 9, "password-protected"),
        ("a.csv", b"ab\0\0\1\2\0\0", "binary data"),
        ("a.jsonl", b"", r"empty \(0 bytes\)"),
    ):
        with pytest.raises(DocumentError, match=message):
            check_row_file(write(tmp_path / "file", content), name, 100)
    with pytest.raises(DocumentError, match="Rows are read from"):
        check_row_file(table, "a.docx", 100)
    assert (
        check_row_file(write(tmp_path / "b", "a,b".encode("utf-16-le")), "b.csv", 1).name == "csv"
    )
