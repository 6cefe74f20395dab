"""Small real files for the tests of parsing, made with the libraries that users' programs match."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.parsed import ParsedDocument
from gemma_garage.augment.reading.read import read_document


def read_here(path: Path, password: str | None = None) -> ParsedDocument:
    """What `parse` gives, without its child process, which takes a quarter of a second."""
    answer = read_document(str(path), path.name, password, lambda done, total: None)
    return ParsedDocument.from_json(json.loads(json.dumps(answer)))


def list_changes(parsed: ParsedDocument, rule: str) -> list[tuple[str, str, int | None]]:
    """(before, after, page) of the samples of a rule."""
    samples = parsed.cleaning[rule]["samples"]
    return [(sample["before"], sample["after"], sample["page"]) for sample in samples]


def make_pdf(
    path: Path, pages: Sequence[Sequence[tuple[float, float, str, float, str]]], **options: Any
) -> Path:
    """A PDF whose pages hold (x, y, font, size, text) strings at their places."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=A4, **options)
    for strings in pages:
        for x, y, font, size, text in strings:
            canvas.setFont(font, size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return path


def body(y: float, *lines: str) -> list[tuple[float, float, str, float, str]]:
    """Lines of plain body text, 12 points apart, the first at height `y`."""
    return [(70, y - 12 * n, "Helvetica", 10, line) for n, line in enumerate(lines)]


def make_story(path: Path, flowables: Sequence[Any]) -> Path:
    """A PDF laid out by ReportLab's own engine."""
    from reportlab.platypus import SimpleDocTemplate

    SimpleDocTemplate(str(path)).build(list(flowables))
    return path


def encrypt_pdf(source: Path, target: Path, password: str, algorithm: str) -> Path:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(source))
    writer.encrypt(password, algorithm=algorithm)
    writer.write(target)
    return target


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return path
