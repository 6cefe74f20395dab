"""Pictures of text, drawn with a font that ReportLab ships."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import reportlab

FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


SLANTS = (0.8, -0.6, 0.4)  # degrees
PAGE = 297  # pixels: the height of a sheet (A5, lying) that is 420 pixels wide


def draw_text(
    lines: Sequence[str], size: int = 22, width: int = 420, height: int | None = None
) -> Any:
    """A white picture with lines of black text, one below the other; else as high as they need."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(FONT), size)
    needed = round(1.5 * size * len(lines)) + 40
    image = Image.new("RGB", (width, height or needed), "white")
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((20, 20 + 1.5 * size * number), line, "black", font)
    return image


def make_scan(path: Path, pages: Sequence[Any], stamps: Sequence[str] = ()) -> Path:
    """A PDF: each page a picture over all of it, with words of a text layer below; or, for a text,
    that text alone."""
    from reportlab.lib.pagesizes import A5, landscape
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    width, height = landscape(A5)
    canvas = Canvas(str(path), pagesize=(width, height))
    for number, page in enumerate(pages):
        stamp = stamps[number] if number < len(stamps) else ""
        for line, words in enumerate((page if isinstance(page, str) else stamp).split("\n")):
            canvas.drawString(50, 300 - 14 * line, words)
        if not isinstance(page, str):
            canvas.drawImage(ImageReader(page), 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    return path


def scan(source: Path, target: Path) -> Path:
    """The pages of a PDF as a poor scanner gives them: 150 dpi, gray, a bit askew, compressed."""
    import pypdfium2
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(target))
    with pypdfium2.PdfDocument(source) as document:
        for number in range(len(document)):
            page = document[number]
            drawn = page.render(scale=150 / 72).to_pil().convert("L")
            askew = drawn.rotate(SLANTS[number % len(SLANTS)], fillcolor=245)
            data = io.BytesIO()
            askew.save(data, "JPEG", quality=60)
            canvas.setPageSize(page.get_size())
            canvas.drawImage(ImageReader(data), 0, 0, *page.get_size())
            canvas.showPage()
    canvas.save()
    return target
