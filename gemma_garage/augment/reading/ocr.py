"""Read the printed lines of a picture, with RapidOCR and the models inside its wheel: no network.

PP-OCRv6 finds lines and reads Latin, Chinese and Japanese letters. Of Greek it knows neither the
letters with accents nor the final sigma and leaves them out; other letters come out wrong, mostly
with a low confidence. In which order lines are read is `scan_layout.py`'s.
"""

import math
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from gemma_garage.errors import DocumentError

FIND_SIDE = 1600  # pixels of the longer side at which lines are looked for
SMALL_SIDE = 800  # a smaller picture is enlarged: its letters are, too
MOST_THREADS = 4
TURN_SAMPLE = 8  # lines that say which way up the picture is
SURE_TURN = 0.9
MISSING = (
    "text recognition (OCR) is not installed. Install it with: pip install rapidocr onnxruntime"
)
WIDE_SIGNS = {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}
WIDE_SIGNS |= {0x2103: "°C", 0x2109: "°F"}
DEGREES = re.compile(r"(?<=\d)\s*°([CF])\b")
GLUED = re.compile(r"(?<=[a-zà-ÿ]{2})\.(?=[A-ZÀ-Þ][a-zà-ÿ])|(?<=^\d)\.(?=[A-ZÀ-Þ][a-zà-ÿ])")
EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
STRIP_ROWS = 96  # a line is measured at this height
FILLED_SHARE = 0.4  # of the fullest rows' ink
CAPITALS = 1.37  # capitals and digits to small letters


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line, in pixels of the upright picture; y grows downwards. `confidence`: 0 to 1.

    `middle`: of its height, where the line is level; `height`: of the box around it, which says
    little about the font; `size`: of its small letters; `weight`: width of strokes in `size`.
    """

    text: str
    left: float
    right: float
    middle: float
    height: float
    size: float
    weight: float
    confidence: float


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """What stands in a picture of `width` × `height` pixels, after it was turned upright."""

    width: float
    height: float
    lines: tuple[ReadLine, ...]

    @property
    def letters(self) -> str:
        """Its letters and digits, one after the other."""
        return "".join(filter(str.isalnum, "".join(line.text for line in self.lines)))

    def scale(self, factor: float) -> "ReadPicture":
        lines = tuple(
            replace(
                line,
                left=line.left * factor,
                right=line.right * factor,
                middle=line.middle * factor,
                height=line.height * factor,
                size=line.size * factor,
            )
            for line in self.lines
        )
        return ReadPicture(self.width * factor, self.height * factor, lines)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ReadPicture":
        lines = tuple(ReadLine(**line) for line in values["lines"])
        return cls(float(values["width"]), float(values["height"]), lines)


def read_image(image: Any) -> ReadPicture:
    """The lines of a Pillow image, which may lie on its side, stand on its head or be askew.

    The first call loads the models (about 30 MB, a second or two). Raises DocumentError when
    RapidOCR is not installed.
    """
    engine = _open_engine()
    import numpy  # after the engine, which says how many threads it may have

    width, height = image.size
    if min(width, height) < 2:
        return ReadPicture(width, height, ())
    factor = max(1, min(4, round(SMALL_SIDE / max(width, height))))
    if factor > 1:
        image = image.resize((width * factor, height * factor))
    pixels = numpy.ascontiguousarray(numpy.asarray(image.convert("RGB"))[:, :, ::-1])
    boxes = _find_boxes(engine, pixels)
    if _lie_on_side(boxes):
        pixels = numpy.ascontiguousarray(numpy.rot90(pixels))
        boxes = _find_boxes(engine, pixels)
    if len(boxes) and _stand_on_head(engine, pixels, boxes):
        pixels = numpy.ascontiguousarray(numpy.rot90(pixels, 2))
        boxes = _find_boxes(engine, pixels)
    high, wide = pixels.shape[:2]
    found: list[ReadLine] = []
    if len(boxes):
        strips = engine.crop_text_regions(pixels, boxes)
        said = engine.recognize_txt(strips)
        found = _level(boxes, strips, said.txts, said.scores)
    return ReadPicture(float(wide), float(high), tuple(found)).scale(1 / factor)


def is_installed() -> bool:
    """Whether `read_image` can work; loads nothing."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


