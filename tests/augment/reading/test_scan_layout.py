"""Reading order of what was found in pictures, without any recognition."""

from collections.abc import Sequence

import pytest

from gemma_garage.augment.reading.flow import flow_pages
from gemma_garage.augment.reading.furniture import drop_furniture
from gemma_garage.augment.reading.ocr import ReadLine, ReadPicture
from gemma_garage.augment.reading.scan_layout import lay_out

PITCH, HEIGHT = 30, 25
LEFT = [
    "The roaster has a drum of",
    "steel that holds six kilos",
    "of green beans. Its burner",
    "is cleaned once in a week.",
]
RIGHT = [
    "The cooler stands beside it",
    "and is driven by a fan of",
    "two hundred watts. It cools",
    "a batch in three minutes.",
]


def line(
    text: str, x: float, y: float, height: float = HEIGHT, weight: float = 0.3, waver: float = 0
) -> ReadLine:
    # Sizes waver by a tenth, boxes by more, as measured ones do.
    size = height * (0.4 + 0.04 * (len(text) % 2))
    right = x + 0.5 * height * len(text)
    return ReadLine(text, x, right, y, height + waver, size, weight, 0.99)


def column(texts: Sequence[str], x: float, y: float) -> list[ReadLine]:
    return [
        line(text, x + number % 3, y + PITCH * number + number % 2, waver=4 * (number % 2))
        for number, text in enumerate(texts)
    ]


def write(lines: Sequence[ReadLine], scale: float = 1.0) -> str:
    picture = ReadPicture(1400, 1000, tuple(lines)).scale(scale)
    return flow_pages([page for _, page in lay_out([picture], 10.0)])[0]


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.0])
def test_columns_are_read_one_after_the_other_between_title_and_table(scale: float) -> None:
    title = line("Harbour roaster", 40, 60, 50)
    rows = [("Part", "Torque", "Remark"), ("Cover", "4 Nm", "dry"), ("Mast", "38 Nm", "oiled")]
    table = [
        line(text, x, 420 + 40 * number)
        for number, row in enumerate(rows)
        for text, x in zip(row, (40, 400, 760), strict=True)
    ]
    text = write([title, *column(RIGHT, 560, 160), *column(LEFT, 40, 160), *table], scale)
    assert text == "\n\n".join(
        [
            "# Harbour roaster",
            " ".join(LEFT),
            " ".join(RIGHT),
            "| Part | Torque | Remark |\n| --- | --- | --- |\n"
            "| Cover | 4 Nm | dry |\n| Mast | 38 Nm | oiled |",
        ]
    )


def test_three_columns_and_lines_across_them() -> None:
    third = [text.replace("cooler", "filter") for text in RIGHT]
    across = (
        "A line that reaches over all of the three columns of this page, from edge to edge, ends."
    )
    lines = column(LEFT, 40, 200) + column(RIGHT, 440, 215) + column(third, 840, 200)
    text = write([line(across, 40, 100), *lines])
    assert text.split("\n\n") == [across, " ".join(LEFT), " ".join(RIGHT), " ".join(third)]


def test_short_cells_side_by_side_are_a_table_and_no_columns() -> None:
    cells = [[f"item {n}", f"{n} mm", "steel"] for n in range(8)]
    lines = [
        line(text, 40 + 300 * place, 100 + PITCH * number)
        for number, row in enumerate(cells)
        for place, text in enumerate(row)
    ]
    assert write(lines).count("\n") == 8
    assert "| item 3 | 3 mm | steel |" in write(lines)


def test_a_column_that_begins_higher_is_read_on_from_its_top() -> None:
    lines = column([*LEFT, *LEFT], 40, 100) + column(RIGHT, 560, 100 + 4 * PITCH)
    text = write(lines)
    assert text.index(LEFT[3]) < text.rindex(LEFT[0]) < text.index(RIGHT[0])


def test_print_is_measured_over_all_pictures_and_nothing_is_lost() -> None:
    small = ReadPicture(
        700, 500, tuple(line(t.text, 20, 50, HEIGHT) for t in column(LEFT, 0, 0)[:1])
    )
    large = ReadPicture(1400, 1000, tuple(column(LEFT * 3, 40, 100)))
    (height, (one,)), (_, many) = lay_out([small, large], 12.0)
    assert one.size == 12.0 and {found.size for found in many} == {12.0}
    assert 0 < one.y < height
    assert lay_out([ReadPicture(10, 10, ())], 12.0)[0][1] == []


def test_bold_lines_and_larger_ones_become_headings() -> None:
    lines = [
        line("Care", 40, 60, 34),
        *column(LEFT, 40, 120),
        line("Winter", 40, 280, weight=0.4),
        *column(RIGHT, 40, 340),
    ]
    text = write(lines)
    assert [part for part in text.split("\n\n") if part[0] == "#"] == ["# Care", "## Winter"]


def test_headers_and_page_numbers_are_dropped_though_pages_lie_askew() -> None:
    pages = [
        ReadPicture(
            1400,
            1000,
            (
                line("Aurora Works", 600 + 9 * number, 30 + 7 * number),
                *column([text.replace("a", str(number)) for text in LEFT * 3], 40, 150),
                line(f"Page {number}", 640, 960 - 5 * number),
            ),
        )
        for number in range(1, 5)
    ]
    kept = drop_furniture(lay_out(pages, 10.0))
    assert [len(lines) for lines in kept] == [12, 12, 12, 12]


def test_a_large_table_takes_no_search_for_columns() -> None:
    cells = [line(f"{n}", 60 * (n % 20), 40 * (n // 20), 20) for n in range(900)]
    ((_, rows),) = lay_out([ReadPicture(1400, 2000, tuple(cells))], 10.0)
    assert len(rows) == 45 and all(len(row.cells) == 20 for row in rows)
