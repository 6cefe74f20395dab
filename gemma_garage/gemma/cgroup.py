"""The limits a container puts on this process: processor time and memory (Linux cgroups).

Versions 1 and 2; None where there is no limit, no cgroup, or another operating system.
"""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def read_cpu_quota(root: Path = ROOT, own: Path = OWN) -> float | None:
    """Cores' worth of time the process may use, such as 1.5. The tightest of its groups."""
    quotas = []
    for folder in _list_groups("cpu", root, own):
        words = _read(folder / "cpu.max").split()
        if not words:
            words = [_read(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period")]
        if len(words) == 2 and all(word.isdigit() for word in words) and int(words[1]) > 0:
            quotas.append(int(words[0]) / int(words[1]))
    return min(quotas, default=None)


def read_memory_limit(root: Path = ROOT, own: Path = OWN) -> int | None:
    """Bytes the process and its neighbours in the group may use together."""
    found = _find_tightest(root, own)
    return None if found is None else found[0]


def read_memory_used(root: Path = ROOT, own: Path = OWN) -> int | None:
    """Bytes in use in the group that `read_memory_limit` is about, without the file cache that
    the kernel takes back when it needs room."""
    found = _find_tightest(root, own)
    if found is None:
        return None
    folder = found[1]
    used = _read(folder / "memory.current") or _read(folder / "memory.usage_in_bytes")
    if not used.isdigit():
        return None
    lines = (line.split() for line in _read(folder / "memory.stat").splitlines())
    stat = {words[0]: int(words[1]) for words in lines if len(words) == 2}
    return max(0, int(used) - stat.get("total_inactive_file", stat.get("inactive_file", 0)))


def _find_tightest(root: Path, own: Path) -> tuple[int, Path] | None:
    limits = []
    for folder in _list_groups("memory", root, own):
        text = _read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes")
        if text.isdigit():
            limits.append((int(text), folder))
    return min(limits, default=None)


def _list_groups(controller: str, root: Path, own: Path) -> Iterator[Path]:
    """Folders of the process's group and the groups around it, innermost first."""
    for line in _read(own).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / controller if controllers else root
        folder = top / path.lstrip("/")
        # Inside a container the path may be the host's; then only the top is there.
        for group in (folder, *folder.parents):
            if group.is_relative_to(top) and group.is_dir():
                yield group


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
