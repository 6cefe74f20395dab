"""How answers stand side by side: the columns of a conversation, and what was asked before.

Who is who in a blind comparison is shown only once a person has voted on it.
"""

from collections.abc import Sequence

from markupsafe import Markup

from gemma_garage.infer.column import Column, PastComparison, list_facts
from gemma_garage.ui.format import draw_tick, say_when, shorten

SIDES = ("First", "Second")  # on a phone they lie one below the other
WAITING, STOPPED = "getting ready …", "stopped before its end"
CARET = Markup('<span class="caret"></span>')


def draw_columns(
    past: Sequence[PastComparison],
    prompt: str = "",
    columns: Sequence[Column] = (),
    *,
    hidden: bool = False,
) -> str:
    """A conversation as a chat in each column; the newest answers may still grow. `hidden`: who is
    who is not told yet, nor what would give it away."""
    turns = [(row.prompt, row.columns) for row in past]
    if columns:
        turns.append((prompt, tuple(columns)))
    if not turns:
        return ""
    drawn = []
    for number, column in enumerate(turns[-1][1]):
        title = SIDES[number] if hidden else column.title
        said = Markup("").join(
            Markup('<p class="asked">{}</p>{}').format(asked, _draw_answer(answers[number], hidden))
            for asked, answers in turns
        )
        drawn.append(
            Markup('<section class="answer-card" aria-busy="{}"><h3>{}</h3>{}</section>').format(
                "false" if column.done else "true", title, said
            )
        )
    return str(
        Markup('<div class="columns columns-{}">{}</div>').format(
            len(drawn), Markup("").join(drawn)
        )
    )


def draw_past(past: Sequence[PastComparison], voted: set[int]) -> Markup:
    """Earlier prompts with their answers, in the order given; each opens."""
    entries = []
    for row in past:
        hidden = row.is_blind and row.id not in voted
        answers = Markup("").join(
            Markup("<div><h3>{}</h3>{}</div>").format(
                SIDES[number] if hidden else column.title,
                _draw_answer(column, hidden, stopped=not column.done),
            )
            for number, column in enumerate(row.columns)
        )
        about = "goes on with an earlier one · " if row.conversation_id else ""
        mark = Markup('<span class="badge badge-stopped">stopped</span> ') if row.is_stopped else ""
        entries.append(
            Markup(
                "<details><summary>{} {}<small>{}{}</small></summary><div class='pair'>{}</div>"
                "<p class='hint'>{}</p></details>"
            ).format(
                shorten(row.prompt, 110), mark, about, say_when(row.created), answers, _say(row)
            )
        )
    return Markup('<div class="history">{}</div>').format(Markup("").join(entries))


def _draw_answer(column: Column, hidden: bool, stopped: bool = False) -> Markup:
    working = not column.done and not stopped
    text = column.text or ("(it says nothing)" if column.done else "")
    facts = [] if hidden else list_facts(column)
    if stopped:
        facts.append(STOPPED)
    hint = " · ".join(facts) or (WAITING if working and not column.text else "")
    return Markup('<p class="said">{}{}</p>{}<p class="hint">{}</p>').format(
        text,
        CARET if working else "",
        Markup("") if hidden else _draw_scores(column),
        hint,
    )


def _draw_scores(column: Column) -> Markup:
    lines = []
    if column.matches is not None:
        shared = f" F1 {column.f1:.2f}" if column.f1 is not None else ""
        lines.append(Markup("<p>{}{}</p>").format(draw_tick(column.matches), shared))
    if column.problems is not None:
        if column.problems:
            listed = Markup("").join(Markup("<li>{}</li>").format(said) for said in column.problems)
            lines.append(
                Markup("<p class='problem'>Fails the schema:</p><ul>{}</ul>").format(listed)
            )
        else:
            lines.append(Markup("<p>Meets the schema.</p>"))
    return Markup("").join(lines)


def _say(row: PastComparison) -> str:
    """How it was asked, where that is known."""
    drawing = row.settings.get("drawing") or {}
    parts = []
    if row.settings.get("system"):
        parts.append(f"system prompt: {shorten(row.settings['system'], 120)}")
    if drawing.get("temperature"):
        parts.append(
            f"temperature {drawing['temperature']:g}, top k {drawing['top_k']}, "
            f"top p {drawing['top_p']:g}, seed {drawing['seed']}"
        )
    elif drawing:
        parts.append("greedy")
    return " · ".join(parts)
