"""Rows as they are trained: rendered with the base's own turns, trained tokens in colour."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import BaseModel, find_base
from gemma_garage.gemma.load import load_tokenizer
from gemma_garage.gemma.obtain import base_path_if_ready
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.train.preview import Preview, PreviewRow, Spans, preview_dataset
from gemma_garage.ui.estimate import own_dataset, read_settings
from gemma_garage.ui.format import draw_empty, say_count

KIND_WORDS = {
    "answer": "A question: only the answer is trained",
    "text": "Text of a document: all of it is trained",
    "preference": "A preference: the better answer, and the worse one",
}
MOST_CHARACTERS = 2_000  # of one row


def draw_rows(
    garage: Garage, project_id: int, base_id: str, dataset_id: int | None, *settings: Any
) -> str:
    """Three rows and the counts of all. Raises BadInput, DatasetError, ConfigError."""
    if dataset_id is None:
        raise BadInput("There is no dataset yet. Freeze one in the Data tab first.")
    dataset = own_dataset(garage, project_id, dataset_id)
    base = find_base(base_id)
    found = _find_tokenizer(garage, base)
    if found is None:
        return str(
            draw_empty(
                f"{base.title} is not on this machine yet, and rows are shown with its own turns. "
                "It is downloaded when the first run starts; then its rows are here."
            )
        )
    folder, note = found
    config = read_settings(base_id, settings)
    preview = preview_dataset(
        garage.workspace.absolute(dataset.path), _load(folder, folder.stat().st_mtime), config
    )
    rows = Markup("").join(_draw_row(row) for row in preview.shown)
    return str(_draw_counts(preview, config.max_length_tokens) + note + rows)


def _find_tokenizer(garage: Garage, base: BaseModel) -> tuple[Path, Markup] | None:
    """The folder of the base's tokenizer, or of one that is the same, and a word about it."""
    folder = base_path_if_ready(base, garage.workspace)
    if folder is not None:
        return folder, Markup("")
    starter = base_path_if_ready(find_base(STARTER_ID), garage.workspace)
    if base.family != "Gemma 3" or starter is None:
        return None
    return starter, Markup(
        "<p class='hint'>Shown with the starter's tokenizer and turns: all of Gemma 3 has the "
        "same.</p>"
    )


@lru_cache(maxsize=2)
def _load(folder: Path, _changed: float) -> Any:
    return load_tokenizer(folder)


def _draw_counts(preview: Preview, limit: int) -> Markup:
    facts = [
        f"{say_count(preview.rows, 'row')} in one pass",
        f"{preview.tokens:,} tokens, {preview.trained_tokens:,} of them trained",
        f"the longest has {preview.longest_tokens:,} of {limit:,}",
    ]
    if preview.pieces:
        facts.append(f"{preview.pieces:,} are pieces of texts that are longer")
    left_out = (
        Markup(
            '<p class="problem">{} left out, longer than {:,} tokens. Raise “Longest row”.</p>'
        ).format(
            f"{say_count(preview.too_long, 'row')} {'is' if preview.too_long == 1 else 'are'}",
            limit,
        )
        if preview.too_long
        else Markup("")
    )
    told = '<p class="hint">{}. <mark class="trained">Trained</mark> is in colour.</p>{}'
    return Markup(told).format(" · ".join(facts), left_out)


def _draw_row(row: PreviewRow) -> Markup:
    drawn = Markup("<p>{} · {} tokens, {} trained</p>{}").format(
        KIND_WORDS[row.kind], row.tokens, row.trained, _draw_spans(row.spans)
    )
    if row.worse is not None:
        drawn += _draw_spans(row.worse, "worse")
    return Markup('<div class="trained-row">{}</div>').format(drawn)


def _draw_spans(spans: Spans, kind: str = "trained") -> Markup:
    room, pieces = MOST_CHARACTERS, []
    for text, trained in spans:
        shown = text if len(text) <= room else text[:room] + "…"
        room = max(0, room - len(text))
        pieces.append(
            Markup('<mark class="{}">{}</mark>').format(kind, shown)
            if trained
            else Markup("<span>{}</span>").format(shown)
        )
    return Markup("<pre>{}</pre>").format(Markup("").join(pieces))
