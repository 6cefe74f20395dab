"""Who reads the pages that are pictures: text recognition here, or Gemini where the user says so.

It opens the reader and asks it nothing; `reading/parse.py` does.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from gemma_garage.augment.kept_calls import StoredCalls
from gemma_garage.augment.reading.pictures import Transcriber
from gemma_garage.errors import ConfigError
from gemma_garage.garage import Garage
from gemma_garage.settings import Settings

OcrName = Literal["local", "gemini"]
THREADS = 4  # pages under way at once


def require_ocr(settings: Settings, ocr: OcrName) -> None:
    """Raise ConfigError when `ocr` is unknown, or not possible as the settings are."""
    if ocr not in ("local", "gemini"):
        raise ConfigError(f"There is no text recognition {ocr!r}. Choose local or gemini.")
    if ocr == "gemini" and not settings.gemini_key:
        raise ConfigError(
            "Gemini needs a key to read pictures and none is set. Set GEMINI_API_KEY and start "
            "again, or let the text recognition of this machine read them."
        )


def open_transcriber(
    garage: Garage,
    document_id: int,
    job_id: int,
    *,
    should_stop: Callable[[], bool],
    on_notice: Callable[[str], None],
) -> Transcriber:
    """Gemini, for the pictures of one Document; `job_id` pays. Raises ConfigError."""
    from gemma_garage.augment.remote.copy_pages import copy_pages
    from gemma_garage.augment.remote.gemini import GeminiProvider

    settings = garage.settings
    require_ocr(settings, "gemini")
    provider = GeminiProvider(
        settings.gemini_key, settings.gemini_model, base_url=settings.gemini_url
    )

    def read(pictures: Sequence[Path]) -> Iterator[tuple[int, str | None]]:
        return copy_pages(
            provider,
            pictures,
            calls=StoredCalls(garage.store, job_id),
            document_id=document_id,
            threads=THREADS,
            should_stop=should_stop,
            on_notice=on_notice,
        )

    return Transcriber(f"Gemini ({settings.gemini_model})", read)
