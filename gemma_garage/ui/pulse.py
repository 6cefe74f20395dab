"""The cheap question a page asks every second, and what hangs on its answer.

`read_pulse` gives one short key per part of the page; each key sits in a hidden field, and a part
is drawn again only on its key's `.change`. So polling costs one number while nothing happens, and
nothing flickers. The keys say *that* something changed; the handlers read *what* from the store.

Many open pages ask the same within a moment: they get one answer (`_Shared`).
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from weakref import WeakKeyDictionary

import gradio as gr

from gemma_garage.garage import Garage
from gemma_garage.jobs import find_silence_s
from gemma_garage.schema import ACTIVE, Job, Run
from gemma_garage.store import Store
from gemma_garage.ui.feedback import listen

POLL_EVERY_S = 1.0
KEPT_BEAT_S = 0.5
KEPT_PICTURE_S = 2.0
MOST_SHARED = 256
# What moves while a run trains. Equal keys and choices give an equal picture, for every page.
SHARED_PARTS = ("frame", "runs", "live", "curve", "exam")
CURVE_PARTS = 150  # a curve is drawn at most so often while its run trains


@dataclass(frozen=True, slots=True)
class Pulse:
    """One key per part of the page; equal keys mean an unchanged picture."""

    frame: str
    documents: str
    writing: str
    checks: str
    examples: str
    datasets: str
    runs: str
    live: str
    curve: str
    exam: str
    judging: str
    comparisons: str
    batch: str
    exports: str


_beats: WeakKeyDictionary[Store, "_Shared"] = WeakKeyDictionary()
PARTS = tuple(part.name for part in fields(Pulse))


class _Shared:
    """Answers that several pages may have, for as long as a person would not see them age."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Any, tuple[float, Any]] = {}

    def get(self, question: Any, kept_s: float, answer: Callable[[], Any]) -> Any:
        """The answer given at most `kept_s` seconds ago, else a new one. `question` is hashable."""
        with self._lock:  # who asks the same meanwhile waits for it instead of working too
            now_s = time.monotonic()
            given_s, given = self._kept.get(question, (-math.inf, None))
            if now_s - given_s > kept_s:
                given = answer()
                if len(self._kept) >= MOST_SHARED:
                    self._kept.clear()
                self._kept[question] = (time.monotonic(), given)
            return given


@dataclass
class Desk:
    """What the tabs share while they are laid out: the garage, the project, what changes."""

    garage: Garage
    page: gr.Blocks
    project: gr.Dropdown
    tabs: gr.Tabs
    changes: dict[str, Any] = field(default_factory=dict)  # by part: what fires when it changed
    keys: dict[str, Any] = field(default_factory=dict)  # by part: the field that holds its key
    _redraws: dict[str, list[tuple[Any, list[Any], list[Any]]]] = field(default_factory=dict)

    def listen(
        self,
        trigger: Any,
        handler: Any,
        inputs: Sequence[Any] = (),
        outputs: Sequence[Any] = (),
        **options: Any,
    ) -> Any:
        return listen(trigger, self.garage, handler, inputs, outputs, **options)

    def redraw(
        self,
        parts: str | Sequence[str],
        handler: Any,
        inputs: Sequence[Any] = (),
        outputs: Sequence[Any] = (),
    ) -> None:
        """Call `handler` whenever one of these parts changed; wired by `wire`."""
        for part in (parts,) if isinstance(parts, str) else parts:
            self._redraws.setdefault(part, []).append((handler, list(inputs), list(outputs)))

    def wire(self) -> None:
        """One request for each part that changed, however much hangs on it."""
        for part, drawings in self._redraws.items():
            draw = _join([(handler, len(ins), len(outs)) for handler, ins, outs in drawings])
            inputs = [component for _, ins, _ in drawings for component in ins]
            if part in SHARED_PARTS and part in self.keys:
                draw, inputs = _share(part, draw), [self.keys[part], *inputs]
            outputs = [component for _, _, outs in drawings for component in outs]
            self.listen(self.changes[part], draw, inputs, outputs, quick=True)


def _join(drawings: Sequence[tuple[Any, int, int]]) -> Any:
    def draw(garage: Garage, *values: Any) -> Any:
        drawn: list[Any] = []
        start = 0
        for handler, takes, gives in drawings:
            result = handler(garage, *values[start : start + takes])
            drawn += [result] if gives == 1 else list(result)
            start += takes
        return drawn[0] if len(drawn) == 1 else tuple(drawn)

    return draw


def _share(part: str, draw: Any) -> Any:
    shared = _Shared()

    def draw_shared(garage: Garage, key: str, *values: Any) -> Any:
        drawn = shared.get((key, repr(values)), KEPT_PICTURE_S, lambda: draw(garage, *values))
        # Gradio takes the value out of an update that is a dict.
        several = isinstance(drawn, tuple)
        copies = [
            dict(one) if isinstance(one, dict) else one for one in (drawn if several else [drawn])
        ]
        return tuple(copies) if several else copies[0]

    draw_shared.__name__ = f"draw_{part}"
    return draw_shared


