"""Draw the card of a Dataset, what changed since another version, and its downloads.

Plain HTML and SVG in the page's own colours; it reads no store and knows no component.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from gemma_garage.augment.card import DatasetCard, EmptyPassage, Lengths
from gemma_garage.augment.diff import DatasetDiff, DiffRow
from gemma_garage.augment.download import FORM_WORDS, list_downloads
from gemma_garage.augment.export_rows import SHAPE_WORDS
from gemma_garage.ui.format import (
    CSV_GUARD,
    draw_empty,
    draw_table,
    draw_tick,
    say_count,
    say_number,
    shorten,
)

MOST_BARS = 24
SHOWN_PASSAGES, SHOWN_ROWS = 50, 50
WIDTH, HEIGHT = 600, 120  # of the histogram, in its own units
PART_WORDS = {
    "train": "to train on",
    "cues": "cues beside them",
    "eval": "to watch the loss",
    "text": "statements of the documents",
    "exam": "in the exam",
    "preferences": "with a worse answer, for training on preferences",
    "accepted": "accepted, not frozen yet",
}

EXAM_WORDS = {
    "paraphrase": "on trained facts, in new words",
    "unseen": "on passages held back",
    "unanswerable": "without an answer in the documents",
}


def draw_card(card: DatasetCard, limit_tokens: int) -> Markup:
    """The whole card. `limit_tokens`: the longest row that the suggested base is trained on."""
    facts = [
        ("Rows", _say_counts(card.rows, PART_WORDS)),
        ("Kinds", _say_counts(card.kinds)),
        ("Exam", _say_counts(card.exam_kinds, EXAM_WORDS) or "none"),
        ("Tokens", _say_tokens(card.lengths, limit_tokens)),
        ("Passages", _say_coverage(card)),
        ("Repeated", say_count(card.duplicates, "row") + " left out"),
        ("Rejected", _say_counts(card.rejected) or "none"),
        ("Leak check", _draw_leaks(card)),
    ]
    rows = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, said) for name, said in facts
    )
    return Markup("<div class='card dataset-card'><dl class='facts'>{}</dl>{}{}</div>").format(
        rows, draw_histogram(card.lengths, limit_tokens), _draw_passages(card)
    )


def draw_histogram(lengths: Lengths, limit_tokens: int) -> Markup:
    """Rows by length in tokens, those over the limit in red; nothing without rows."""
    if not lengths.rows:
        return Markup("")
    width_tokens, counts = bin_lengths(lengths)
    end, most = width_tokens * len(counts), max(counts)
    bar = WIDTH / len(counts)
    bars = Markup("").join(
        Markup(
            '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
            "<title>{} to {} tokens: {}</title></rect>"
        ).format(
            "over" if number * width_tokens >= limit_tokens else "bar",
            number * bar + 1,
            HEIGHT - HEIGHT * count / most,
            bar - 2,
            HEIGHT * count / most,
            number * width_tokens,
            (number + 1) * width_tokens - 1,
            say_count(count, "row"),
        )
        for number, count in enumerate(counts)
    )
    line = Markup("")
    if limit_tokens <= end:
        line = Markup('<line x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1}"/>').format(
            WIDTH * limit_tokens / end, HEIGHT
        )
    axis = Markup("").join(
        Markup('<text x="{:.0f}" y="{}" text-anchor="{}">{}</text>').format(
            WIDTH * share, HEIGHT + 16, anchor, f"{end * share:,.0f}"
        )
        for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end"))
    )
    about = f"Rows by length: {lengths.median} tokens in the middle, {lengths.longest} at most"
    return Markup(
        '<figure class="histogram"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">'
        "{}{}{}</svg><figcaption>Tokens of a row</figcaption></figure>"
    ).format(WIDTH, HEIGHT + 20, about, bars, line, axis)


def bin_lengths(lengths: Lengths) -> tuple[int, list[int]]:
    """The width of a bar in tokens, a round number, and how many rows each bar holds."""
    steps = (step * 10**power for power in range(9) for step in (1, 2, 5))
    width = next(step for step in steps if lengths.longest // step < MOST_BARS)
    counts = [0] * (lengths.longest // width + 1)
    for tokens, count in lengths.rows:
        counts[tokens // width] += count
    return width, counts


def draw_diff(diff: DatasetDiff) -> Markup:
    """What is new, gone or other; the first rows of each."""
    if diff.same:
        return Markup("<p class='hint'>Nothing changed since version {}.</p>").format(diff.before)
    told = [
        f"{len(diff.added):,} added",
        f"{len(diff.removed):,} removed",
        f"{len(diff.changed):,} changed",
    ]
    if diff.moved:
        told.append(f"{len(diff.moved):,} moved between training and exam")
    if diff.texts_added or diff.texts_removed:
        told.append(f"text: {diff.texts_added:,} added, {diff.texts_removed:,} removed")
    tables = _draw_rows("Added", diff.added) + _draw_rows("Removed", diff.removed)
    if diff.changed:
        shown = [(_say_row(row.before), _say_row(row.after)) for row in diff.changed[:SHOWN_ROWS]]
        table = draw_table(("Before", "After"), shown, "Changed rows")
        tables += _fold(f"Changed ({len(diff.changed):,})", table)
    return Markup("<p>Since version {}: {}</p>{}").format(diff.before, " · ".join(told), tables)


def draw_downloads(dataset_id: int) -> Markup:
    """A link for each shape and form. CSV is for spreadsheets: its formulas are escaped."""
    links: dict[str, list[Markup]] = {}
    for shape, form, name in list_downloads():
        link = Markup('<a class="download" href="/files/datasets/{}/{}" download>{}</a>')
        links.setdefault(SHAPE_WORDS[shape], []).append(
            link.format(dataset_id, name, FORM_WORDS[form])
        )
    rows = [(shape, Markup(" · ").join(row)) for shape, row in links.items()]
    head = (
        "Download",
        "as a zip with a file for each split, and one for preferences if there are any",
    )
    return draw_table(head, rows, "Downloads") + Markup("<p class='hint'>{}</p>").format(CSV_GUARD)


def _say_counts(counts: Mapping[str, int], words: Mapping[str, str] | None = None) -> str:
    if words is None:
        return " · ".join(f"{name} {count:,}" for name, count in counts.items())
    return " · ".join(
        f"{count:,} {words.get(name, name)}" for name, count in counts.items() if count
    )


def _say_tokens(lengths: Lengths, limit_tokens: int) -> str:
    if not lengths.rows:
        return "none"
    over = lengths.count_over(limit_tokens)
    parts = [
        f"{say_number(lengths.total)} in all",
        f"{lengths.median:,} in the middle",
        f"{lengths.longest:,} at most",
        f"{say_count(over, 'row')} over the limit of {limit_tokens:,}"
        if over
        else f"all within the limit of {limit_tokens:,}",
    ]
    if lengths.counted_by != "tokenizer":
        parts.append("estimated, the tokenizer is not here yet")
    return " · ".join(parts)


def _say_coverage(card: DatasetCard) -> str:
    said = f"{card.covered:,} of {card.chunks:,} gave accepted Examples"
    return f"{said} · {card.held_back:,} held back" if card.held_back else said


def _draw_leaks(card: DatasetCard) -> Markup:
    if card.leaks is None:
        return Markup("when it is frozen")
    if card.leaks:
        return Markup("{} {}: {}").format(
            draw_tick(False),
            f"{len(card.leaks):,} examined and yet trained",
            shorten(" | ".join(card.leaks), 200),
        )
    held = " and no passage held back" if card.held_back else ""
    return Markup("{} no exam question{} is trained").format(draw_tick(True), held)


def _draw_passages(card: DatasetCard) -> Markup:
    """The passages that gave nothing, each with why and how it begins."""
    if not card.uncovered:
        return Markup("")
    rows = [
        (_say_place(row), row.reason, shorten(row.preview, 200))
        for row in card.empty[:SHOWN_PASSAGES]
    ]
    table = draw_table(("Where", "Why", "The passage"), rows, "Passages without Examples")
    title = f"{say_count(card.uncovered, 'passage')} gave nothing"
    if card.uncovered > len(rows):
        title += f" (the first {len(rows)})"
    return _fold(title, table)


def _say_place(row: EmptyPassage) -> str:
    page = f", page {row.page}" if row.page else ""
    heading = f" · {shorten(row.heading, 80)}" if row.heading else ""
    return f"{shorten(row.document, 60)}{page}{heading}"


def _draw_rows(title: str, rows: Sequence[DiffRow]) -> Markup:
    if not rows:
        return Markup("")
    shown = [(shorten(row.question), shorten(row.answer), row.part) for row in rows[:SHOWN_ROWS]]
    table = draw_table(("Question", "Answer", "Part"), shown, f"{title} rows")
    return _fold(f"{title} ({len(rows):,})", table)


def _say_row(row: DiffRow) -> str:
    return f"{shorten(row.question)} → {shorten(row.answer)}"


def _fold(title: str, inside: Markup) -> Markup:
    return Markup("<details class='fold'><summary>{}</summary>{}</details>").format(title, inside)


def draw_nothing() -> Markup:
    return draw_empty("A frozen dataset shows here what is in it and what was left out.")
