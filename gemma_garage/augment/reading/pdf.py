"""Read a PDF: open it, tell why it cannot be read, and hand its lines on page by page.

PDFium does the work; what it refuses as damaged, pypdf tries to write anew for it. Pages that are
pictures are handed on for text recognition.
"""

import io
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.clean import clean_line, clean_text
from gemma_garage.augment.reading.cleaning import Cleaning
from gemma_garage.augment.reading.flow import flow_pages
from gemma_garage.augment.reading.furniture import drop_furniture
from gemma_garage.augment.reading.ocr import MISSING, ReadPicture
from gemma_garage.augment.reading.parsed import ParsedDocument, Report, describe, join_pages
from gemma_garage.augment.reading.pdf_lines import Line, read_lines
from gemma_garage.augment.reading.pdf_pictures import (
    UNREADABLE_SHARE,
    count_unknown,
    draw_page,
    is_more,
    is_picture,
)
from gemma_garage.augment.reading.pictures import Pictures, Transcript
from gemma_garage.augment.reading.rules import Grid, read_grids
from gemma_garage.augment.reading.scan_layout import BODY_SIZE, lay_out
from gemma_garage.errors import DocumentError

WRONG_PASSWORD, WRONG_SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY of PDFium
Readings = dict[int, ReadPicture | Transcript]  # by page, from 0


def read_pdf(
    path: Path, name: str, password: str | None, report: Report, pictures: Pictures
) -> ParsedDocument:
    """The text of all pages as Markdown. Raises DocumentError."""
    import pypdfium2

    document = _open(path, name, password)
    pages: list[tuple[float, list[Line]]] = []
    grids: list[list[Grid]] = []
    readings: Readings = {}
    cleaning = Cleaning()
    broken = 0
    try:
        total = len(document)
        for number in range(total):
            height, lines, ruled = 0.0, list[Line](), list[Grid]()
            try:
                page = document[number]
                height, lines = page.get_height(), read_lines(page, cleaning.at(number + 1))
                ruled = read_grids(page) if lines else []
                if is_picture(page, lines):
                    reading = pictures.take(number + 1, partial(draw_page, page))
                    if reading is not None and (not lines or is_more(reading.letters, lines)):
                        pictures.count(number + 1, reading)
                        readings[number] = reading
                page.close()
            except pypdfium2.PdfiumError:
                broken += 1
            pages.append((height, lines))
            grids.append(ruled)
            report(number + 1, total)
        outline, details = _read_outline(document, total), _read_details(document)
    finally:
        document.close()
    _put_in(readings, pages, grids)
    _require_text(name, pages, broken, pictures, readings)
    flowed = flow_pages(drop_furniture(pages, cleaning), outline, grids, cleaning)
    texts = [
        clean_text(found.text if isinstance(found := readings.get(number), Transcript) else text)
        for number, text in enumerate(flowed)
    ]
    notes = _note(total, broken, pictures)
    parsed = join_pages("pdf", texts, notes, cleaning=cleaning.to_json(), details=details)
    return replace(parsed, unread=pictures.unread)


def _put_in(
    readings: Readings, pages: list[tuple[float, list[Line]]], grids: list[list[Grid]]
) -> None:
    """Put what was read in pictures in the place of their pages' own lines."""
    printed = [lines for number, (_, lines) in enumerate(pages) if number not in readings]
    sizes = Counter(line.size for lines in printed for line in lines for _ in line.words)
    body_size = sizes.most_common(1)[0][0] if sizes else BODY_SIZE
    read = {number: one for number, one in readings.items() if isinstance(one, ReadPicture)}
    laid = dict(zip(read, lay_out(list(read.values()), body_size), strict=True))
    for number in readings:
        pages[number] = laid.get(number, (pages[number][0], []))
        grids[number] = []


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
        mended = _mend(path, password)
        if mended is not None:
            return mended
        raise DocumentError(
            f"“{name}” starts like a PDF and cannot be read ({path.stat().st_size:,} bytes): it is "
            "damaged or was cut off on its way. Get a fresh copy, or print it to a new PDF."
        ) from error


