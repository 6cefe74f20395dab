"""Read a PDF: open it, tell why it cannot be read, and hand its lines on page by page.

PDFium does the work; what it refuses as damaged, pypdf tries to write anew for it. There is no
text recognition: pages that are pictures have no text.
"""

import io
import logging
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.clean import clean_line, clean_text
from gemma_garage.augment.reading.flow import flow_pages
from gemma_garage.augment.reading.furniture import drop_furniture
from gemma_garage.augment.reading.parsed import ParsedDocument, Report, join_pages
from gemma_garage.augment.reading.pdf_lines import Line, read_lines
from gemma_garage.augment.reading.rules import Grid, read_grids
from gemma_garage.errors import DocumentError

WRONG_PASSWORD, WRONG_SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY of PDFium
UNREADABLE_SHARE = 0.3  # of characters without a known meaning: the text layer is unusable


def read_pdf(path: Path, name: str, password: str | None, report: Report) -> ParsedDocument:
    """The text of all pages as Markdown. Raises DocumentError."""
    import pypdfium2

    document = _open(path, name, password)
    pages: list[tuple[float, list[Line]]] = []
    grids: list[list[Grid]] = []
    broken, pictures = 0, 0
    try:
        total = len(document)
        for number in range(total):
            height, lines, ruled = 0.0, list[Line](), list[Grid]()
            try:
                page = document[number]
                height, lines = page.get_height(), read_lines(page)
                ruled = read_grids(page) if lines else []
                pictures += not lines and _has_picture(page)
                page.close()
            except pypdfium2.PdfiumError:
                broken += 1
            pages.append((height, lines))
            grids.append(ruled)
            report(number + 1, total)
        outline = _read_outline(document, total)
    finally:
        document.close()
    _require_text(name, pages, broken, pictures)
    texts = [clean_text(text) for text in flow_pages(drop_furniture(pages), outline, grids)]
    return join_pages("pdf", texts, _note(total, broken, pictures))


def _open(path: Path, name: str, password: str | None) -> Any:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path, password=password or None)
        if len(document) == 0:
            raise DocumentError(f"“{name}” has no pages. Save it anew and add that.")
        return document
    except pypdfium2.PdfiumError as error:
        if error.err_code == WRONG_PASSWORD:
            said = "The password is wrong" if password else "No password was given"
            raise DocumentError(
                f"“{name}” is protected with a password. {said}: type its password and add the "
                "file again, or save it without one."
            ) from error
        if error.err_code == WRONG_SECURITY:
            raise DocumentError(
                f"“{name}” is protected in a way that cannot be opened here. Save it without "
                "protection and add that."
            ) from error
        mended = _mend(path)
        if mended is not None:
            return mended
        raise DocumentError(
            f"“{name}” starts like a PDF and cannot be read ({path.stat().st_size:,} bytes): it is "
            "damaged or was cut off on its way. Get a fresh copy, or print it to a new PDF."
        ) from error


def _mend(path: Path) -> Any | None:
    """The pages that pypdf still finds, written anew; None when it finds none either."""
    import pypdfium2
    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it tells of every damaged object
    anew = io.BytesIO()
    try:
        writer = PdfWriter()
        for page in PdfReader(path, strict=False).pages:
            writer.add_page(page)
        writer.write(anew)
        document = pypdfium2.PdfDocument(anew.getvalue())
    except (PyPdfError, pypdfium2.PdfiumError, ArithmeticError, AttributeError, LookupError):
        return None
    except (OSError, RecursionError, TypeError, ValueError):
        return None
    return document if len(document) else None


def _read_outline(document: Any, pages: int) -> list[frozenset[str]]:
    """For each page the titles that the outline points to, case-folded."""
    import pypdfium2

    titles: list[set[str]] = [set() for _ in range(pages)]
    try:
        for bookmark in document.get_toc():
            target = bookmark.get_dest()
            number = target.get_index() if target else None
            if number is not None and 0 <= number < pages:
                titles[number].add(clean_line(bookmark.get_title()).casefold())
    except pypdfium2.PdfiumError:
        return []  # an outline only helps; the headings are then found by their fonts
    return [frozenset(found - {""}) for found in titles]


def _has_picture(page: Any) -> bool:
    from pypdfium2 import raw

    return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _require_text(
    name: str, pages: list[tuple[float, list[Line]]], broken: int, pictures: int
) -> None:
    text = "".join(line.text for _, lines in pages for line in lines)
    count = f"{len(pages)} page{'s' * (len(pages) != 1)}"
    if broken == len(pages):
        raise DocumentError(
            f"“{name}” has {count}, and none can be read: it is damaged or was cut off. Get a "
            "fresh copy, or print it to a new PDF."
        )
    if not any(character.isalnum() for character in text):
        what = "all images: it is scanned" if pictures else "without any text that can be read"
        raise DocumentError(
            f"“{name}” has {count}, {what}. Put it through text recognition (OCR) first, for "
            "example with ocrmypdf, and add the result."
        )
    unknown = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in text)
    if unknown > UNREADABLE_SHARE * len(text):
        raise DocumentError(
            f"“{name}” has {count} whose fonts do not say which letters they show "
            f"({unknown:,} of {len(text):,} characters are unknown). Put it through text "
            "recognition (OCR), for example with ocrmypdf --force-ocr, and add the result."
        )


def _note(total: int, broken: int, pictures: int) -> list[str]:
    notes = []
    if pictures:
        notes.append(f"{pictures} of {total} pages are pictures without text and were left out.")
    if broken:
        notes.append(f"{broken} of {total} pages are damaged and were left out.")
    return notes
