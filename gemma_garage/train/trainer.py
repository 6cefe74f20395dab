"""`train`: from a config, a Dataset's folder and a base model to an Adapter, top to bottom.

It knows neither a database nor a page: it reads files, writes files under `out`, reports events
and asks a function whether to stop. The same call runs in a background thread, in the foreground
of the command line, or on another machine.
"""

import json
import logging
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gemma_garage.errors import ConfigError, NotFound, OutOfMemory
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import Machine
from gemma_garage.train.answers import Asker, Grade, choose_probe, make_probe
from gemma_garage.train.backends import Opened, open_for_training, open_tokenizer
from gemma_garage.train.callbacks import Event, Tally, make_callback
from gemma_garage.train.checkpoints import last_checkpoint, read_step, require_whole
from gemma_garage.train.config import TrainConfig
from gemma_garage.train.data import read_rows, tokenise_dataset
from gemma_garage.train.event_files import EventFiles
from gemma_garage.train.learning import make_learning_watch, require_trained_tokens
from gemma_garage.train.memory import measure_peak_memory_gb, reset_peak
from gemma_garage.train.monitor import Monitor
from gemma_garage.train.recovery import foreign_errors, free_memory, halve_batches
from gemma_garage.train.saving import save_result
from gemma_garage.train.sft import make_trainer
from gemma_garage.train.stopping import find_best, is_over, make_early_stop
from gemma_garage.train.tracking import require_tracker

logger = logging.getLogger(__name__)

