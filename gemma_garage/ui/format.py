"""How the page says things: times, sizes, tables, bars.

Everything here gives text or `Markup`. `Markup.format` escapes what is put in, so that a name, a
question or an answer of the user can never become a tag; nothing else in `ui` builds HTML from
text. It reads no store and knows no component.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from markupsafe import Markup

CSV_GUARD = (
    "A CSV cell that begins with = + - or @ and is no number has a ' before it, against formulas."
)
STATUS_WORDS = {
    "reading": "reading",
    "waiting": "your turn",
    "ready": "ready",
    "failed": "failed",
    "queued": "waiting",
    "running": "running",
    "paused": "paused",
    "finished": "done",
    "stopped": "stopped",
    "interrupted": "interrupted",
    "generated": "to look at",
    "accepted": "accepted",
    "edited": "edited",
    "rejected": "rejected",
}


def say_duration(seconds: float) -> str:
    """`40 s`, `4 min`, `2 h 10 min`; negative counts as 0."""
    seconds = max(0.0, seconds)
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def say_size(size_bytes: float) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.3g} {unit}"
    return f"{size_bytes:.0f} bytes"


def say_number(number: float) -> str:
    """Large numbers short: `2.5 M`, `48 k`, `950`."""
    for unit, factor in (("M", 1e6), ("k", 1e4)):
        if number >= factor:
            divisor = 1e3 if unit == "k" else factor
            return f"{number / divisor:.3g} {unit}"
    return f"{number:,.0f}"


def say_price(usd: float | None) -> str:
    """`$1.20`, `$0.013`, `nothing`; what no list knows is said to be unknown."""
    if usd is None:
        return "an unknown price"
    if usd == 0:
        return "nothing"
    return f"${usd:.2f}" if usd >= 0.1 else f"${max(usd, 0.001):.3f}"


def say_count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def say_score(correct: int, total: int) -> str:
    return f"{correct:,} of {total:,}"


def say_when(iso: str, now: datetime | None = None) -> str:
    """`just now`, `12 min ago`, `3 h ago`, else the day in UTC."""
    then = datetime.fromisoformat(iso)
    elapsed_s = ((now or datetime.now(UTC)) - then).total_seconds()
    if elapsed_s < 60:
        return "just now"
    if elapsed_s < 3600:
        return f"{elapsed_s / 60:.0f} min ago"
    if elapsed_s < 24 * 3600:
        return f"{elapsed_s / 3600:.0f} h ago"
    return then.strftime("%Y-%m-%d %H:%M UTC")


def shorten(text: str, limit: int = 120) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def draw_badge(status: str) -> Markup:
    return Markup('<span class="badge badge-{}">{}</span>').format(
        status, STATUS_WORDS.get(status, status)
    )


def draw_bar(fraction: float, label: str = "Progress") -> Markup:
    percent = round(min(max(fraction, 0.0), 1.0) * 100)
    return Markup('<progress max="100" value="{0}" aria-label="{1}">{0} %</progress>').format(
        percent, label
    )


def draw_empty(text: str) -> Markup:
    """What will be here, and how to get it here."""
    return Markup('<p class="empty">{}</p>').format(text)


def draw_heading(number: int | str, title: str, aside: str = "") -> Markup:
    return Markup('<h2 class="step"><span class="number">{}</span>{}<small>{}</small></h2>').format(
        number, title, aside
    )


def draw_table(
    headers: Sequence[str], rows: Iterable[Sequence[object]], caption: str, *, kind: str = ""
) -> Markup:
    """A table whose cells are escaped unless they are Markup; on a phone rows become cards."""
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in headers)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup('<td data-label="{}"><div>{}</div></td>').format(name, cell)
                for name, cell in zip(headers, row, strict=True)
            )
        )
        for row in rows
    )
    return Markup(
        '<div class="scroll"><table class="grid {}"><caption>{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(kind, caption, head, body)


def draw_tick(correct: bool) -> Markup:
    word, sign = ("right", "✓") if correct else ("wrong", "✗")
    return Markup('<span class="tick tick-{0}" role="img" aria-label="{0}">{1}</span>').format(
        word, sign
    )
