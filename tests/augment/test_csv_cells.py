"""A cell that a spreadsheet would run is text in an exported CSV."""

import csv
from io import StringIO

import pytest

from gemma_garage.augment.csv_cells import escape_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://example.org","click")',
        "+1+1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1:A9)",
        "\t=1+1",
        "\ttext behind a tab",
        "\r=1+1",
        "\n=1+1",
        "  =1+1",
        "\ufeff=1+1",
        "\u200b=1+1",
        "＝1+1",
        "＠SUM(A1)",
        "- a list item",
        "+49 30 1234",
    ],
)
def test_what_a_spreadsheet_would_run_becomes_text(text: str) -> None:
    assert escape_cell(text) == "'" + text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9 bar",
        "a=b",
        "1-2",
        "'=1+1",
        "-5",
        "+3.2",
        "-1,234.5",
        "-40 %",
        "-12 °C",
        "-1.5 mm/s",
        "Grüße @ home",
        " x",
    ],
)
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert escape_cell(text) == text


def test_a_number_with_an_operation_behind_it_is_no_number() -> None:
    assert escape_cell("-12 °C(A1)") == "'-12 °C(A1)"
    assert escape_cell("-5 cmd|' /C calc'!A0") == "'-5 cmd|' /C calc'!A0"
    assert escape_cell("-5-cmd") == "'-5-cmd"
    assert escape_cell("+1.5\n=2") == "'+1.5\n=2"


def test_it_survives_the_csv_writer() -> None:
    written = StringIO()
    csv.writer(written).writerow([escape_cell("=1+1"), escape_cell('a "quoted" =1')])
    (row,) = csv.reader(StringIO(written.getvalue()))
    assert row == ["'=1+1", 'a "quoted" =1']