TRAINER_STATE = "trainer_state.json"  # the trainer's own log within a checkpoint


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a Run made. `adapter`: the folder of the adapter or the whole model; None when it was
    stopped, then the checkpoint is there."""

    adapter: Path | None
    steps: int
    loss: float
    eval_loss: float | None
    tokens_per_second: float
    peak_memory_gb: float
    seconds: float
    backend: str
    versions: dict[str, str]
    stopped: bool
    batch_size: int = 0  # as it was in the end: out of memory halves it
    accumulation: int = 0
    best_step: int | None = None  # the step whose state the adapter has, where it was chosen
    recall: float | None = None  # share of held-out questions, where that was measured


@dataclass(frozen=True, slots=True)
class _Task:
    """What stays the same over all attempts of one call."""

    dataset_folder: Path
    base_path: Path | str
    out: Path
    machine: Machine
    events: Callable[[Event], None]
    should_stop: Callable[[], bool]
    grade: Grade | None
    public_id: str | None


def train(
    config: TrainConfig,
    dataset_folder: Path,
    base_path: Path | str,
    out: Path,
    *,
    machine: Machine,
    events: Callable[[Event], None],
    should_stop: Callable[[], bool],
    resume_from: Path | None = None,
    public_id: str | None = None,
    grade: Grade | None = None,
) -> TrainResult:
    """Train an adapter for `base_path` on `dataset_folder` and put it into `out/adapter`; with the
    method full the whole model, into `out/model`.

    `events` gets plain dicts (`callbacks.py` names their keys), from two threads. `should_stop` is
    asked after every step and may take its time (a pause); a stopped run leaves a whole checkpoint
    under `out/checkpoints`. `resume_from`: a checkpoint of the same config, data and base;
    optimiser, schedule, random numbers and the order of rows go on from there. `public_id`: the
    base's name in `adapter_config.json` (default: its id on the Hub where the catalogue knows one,
    else `config.base_model`). `grade`: whether an answer is right; needed to stop by recall.

    When memory runs out it goes on from the last checkpoint with half the rows at a time.
    Raises DatasetError (nothing to train on), ConfigError, ModelError, NotFound (damaged
    checkpoint), TrainingError (loss not finite, nothing learned), OutOfMemory (with one row at a
    time), DiskFull.
    """
    started_s = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    require_tracker(config)
    held_out = read_rows(dataset_folder / "eval.jsonl")
    if config.stop_early_on != "never" and not held_out:
        raise ConfigError(
            f"stop_early_on is {config.stop_early_on}, and the dataset has 0 held-out rows to "
            "measure on. Freeze the dataset with a validation share, or set stop_early_on to "
            "never."
        )
    if resume_from is not None:
        require_whole(resume_from)
    else:
        # Left by a run that never got to a whole one, or of other settings.
        shutil.rmtree(out / "checkpoints", ignore_errors=True)
    task = _Task(dataset_folder, base_path, out, machine, events, should_stop, grade, public_id)
    while True:
        try:
            result = _attempt(config, task, resume_from)
            return replace(result, seconds=time.perf_counter() - started_s)
        except OutOfMemory as error:
            smaller = halve_batches(config)
            if smaller is None:
                raise
            logger.warning("%s", error.__cause__)
        # Behind the `except`: until there, the error's frames hold the model.
        free_memory()
        events(
            {
                "stage": "smaller",
                "note": f"out of memory with {config.batch_size} rows at a time: going on with "
                f"{smaller.batch_size}, {smaller.accumulation} times an update",
                "batch_size": smaller.batch_size,
                "accumulation": smaller.accumulation,
            }
        )
        config, resume_from = smaller, last_checkpoint(out)
        events({"stage": "resuming", "from_step": read_step(resume_from) if resume_from else 0})


def _attempt(config: TrainConfig, task: _Task, resume_from: Path | None) -> TrainResult:
    """One training with these batches, from loading to the adapter."""
    events, out, machine = task.events, task.out, task.machine
    reset_peak(machine)
    # The rows first: what is wrong with them is said before minutes go into loading the base.
    events({"stage": "tokenising"})
    tokenizer = open_tokenizer(task.base_path, machine)
    rows = tokenise_dataset(task.dataset_folder, tokenizer, config)
    events(
        {
            "stage": "tokenised",
            "train_rows": len(rows.train),
            "eval_rows": len(rows.eval),
            "trained_tokens": rows.trained_tokens,
            "too_long": rows.too_long,
            "text_pieces": rows.pieces,
        }
    )
    require_trained_tokens(rows.trained_tokens)

    events({"stage": "loading"})
    opened = open_for_training(config, task.base_path, machine, tokenizer)

    tally = Tally()
    start = read_step(resume_from) if resume_from else 0
    with (
        EventFiles(out / "tensorboard", start if resume_from else None) as event_files,
        foreign_errors(config, out),
    ):
        report = _each(events, event_files.write)
        progress = make_callback(report, task.should_stop, tally, evaluates=bool(rows.eval))
        callbacks = [
            progress,
            make_learning_watch(
                opened.model, next(iter(rows.train[0].values())), config.learning_rate, report
            ),
            *_make_watches(config, task, opened, report),
        ]
        trainer = make_trainer(
            config, opened, rows, out, machine=machine, callbacks=callbacks, tally=tally
        )
        trained_s = time.perf_counter()
        if is_over(_read_history(resume_from), config):
            # It had stopped early when the process died: only the adapter is missing.
            trainer.state.log_history = _read_history(resume_from)
            trainer.state.global_step = trainer.state.max_steps = start
        else:
            with Monitor(report, lambda: int(trainer.state.global_step)):
                trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
        trained_s = time.perf_counter() - trained_s - progress.waited_s

        steps, history = int(trainer.state.global_step), trainer.state.log_history
        early = is_over(history, config)
        stopped = progress.asked_to_stop and not early and steps < trainer.state.max_steps
        best = find_best(history, config)
        chosen = None if stopped or config.stop_early_on == "never" else best
        adapter = eval_loss = None
        if chosen is not None and chosen.step != steps:
            trainer._load_from_checkpoint(str(out / "checkpoints" / f"checkpoint-{chosen.step}"))
        if not stopped:
            eval_loss = _last(history, "eval_loss", chosen.step if chosen else steps)
            events({"stage": "saving", "step": steps, "total": int(trainer.state.max_steps)})
            name = task.public_id or _name_publicly(config.base_model)
            adapter = save_result(opened, out, name, task.base_path)

    logger.info("%d steps (from %d) in %.0f s", steps, start, trained_s)
    events({"stage": "stopped" if stopped else "done", "step": steps})
    loss = _last(history, "loss")
    return TrainResult(
        adapter=adapter,
        steps=steps,
        loss=math.nan if loss is None else loss,
        eval_loss=eval_loss,
        tokens_per_second=tally.tokens / max(trained_s, 1e-9),
        peak_memory_gb=measure_peak_memory_gb(machine),
        seconds=trained_s,
        backend=opened.backend,
        versions=opened.versions,
        stopped=stopped,
        batch_size=config.batch_size,
        accumulation=config.accumulation,
        best_step=chosen.step if chosen else None,
        recall=chosen.value if chosen and config.stop_early_on == "recall" else None,
    )


def _make_watches(
    config: TrainConfig, task: _Task, opened: Opened, report: Callable[[Event], None]
) -> list[Any]:
    """The callbacks that ask the model while it trains."""
    asker = Asker(opened)
    watches = []
    if config.eval_every_steps:
        measure_recall = None
        if config.stop_early_on == "recall":
            if task.grade is None:
                raise ConfigError(
                    "stop_early_on is recall, and no one said which answers are right. Give "
                    "`train` a grade, or set stop_early_on to eval_loss."
                )
            held_out, grade = read_rows(task.dataset_folder / "eval.jsonl"), task.grade

            def measure_recall() -> float:
                return asker.measure_recall(held_out, grade)

        watches.append(make_early_stop(config, report, measure_recall))
    question = choose_probe(config.probe_prompt, task.dataset_folder)
    if question and config.probe_every_steps:
        watches.append(make_probe(asker, question, config.probe_every_steps, report))
    return watches


def _read_history(checkpoint: Path | None) -> list[dict[str, Any]]:
    if checkpoint is None:
        return []
    state = json.loads((checkpoint / TRAINER_STATE).read_text(encoding="utf-8"))
    return list(state["log_history"])


def _last(history: list[dict[str, Any]], name: str, step: int | None = None) -> float | None:
    found = [e[name] for e in history if name in e and step in (None, e.get("step"))]
    return float(found[-1]) if found else None


def _name_publicly(base_model: str) -> str:
    try:
        return find_base(base_model).hub_id
    except NotFound:
        return base_model


def _each(*listeners: Callable[[Event], None]) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell
