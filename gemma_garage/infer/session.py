"""One base in memory once, with the adapters of those who answer, which are switched on and off;
for a Run that trained every weight, its model beside it.

`open_answerers` owns the memory while it is open and leaves the models loaded afterwards, so that
the next request starts at once; whoever else needs the memory frees them (`Occupancy`). It asks
nothing itself.
"""

import logging
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gemma_garage.errors import BadInput, GarageError, MachineError
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import Machine, detect_machine
from gemma_garage.gemma.load import load_model, load_tokenizer
from gemma_garage.gemma.obtain import obtain_base
from gemma_garage.gemma.occupancy import Occupancy
from gemma_garage.gemma.room import estimate_gb, measure_free_gb
from gemma_garage.gemma.turns import list_stop_ids
from gemma_garage.infer.answerers import (
    BASE_NAME,
    Answerers,
    find_answerers,
    find_trained_run,
    name_run,
)
from gemma_garage.infer.loaded import LoadedBase, LoadedWhole

Report = Callable[[float, str], None]
PLAIN = "__base__"  # PEFT's name for "no adapter" within a mixed batch

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Session:
    """What one request asks. Use a model only inside `use`, `base`, `tuned` or `checkpoint`, or by
    `forward`."""

    loaded: LoadedBase
    wholes: dict[str, LoadedWhole]
    run_id: int

    @contextmanager
    def use(self, name: str) -> Iterator[Any]:
        """The model as this one answers: the base's logits are exactly those before training."""
        if name == BASE_NAME:
            with self.loaded.plain() as model:
                yield model
        elif name in self.wholes:
            yield self.wholes[name].model
        else:
            yield self.loaded.switch(name)

    def base(self) -> Any:
        return self.use(BASE_NAME)

    def tuned(self) -> Any:
        """The first Run of the request."""
        return self.use(f"run-{self.run_id}")

    @contextmanager
    def checkpoint(self, folder: Path) -> Iterator[Any]:
        """The first Run as it was at a checkpoint. Raises ModelError: damaged, or of another
        shape; BadInput for a Run without an adapter."""
        if self.wholes:
            raise BadInput(
                "This run trained every weight, so its checkpoints cannot be put on the base. "
                "Examine the run itself."
            )
        name = f"run-{self.run_id}-{folder.name}"
        self.loaded.attach(name, folder, f"the checkpoint {folder.name}")
        self.loaded.drop_unused({name, f"run-{self.run_id}"})
        with self.use(name) as model:
            yield model

    def forward(self, names: Sequence[str], **inputs: Any) -> Any:
        """One step for these answerers, a row for each. A whole model answers its row alone
        (`shares_batch`)."""
        if names[0] in self.wholes:
            return self.wholes[names[0]].model(**inputs)
        alone = len(names) == 1 and self.loaded.is_on(names[0])
        if self.loaded.adapters and not alone:  # PEFT's way for mixed batches costs a little
            inputs["adapter_names"] = [PLAIN if name == BASE_NAME else name for name in names]
        return self.model(**inputs)

    def shares_batch(self, name: str) -> bool:
        """Whether it can answer in one batch with others, which a GPU gains from: there the second
        row is nearly free, as decoding waits for memory."""
        return self.machine.kind == "cuda" and name not in self.wholes

    @property
    def model(self) -> Any:
        return self.loaded.model

    @property
    def device(self) -> Any:
        return next(self.model.parameters()).device

    @property
    def tokenizer(self) -> Any:
        return self.loaded.tokenizer

    @property
    def machine(self) -> Machine:
        return self.loaded.machine

    @property
    def base_model(self) -> str:
        return self.loaded.base_model

    @property
    def base_path(self) -> Path:
        return self.loaded.path

    @property
    def four_bit(self) -> bool:
        return self.loaded.four_bit

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