def _mend(path: Path, password: str | None) -> Any | None:
    """What pypdf still finds, written anew: with title and outline, else the pages alone; None
    when it finds no page either."""
    from pypdf import PdfReader, PdfWriter

    def write_whole() -> PdfWriter:
        return PdfWriter(clone_from=PdfReader(path, strict=False, password=password or None))

    def write_pages() -> PdfWriter:
        writer = PdfWriter()
        for page in PdfReader(path, strict=False, password=password or None).pages:
            writer.add_page(page)
        return writer

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it tells of every damaged object
    for write in (write_whole, write_pages):
        document = _write_anew(write)
        if document is not None:
            return document
    return None


def _write_anew(write: Callable[[], Any]) -> Any | None:
    import pypdfium2
    from pypdf.errors import PyPdfError

    anew = io.BytesIO()
    try:
        write().write(anew)
        document = pypdfium2.PdfDocument(anew.getvalue())
    except (PyPdfError, pypdfium2.PdfiumError, ArithmeticError, AttributeError, LookupError):
        return None
    except (OSError, RecursionError, TypeError, ValueError):
        return None
    return document if len(document) else None


def _read_details(document: Any) -> dict[str, str]:
    values = document.get_metadata_dict(skip_empty=True)
    return describe(values.get("Title"), values.get("Author"))


def _read_outline(document: Any, pages: int) -> list[dict[str, int]]:
    """For each page the titles that the outline points to, case-folded, and how deep they stand."""
    import pypdfium2

    titles: list[dict[str, int]] = [{} for _ in range(pages)]
    try:
        for bookmark in document.get_toc():
            target = bookmark.get_dest()
            number = target.get_index() if target else None
            if number is not None and 0 <= number < pages:
                title = clean_line(bookmark.get_title()).casefold()
                titles[number].setdefault(title, bookmark.level + 1)
    except pypdfium2.PdfiumError:
        return []  # an outline only helps; the headings are then found by their fonts
    return titles


def _require_text(
    name: str,
    pages: Sequence[tuple[float, Sequence[Line]]],
    broken: int,
    pictures: Pictures,
    readings: Mapping[int, ReadPicture | Transcript],
) -> None:
    read = "".join(one.letters for one in readings.values())
    text = read + "".join(line.text for _, lines in pages for line in lines)
    count = f"{len(pages)} page{'s' * (len(pages) != 1)}"
    if broken == len(pages):
        raise DocumentError(
            f"“{name}” has {count}, and none can be read: it is damaged or was cut off. Get a "
            "fresh copy, or print it to a new PDF."
        )
    if pictures.unread:
        return
    if not any(character.isalnum() for character in text):
        if not pictures.met:
            raise DocumentError(
                f"“{name}” has {count}, without any text that can be read. Check the file."
            )
        raise DocumentError(
            f"“{name}” has {count}, all images: it is scanned, and text recognition (OCR) found no "
            "letter in it. Scan it anew, upright and with more contrast, and add that."
        )
    unknown = sum(count_unknown(lines) for _, lines in pages)
    if unknown > UNREADABLE_SHARE * len(text):
        raise DocumentError(
            f"“{name}” has {count} whose fonts do not say which letters they show "
            f"({unknown:,} of {len(text):,} characters are unknown), and text recognition (OCR) "
            "found no others. Print it to a new PDF and add that."
        )


def _note(total: int, broken: int, pictures: Pictures) -> list[str]:
    notes = pictures.describe(total)
    if unread := len(pictures.unread):
        notes.append(f"{unread} of {total} pages are pictures whose text was left out: {MISSING}.")
    if broken:
        notes.append(f"{broken} of {total} pages are damaged and were left out.")
    return notes
