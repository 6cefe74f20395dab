"""Handlers of the votes in Compare: cast one, who wins how often, preferences made of them."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.infer.column import read_comparison
from gemma_garage.infer.votes import make_preferences, rank, vote
from gemma_garage.ui.chat_columns import draw_columns
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import draw_empty, draw_table, say_count

BUTTONS = [
    ("First is better", "left"),
    ("Second is better", "right"),
    ("Tie", "tie"),
    ("Both bad", "both-bad"),
]


def show_voting(garage: Garage, comparison_id: float | None) -> Any:
    """The buttons, while there is something to vote on."""
    return gr.Column(visible=bool(comparison_id))


def cast(
    garage: Garage, project_id: int, comparison_id: float | None, note: str, *, choice: str
) -> tuple[str, None, str]:
    """Keep the vote, and show who is who. Gives the columns, nothing to vote on, an empty note."""
    if not comparison_id:
        raise BadInput("There is nothing to vote on. Ask two columns first.")
    seen = vote(garage, project_id, int(comparison_id), choice, note or "")
    begun = seen.conversation_id or seen.id
    told = [read_comparison(row) for row in garage.store.conversation(begun)]
    tell("Your vote is kept.")
    return draw_columns([row for row in told if row.id <= seen.id]), None, ""


def draw_standings(garage: Garage, project_id: int) -> tuple[str, Any]:
    """Who wins how often, with the interval; and whether preferences can be made."""
    standings = rank(garage.store, project_id)
    if not standings:
        empty = draw_empty(
            "Ask two columns and vote. Hide who is who (under Settings), and your votes count as "
            "blind: only those are counted here."
        )
        return str(empty), gr.Button(visible=False)
    rows = []
    for row in standings:
        low, high = row.wins.interval()
        rate = (
            f"{row.wins.share * 100:.0f} % ({low * 100:.0f} to {high * 100:.0f})"
            if row.wins.total
            else "–"
        )
        rows.append(
            (
                Markup("<strong>{}</strong>").format(row.title),
                row.against,
                rate,
                f"{row.won:,} : {row.lost:,}",
                f"{row.ties:,}",
                f"{row.both_bad:,}",
                f"{row.open_votes:,}",
            )
        )
    headers = ("Who", "Against", "Wins", "Won : lost", "Ties", "Both bad", "Seen, not counted")
    return str(draw_table(headers, rows, "Blind votes of this project")), gr.Button(visible=True)


def make_rows(garage: Garage, project_id: int) -> None:
    """Make preferences of the votes, and say how many."""
    made = make_preferences(garage, project_id)
    if not made.preferences:
        left_out = (
            f" {say_count(made.left_out, 'vote')} can give none: ties, equal or empty answers, or "
            "later turns after different answers."
        )
        tell("No vote gives a new preference." + (left_out if made.left_out else ""))
        return
    tell(
        f"{say_count(made.preferences, 'preference')} added to the project's examples. Freeze a "
        "dataset in Data, and train on preferences."
    )
