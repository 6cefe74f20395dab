"""The README of a Dataset on the Hub: what it is, how it was made and checked, its licence.

Front matter as the Hub reads it, then plain Markdown. Every figure is the Dataset's own; names of
files are told, paths are not. It uploads nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gemma_garage import hub
from gemma_garage.augment.card import DatasetCard
from gemma_garage.augment.export_rows import PREFERRED
from gemma_garage.errors import ConfigError

# Names the Hub knows, the usual ones for data. Any other is given as a name of one's own.
LICENCES = (
    "cc0-1.0",
    "cc-by-4.0",
    "cc-by-sa-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "odc-by",
    "apache-2.0",
    "mit",
    "gemma",
    "unknown",
)
LONGEST_LICENCE = 100
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**9, "100K<n<1M"))
_KIND_WORDS = {
    "paraphrase": "trained facts in new words",
    "unseen": "passages that are not in train",
    "unanswerable": "questions the documents do not answer",
}


@dataclass(frozen=True, slots=True)
class ReadmeFacts:
    """All that the README says. `splits`: (split, file, rows); `columns` of every split. Rows with
    a worse answer have other columns, so they are a configuration of their own: `preferences`."""

    name: str
    licence: str
    card: DatasetCard
    splits: Sequence[tuple[str, str, int]]
    columns: Sequence[str]
    documents: int
    preferences: tuple[str, int] | None = None  # (file, rows)


def check_licence(licence: str) -> str:
    """The licence as given, trimmed. ConfigError: there is none, or it is no name."""
    licence = " ".join((licence or "").split())
    if not licence or len(licence) > LONGEST_LICENCE or not re.search(r"[^\W_]", licence):
        raise ConfigError(
            f"The licence is {licence[:40]!r}; a dataset on the Hub needs one, with at most "
            f"{LONGEST_LICENCE} characters, so that others know what they may do. Choose one, such "
            f"as {', '.join(LICENCES[:3])}, or name your own."
        )
    return licence


def write_readme(facts: ReadmeFacts) -> str:
    """The whole README.md."""
    parts = [
        f"# {facts.name}",
        "Questions and answers written from a set of documents with Gemma Garage, each answer with "
        "the sentence that proves it.",
        "## What is in it",
        _draw_table(("Split", "Rows"), [(split, f"{rows:,}") for split, _, rows in facts.splits]),
        _say_contents(facts),
        "## How it was checked",
        _say_checks(facts.card),
        "## Licence",
        f"{facts.licence}. The documents it was made from have their own; who uses these rows has "
        "to respect both.",
    ]
    return f"---\n{_write_header(facts)}\n---\n\n" + "\n\n".join(parts) + "\n"


def _write_header(facts: ReadmeFacts) -> str:
    total = sum(rows for _, _, rows in facts.splits)
    files = [{"split": split, "path": file} for split, file, _ in facts.splits]
    configs = [{"config_name": "default", "data_files": files}]
    if facts.preferences:
        told = [{"split": "train", "path": facts.preferences[0]}]
        configs.append({"config_name": PREFERRED, "data_files": told})
    known = facts.licence.lower() in LICENCES
    named = {} if known else {"license_name": _slug(facts.licence)}
    return hub.write_dataset_header(
        license=facts.licence.lower() if known else "other",
        pretty_name=facts.name,
        task_categories=["question-answering", "text-generation"],
        size_categories=[next(size for limit, size in _SIZES if total < limit)],
        tags=["gemma-garage", "synthetic"],
        configs=configs,
        **named,
    )


def _say_contents(facts: ReadmeFacts) -> str:
    card = facts.card
    lines = [
        f"Columns: {', '.join(f'`{name}`' for name in facts.columns)}. `evidence` is the proving "
        "sentence, `document` and `page` say where it stands.",
        f"Kinds in train: {_say_counts(card.kinds)}.",
        f"From {facts.documents} documents, of which {card.covered:,} of {card.chunks:,} passages "
        "gave rows.",
    ]
    if card.exam_kinds:
        kinds = {_KIND_WORDS.get(kind, kind): count for kind, count in card.exam_kinds.items()}
        lines.insert(
            1,
            "`test` is an exam: no question of it is in `train`. It asks about "
            f"{_say_counts(kinds)}.",
        )
    if facts.preferences:
        lines.append(
            f"The configuration `{PREFERRED}` has {facts.preferences[1]:,} of the rows of train "
            "with a worse answer beside the chosen one, for training on preferences."
        )
    return "\n".join(f"- {line}" for line in lines)


def _say_checks(card: DatasetCard) -> str:
    how = "with Gemma's tokenizer" if card.lengths.counted_by == "tokenizer" else "estimated"
    leaks = (
        f"{len(card.leaks)} questions of the exam stand in train."
        if card.leaks
        else "No question of the exam and no passage held back stands in train."
    )
    lines = [
        leaks,
        f"Left out as repeated: {card.duplicates:,}.",
        f"Rejected: {_say_counts(card.rejected) or 'none'}.",
        f"Length of a row: {card.lengths.median:,} tokens in the middle, {card.lengths.longest:,} "
        f"at most ({how}).",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _say_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-") or "other"


def _draw_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
