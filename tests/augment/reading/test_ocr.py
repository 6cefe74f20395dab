"""Text recognition as it really is: the models of the wheel, on small drawn pictures."""

import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from gemma_garage.augment.reading import ocr
from gemma_garage.augment.reading.ocr import ReadPicture, is_installed, read_image
from gemma_garage.errors import DocumentError
from tests.augment.reading.scans import draw_text

LINES = ["The oil volume is 3 litres.", "Grüße: 12 m², (±2 %)"]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Any connection fails, also while the models are loaded."""

    def refuse(*_: Any) -> None:
        raise AssertionError("the network was asked")

    ocr._open_engine.cache_clear()
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield


def test_lines_are_read_with_their_places_and_without_the_network(offline: None) -> None:
    read = read_image(draw_text(LINES))
    assert [line.text for line in read.lines] == LINES
    first, second = read.lines
    assert (read.width, read.height) == (420, 106)
    assert 15 <= first.left <= 25 and 270 <= first.right <= 330
    assert 20 <= first.middle <= 45 < second.middle <= 80
    assert first.confidence > 0.9
    assert ReadPicture.from_json(read.to_json()) == read


@pytest.mark.parametrize("turn", [90, 180, 270, 4])
def test_a_picture_on_its_side_on_its_head_or_askew_is_read(turn: int) -> None:
    turned = draw_text(LINES[:1], width=340).rotate(turn, expand=True, fillcolor="white")
    (line,) = read_image(turned).lines
    assert line.text == LINES[0]
    assert line.right - line.left > 8 * line.height


def test_small_print_on_dark_ground_is_read() -> None:
    dark = Image.eval(draw_text(["Fuse 8 A, see page 12"], size=11, width=180), lambda v: 255 - v)
    assert [line.text for line in read_image(dark).lines] == ["Fuse 8 A, see page 12"]


def test_an_empty_picture_has_no_lines() -> None:
    assert read_image(Image.new("RGB", (300, 200), "white")).lines == ()
    assert read_image(Image.new("RGB", (300, 1), "black")).lines == ()


def test_without_the_library_the_user_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert is_installed()
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(DocumentError, match="pip install rapidocr onnxruntime"):
        ocr._open_engine.__wrapped__()
    monkeypatch.setattr(ocr, "find_spec", lambda name: None)
    assert not is_installed()


def test_wide_punctuation_becomes_plain_outside_chinese_print() -> None:
    assert ocr._write_plainly(" Note：（a）100％ ") == "Note:(a)100%"
    assert ocr._write_plainly("注意：油量") == "注意：油量"


def test_blanks_that_recognition_misses_are_put_back() -> None:
    assert (
        ocr._write_plainly("It stops.Then it cools to 40℃.") == "It stops. Then it cools to 40 °C."
    )
    assert ocr._write_plainly("5.The lamp, see v1.Beta at e.g.Oslo") == (
        "5. The lamp, see v1.Beta at e.g.Oslo"
    )
