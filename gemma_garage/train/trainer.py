"""`train`: from a config, a Dataset's folder and a base model to an Adapter, top to bottom.

It knows neither a database nor a page: it reads files, writes files under `out`, reports events
and asks a function whether to stop. The same call runs in a background thread, in the foreground
of the command line, or on another machine.
"""

import errno
import logging
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gemma_garage.errors import GarageError, MachineError, NotFound, TrainingError
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import Machine
from gemma_garage.train.backends import Opened, open_for_training
from gemma_garage.train.callbacks import Event, make_callback
from gemma_garage.train.checkpoints import drop_blank_card, require_whole
from gemma_garage.train.config import TrainConfig
from gemma_garage.train.data import tokenise_dataset
from gemma_garage.train.sft import make_trainer

logger = logging.getLogger(__name__)

LEAST_FREE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a Run made. `adapter` is None when it was stopped; then the checkpoint is there."""

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
) -> TrainResult:
    """Train an adapter for `base_path` on `dataset_folder` and put it into `out/adapter`.

    `events` gets plain dicts (`callbacks.py` names their keys). `should_stop` is asked after
    every step; a stopped run leaves a whole checkpoint under `out/checkpoints`. `resume_from`: a
    checkpoint of the same config, data and base; optimiser, schedule, random numbers and the
    order of rows go on from there. `public_id`: the base's name in `adapter_config.json` (default:
    its id on the Hub where the catalogue knows one, else `config.base_model`).
    Raises DatasetError (nothing to train on), ConfigError, ModelError, NotFound (damaged
    checkpoint), TrainingError (loss not finite, out of memory), MachineError (disk full).
    """
    started_s = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    if resume_from is not None:
        require_whole(resume_from)

    events({"stage": "loading"})
    opened = open_for_training(config, base_path, machine)

    events({"stage": "tokenising"})
    rows = tokenise_dataset(dataset_folder, opened.tokenizer, config)
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

    with _EventFiles(out / "tensorboard") as event_files, _foreign_errors(config, out):
        report = _each(events, event_files.write)
        trainer = make_trainer(
            config, opened, rows, out, machine=machine, callback=make_callback(report, should_stop)
        )
        steps_before = _steps_of(resume_from)
        trained = trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
        steps = int(trainer.state.global_step)
        stopped = steps < trainer.state.max_steps
        eval_loss = None
        if rows.eval and not stopped:
            eval_loss = float(trainer.evaluate()["eval_loss"])
        adapter = None
        if not stopped:
            events({"stage": "saving", "step": steps, "total": int(trainer.state.max_steps)})
            adapter = _save_adapter(opened, out, public_id or _name_publicly(config.base_model))

    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    result = TrainResult(
        adapter=adapter,
        steps=steps,
        loss=float(losses[-1]) if losses else math.nan,
        eval_loss=eval_loss,
        tokens_per_second=trainer.seen_tokens / max(trained.metrics["train_runtime"], 1e-9),
        peak_memory_gb=measure_peak_memory_gb(machine),
        seconds=time.perf_counter() - started_s,
        backend=opened.backend,
        versions=opened.versions,
        stopped=stopped,
    )
    logger.info("%d steps (from %d) in %.0f s", steps, steps_before, result.seconds)
    events({"stage": "stopped" if stopped else "done", "step": steps})
    return result


def _name_publicly(base_model: str) -> str:
    try:
        return find_base(base_model).hub_id
    except NotFound:
        return base_model


def _save_adapter(opened: Opened, out: Path, base_name: str) -> Path:
    """Adapter and tokenizer under `out/adapter`, whole or not at all; it names its base by
    `base_name`, where a local path would mean nothing on another machine."""
    unfinished, adapter = out / ".adapter", out / "adapter"
    shutil.rmtree(unfinished, ignore_errors=True)
    opened.model.peft_config["default"].base_model_name_or_path = base_name
    # False: the vocabulary is unchanged, and PEFT need not ask the Hub about it.
    opened.model.save_pretrained(unfinished, save_embedding_layers=False)
    opened.tokenizer.save_pretrained(unfinished)
    drop_blank_card(unfinished)
    shutil.rmtree(adapter, ignore_errors=True)
    unfinished.replace(adapter)
    return adapter


def _steps_of(checkpoint: Path | None) -> int:
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0


def _each(*listeners: Callable[[Event], None]) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell


class _EventFiles:
    """The numbers of each event as TensorBoard event files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> "_EventFiles":
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def write(self, event: Event) -> None:
        for name in ("loss", "eval_loss", "learning_rate", "grad_norm", "tokens_per_second"):
            if name in event:
                self.writer.add_scalar(f"train/{name}", event[name], event["step"])


@contextmanager
def _foreign_errors(config: TrainConfig, out: Path) -> Iterator[None]:
    """What torch and the disk raise while training, in our words."""
    from safetensors import SafetensorError

    try:
        yield
    except GarageError:
        raise
    except MemoryError as error:
        raise _word_memory(config) from error
    except (OSError, RuntimeError, SafetensorError) as error:
        text = str(error)
        if "out of memory" in text or "can't allocate memory" in text:
            raise _word_memory(config) from error
        free = shutil.disk_usage(out).free
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        if full or "No space left" in text or free < LEAST_FREE_BYTES:
            raise MachineError(
                f"The disk that holds {out} is full ({free / 1e6:.0f} MB free). The last whole "
                "checkpoint is kept. Make room, then resume the run."
            ) from error
        raise


def _word_memory(config: TrainConfig) -> TrainingError:
    return TrainingError(
        f"The machine ran out of memory with batch_size {config.batch_size} and rows of up to "
        f"{config.max_length_tokens} tokens. Halve batch_size and double accumulation (the "
        "result stays the same), or choose a smaller base model; then resume the run."
    )


def measure_peak_memory_gb(machine: Machine) -> float:
    """Most memory this process has held so far: of the GPU where there is one, else of RAM."""
    if machine.kind == "cuda":
        import torch

        return float(torch.cuda.max_memory_reserved()) / 1e9
    import sys

    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / 1e9
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
