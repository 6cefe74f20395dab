"""How many Examples there are by status, reason and kind, as buttons that filter by them.

The counts are those of the whole project, so that they stay put while one looks around.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment.quality.reasons import REASONS, label_reason
from gemma_garage.errors import BadInput
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.ui.format import draw_empty
from gemma_garage.ui.view import View, read_view

# What a person calls it: the statuses that mean it.
GROUPS: dict[str, tuple[str, ...]] = {
    "all": (),
    "to look at": ("generated",),
    "accepted": ("accepted", "edited"),
    "edited": ("edited",),
    "rejected": ("rejected",),
}


def draw_facets(garage: Garage, project_id: int, view_text: str | None) -> tuple[Any, ...]:
    """The counts, the choices of documents and of origins, the undo button, and whether there is
    anything to review."""
    view = read_view(view_text, project_id)
    counts = garage.store.count_facets(project_id)
    documents = [(row.name, row.id) for row in garage.store.documents(project_id)]
    origins = sorted({origin for *_, origin in counts})
    return (
        draw_counts(counts, view.filter),
        gr.Dropdown(choices=[("all", 0), *documents]),
        gr.Dropdown(choices=[("anyone", ""), *((name, name) for name in origins)]),
        draw_undo(garage, project_id),
        gr.Column(visible=bool(counts)),
    )


def draw_counts(counts: dict[tuple[str, str, str, str], int], wanted: Filter) -> str:
    """Three lines of buttons; those that are pressed are what the filter asks for."""
    if not counts:
        return str(
            draw_empty(
                "Here you will see each question and answer beside the passage that proves it. "
                "Generate Examples above to fill it."
            )
        )
    statuses, reasons, kinds = Counter[str](), Counter[str](), Counter[str]()
    for (status, reason, kind, _), count in counts.items():
        statuses[status] += count
        kinds[kind] += count
        if reason:
            reasons[reason] += count
    by_group = {
        name: sum(statuses[one] for one in members) if members else statuses.total()
        for name, members in GROUPS.items()
    }
    # A reason asks for the rejected ones, so what is shown is not all of them.
    chosen_group = None if wanted.reasons else wanted.statuses
    lines = [
        _draw_line(
            "",
            (
                _draw_chip("status", name, count, chosen_group == GROUPS[name])
                for name, count in by_group.items()
                if count or name in ("all", "accepted", "rejected")
            ),
        )
    ]
    for label, act, found, chosen in (
        ("Rejected because", "reason", reasons, wanted.reasons),
        ("Kind", "kind", kinds, wanted.kinds),
    ):
        if len(found) > 1 or (act == "reason" and found) or chosen:
            shown = found.most_common() + [(name, 0) for name in chosen if name not in found]
            chips = (_draw_chip(act, name, count, name in chosen) for name, count in shown)
            lines.append(_draw_line(label, chips))
    return str(Markup('<div class="facets">{}</div>').format(Markup("").join(lines)))


def press_facet(view: View, act: str, name: str) -> Filter:
    """The filter after a click on a count. Raises BadInput."""
    wanted = view.filter
    if act == "status" and name in GROUPS:
        return replace(wanted, statuses=GROUPS[name], reasons=())
    if act == "reason":
        # Only what was rejected has a reason; another status would find nothing.
        return replace(wanted, statuses=(), reasons=_toggle(wanted.reasons, name))
    if act == "kind":
        return replace(wanted, kinds=_toggle(wanted.kinds, name))
    raise BadInput(f"There is no count {act!r} {name!r}. Reload the page.")


def draw_undo(garage: Garage, project_id: int) -> Any:
    """The button, with what it would take back."""
    found = garage.store.find_undoable(project_id)
    return gr.Button(f"Undo: {found[1]} {found[2]:,} (u)" if found else "Undo (u)")


def _toggle(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(one for one in names if one != name) if name in names else (*names, name)


def _draw_line(label: str, chips: Iterable[Markup]) -> Markup:
    return Markup('<div class="chips" role="group" aria-label="{}">{}{}</div>').format(
        label or "Status",
        Markup('<span class="hint">{}</span>').format(label) if label else "",
        Markup("").join(chips),
    )


def _draw_chip(act: str, name: str, count: int, is_pressed: bool) -> Markup:
    return Markup(
        '<button type="button" class="chip" data-act="{}" data-id="{}" aria-pressed="{}" '
        'title="{}">{} <b>{}</b></button>'
    ).format(
        act,
        name,
        "true" if is_pressed else "false",
        REASONS.get(name, "") if act == "reason" else "",
        label_reason(name) if act == "reason" else name,
        f"{count:,}",
    )