def read_pulse(garage: Garage, project_id: int, run_id: int | None) -> Pulse:
    store = garage.store
    jobs = store.jobs(project_id=project_id, limit=500)
    active = store.jobs(statuses=ACTIVE)
    documents = store.documents(project_id)
    counts = sorted(store.count_examples(project_id).items())
    datasets = [dataset.id for dataset in store.datasets(project_id)]
    by_id = {job.id: job for job in jobs}
    runs = [(run, by_id.get(run.job_id or 0)) for run in store.runs(project_id)]
    exports = [export.id for export, _ in store.exports(project_id)]
    shown = next((job for run, job in runs if run.id == run_id and job), None)

    def statuses(*kinds: str) -> list[tuple[int, str]]:
        return [(job.id, job.status) for job in jobs if job.kind in kinds]

    return Pulse(
        frame=repr(
            (project_id, [_moves(job) for job in active], counts, len(exports), len(documents))
        ),
        documents=repr(
            (
                project_id,
                [(row.id, row.status, row.error, row.pages) for row in documents],
                [
                    _moves(job)
                    for job in jobs
                    if job.kind in ("ingest", "import") and job.status in ACTIVE
                ],
            )
        ),
        writing=repr((project_id, _newest_moves(jobs, "generate"))),
        checks=repr(
            (project_id, _newest_moves(jobs, "judge"), _newest_moves(jobs, "contradictions"))
        ),
        examples=repr((project_id, counts, statuses("generate"), store.find_undoable(project_id))),
        datasets=repr((project_id, datasets)),
        runs=repr(
            (
                project_id,
                [(run.id, job.status if job else "", run.adapter) for run, job in runs],
                statuses("exam", "judge-exam"),
            )
        ),
        live=repr((run_id, _moves(shown) if shown else None, _find_silent(store))),
        curve=repr((run_id, shown.status if shown else "", _read_bucket(garage, run_id))),
        exam=repr((project_id, [_moves(job) for job in jobs if job.kind == "exam"][:3])),
        judging=repr((project_id, _newest_moves(jobs, "judge-exam"))),
        comparisons=repr((project_id, *store.newest_asked(project_id))),
        batch=repr((project_id, _newest_moves(jobs, "batch"))),
        exports=repr(
            (
                project_id,
                exports,
                [_moves(job) for job in jobs if job.kind in ("export", "push", "publish")][:1],
            )
        ),
    )


def tick(garage: Garage, project_id: int | None, run_id: int | None, seen: str) -> tuple[Any, ...]:
    """The timer's handler: the counter, then a key per part; nothing at all if none changed."""
    if project_id is None or _read_seen(garage) == seen:
        return (gr.skip(),) * (1 + len(PARTS))
    shared = _beats.setdefault(garage.store, _Shared())
    asked = (project_id, run_id)
    told: tuple[Any, ...] = shared.get(
        asked, KEPT_BEAT_S, lambda: _beat(garage, project_id, run_id)
    )
    return told


def beat(garage: Garage, project_id: int | None, run_id: int | None) -> tuple[Any, ...]:
    """Counter and keys now, as after the project or the shown Run was changed."""
    if project_id is None:
        return (gr.skip(),) * (1 + len(PARTS))
    return _beat(garage, project_id, run_id)


def _beat(garage: Garage, project_id: int, run_id: int | None) -> tuple[Any, ...]:
    counter = _read_seen(garage)  # read first: what comes later is seen next time
    pulse = read_pulse(garage, project_id, run_id)
    return (counter, *(getattr(pulse, part) for part in PARTS))


def find_job(garage: Garage, project_id: int, *kinds: str) -> Job | None:
    """The newest Job of these kinds in the project."""
    jobs = garage.store.jobs(project_id=project_id, limit=500)
    return next((job for job in jobs if job.kind in kinds), None)


def jobs_of_runs(garage: Garage, project_id: int) -> list[tuple[Run, Job | None]]:
    """The project's Runs, newest first, each with its Job."""
    jobs = {job.id: job for job in garage.store.jobs(project_id=project_id, limit=2_000)}
    return [(run, jobs.get(run.job_id or 0)) for run in garage.store.runs(project_id)]


def _newest_moves(jobs: Sequence[Job], kind: str) -> list[tuple[int, str, str, float, str, int]]:
    return [_moves(job) for job in jobs if job.kind == kind][:1]


def _read_seen(garage: Garage) -> str:
    """The counter of writes; and who is silent, as that is the case where nothing is written."""
    silent = _find_silent(garage.store)
    return f"{garage.store.change_counter()}{silent or ''}"


def _find_silent(store: Store) -> list[int]:
    running = store.jobs(statuses=("running",))
    return [job.id for job in running if find_silence_s(job) is not None]


def _read_bucket(garage: Garage, run_id: int | None) -> tuple[int, int] | None:
    """How far the curve is, in parts that are worth drawing it anew."""
    if run_id is None:
        return None
    last = garage.store.last_values(run_id, rows=1)
    step, total = int(last.get("step", 0)), int(last.get("total", 0))
    return (step // max(1, total // CURVE_PARTS), total)


def _moves(job: Job) -> tuple[int, str, str, float, str, int]:
    return (job.id, job.status, job.stage, round(job.fraction, 3), job.wish, job.place)
