"""What this machine is and how busy it is: processor, memory, NVIDIA GPU.

It asks the operating system (psutil, cgroups) and NVML and never imports torch, so that the page
can be drawn at once. It decides nothing. Memory is in GB of 2^30 bytes, as graphics cards count.
"""

import logging
import os
import platform
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Any, Literal

import psutil

from gemma_garage.gemma.cgroup import read_cpu_quota, read_memory_limit, read_memory_used

GIB = 2**30
_BF16_CAPABILITY = (8, 0)  # Ampere; before it bf16 is emulated and slow
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Machine:
    """What training runs on. `vram_gb` is 0 without an NVIDIA GPU; `cores` and `ram_gb` are what
    this process may use, not what the board has. `bf16`: the accelerator computes in it."""

    kind: Literal["cuda", "mps", "cpu"]
    name: str
    cores: int
    ram_gb: float
    vram_gb: float
    bf16: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """How busy the machine is now. GPU figures are None where there is none or it does not tell.

    `cpu_percent`: of the whole machine since the last call (0 at the first).
    """

    cpu_percent: float
    ram_used_gb: float
    ram_total_gb: float
    process_ram_gb: float
    gpu_percent: float | None = None
    vram_used_gb: float | None = None
    vram_total_gb: float | None = None
    temperature_c: float | None = None
    power_w: float | None = None


@lru_cache(maxsize=1)
def detect_machine() -> Machine:
    """The machine as this process may use it; looked at once.

    With several GPUs it is the first of CUDA_VISIBLE_DEVICES, else NVML's first. A GPU counts only
    where the installed torch can use it.
    """
    cores, ram_gb = count_cores(), measure_ram_bytes() / GIB
    gpu = _find_gpu()
    if gpu is not None:
        if _read_torch_cuda() is not None:
            vram_gb = (_ask("nvmlDeviceGetMemoryInfo", gpu, lambda info: info.total) or 0) / GIB
            name = _ask("nvmlDeviceGetName", gpu, _to_text) or "NVIDIA GPU"
            capability = _ask("nvmlDeviceGetCudaComputeCapability", gpu, tuple) or (0, 0)
            bf16 = capability >= _BF16_CAPABILITY
            return Machine("cuda", name, cores, ram_gb, vram_gb, bf16)
        log.warning("an NVIDIA GPU is there, but the installed torch is built without CUDA")
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return Machine("mps", f"Apple {platform.machine()}", cores, ram_gb, 0.0, False)
    return Machine("cpu", _name_processor(), cores, ram_gb, 0.0, False)


def read_usage() -> Usage:
    """How busy the machine is now; takes a few milliseconds, any thread may ask."""
    gpu = _find_gpu()
    total, used = _read_ram()
    usage = {
        "cpu_percent": psutil.cpu_percent(),
        "ram_used_gb": used / GIB,
        "ram_total_gb": total / GIB,
        "process_ram_gb": psutil.Process().memory_info().rss / GIB,
    }
    if gpu is None:
        return Usage(**usage)
    memory = _ask("nvmlDeviceGetMemoryInfo", gpu)
    return Usage(
        **usage,
        gpu_percent=_ask("nvmlDeviceGetUtilizationRates", gpu, lambda rates: float(rates.gpu)),
        vram_used_gb=None if memory is None else memory.used / GIB,
        vram_total_gb=None if memory is None else memory.total / GIB,
        temperature_c=_ask("nvmlDeviceGetTemperature", gpu, float, 0),  # 0: the chip's sensor
        power_w=_ask("nvmlDeviceGetPowerUsage", gpu, lambda milliwatt: milliwatt / 1000),
    )


def count_cores() -> int:
    """Cores this process may use: affinity and container quota respected."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = read_cpu_quota()
    return cores if quota is None else max(1, min(cores, ceil(quota)))


def measure_ram_bytes() -> int:
    """Memory this process may use: the container's limit, or all of the machine's."""
    return _read_ram()[0]


def _read_ram() -> tuple[int, int]:
    memory = psutil.virtual_memory()
    limit = read_memory_limit()
    if limit is None or limit >= memory.total:
        return memory.total, memory.total - memory.available
    used = read_memory_used()
    return limit, memory.total - memory.available if used is None else used


def _name_processor() -> str:
    try:
        match = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.M)
    except OSError:
        match = None
    return match.group(1).strip() if match else platform.processor() or platform.machine()


def _read_torch_cuda() -> str | None:
    """The CUDA version torch is built for, read from its files: importing it takes seconds."""
    spec = find_spec("torch")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        try:
            text = (Path(folder) / "version.py").read_text("utf-8")
        except OSError:
            continue
        match = re.search(r"^cuda\b[^=\n]*= *'([^']+)'", text, re.M)
        return match.group(1) if match else None
    return None


# ── NVML ─────────────────────────────────────────────────────────────────────────────────────────

_nvml_lock = threading.Lock()


def _find_gpu() -> Any | None:
    """NVML's handle of the GPU (or MIG slice) in use, or None."""
    with _nvml_lock:  # two threads would both start NVML
        return _open_gpu(os.environ.get("CUDA_VISIBLE_DEVICES"))


@lru_cache(maxsize=1)
def _open_gpu(visible: str | None) -> Any | None:
    import pynvml

    first = None if visible is None else visible.split(",")[0].strip()
    if first in ("", "-1"):
        return None
    try:
        pynvml.nvmlInit()
        if first is not None and not first.isdigit():
            return pynvml.nvmlDeviceGetHandleByUUID(first)
        handle = pynvml.nvmlDeviceGetHandleByIndex(int(first or 0))
    except (pynvml.NVMLError_LibraryNotFound, pynvml.NVMLError_DriverNotLoaded):
        return None  # no NVIDIA driver: the usual case
    except pynvml.NVMLError as error:
        # Such as a driver updated without a restart. CUDA does not work then either.
        log.warning("the NVIDIA driver is there but does not answer: %s", error)
        return None
    mig = _ask("nvmlDeviceGetMigMode", handle, lambda modes: modes[0])
    slice_handle = _ask("nvmlDeviceGetMigDeviceHandleByIndex", handle, None, 0) if mig else None
    return slice_handle or handle


def _ask(name: str, handle: Any, read: Callable[[Any], Any] | None = None, *more: object) -> Any:
    """One figure of the GPU, or None where this GPU or driver does not give it."""
    import pynvml

    try:
        value = getattr(pynvml, name)(handle, *more)
    except pynvml.NVMLError as error:
        log.debug("%s: %s", name, error)
        return None
    return value if read is None else read(value)


def _to_text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
