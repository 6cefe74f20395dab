"""What becomes of pages that are pictures: kept readings, notes, and someone else who reads."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gemma_garage.augment.reading import parse as parsing
from gemma_garage.augment.reading.ocr import ReadLine, ReadPicture
from gemma_garage.augment.reading.parse import parse
from gemma_garage.augment.reading.pictures import (
    Pictures,
    Transcriber,
    Transcript,
    drawing_of,
    keep_transcript,
)
from gemma_garage.augment.reading.read import read_document
from gemma_garage.errors import DocumentError, QuotaSpent
from tests.augment.reading.scans import PAGE, draw_text, make_scan


def refuse() -> Any:
    raise AssertionError("the page was drawn again")


def line(text: str, confidence: float) -> ReadLine:
    return ReadLine(text, 0, 100, 50, 20, 9, 0.3, confidence)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's work here, where the models are loaded already."""

    def run(_: str, arguments: dict[str, Any], *, on_progress: Any, **__: Any) -> Any:
        return read_document(report=on_progress, **arguments)

    monkeypatch.setattr(parsing, "run_in_child", run)


def test_counting_draws_nothing_and_leaves_pages_unread() -> None:
    pictures = Pictures()
    assert pictures.take(3, refuse) is None
    assert pictures.unread == (3,) and pictures.describe(4) == []


def test_what_was_read_is_kept_and_not_read_again(tmp_path: Path) -> None:
    first = Pictures("read", tmp_path).take(1, lambda: draw_text(["Fuse 8 A"], width=160))
    assert isinstance(first, ReadPicture) and first.lines[0].text == "Fuse 8 A"
    assert Pictures("read", tmp_path).take(1, refuse) == first
    keep_transcript(tmp_path, 1, Transcript("# Fuse", "somebody"))
    assert Pictures("read", tmp_path).take(1, refuse) == Transcript("# Fuse", "somebody")
    assert Pictures("draw", tmp_path).take(1, refuse) is None
    assert [path.name for path in tmp_path.iterdir()] == ["1.json"]


def test_notes_name_pages_readers_and_doubtful_lines() -> None:
    pictures = Pictures("read")
    for number in (2, 3, 4, 7):
        pictures.count(number, ReadPicture(9, 9, (line("good", 0.99), line("bod", 0.6))))
    pictures.count(5, Transcript("Text", "Gemini (x)"))
    pictures.count(6, ReadPicture(9, 9, ()))
    assert pictures.describe(9) == [
        "Pages 2–4, 7 of 9 were read by text recognition (OCR).",
        "Page 5 of 9 was read by Gemini (x).",
        "4 lines were hard to read, such as (with the page): “bod” (2), “bod” (3), “bod” (4).",
        "Page 6 of 9 was searched for text; none was found.",
    ]


def test_greek_is_said_to_be_read_with_losses() -> None:
    pictures = Pictures("read")
    pictures.count(1, ReadPicture(9, 9, (line("Η αντλα λειτουργε", 0.95),)))
    pictures.count(2, ReadPicture(9, 9, (line("a resistor of 5 kΩ, α = 3", 0.95),)))
    _, greek = pictures.describe(2)
    assert greek.startswith("Page 1 of 2 was found to hold Greek letters, and read with losses")


def test_specks_read_as_letters_are_left_out_and_doubtful_lines_stay(tmp_path: Path) -> None:
    kept = ReadPicture(9, 9, (line("good", 0.99), line("doubtful", 0.6), line("i", 0.2)))
    (tmp_path / "1.json").write_text(json.dumps(kept.to_json()))
    read = Pictures("read", tmp_path).take(1, refuse)
    assert isinstance(read, ReadPicture)
    assert [one.text for one in read.lines] == ["good", "doubtful"]


def test_someone_else_reads_and_what_they_cannot_have_is_read_here(
    tmp_path: Path, in_process: None
) -> None:
    seen: list[tuple[str, ...]] = []
    steps: list[tuple[int, int]] = []

    def copy(files: Sequence[Path]) -> Iterator[tuple[int, str | None]]:
        seen.append(tuple(file.name for file in files))
        for index, file in reversed(list(enumerate(files))):
            with Image.open(file) as drawn:
                assert drawn.format == "JPEG" and drawn.size[0] > drawn.size[1] > 1500
            yield index, None if index else "## Copied\n\nThe fan has 200 W."

    picture = draw_text(["The oil volume is 3 litres."], height=PAGE)
    path = make_scan(tmp_path / "scan.pdf", [picture, "Printed words.", picture])
    kept = tmp_path / "kept"
    parsed = parse(
        path,
        pictures=kept,
        transcriber=Transcriber("Somebody", copy),
        on_progress=lambda *step: steps.append(step),
    )
    assert parsed.text.split("\n\n") == [
        "## Copied",
        "The fan has 200 W.",
        "Printed words.",
        "The oil volume is 3 litres.",
    ]
    assert parsed.unread == () and parsed.page_starts == (0, 31, 47)
    assert parsed.notes == (
        "Page 1 of 3 was read by Somebody.",
        "Page 3 of 3 was read by text recognition (OCR).",
    )
    assert seen == [("1.jpg", "3.jpg")] and (2, 2) in steps
    assert not drawing_of(kept, 1).exists()

    def fail(files: Sequence[Path]) -> Iterator[tuple[int, str | None]]:
        seen.append(tuple(file.name for file in files))
        raise QuotaSpent("The quota is spent.")
        yield

    # A second time only what is missing is asked for, and an error of theirs is the user's.
    with pytest.raises(QuotaSpent):
        parse(path, pictures=kept, transcriber=Transcriber("Somebody", fail))
    assert seen[1:] == [("3.jpg",)]
    assert "The fan has 200 W." in parse(path, pictures=kept).text


def test_without_recognition_text_is_kept_and_pictures_alone_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None
) -> None:
    monkeypatch.setattr(parsing, "is_installed", lambda: False)
    picture = draw_text(["Fuse 8 A"])
    mixed = parse(make_scan(tmp_path / "mixed.pdf", [picture, "Printed words."]))
    assert mixed.text == "Printed words." and mixed.unread == (1,)
    assert "1 of 2 pages" in mixed.notes[0] and "pip install rapidocr" in mixed.notes[0]
    with pytest.raises(DocumentError, match=r"“scan\.pdf” holds pictures only.*pip install"):
        parse(make_scan(tmp_path / "scan.pdf", [picture]))
