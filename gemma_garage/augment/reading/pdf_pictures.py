"""Which pages of a PDF are pictures of text, and how they look.

A page is a picture when it shows something and has no text layer, one that a scanner only stamped,
or one whose fonts do not say which letters they show.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from gemma_garage.augment.reading.pdf_lines import Line

STAMP_LETTERS = 100  # fewer, over a picture of most of the page, may be a scanner's stamp
PICTURE_SHARE = 0.5  # of the page
OUTLINES = 40  # drawn shapes without any text: letters turned to curves
UNREADABLE_SHARE = 0.3  # of characters without a known meaning: the text layer is unusable
UNKNOWN = re.compile("[\ufffd\ue000-\uf8ff]")
DRAW_DPI = 200
MIN_SIDE, MAX_SIDE = 2300, 3400  # pixels of the longer side: A4 at 200 dpi, A3 at 200 dpi


def is_picture(page: Any, lines: Sequence[Line]) -> bool:
    """Whether a pypdfium2 page with these lines of text is (also) a picture of text."""
    letters = count_letters(lines)
    if not letters:
        return _has_picture(page) or _count_shapes(page) >= OUTLINES
    if count_unknown(lines) > UNREADABLE_SHARE * letters:
        return True
    return letters < STAMP_LETTERS and _measure_pictures(page) >= PICTURE_SHARE


def is_more(read: str, lines: Sequence[Line]) -> bool:
    """Whether what was read in the picture is far more than its text layer holds.

    A text layer of the file's own has no reading errors: it stays if it is most of the text.
    """
    return len(read) > 2 * (count_letters(lines) - count_unknown(lines))


def count_letters(lines: Sequence[Line]) -> int:
    return sum(len(cell.text) for line in lines for cell in line.cells)


def count_unknown(lines: Sequence[Line]) -> int:
    return sum(len(UNKNOWN.findall(cell.text)) for line in lines for cell in line.cells)


def draw_page(page: Any) -> Any:
    """The page as a Pillow image, at 200 dpi within the limits of its sides."""
    longest = max(page.get_width(), page.get_height(), 1.0)
    side = min(max(longest * DRAW_DPI / 72, MIN_SIDE), MAX_SIDE)
    bitmap = page.render(scale=side / longest)
    try:
        return bitmap.to_pil().convert("RGB")
    finally:
        bitmap.close()


def _has_picture(page: Any) -> bool:
    return any(True for _ in _list_pictures(page))


def _list_pictures(page: Any, form: Any = None) -> Iterator[Any]:
    from pypdfium2 import raw

    yield from page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3, form=form)


def _count_shapes(page: Any) -> int:
    from pypdfium2 import raw

    return sum(1 for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3))


def _measure_pictures(page: Any) -> float:
    """How much of the page is covered by pictures, each counted by itself: 0 to 1."""
    import pypdfium2
    from pypdfium2 import raw

    left_edge, lower_edge, right_edge, upper_edge = page.get_mediabox()
    covered = 0.0
    for shown in page.get_objects(
        filter=[raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM], max_depth=1
    ):
        # Places inside a form are its own; the form itself has one on the page.
        if shown.type == raw.FPDF_PAGEOBJ_FORM and not any(
            True for _ in _list_pictures(page, shown)
        ):
            continue
        try:
            left, bottom, right, top = shown.get_bounds()
        except pypdfium2.PdfiumError:
            continue
        wide = min(right, right_edge) - max(left, left_edge)
        high = min(top, upper_edge) - max(bottom, lower_edge)
        covered += max(wide, 0.0) * max(high, 0.0)
    whole = (right_edge - left_edge) * (upper_edge - lower_edge)
    return float(min(covered / max(whole, 1.0), 1.0))
