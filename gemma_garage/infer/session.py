"""A base model in memory once, with the adapter of one Run that is switched on and off; for a Run
that trained every weight, the tuned model beside it.

`open_session` owns the memory while it is open and leaves the model loaded afterwards, so that
the next request starts at once; whoever else needs the memory frees it (`Occupancy`). It asks
nothing itself.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemma_garage.errors import BadInput, GarageError, ModelError
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import Machine, detect_machine
from gemma_garage.gemma.load import load_model, load_tokenizer
from gemma_garage.gemma.obtain import obtain_base
from gemma_garage.gemma.turns import list_stop_ids
from gemma_garage.infer.whole import WholePair
from gemma_garage.schema import Run
from gemma_garage.store import Store

Report = Callable[[float, str], None]
BASE = "__base__"  # PEFT's name for "no adapter" within a mixed batch
_SAMPLES, _SAMPLE_BYTES = 64, 65_536

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Session:
    """One loaded base with one adapter. Use the model only inside `base()` or `tuned()`, or with
    `adapter_names` of `BASE` and `adapter_name`."""

    base_model: str
    base_path: Path
    four_bit: bool
    machine: Machine
    model: Any
    tokenizer: Any
    run_id: int
    adapter_name: str

    @contextmanager
    def base(self) -> Iterator[Any]:
        """The model as it was before training: its logits are exactly the base's."""
        if self.is_whole:
            yield self.model.base
            return
        with self.model.disable_adapter():
            yield self.model

    @contextmanager
    def tuned(self) -> Iterator[Any]:
        """The model with the Run's adapter."""
        yield self.model.tuned if self.is_whole else self.model

    @contextmanager
    def checkpoint(self, folder: Path) -> Iterator[Any]:
        """The model with the adapter as it was at a checkpoint; afterwards the Run's is on again.

        Raises ModelError: damaged, or of another shape; BadInput for a Run without an adapter.
        """
        if self.is_whole:
            raise BadInput(
                "This run trained every weight, so its checkpoints cannot be put on the base. "
                "Examine the run itself."
            )
        with _foreign_errors(self.run_id):
            self.model.load_adapter(str(folder), adapter_name=folder.name)
            self.model.set_adapter(folder.name)
        try:
            yield self.model
        finally:
            self.model.set_adapter(self.adapter_name)
            self.model.delete_adapter(folder.name)

    @property
    def is_whole(self) -> bool:
        """Two models instead of one with an adapter: they cannot answer in one batch."""
        return isinstance(self.model, WholePair)

    @property
    def stop_ids(self) -> list[int]:
        """What ends an answer: the model's own end tokens and the end of a turn."""
        return list_stop_ids(self.model, self.tokenizer)

    @property
    def pad_id(self) -> int:
        return int(self.tokenizer.pad_token_id or 0)

    @property
    def context_tokens(self) -> int:
        """Prompt and answer together are at most this long."""
        return int(self.model.config.get_text_config().max_position_embeddings)

    def free(self) -> None:
        """Let go of the model; whoever still computes with it keeps it until then."""
        self.model = None

    def attach(self, run_id: int, adapter: Path) -> None:
        """Put another adapter on the same base; the one before goes only when it is there."""
        name = f"run-{run_id}"
        with _foreign_errors(run_id):
            self.model.load_adapter(str(adapter), adapter_name=name)
            self.model.set_adapter(name)
            self.model.delete_adapter(self.adapter_name)
        self.run_id, self.adapter_name = run_id, name


def find_trained_run(store: Store, run_id: int) -> Run:
    """The Run, if it has an adapter. NotFound, BadInput."""
    run = store.get(Run, run_id)
    if run.adapter is None:
        raise BadInput(
            f"Run {run.number} has no adapter yet: it has not trained to its end. Resume it in "
            "Train, or choose another run."
        )
    return run


@contextmanager
def open_session(
    garage: Garage,
    run_id: int,
    owner: str,
    *,
    brief: bool = False,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[Session]:
    """Own the memory with the base and the adapter of this Run in it.

    The model of the request before is used again where base and precision are the same; then only
    another adapter is loaded. `brief` and `should_stop`: see `Occupancy.claim`. Raises Busy while
    a run trains, BadInput when the Run has no adapter, ModelError, MachineError, HubError.
    """
    run = find_trained_run(garage.store, run_id)
    with garage.occupancy.claim(owner, keeps=True, brief=brief, should_stop=should_stop):
        try:
            session = _take_session(garage, run, report)
            garage.occupancy.lend(session)
            yield session
        except (GarageError, GeneratorExit):
            raise
        except BaseException:
            # What broke inside may have left the model in any state.
            garage.occupancy.release()
            raise


def fingerprint_base(folder: Path) -> str:
    """A short name for the weights and tokenizer in `folder`: their sizes and samples of them.

    64 blocks of each weights file are read, so it takes a moment also for a large model; training
    of any kind changes every block.
    """
    digest = hashlib.sha256()
    names = [
        *sorted(folder.glob("*.safetensors")),
        folder / "config.json",
        folder / "tokenizer.json",
    ]
    for path in names:
        if not path.is_file():
            continue
        size = path.stat().st_size
        digest.update(f"{path.name} {size} ".encode())
        with path.open("rb") as file:
            for block in range(_SAMPLES):
                file.seek(block * size // _SAMPLES)
                digest.update(file.read(min(_SAMPLE_BYTES, size // _SAMPLES + 1)))
    return digest.hexdigest()[:16]


def _take_session(garage: Garage, run: Run, report: Report | None) -> Session:
    machine = detect_machine()
    whole = run.config.get("method") == "full"
    four_bit = run.config.get("method") == "qlora" and machine.kind == "cuda"
    adapter = garage.workspace.absolute(str(run.adapter))
    left = garage.occupancy.lent
    if isinstance(left, Session) and (left.base_model, left.four_bit) == (run.base_model, four_bit):
        if left.run_id == run.id:
            return left
        if not (whole or left.is_whole):
            try:
                left.attach(run.id, adapter)
            except ModelError:
                garage.occupancy.release()  # half of the adapter may be in it
                raise
            return left
    garage.occupancy.release()
    path = obtain_base(
        find_base(run.base_model),
        garage.workspace,
        report=report,
        token=garage.settings.hub_token,
    )
    log.info("loading %s for run %d", run.base_model, run.number)
    base = load_model(path, machine=machine, four_bit=four_bit)
    name = f"run-{run.id}"
    model: Any
    with _foreign_errors(run.id):
        if whole:
            model = WholePair(base, load_model(adapter, machine=machine), BASE)
            tokenizer = load_tokenizer(path)
            return Session(run.base_model, path, False, machine, model, tokenizer, run.id, name)
        from peft import PeftModel

        model = PeftModel.from_pretrained(base, str(adapter), adapter_name=name)
    model.eval()
    tokenizer = load_tokenizer(path)
    return Session(run.base_model, path, four_bit, machine, model, tokenizer, run.id, name)


@contextmanager
def _foreign_errors(run_id: int) -> Iterator[None]:
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"The adapter of run {run_id} cannot be loaded ({type(error).__name__}: {error}). If "
            "its files were changed or removed, train the run again."
        ) from error
