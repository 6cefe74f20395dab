"""A small whole file of each format that is read, to be damaged by the tests."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.augment.reading.makers import body, make_pdf, make_zip

WORDS = "The pump runs at 9 bar. The lid of the tank is opened with a key of 12 mm."
ROWS = [
    {"question": f"How many bar has pump {number}?", "answer": f"It has {number} bar."}
    for number in range(1, 9)
]
TEXT = "# Pump\n\n" + WORDS + "\n\n- first\n- second\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n"
HTML = (
    "<!DOCTYPE html><html><head><title>Pump</title><meta charset='utf-8'></head><body><main>"
    f"<h1>Pump</h1><p>{WORDS}</p><ul><li>first</li><li>second</li></ul>"
    "<table><tr><th>Part</th><th>bar</th></tr><tr><td>lid</td><td>9 &amp; 10</td></tr></table>"
    "</main></body></html>"
)
RTF = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\info{\title Pump}}\f0\fs24 "
    + WORDS
    + r"\par \b Gr\'f6\'dfe\b0  \u8364?9\par\trowd\cellx1000\cellx2000 a\cell b\cell\row}"
)


def write_samples(folder: Path) -> dict[str, Path]:
    """One file for each format, by its name."""
    folder.mkdir(parents=True, exist_ok=True)
    return {name: make(folder / f"sample.{name}") for name, make in MAKERS.items()}


def _write(text: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _make_pdf(path: Path) -> Path:
    page = [(70.0, 740.0, "Helvetica-Bold", 18.0, "Pump"), *body(700, WORDS, WORDS)]
    return make_pdf(path, [page, body(700, WORDS)], pageCompression=1)


def _make_docx(path: Path) -> Path:
    from docx import Document

    document = Document()
    document.add_heading("Pump", 1)
    document.add_paragraph(WORDS)
    document.add_paragraph("first", style="List Bullet")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["Part", "bar", "lid", "9"], strict=True):
        cell.text = text
    document.save(str(path))
    return _slim(path)


def _make_pptx(path: Path) -> Path:
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Pump"
    slide.placeholders[1].text = WORDS
    frame = slide.shapes.add_table(2, 2, Inches(1), Inches(4), Inches(4), Inches(1))
    frame.table.cell(0, 0).text = "Part"
    slide.notes_slide.notes_text_frame.text = "Notes on the pump."
    deck.save(str(path))
    return _slim(path)


def _slim(path: Path) -> Path:
    """Without the thumbnail, which is most of the file and never read."""
    with zipfile.ZipFile(path) as package:
        members = {
            name: package.read(name)
            for name in package.namelist()
            if not name.endswith(("thumbnail.jpeg", "printerSettings1.bin"))
        }
    for name in ("_rels/.rels", "ppt/_rels/presentation.xml.rels"):
        if name in members:
            members[name] = _drop_relations(members[name])
    return make_zip(path, members)


def _drop_relations(xml: bytes) -> bytes:
    from lxml import etree

    tree = etree.fromstring(xml)
    for relation in list(tree):
        if relation.get("Target").endswith(("thumbnail.jpeg", "printerSettings1.bin")):
            tree.remove(relation)
    return bytes(etree.tostring(tree))


def _make_epub(path: Path) -> Path:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
        "</rootfiles></container>"
    )
    book = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Pump</dc:title></metadata>'
        '<manifest><item id="c1" href="c1.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="c1"/></spine></package>'
    )
    chapter = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Pump</title></head>'
        f"<body><h1>Pump</h1><p>{WORDS}</p></body></html>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        package.writestr("META-INF/container.xml", container)
        package.writestr("OEBPS/book.opf", book)
        package.writestr("OEBPS/c1.xhtml", chapter)
    return path


def _make_picture(path: Path) -> Path:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (240, 48), "white")
    ImageDraw.Draw(image).text((8, 12), "The pump runs at 9 bar", fill="black", font_size=18)
    image.save(path)
    return path


def _make_xlsx(path: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    for cells in [list(ROWS[0]), *[list(row.values()) for row in ROWS]]:
        sheet.append(cells)
    book.save(path)
    return path


def _make_parquet(path: Path) -> Path:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    return path


def _make_archive(path: Path) -> Path:
    inner = make_zip(path.with_suffix(".inner"), {"deep/b.md": TEXT.encode()})
    members = {"folder/a.txt": WORDS.encode(), "inner.zip": inner.read_bytes()}
    inner.unlink()
    return make_zip(path, members)


def _join(separator: str) -> str:
    lines = [list(ROWS[0]), *[list(row.values()) for row in ROWS]]
    return "".join(separator.join(cells) + "\n" for cells in lines)


MAKERS: dict[str, Callable[[Path], Path]] = {
    "pdf": _make_pdf,
    "docx": _make_docx,
    "pptx": _make_pptx,
    "txt": _write(WORDS + "\n\nGröße: 5 µm – „genau“.\n"),
    "md": _write(TEXT),
    "html": _write(HTML),
    "epub": _make_epub,
    "rtf": _write(RTF),
    "png": _make_picture,
    "jpeg": _make_picture,
    "webp": _make_picture,
    "tiff": _make_picture,
    "bmp": _make_picture,
    "csv": _write(_join(",")),
    "tsv": _write(_join("\t")),
    "json": _write(json.dumps(ROWS)),
    "jsonl": _write("".join(json.dumps(row) + "\n" for row in ROWS)),
    "yaml": _write(
        "".join(f"- question: {r['question']}\n  answer: {r['answer']}\n" for r in ROWS)
    ),
    "xlsx": _make_xlsx,
    "parquet": _make_parquet,
    "zip": _make_archive,
}
