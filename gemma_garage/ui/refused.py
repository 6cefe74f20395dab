"""Files that were not taken: no Document came of them, so the browser keeps what was said.

They stay listed, also after a reload, until they are dismissed or the next files come. A Document
that could not be read is in the list of Documents (`sources.py`).
"""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from gemma_garage.garage import Garage
from gemma_garage.ui.format import say_count

MOST_LISTED = 100  # a ZIP may hold thousands; the browser keeps them all in one small place


def note_refused(project_id: int, files: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What the browser keeps: the project, (name, reason) of each file, how many are not listed."""
    left_out = max(0, len(files) - MOST_LISTED)
    return {"project": project_id, "files": list(files[:MOST_LISTED]), "left_out": left_out}


def dismiss_refused(garage: Garage, project_id: int) -> dict[str, Any]:
    """Nothing is kept any more."""
    return note_refused(project_id, [])


def draw_refused(garage: Garage, project_id: int, noted: dict[str, Any] | None) -> str:
    """The list, or nothing where no file of this project was refused."""
    if not noted or noted["project"] != project_id or not noted["files"]:
        return ""
    files = Markup("").join(
        Markup("<li>{} {}</li>").format(
            "" if name in reason else Markup("<strong>{}</strong>").format(name), reason
        )
        for name, reason in noted["files"]
    )
    more = noted["left_out"]
    return str(
        Markup(
            '<section class="refused" aria-label="Files that were not taken"><p><strong>{} not '
            'taken</strong> <button type="button" class="link" data-id="{}" data-act="dismiss">'
            "Dismiss</button></p><ul>{}{}</ul></section>"
        ).format(
            say_count(len(noted["files"]) + more, "file"),
            project_id,
            files,
            Markup("<li>and {} more</li>").format(f"{more:,}") if more else "",
        )
    )
