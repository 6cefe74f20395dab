"""The log of the shown run on the page: streamed while it is open, filtered, searched."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.train import logs
from gemma_garage.train.logs import LEVELS, read_log
from gemma_garage.train.stages import STAGES
from gemma_garage.ui.training import own_run

MOST_LINES = 200
LONGEST_SEARCH = 200
EVERYTHING = "all"
LEVEL_CHOICES = [
    ("Everything", "debug"),
    ("Without the steps", "info"),
    ("Warnings and errors", "warning"),
    ("Errors", "error"),
]
STAGE_CHOICES = [("All stages", EVERYTHING), *((stage.title, stage.name) for stage in STAGES)]


def draw_log(
    garage: Garage,
    project_id: int,
    run_id: int | None,
    is_open: bool,
    level: str,
    stage: str,
    search: str,
) -> Any:
    """The newest lines that match, and where the whole log is. Nothing while the panel is shut."""
    if not is_open:
        return gr.skip()
    if run_id is None:
        return ""
    run = own_run(garage, project_id, run_id)
    if level not in LEVELS or stage not in dict(map(reversed, STAGE_CHOICES)):  # type: ignore[arg-type]
        raise BadInput("This filter of the log is unknown. Reload the page.")
    entries = read_log(
        garage.workspace.run(run.id) / logs.NAME,
        least_level=level,
        stage=None if stage == EVERYTHING else stage,
        search=(search or "")[:LONGEST_SEARCH].strip(),
        limit=MOST_LINES,
    )
    if not entries:
        return str(Markup("<p class='empty'>No line of the log matches.</p>"))
    # Newest first: a panel that has just been opened does not scroll to its end by itself.
    lines = Markup("\n").join(_draw_line(entry) for entry in reversed(entries))
    whole = Markup(
        '<p class="hint"><a class="download" href="/files/runs/{}/log.jsonl" download>'
        "The whole log</a> · the newest {} lines that match, newest first</p>"
    ).format(run.id, len(entries))
    return str(Markup('{}<pre class="log">{}</pre>').format(whole, lines))


def _draw_line(entry: dict[str, Any]) -> Markup:
    trace = entry.get("trace")
    return Markup('<span class="log-{}">{}  {:<10}  {}{}</span>').format(
        entry.get("level", "info"),
        str(entry.get("at", ""))[11:19],
        entry.get("stage", ""),
        entry.get("message", ""),
        f"\n{trace}" if trace else "",
    )
