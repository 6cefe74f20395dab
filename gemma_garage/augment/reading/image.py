"""Read a picture file: turn it as its camera says, and hand it on for text recognition.

A TIFF may hold several pages; of other files the first picture is read.
"""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.clean import clean_text
from gemma_garage.augment.reading.flow import flow_pages
from gemma_garage.augment.reading.furniture import drop_furniture
from gemma_garage.augment.reading.ocr import ReadPicture
from gemma_garage.augment.reading.parsed import ParsedDocument, Report, join_pages
from gemma_garage.augment.reading.pictures import Pictures, Transcript
from gemma_garage.augment.reading.scan_layout import BODY_SIZE, lay_out
from gemma_garage.errors import DocumentError

PILLOW_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP")  # MPO is opened as a JPEG
BROKEN_PICTURE = (
    OSError,
    SyntaxError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
)
MAX_SIDE = 3400  # pixels that recognition gets to see: A3 at 200 dpi
MAX_PAGES = 5_000


def read_picture(
    path: Path, name: str, password: str | None, report: Report, pictures: Pictures
) -> ParsedDocument:
    """The text of all pages. Raises DocumentError."""
    from PIL import Image

    readings: list[ReadPicture | Transcript | None] = []
    with _explain(path, name):
        image = Image.open(path, formats=PILLOW_FORMATS)
    with image:
        kind = str(image.format).lower().replace("mpo", "jpeg")
        with _explain(path, name):
            pages = int(getattr(image, "n_frames", 1)) if kind == "tiff" else 1
        if pages > MAX_PAGES:
            raise DocumentError(
                f"“{name}” has {pages:,} pages; at most {MAX_PAGES:,} are allowed. Split it."
            )

        def draw() -> Any:
            with _explain(path, name):
                return _draw(image)

        for number in range(1, pages + 1):
            with _explain(path, name):
                image.seek(number - 1)
            reading = pictures.take(number, draw)
            if reading is not None:
                pictures.count(number, reading)
            readings.append(reading)
            report(number, pages)
    if pictures.mode == "read" and not any(one.letters for one in readings if one):
        raise DocumentError(
            f"Text recognition (OCR) found no letter in “{name}”. Take the picture anew, larger, "
            "upright and with more contrast; or leave it out."
        )
    parsed = join_pages(kind, _write(readings), pictures.describe(pages))
    return replace(parsed, unread=pictures.unread)


@contextmanager
def _explain(path: Path, name: str) -> Iterator[None]:
    """What Pillow raises over a hostile or damaged file, as a DocumentError."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise DocumentError(
                f"“{name}” has more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels when it is "
                "unpacked, more than are opened here. Save it in a smaller size and add that."
            ) from error
        except BROKEN_PICTURE as error:
            raise DocumentError(
                f"“{name}” cannot be opened as a picture ({path.stat().st_size:,} bytes): it is "
                "damaged or was cut off on its way. Get a fresh copy of it."
            ) from error


def _draw(image: Any) -> Any:
    """An upright picture, on white, in a size for recognition."""
    from PIL import ImageOps

    image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # JPEG: decoded at half the size where that is enough
    image.load()
    drawn = _flatten(ImageOps.exif_transpose(image))
    drawn.thumbnail((MAX_SIDE, MAX_SIDE))
    return drawn


def _flatten(image: Any) -> Any:
    """Eight bits a channel, nothing transparent."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):  # 16 bits and more: what is darkest becomes black
        low, high = image.convert("F").getextrema()
        scale = 255 / ((high - low) or 1)
        return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        paper.alpha_composite(seen)
        return paper.convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _write(readings: list[ReadPicture | Transcript | None]) -> list[str]:
    """The text of each page."""
    read = [one if isinstance(one, ReadPicture) else ReadPicture(1, 1, ()) for one in readings]
    texts = flow_pages(drop_furniture(lay_out(read, BODY_SIZE)))
    return [
        clean_text(one.text if isinstance(one, Transcript) else text)
        for one, text in zip(readings, texts, strict=True)
    ]
