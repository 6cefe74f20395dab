"""How much memory this process has held at most since a moment: of the GPU where there is one, else
of RAM. GB of 2^30 bytes. It estimates nothing (`fit.py`).
"""

import sys
from pathlib import Path

from gemma_garage.gemma.device import GIB, Machine

_FORGET, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def reset_peak(machine: Machine) -> None:
    """Count the peak from now on, where the system can; else it counts from the process's start."""
    if machine.kind == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()
        return
    try:
        _FORGET.write_text("5", encoding="ascii")  # Linux: the peak becomes what is held now
    except OSError:  # another system, or a container that forbids it
        return


def measure_peak_memory_gb(machine: Machine) -> float:
    """The most memory held since `reset_peak`."""
    if machine.kind == "cuda":
        import torch

        return float(torch.cuda.max_memory_reserved()) / GIB
    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / GIB
    if _STATUS.is_file():
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / GIB
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB
