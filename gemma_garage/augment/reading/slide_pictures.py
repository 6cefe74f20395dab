"""The words and numbers in what a slide shows as a picture: charts and SmartArt diagrams."""

import logging
from collections.abc import Iterator
from typing import Any

from gemma_garage.augment.reading.clean import clean_line
from gemma_garage.augment.reading.markdown import format_item, format_table

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
DATA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
MAX_POINTS = 500  # a chart of more is a curve, not a table

log = logging.getLogger(__name__)


def read_chart(chart: Any) -> Iterator[str]:
    """The title of a python-pptx chart, and its numbers as a table: a row for each category."""
    try:
        if chart.has_title and chart.chart_title.has_text_frame:
            if title := clean_line(chart.chart_title.text_frame.text):
                yield title
        for plot in chart.plots:
            categories = [str(category) for category in plot.categories]
            series = [(one.name or "", list(one.values)) for one in plot.series]
            if not categories or len(categories) > MAX_POINTS:
                continue
            rows = [["", *(name for name, _ in series)]]
            for number, category in enumerate(categories):
                values = [values[number] if number < len(values) else None for _, values in series]
                rows.append([category, *(_write(value) for value in values)])
            yield format_table(rows, has_header=True)
    except (KeyError, ValueError, AttributeError, IndexError, TypeError) as error:
        log.info("a chart was left out: %s", error)  # python-pptx knows only the common kinds


def read_diagram(shape: Any) -> Iterator[str]:
    """The texts of a SmartArt diagram as a list; nothing for any other shape."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    for link in shape.element.iter(f"{DGM}relIds"):
        try:
            data = shape.part.related_part(link.get(DATA)).blob
            root = etree.fromstring(data, parser)
        except (KeyError, etree.LxmlError) as error:
            log.info("a diagram was left out: %s", error)
            continue
        texts = [
            clean_line(" ".join(text.text or "" for text in point.iter(f"{A}t")))
            for point in root.iter(f"{DGM}pt")
        ]
        items = [format_item(text) for text in texts if text]
        if items:
            yield "\n".join(items)


def _write(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"  # 0.1 + 0.2 is stored as 0.30000000000000004
