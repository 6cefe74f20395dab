"""The text of a user's file in whatever encoding, its lines, and JSON that the store can keep."""

import json
from pathlib import Path
from typing import Any

from gemma_garage.errors import BadInput


class NoJson(ValueError):
    """The text is no JSON, or holds what cannot be kept. `line`: where in it."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


def read_text(path: Path, most_mb: float) -> str:
    """Read UTF-8, UTF-16 with its mark, or else the encoding that it seems to be.

    BadInput: it cannot be read, is too large, or is no text.
    """
    try:
        size_mb = path.stat().st_size / 1e6
        if size_mb > most_mb:
            raise BadInput(
                f"{path.name} has {size_mb:,.1f} MB; {most_mb:g} are allowed. Split or shorten it."
            )
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{path.name} cannot be read ({error.strerror}). Check the path and try again."
        ) from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(data).best()
        if best is None:
            raise BadInput(
                f"{path.name} is no text in any known encoding. Save it as UTF-8 and try again."
            ) from None
        return str(best)


def split_lines(text: str) -> list[str]:
    """The lines by line feed and carriage return only: JSON may hold U+2028 within a text."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def parse_json(text: str) -> Any:
    """The value. NoJson: also where it is too deep, or has a number or a character that breaks."""
    try:
        text.encode()
        value = json.loads(text)
        if "\\u" in text:  # an escape may be half of a character
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise NoJson(error.msg, error.lineno) from error
    except RecursionError as error:
        raise NoJson("it is nested too deep") from error
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):x}"
        raise NoJson(f"it holds {half}, which is half of a character") from error
    except ValueError as error:  # Python reads no whole number of more than 4,300 digits
        raise NoJson("it has a number of too many digits") from error
    return value
