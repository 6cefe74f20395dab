"""Read a PPTX: each slide's title, then what lies on it in reading order, then its notes."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.clean import clean_line, clean_text, note_characters
from gemma_garage.augment.reading.cleaning import Cleaning
from gemma_garage.augment.reading.markdown import format_heading, format_item, format_table
from gemma_garage.augment.reading.ooxml import check_package, explain_damage, read_properties
from gemma_garage.augment.reading.parsed import ParsedDocument, Report, join_pages
from gemma_garage.augment.reading.slide_order import Box, order_boxes
from gemma_garage.augment.reading.slide_pictures import read_chart, read_diagram

MAX_DEPTH = 20  # of groups within groups


@explain_damage
def read_pptx(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of the slides as Markdown, a slide a page. Raises DocumentError."""
    from pptx import Presentation

    check_package(path, name, "pptx")
    presentation = Presentation(str(path))
    slides = list(presentation.slides)
    cleaning = Cleaning()
    pages = []
    for number, slide in enumerate(slides, start=1):
        for text in slide.element.itertext():
            note_characters(text, cleaning.at(number))
        pages.append(clean_text("\n\n".join(_read_slide(slide, first=number == 1))))
        report(number, len(slides))
    details = read_properties(presentation)
    return join_pages("pptx", pages, cleaning=cleaning.to_json(), details=details)


def _read_slide(slide: Any, *, first: bool) -> Iterator[str]:
    """The blocks of a slide: title, shapes, notes. A title slide at the front names the deck."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    title = slide.shapes.title
    if title is not None and (text := clean_line(title.text_frame.text)):
        opens = first and title.placeholder_format.type == PP_PLACEHOLDER.CENTER_TITLE
        yield format_heading(text, 1 if opens else 2)
    for shape in _order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            yield from _read_shape(shape)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = clean_line(slide.notes_slide.notes_text_frame.text)
        if notes:
            yield f"Notes: {notes}"


def _order(shapes: Iterable[Any]) -> list[Any]:
    """The shapes as they are read; those without a place come first, as they were drawn."""
    listed = list(shapes)
    boxes, placeless = [], []
    for index, shape in enumerate(listed):
        place = (shape.left, shape.top, shape.width, shape.height)
        if any(length is None for length in place):
            placeless.append(index)
            continue
        left, top, width, height = place
        boxes.append(Box(index, left, top, left + width, top + height))
    return [listed[index] for index in [*placeless, *order_boxes(boxes)]]


def _read_shape(shape: Any, depth: int = 0) -> Iterator[str]:
    from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER

    furniture = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER)
    if shape.is_placeholder and shape.placeholder_format.type in furniture:
        return
    if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
        if depth < MAX_DEPTH:
            for inner in _order(shape.shapes):
                yield from _read_shape(inner, depth + 1)
    elif shape.has_table:
        rows = _read_rows(shape.table)
        if any(any(row) for row in rows):
            has_header = shape.table.first_row or len(rows[0]) > 2
            yield format_table(rows, has_header=has_header)
    elif shape.has_chart:
        yield from read_chart(shape.chart)
    elif shape.has_text_frame:
        yield from _read_frame(shape)
    else:
        yield from read_diagram(shape)


def _read_rows(table: Any) -> list[list[str]]:
    """The cells. What spans rows is repeated, what spans columns stands in the first."""
    rows: list[list[str]] = []
    hanging: dict[tuple[int, int], str] = {}
    for number, row in enumerate(table.rows):
        texts = [hanging.get((number, column), cell.text) for column, cell in enumerate(row.cells)]
        for column, cell in enumerate(row.cells):
            if cell.is_merge_origin:
                below = range(number + 1, number + cell.span_height)
                hanging.update({(other, column): cell.text for other in below})
        rows.append(texts)
    return rows


def _read_frame(shape: Any) -> Iterator[str]:
    """One block for each paragraph, but for a list, which is one block."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    listing = shape.is_placeholder and shape.placeholder_format.type in (
        PP_PLACEHOLDER.BODY,
        PP_PLACEHOLDER.OBJECT,
    )
    items: list[str] = []
    paragraphs = [(p.level, clean_line(p.text)) for p in shape.text_frame.paragraphs]
    paragraphs = [(level, text) for level, text in paragraphs if text]
    for level, text in paragraphs:
        if level or (listing and len(paragraphs) > 1):
            items.append(format_item(text, level))
            continue
        if items:
            yield "\n".join(items)
            items = []
        yield text
    if items:
        yield "\n".join(items)
