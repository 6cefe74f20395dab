"""Picture files: every kind is opened, turned as its camera says, and refused where it must be."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from gemma_garage.augment.reading.formats import FORMATS, identify
from gemma_garage.augment.reading.parse import check_file, parse
from gemma_garage.augment.reading.pictures import Mode, drawing_of
from gemma_garage.augment.reading.read import read_document
from gemma_garage.errors import DocumentError
from tests.augment.reading.scans import draw_text

KINDS = {".png": "png", ".jpg": "jpeg", ".webp": "webp", ".tif": "tiff", ".bmp": "bmp"}


def read(path: Path, mode: Mode, folder: Path | None = None) -> dict[str, Any]:
    """The child's work in this process, where the models are loaded already."""
    return read_document(
        str(path), path.name, None, lambda *_: None, mode, str(folder) if folder else None
    )


def draw(path: Path, folder: Path) -> Any:
    """The picture as recognition gets to see it."""
    folder.mkdir()
    read(path, "draw", folder)
    with Image.open(drawing_of(folder, 1)) as drawn:
        return drawn.convert("RGB")


def write_png(path: Path, width: int, height: int) -> Path:
    """A PNG that claims these sides and holds next to nothing."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(10))),
        (b"IEND", b""),
    ]
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in parts:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        data += struct.pack(">I", len(body)) + kind + body + checksum
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", KINDS)
def test_each_kind_is_known_by_its_first_bytes_and_has_one_page(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    draw_text(["words"]).save(path)
    assert check_file(path, path.name, max_mb=1).name == KINDS[suffix]
    counted = read(path, "count")
    assert (counted["format"], counted["pages"], counted["unread"]) == (KINDS[suffix], 1, (1,))
    assert counted["text"] == ""
    with pytest.raises(DocumentError, match=f"it is a.*Rename it to end in {suffix}"):
        identify(path.read_bytes()[:4096], "a.txt")


def test_text_that_begins_like_a_bitmap_is_text() -> None:
    assert identify(b"BMW builds cars, and BMX is a sport on bicycles.", "a.txt").name == "txt"
    assert all(known.pictures == (known.name in {"pdf", *KINDS.values()}) for known in FORMATS)


def test_a_photograph_is_turned_as_its_camera_says_and_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    sideways = draw_text(["The fuse has 8 A."], width=300).rotate(90, expand=True)
    sideways.save(path, exif=exif, quality=95)
    assert draw(path, tmp_path / "drawn").size == (300, 73)
    answer = read(path, "read", tmp_path / "drawn")
    assert answer["text"] == "The fuse has 8 A."
    assert answer["notes"] == ("The picture was read by text recognition (OCR).",)


def test_every_page_of_a_tiff_is_read(tmp_path: Path) -> None:
    pages = [draw_text([f"Page {word} of the fax."], width=300) for word in ("one", "two")]
    path = tmp_path / "fax.tiff"
    pages[0].convert("1").save(path, save_all=True, append_images=pages[1:], compression="tiff_lzw")
    answer = read(path, "read", tmp_path)
    assert answer["text"] == "Page one of the fax.\n\nPage two of the fax."
    assert (answer["pages"], answer["page_starts"]) == (2, (0, 22))


def test_transparent_and_deep_pictures_become_black_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    clear.putpixel((5, 5), (0, 0, 0, 255))
    clear.save(tmp_path / "clear.png")
    assert draw(tmp_path / "clear.png", tmp_path / "c").getpixel((40, 20)) == (255, 255, 255)
    grays = numpy.full((40, 60), 50_000, dtype=numpy.uint16)
    grays[:, :30] = 1_000
    Image.fromarray(grays).save(tmp_path / "deep.tiff")
    drawn = draw(tmp_path / "deep.tiff", tmp_path / "d")
    assert drawn.getpixel((5, 20))[0] < 20 and drawn.getpixel((55, 20))[0] > 235


def test_a_large_picture_is_made_smaller_for_recognition(tmp_path: Path) -> None:
    Image.new("L", (5_000, 300), "white").save(tmp_path / "wide.png")
    assert draw(tmp_path / "wide.png", tmp_path / "drawn").size == (3_400, 204)


def test_an_empty_picture_is_refused_with_what_to_do(tmp_path: Path) -> None:
    Image.new("L", (300, 200), "white").save(tmp_path / "a.png")
    with pytest.raises(DocumentError, match=r"found no letter in “a\.png”.*more contrast"):
        read(tmp_path / "a.png", "read", tmp_path)


@pytest.mark.parametrize("sides", [(10_000, 10_000), (30_000, 30_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, sides: tuple[int, int]) -> None:
    path = write_png(tmp_path / "bomb.png", *sides)
    with pytest.raises(DocumentError, match=r"“bomb\.png” has more than [\d,]+ pixels"):
        parse(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_a_damaged_picture_is_told(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"whole{suffix}"
    draw_text(["some words"]).save(whole)
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole.read_bytes()[:400])
    with pytest.raises(DocumentError, match=r"“cut\..*damaged or was cut off"):
        read(cut, "draw", tmp_path)