@cache
def _open_engine() -> Any:
    # Each thread of OpenBLAS, one for a core, reserves memory; nothing here multiplies matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        import cv2
        import onnxruntime
        import rapidocr
    except ImportError as error:
        raise DocumentError(f"It cannot be read: {MISSING}") from error
    onnxruntime.disable_telemetry_events()  # on Windows it would send some
    # Threads wait for one another: with all cores busy elsewhere, more of them are slower.
    threads = max(1, min(MOST_THREADS, (os.cpu_count() or 1) // 2))
    cv2.setNumThreads(threads)
    models = Path(rapidocr.__file__).parent / "models"
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            # Named, so that they are never looked for on the network.
            "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
            "Cls.model_path": str(models / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
            "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
            "Global.max_side_len": 100_000,  # lines are read in full size
            "Det.limit_type": "max",
            "Det.limit_side_len": FIND_SIDE,
            "Rec.rec_batch_num": 1,  # batches are padded: no faster here, and twice the memory
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _find_boxes(engine: Any, pixels: Any) -> Any:
    """Corners of the lines from the upper left one clockwise: (lines, 4, 2) pixels."""
    found = engine(pixels, use_det=True, use_cls=False, use_rec=False)
    return [] if found.boxes is None else found.boxes


def _lie_on_side(boxes: Any) -> bool:
    """Whether more of the text runs up or down than across."""
    up = across = 0.0
    for box in boxes:
        width, height = math.dist(box[0], box[1]), math.dist(box[0], box[3])
        if height > 1.5 * width:
            up += height
        elif width > 1.5 * height:
            across += width
    return up > across


def _stand_on_head(engine: Any, pixels: Any, boxes: Any) -> bool:
    import numpy

    widest = sorted(boxes, key=lambda box: -math.dist(box[0], box[1]))[:TURN_SAMPLE]
    _, judged = engine.cls_and_rotate(engine.crop_text_regions(pixels, numpy.array(widest)))
    turned = sum(label == "180" and score > SURE_TURN for label, score in judged.cls_res)
    return bool(2 * turned > len(widest))


def _level(
    boxes: Any, strips: Sequence[Any], texts: Sequence[str], confidences: Sequence[float]
) -> list[ReadLine]:
    """The lines as they would stand if the paper had been laid straight."""
    angles = [
        math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0])
        for box in boxes
        if math.dist(box[0], box[1]) > 5 * math.dist(box[0], box[3])
    ]
    angle = median(angles) if angles else 0.0
    cosine, sine = math.cos(angle), math.sin(angle)
    lines = []
    for box, strip, text, confidence in zip(boxes, strips, texts, confidences, strict=True):
        if not (text := _write_plainly(text)):
            continue
        xs = [float(x * cosine + y * sine) for x, y in box]
        ys = [float(y * cosine - x * sine) for x, y in box]
        height = (math.dist(box[0], box[3]) + math.dist(box[1], box[2])) / 2
        size, weight = _measure_print(strip, text)
        lines.append(
            ReadLine(
                text=text,
                left=min(xs),
                right=max(xs),
                middle=sum(ys) / 4,
                height=height,
                size=size,
                weight=weight,
                confidence=round(float(confidence), 3),
            )
        )
    return lines


def _measure_print(strip: Any, text: str) -> tuple[float, float]:
    """The height of the small letters of a line, in pixels, and the width of its strokes in it.

    Small letters fill the rows between their base and their height; what reaches above or below
    puts less ink there. Strokes are as wide as there is ink between two of its edges.
    """
    import cv2
    import numpy

    gray = cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY)
    finer = STRIP_ROWS / gray.shape[0]  # parts of a pixel count in small print
    gray = cv2.resize(gray, None, fx=finer, fy=finer, interpolation=cv2.INTER_CUBIC)
    border, _ = cv2.threshold(gray, 0, 255, cv2.THRESH_OTSU)
    ink = gray <= border
    if ink.mean() > 0.5:
        ink = ~ink  # light print on dark ground
    filled = ink.sum(axis=1)
    rows = filled >= FILLED_SHARE * numpy.sort(filled)[-5:].mean()
    size = float(rows.sum())
    edges = numpy.count_nonzero(ink[rows][:, 1:] != ink[rows][:, :-1]) / 2
    stroke = float(ink[rows].sum() / max(edges, 1))
    if 2 * sum(map(str.islower, text)) < sum(map(str.isalnum, text)):
        size /= CAPITALS
    return size / finer, stroke / max(size, 1.0)


def _write_plainly(text: str) -> str:
    """Without the wide signs of Chinese print, which the model sees in Latin print too, and with
    the blank after a full stop, which it does not always see.
    """
    text = unicodedata.normalize("NFC", text.strip())
    if EAST_ASIAN.search(text):
        return text
    text = DEGREES.sub(r" °\1", text.translate(WIDE_SIGNS))
    return GLUED.sub(". ", text)
