"""What becomes of pages that are pictures: counted, drawn for someone else to read, or read here.

One page's reading is one file in a folder, so that a killed reading goes on where it was. It does
not decide which pages are pictures: the readers do.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gemma_garage.augment.reading.ocr import ReadPicture, read_image
from gemma_garage.workspace import write_whole

UNSURE = 0.8  # confidence below which the user is told of a line
HOPELESS = 0.4  # below which it is left out: specks and pictures read as letters
JPEG_QUALITY = 90
UNSURE_SHOWN = 3
GREEK = re.compile(r"[Α-Ωα-ω]")
GREEK_LETTERS = 5  # on a page; fewer are signs in a formula
Mode = Literal["count", "draw", "read"]


@dataclass(frozen=True, slots=True)
class Transcript:
    """The Markdown of a page, written by someone else; `by` names them."""

    text: str
    by: str

    @property
    def letters(self) -> str:
        """Its letters and digits, one after the other."""
        return "".join(filter(str.isalnum, self.text))


@dataclass(frozen=True, slots=True)
class Transcriber:
    """Someone else who reads pictures. `read` takes their files and yields (index, Markdown) in
    any order; None for one that could not be had.
    """

    name: str
    read: Callable[[Sequence[Path]], Iterator[tuple[int, str | None]]]


@dataclass(slots=True)
class Pictures:
    """The pictures of one document. `mode`: count only; draw them to `folder`; or read them."""

    mode: Mode = "count"
    folder: Path | None = None
    met: list[int] = field(default_factory=list, init=False)
    _by: dict[str, list[int]] = field(default_factory=dict, init=False)
    _empty: list[int] = field(default_factory=list, init=False)
    _greek: list[int] = field(default_factory=list, init=False)
    _unsure: list[tuple[int, str]] = field(default_factory=list, init=False)

    def take(self, number: int, draw: Callable[[], Any]) -> ReadPicture | Transcript | None:
        """The reading of page `number` (from 1), which `draw` gives as a Pillow image.

        None unless it is to be read. Lines that are most likely no text are left out.
        """
        self.met.append(number)
        if self.mode == "count" or self.folder is None:
            return None
        known = find_reading(self.folder, number)
        if self.mode == "draw":
            if not isinstance(known, Transcript):
                with write_whole(drawing_of(self.folder, number)) as temporary:
                    draw().convert("RGB").save(temporary, "JPEG", quality=JPEG_QUALITY)
            return None
        if known is None:
            known = read_image(draw())
            _keep(self.folder, number, known.to_json())
        if isinstance(known, Transcript):
            return known
        lines = tuple(line for line in known.lines if line.confidence >= HOPELESS)
        return ReadPicture(known.width, known.height, lines)

    @property
    def unread(self) -> tuple[int, ...]:
        """The pages that are pictures and were not read."""
        return () if self.mode == "read" else tuple(self.met)

    def count(self, number: int, reading: ReadPicture | Transcript) -> None:
        """Note, for `describe`, that this reading is what the document says on this page."""
        by = reading.by if isinstance(reading, Transcript) else "text recognition (OCR)"
        if isinstance(reading, ReadPicture):
            self._unsure += [
                (number, line.text) for line in reading.lines if line.confidence < UNSURE
            ]
            if len(GREEK.findall(reading.letters)) >= GREEK_LETTERS:
                self._greek.append(number)
        if reading.letters:
            self._by.setdefault(by, []).append(number)
        else:
            self._empty.append(number)

    def describe(self, pages: int) -> list[str]:
        """Notes for the user: who read which of the `pages`, and how well."""
        notes = [f"{_name(numbers, pages)} read by {by}." for by, numbers in self._by.items()]
        if self._unsure:
            shown = ", ".join(
                f"“{text}” ({number})" for number, text in self._unsure[:UNSURE_SHOWN]
            )
            count = len(self._unsure)
            lines = "1 line was" if count == 1 else f"{count} lines were"
            notes.append(f"{lines} hard to read, such as (with the page): {shown}.")
        if self._greek:
            notes.append(
                f"{_name(self._greek, pages)} found to hold Greek letters, and read with losses: "
                "text recognition leaves out those with accents. Compare with the original, or let "
                "Gemini read it."
            )
        if self._empty:
            notes.append(f"{_name(self._empty, pages)} searched for text; none was found.")
        return notes


def find_reading(folder: Path, number: int) -> ReadPicture | Transcript | None:
    """The reading of page `number` that is kept in `folder`."""
    try:
        values = json.loads(_reading_of(folder, number).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if "by" in values:
        return Transcript(str(values["text"]), str(values["by"]))
    return ReadPicture.from_json(values)


def keep_transcript(folder: Path, number: int, transcript: Transcript) -> None:
    """Keep what someone else read on page `number`, and forget its drawing."""
    _keep(folder, number, {"text": transcript.text, "by": transcript.by})
    drawing_of(folder, number).unlink(missing_ok=True)


def drawing_of(folder: Path, number: int) -> Path:
    return folder / f"{number}.jpg"


def _reading_of(folder: Path, number: int) -> Path:
    return folder / f"{number}.json"


def _keep(folder: Path, number: int, values: dict[str, Any]) -> None:
    with write_whole(_reading_of(folder, number)) as temporary:
        temporary.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")


def _name(numbers: Sequence[int], pages: int) -> str:
    """ "Page 3 of 9 was", "Pages 1, 3–5 of 9 were", "All 9 pages were", "The picture was"."""
    if pages == 1:
        return "The picture was"
    if len(numbers) == pages:
        return f"All {pages} pages were"
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    told = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)
    return f"Page {told} of {pages} was" if len(numbers) == 1 else f"Pages {told} of {pages} were"
