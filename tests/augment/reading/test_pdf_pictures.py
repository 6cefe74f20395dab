"""Scanned pages of a PDF: which they are, and that they are read among the printed ones."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rapidfuzz.distance import Levenshtein

from gemma_garage.augment.reading import parse as parsing
from gemma_garage.augment.reading.parse import parse
from gemma_garage.augment.reading.read import read_document
from gemma_garage.errors import DocumentError
from tests.augment.reading.scans import FONT, PAGE, draw_text, make_scan, scan

PARAGRAPH = "\n".join(["The station measures wind and rain, and sends it all to the house."] * 4)
GRAY = Image.new("RGB", (40, 30), "gray")


def read(path: Path, mode: Any, folder: Path | None = None) -> dict[str, Any]:
    """The child's work in this process, where the models are loaded already."""
    return read_document(
        str(path), path.name, None, lambda *_: None, mode, str(folder) if folder else None
    )


def test_pages_without_a_text_layer_of_their_own_are_pictures(tmp_path: Path) -> None:
    pages = ["Printed words.", GRAY, GRAY, GRAY]
    path = make_scan(tmp_path / "a.pdf", pages, ["", "", "Scanned by X", PARAGRAPH])
    assert read(path, "count")["unread"] == (2, 3)


def test_letters_drawn_as_shapes_are_a_picture_and_a_ruled_page_is_none(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.drawString(70, 700, "The first page has words.")
    for count in (60, 10):
        canvas.showPage()
        for number in range(count):
            canvas.line(50, 50 + 9 * number, 500, 50 + 9 * number)
    canvas.save()
    assert read(tmp_path / "a.pdf", "count")["unread"] == (2,)


def test_fonts_that_do_not_say_their_letters_make_a_page_a_picture(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import NameObject, StreamObject
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(TTFont("Vera", str(FONT)))
    canvas = Canvas(str(tmp_path / "plain.pdf"), pagesize=(300, 100))
    canvas.setFont("Vera", 16)
    canvas.drawString(20, 50, "The pump has 3 valves.")
    canvas.save()
    # A map that sends every letter to the private area, as some programs write it.
    writer = PdfWriter(clone_from=PdfReader(tmp_path / "plain.pdf"))
    for font in writer.pages[0]["/Resources"]["/Font"].values():
        if "/ToUnicode" in font.get_object():
            private = StreamObject()
            private.set_data(
                b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange\n"
                b"1 beginbfrange <00> <FF> <E000> endbfrange endcmap"
            )
            font.get_object()[NameObject("/ToUnicode")] = writer._add_object(private)
    writer.write(tmp_path / "odd.pdf")
    assert read(tmp_path / "odd.pdf", "count")["unread"] == (1,)
    assert read(tmp_path / "odd.pdf", "read", tmp_path)["text"] == "The pump has 3 valves."


def test_a_scan_without_letters_is_told_and_one_among_pages_is_noted(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"2 pages, all images: it is scanned.*no letter"):
        read(make_scan(tmp_path / "scan.pdf", [GRAY, GRAY]), "read", tmp_path)
    mixed = make_scan(tmp_path / "mixed.pdf", ["Printed words.", GRAY])
    assert read(mixed, "read", tmp_path)["notes"] == (
        "Page 2 of 2 was searched for text; none was found.",
    )


def test_printed_letters_stay_where_recognition_finds_no_more(tmp_path: Path) -> None:
    # A slide: its few words are printed over a picture of all the page.
    path = make_scan(tmp_path / "a.pdf", [GRAY], ["Quarterly figures"])
    answer = read(path, "read", tmp_path)
    assert answer["text"] == "Quarterly figures" and answer["notes"] == ()


def test_scanned_pages_are_read_among_printed_ones(tmp_path: Path) -> None:
    scan = draw_text(["The oil volume is 3 litres", "and the fuse has 8 A."], height=PAGE)
    path = make_scan(tmp_path / "a.pdf", [PARAGRAPH, scan], ["", "Scanned by X"])
    steps: list[tuple[int, int]] = []
    parsed = parse(path, on_progress=lambda *step: steps.append(step))
    printed, read_here = parsed.text.split("\n\n")
    assert printed == PARAGRAPH.replace("\n", " ")
    assert read_here == "The oil volume is 3 litres and the fuse has 8 A."
    assert parsed.page_at(len(parsed.text) - 1) == 2
    assert parsed.notes == ("Page 2 of 2 was read by text recognition (OCR).",)
    assert steps == [(1, 2), (2, 2), (1, 2), (2, 2)]


@pytest.mark.slow
def test_the_shipped_manual_comes_back_from_a_poor_scan(tmp_path: Path) -> None:
    import gemma_garage

    manual = Path(gemma_garage.__file__).parent / "sample" / "manual.pdf"
    scanned = scan(manual, tmp_path / "scan.pdf")
    printed, recognised = read(manual, "count")["text"], read(scanned, "read", tmp_path)["text"]
    assert Levenshtein.distance(printed, recognised) < 0.003 * len(printed)
    headings = [line for line in printed.splitlines() if line.startswith("#")]
    assert [line for line in recognised.splitlines() if line.startswith("#")] == headings


def test_a_page_that_takes_for_ever_ends_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "PICTURE_STALL_S", 0.0)
    with pytest.raises(DocumentError, match=r"“a\.pdf” could not be read: one page took more than"):
        parse(make_scan(tmp_path / "a.pdf", [GRAY]))
