"""CSV and TSV as people really have them, and as nobody should."""

from pathlib import Path

import pytest

from gemma_garage.augment.rows.delimited import find_delimiter, has_header
from gemma_garage.errors import DocumentError
from tests.augment.rows.shelf import read, write

ROWS = [
    {"question": "Wie heiß, maximal?", "answer": "90 °C; nie mehr"},
    {"question": 'What is "bar"?', "answer": "a unit\nof pressure"},
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_every_usual_delimiter_and_encoding_gives_the_same_rows(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    quoted = [
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)
        for cells in (ROWS[0], *(row.values() for row in ROWS))
    ]
    path = write(tmp_path / "faq.csv", "\r\n".join(quoted) + "\r\n", encoding)
    rows, said = read(path)
    assert rows == ROWS
    assert (said["skipped"], said["columns"]) == (0, ["question", "answer"])


def test_a_line_that_says_the_delimiter_is_no_row(tmp_path: Path) -> None:
    rows, _ = read(write(tmp_path / "a.csv", "sep=;\nquestion;answer\nWhy, then?;So\n"))
    assert rows == [{"question": "Why, then?", "answer": "So"}]


def test_tabs_are_the_delimiter_of_tsv_also_beside_many_commas(tmp_path: Path) -> None:
    text = "question\tanswer\n" + "a, b, c\td, e, f\n" * 4
    rows, _ = read(write(tmp_path / "a.tsv", text))
    assert rows[0] == {"question": "a, b, c", "answer": "d, e, f"}
    assert find_delimiter(text.splitlines(), ".csv") in (",", "\t")


def test_backslash_escapes_are_read_as_some_databases_write_them(tmp_path: Path) -> None:
    rows, _ = read(write(tmp_path / "a.csv", 'question,answer\n"Who is \\"it\\"?","me, \\"I\\""\n'))
    assert rows == [{"question": 'Who is "it"?', "answer": 'me, "I"'}]


def test_a_row_with_more_cells_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows, said = read(write(tmp_path / "a.csv", "question,answer\na,b\nc,d,e\nf,g,\n\nh\n"))
    assert [row["question"] for row in rows] == ["a", "f", "h"]
    assert rows[2] == {"question": "h"}
    assert (said["skipped"], said["problems"]) == (1, ["line 3: it has 3 cells, not 2"])


def test_the_same_heading_twice_gets_a_number(tmp_path: Path) -> None:
    rows, said = read(write(tmp_path / "a.csv", "question,answer,answer,\nq,first,second,x\n"))
    assert rows == [{"question": "q", "answer": "first", "answer (2)": "second", "column 4": "x"}]
    assert "answer (2)" in said["notes"][0]


def test_a_table_without_headings_gets_numbered_columns_and_keeps_its_first_row(
    tmp_path: Path,
) -> None:
    rows, said = read(write(tmp_path / "a.csv", "How much is it?,4 units.\nWhy?,Because.\n"))
    assert rows[0] == {"column 1": "How much is it?", "column 2": "4 units."}
    assert (len(rows), "no header" in said["notes"][0]) == (2, True)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Question", "Antwort"], True),
        (["Nummer", "Name"], True),
        (["1", "Name"], False),
        (["a", "a"], False),
        (["question", "2024"], True),
        (["x" * 80, "b"], False),
        (["", ""], False),
    ],
)
def test_what_looks_like_headings(cells: list[str], expected: bool) -> None:
    assert has_header(cells) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",".join(f"c{n}" for n in range(10_000)) + "\n", r"10,000 columns; at most 1,000"),
        ("\n \n,,\n", "only blank lines"),
        ('question,answer\n"never closed,' + "word " * 250_000, r"line 2 on .* not closed"),
        ("question,answer\n" + "w" * 10_000_001 + "\n", r"line 2 of more than 10,000,000"),
    ],
)
def test_what_is_no_table_is_refused_with_figures(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read(write(tmp_path / "a.csv", text))


def test_one_broken_character_does_not_spoil_the_others(tmp_path: Path) -> None:
    text = "question,answer\n" + "Größe?,über 9\n" * 30
    rows, said = read(write(tmp_path / "a.csv", text.encode() + b"caf\xe9?,yes\n"))
    assert (rows[0]["question"], rows[-1]["question"]) == ("Größe?", "caf\ufffd?")
    assert "1 characters are broken" in said["notes"][0]


def test_a_replacement_character_that_is_meant_changes_no_encoding(tmp_path: Path) -> None:
    rows, said = read(write(tmp_path / "a.csv", "question,answer\nWhat is \ufffd?,a sign\n"))
    assert (rows[0]["question"], said["notes"]) == ("What is \ufffd?", [])
