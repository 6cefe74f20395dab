"""PPTX: what lies on a slide in the order in which a person reads it, charts and diagrams too."""

from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.util import Inches

from gemma_garage.augment.reading.slide_order import Box, order_boxes
from tests.augment.reading.makers import read_here

DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def add_box(shapes: Any, text: str, left: float, top: float, width: float = 2) -> None:
    place = (Inches(length) for length in (left, top, width, 0.5))
    shapes.add_textbox(*place).text_frame.text = text


@pytest.mark.parametrize(
    ("boxes", "order"),
    [
        ([(0, 5, 9, 6), (0, 0, 9, 1)], [1, 0]),  # below one another
        ([(5, 0, 9, 9), (0, 0, 4, 9)], [1, 0]),  # columns
        # Two cards, a head and a text each: the gap between them is wider than inside them.
        ([(0, 0, 4, 1), (6, 0, 9, 1), (0, 1.5, 4, 5), (6, 1.5, 9, 5)], [0, 2, 1, 3]),
        # A table of text boxes: rows lie further apart.
        ([(0, 0, 4, 1), (4.5, 0, 9, 1), (0, 3, 4, 4), (4.5, 3, 9, 4)], [0, 1, 2, 3]),
        ([(0, 2, 4, 5), (5, 2, 9, 5), (0, 0, 9, 1)], [2, 0, 1]),  # a band above columns
        ([(0, 1, 5, 5), (3, 0, 9, 3), (4, 4, 9, 9)], [1, 0, 2]),  # nothing parts them
        ([(0, 0, 0, 0)] * 60, list(range(60))),
    ],
)
def test_reading_order(boxes: list[tuple[float, ...]], order: list[int]) -> None:
    assert order_boxes([Box(index, *sides) for index, sides in enumerate(boxes)]) == order


def test_shapes_are_read_by_place_and_not_as_they_were_drawn(tmp_path: Path) -> None:
    deck = Presentation()
    deck.core_properties.title, deck.core_properties.author = "Pumps", "A. Miller"
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Pumps"
    add_box(slide.shapes, "right, below", 6, 4)
    group = slide.shapes.add_group_shape()
    add_box(group.shapes, "left, below", 0, 4)
    add_box(group.shapes, "left, e\ufb03cient", 0, 2)
    add_box(slide.shapes, "right, above", 6, 2)
    deck.save(str(tmp_path / "a.pptx"))
    parsed = read_here(tmp_path / "a.pptx")
    assert parsed.text.split("\n\n") == [
        "## Pumps",
        "left, efficient",
        "left, below",
        "right, above",
        "right, below",
    ]
    assert parsed.details == {"title": "Pumps", "author": "A. Miller"}
    assert parsed.cleaning["ligatures"]["samples"][0]["page"] == 1


def test_merged_cells(tmp_path: Path) -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(3, 3, 0, 0, Inches(6), Inches(2)).table
    for row in range(3):
        for column in range(3):
            table.cell(row, column).text = f"{row}{column}"
    for row, column in ((2, 0), (0, 2)):
        table.cell(row, column).text = ""
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(0, 1).merge(table.cell(0, 2))
    deck.save(str(tmp_path / "a.pptx"))
    assert read_here(tmp_path / "a.pptx").text == (
        "| 00 | 01 |  |\n| --- | --- | --- |\n| 10 | 11 | 12 |\n| 10 | 21 | 22 |"
    )


def test_charts_become_tables_and_diagrams_lists(tmp_path: Path) -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["2024", "2025"]
    data.add_series("Pumps", (1234567.25, None))
    data.add_series("Fans", (0.1 + 0.2, 7))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(4), Inches(2), data)
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = "Sold"
    points = "".join(
        f"<dgm:pt><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>"
        for text in ("Plan", "Build")
    )
    space = "http://schemas.openxmlformats.org/drawingml/2006/main"
    xml = f'<dgm:dataModel xmlns:dgm="{DIAGRAM}" xmlns:a="{space}">{points}</dgm:dataModel>'
    content = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"
    part = Part(PackURI("/ppt/diagrams/data1.xml"), content, slide.part.package, blob=xml.encode())
    link = slide.part.relate_to(part, f"{RELATIONS}/diagramData")
    other = slide.shapes.add_table(1, 1, 0, Inches(5), Inches(4), Inches(2))._element
    graphic = other.find(f".//{{{space}}}graphicData")
    graphic.set("uri", DIAGRAM)
    for child in list(graphic):
        graphic.remove(child)
    etree.SubElement(graphic, f"{{{DIAGRAM}}}relIds").set(f"{{{RELATIONS}}}dm", link)
    deck.save(str(tmp_path / "a.pptx"))
    assert read_here(tmp_path / "a.pptx").text == (
        "Sold\n\n|  | Pumps | Fans |\n| --- | --- | --- |\n| 2024 | 1234567.25 | 0.3 |\n"
        "| 2025 |  | 7 |\n\n- Plan\n- Build"
    )