@contextmanager
def open_session(
    garage: Garage,
    run_id: int,
    owner: str,
    *,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[Session]:
    """As `open_answerers`, for one Run and its base, as long work that nobody waits for."""
    run = find_trained_run(garage.store, run_id)
    asked = find_answerers(garage, run.project_id, [BASE_NAME, name_run(run)])
    with open_answerers(garage, asked, owner, report=report, should_stop=should_stop) as session:
        yield session


@contextmanager
def open_answerers(
    garage: Garage,
    asked: Answerers,
    owner: str,
    *,
    brief: bool = False,
    waits: bool = False,
    on_processor: bool = False,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[Session]:
    """Own the memory with all of them in it.

    What earlier requests left is used again where it is the same. `brief`, `waits`, `should_stop`:
    see `Occupancy.claim`. `on_processor`: beside a run that has the GPU, in main memory. Raises
    Busy while a run trains, ModelError, MachineError (memory), HubError.
    """
    memory = garage.spare if on_processor else garage.occupancy
    machine = detect_machine()
    if on_processor:
        machine = replace(machine, kind="cpu", vram_gb=0.0, bf16=False)
    claim = memory.claim(owner, keeps=True, brief=brief, waits=waits, should_stop=should_stop)
    with claim:
        if not on_processor:
            garage.spare.release_if_idle()
        try:
            yield _load(garage, memory, machine, asked, report)
        except (GarageError, GeneratorExit):
            raise
        except BaseException:
            # What broke inside may have left the model in any state.
            memory.release()
            raise


def _load(
    garage: Garage, memory: Occupancy, machine: Machine, asked: Answerers, report: Report | None
) -> Session:
    four_bit = asked.four_bit and machine.kind == "cuda"
    whole_keys = {who.name: ("whole", who.name) for who in asked.all if who.is_whole}
    key = (asked.base_model, four_bit)
    kept: set[Hashable] = {key, *whole_keys.values()}
    loaded = memory.find(key)
    if not isinstance(loaded, LoadedBase):
        path = obtain_base(
            find_base(asked.base_model),
            garage.workspace,
            report=report,
            token=garage.settings.hub_token,
        )
        # What is asked needs its base whatever the estimate says; all else goes for it.
        memory.make_room(_fit(path, machine, four_bit), kept)
        log.info("loading %s", asked.base_model)
        model = load_model(path, machine=machine, four_bit=four_bit)
        loaded = LoadedBase(asked.base_model, path, four_bit, machine, model, load_tokenizer(path))
        memory.lend(key, loaded)
    adapters = [who for who in asked.all if who.folder is not None and not who.is_whole]
    try:
        for who in adapters:
            assert who.folder is not None
            loaded.attach(who.name, who.folder, who.title)
    except GarageError:
        memory.drop(key)  # half of the adapter may be in it
        raise
    loaded.drop_unused({who.name for who in adapters})
    if adapters:
        loaded.switch(adapters[0].name)
    wholes = {
        who.name: _load_whole(memory, machine, who.title, who.folder, whole_keys[who.name], kept)
        for who in asked.all
        if who.is_whole and who.folder is not None
    }
    return Session(loaded, wholes, asked.first_run_id)


def _load_whole(
    memory: Occupancy,
    machine: Machine,
    title: str,
    folder: Path,
    key: tuple[str, str],
    kept: set[Hashable],
) -> LoadedWhole:
    found = memory.find(key)
    if isinstance(found, LoadedWhole):
        return found
    if not memory.make_room(_fit(folder, machine, False), kept):
        raise MachineError(
            f"{title} trained every weight, so it needs a place of its own beside its base: about "
            f"{estimate_gb(folder, machine):.1f} GB, and {measure_free_gb(machine):.1f} GB are "
            "free. Close other programs, or ask fewer side by side."
        )
    whole = LoadedWhole(load_model(folder, machine=machine))
    memory.lend(key, whole)
    return whole


def _fit(folder: Path, machine: Machine, four_bit: bool) -> Callable[[], bool]:
    needed_gb = estimate_gb(folder, machine, four_bit=four_bit)
    return lambda: needed_gb <= measure_free_gb(machine)
