"""Make a PDF or a DOCX from a Markdown manual.

    python tools/make_sample.py SRC.md OUT.pdf|OUT.docx

The sample manual and the manuals of `bench/` are written in Markdown; the other two formats are
made here, so that all of them say the same. Understood are headings, paragraphs (their lines are
joined), bullets, pipe tables, **bold** and *italic*. The same source gives the same bytes.
"""

from __future__ import annotations

import argparse
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

AUTHOR = "Gemma Garage"
EPOCH = datetime(2026, 1, 1)
STANDARD_FONT = set(bytes(range(256)).decode("cp1252", "ignore"))
INLINE = re.compile(r"\*\*(?P<bold>.+?)\*\*|\*(?P<italic>.+?)\*")
TABLE_RULE = re.compile(r"\|?[\s:|-]+\|?")


@dataclass(frozen=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Bullets:
    items: list[str]


@dataclass(frozen=True)
class Table:
    rows: list[list[str]]


Block = Heading | Text | Bullets | Table


def read_blocks(markdown: str) -> Iterator[Block]:
    """Yield the blocks of `markdown`; a blank line ends a block, as does a heading."""
    separated = re.sub(r"^(#+ .*)$", r"\n\1\n", markdown, flags=re.MULTILINE)
    for part in re.split(r"\n\s*\n", separated):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        if not lines:
            continue
        if heading := re.fullmatch(r"(#+) (.*)", lines[0]):
            yield Heading(len(heading[1]), heading[2])
        elif lines[0].startswith("|"):
            rows = [line for line in lines if not TABLE_RULE.fullmatch(line)]
            yield Table([[c.strip() for c in row.strip("|").split("|")] for row in rows])
        elif lines[0].startswith("- "):
            items = re.split(r"^- ", "\n".join(lines), flags=re.MULTILINE)[1:]
            yield Bullets([" ".join(item.split()) for item in items])
        else:
            yield Text(" ".join(lines))


def runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield `(text, style)` pieces, where style is `bold`, `italic` or empty."""
    end = 0
    for match in INLINE.finditer(text):
        if match.start() > end:
            yield text[end : match.start()], ""
        yield match["bold"] or match["italic"], "bold" if match["bold"] else "italic"
        end = match.end()
    if end < len(text):
        yield text[end:], ""


def write_pdf(blocks: list[Block], title: str, out: Path) -> None:
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
    from reportlab.lib.units import mm
    from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer
    from reportlab.platypus import Table as Grid

    sheet = getSampleStyleSheet()
    body = ParagraphStyle("Body", sheet["Normal"], fontSize=10.5, leading=14.5, spaceAfter=7)
    bullet = ParagraphStyle("Bullet", body, leftIndent=14, bulletIndent=3, spaceAfter=2)
    cell = ParagraphStyle("Cell", body, spaceAfter=0)
    headings = [
        ParagraphStyle(f"H{n}", body, fontName="Helvetica-Bold", fontSize=size, leading=1.25 * size,
                       spaceBefore=before, spaceAfter=6, keepWithNext=1)
        for n, size, before in ((1, 20, 0), (2, 13.5, 9), (3, 11.5, 6))
    ]  # fmt: skip

    def marked(text: str) -> str:
        tags = {"bold": "<b>{}</b>", "italic": "<i>{}</i>", "": "{}"}
        return "".join(tags[style].format(escape(piece)) for piece, style in runs(text))

    def furniture(canvas: Any, doc: Any) -> None:
        width, height = A4
        canvas.setFont("Helvetica", 8.5)
        canvas.drawString(doc.leftMargin, height - 14 * mm, title)
        canvas.setLineWidth(0.5)
        top = height - 16 * mm
        canvas.line(doc.leftMargin, top, width - doc.rightMargin, top)
        canvas.drawCentredString(width / 2, 12 * mm, f"Page {doc.page}")

    flow: list[Flowable] = []
    for block in blocks:
        match block:
            case Heading(level, text):
                flow.append(Paragraph(marked(text), headings[min(level, 3) - 1]))
            case Text(text):
                flow.append(Paragraph(marked(text), body))
            case Bullets(items):
                flow += [Paragraph(marked(item), bullet, bulletText="•") for item in items]
                flow.append(Spacer(1, 5))
            case Table([head, *rows]):
                cells = [[f"**{name}**" for name in head], *rows]
                grid = Grid(
                    [[Paragraph(marked(text), cell) for text in row] for row in cells],
                    style=[
                        ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
                        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                        ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ],
                    repeatRows=1,
                )
                flow += [grid, Spacer(1, 9)]
    document = SimpleDocTemplate(
        str(out), pagesize=A4, leftMargin=25 * mm, rightMargin=25 * mm, topMargin=24 * mm,
        bottomMargin=22 * mm, title=title, author=AUTHOR, lang="en", invariant=1,
    )  # fmt: skip
    document.build(flow, onFirstPage=furniture, onLaterPages=furniture)


def write_docx(blocks: list[Block], title: str, out: Path) -> None:
    from docx import Document
    from docx.text.paragraph import Paragraph

    document = Document()
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, AUTHOR, ""
    properties.created = properties.modified = EPOCH

    def fill(paragraph: Paragraph, text: str) -> None:
        for piece, style in runs(text):
            run = paragraph.add_run(piece)
            run.bold, run.italic = style == "bold" or None, style == "italic" or None

    for block in blocks:
        match block:
            case Heading(level, text):
                document.add_heading(text, level - 1)
            case Text(text):
                fill(document.add_paragraph(), text)
            case Bullets(items):
                for item in items:
                    fill(document.add_paragraph(style="List Bullet"), item)
            case Table(rows):
                table = document.add_table(len(rows), len(rows[0]), style="Table Grid")
                for line, row in zip(table.rows, rows, strict=True):
                    for place, text in zip(line.cells, row, strict=True):
                        fill(place.paragraphs[0], f"**{text}**" if row is rows[0] else text)
                document.add_paragraph()
    packed = BytesIO()
    document.save(packed)
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():  # python-docx stamps each entry with the present time
            entry = zipfile.ZipInfo(name, EPOCH.timetuple()[:6])
            target.writestr(entry, source.read(name), zipfile.ZIP_DEFLATED)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a PDF or a DOCX from a Markdown manual.")
    parser.add_argument("source", type=Path, help="the Markdown file")
    parser.add_argument("out", type=Path, help="the file to write: OUT.pdf or OUT.docx")
    args = parser.parse_args()

    writer = {".pdf": write_pdf, ".docx": write_docx}.get(args.out.suffix.lower())
    if writer is None:
        parser.error(f"{args.out} should end in .pdf or .docx")
    markdown = args.source.read_text(encoding="utf-8")
    if writer is write_pdf and (odd := set(markdown) - STANDARD_FONT):
        parser.error(f"the PDF's standard font has no {' '.join(sorted(odd))}")
    blocks = list(read_blocks(markdown))
    title = next((block.text for block in blocks if isinstance(block, Heading)), args.source.stem)
    writer(blocks, title, args.out)


if __name__ == "__main__":
    main()
