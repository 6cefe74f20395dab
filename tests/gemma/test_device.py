import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from gemma_garage.gemma import device
from gemma_garage.gemma.cgroup import read_cpu_quota, read_memory_limit, read_memory_used
from gemma_garage.gemma.device import GIB, detect_machine, read_usage


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    detect_machine.cache_clear()
    device._open_gpu.cache_clear()
    yield
    detect_machine.cache_clear()
    device._open_gpu.cache_clear()


class _FakeNvml(types.ModuleType):
    """One card, or the error that `nvmlInit` raises; `missing` are calls it does not support."""

    class NVMLError(Exception):
        pass

    class NVMLError_LibraryNotFound(NVMLError):
        pass

    class NVMLError_DriverNotLoaded(NVMLError):
        pass

    class NVMLError_NotSupported(NVMLError):
        pass

    def __init__(self, capability: tuple[int, int] = (9, 0), missing: tuple[str, ...] = ()) -> None:
        super().__init__("pynvml")
        self.capability, self.missing = capability, missing
        self.broken: Exception | None = None
        self.mig = (0, 0)
        self.opened: list[object] = []

    def nvmlInit(self) -> None:
        if self.broken is not None:
            raise self.broken

    def nvmlDeviceGetHandleByIndex(self, index: int) -> str:
        self.opened.append(index)
        return "card"

    def nvmlDeviceGetHandleByUUID(self, name: str) -> str:
        self.opened.append(name)
        return "card"

    def nvmlDeviceGetMigDeviceHandleByIndex(self, _handle: str, _index: int) -> str:
        return "slice"

    def _answer(self, name: str, value: Any) -> Any:
        if name in self.missing:
            raise self.NVMLError_NotSupported(name)
        return value

    def nvmlDeviceGetMigMode(self, _handle: str) -> Any:
        return self._answer("mig", self.mig)

    def nvmlDeviceGetName(self, _handle: str) -> Any:
        return self._answer("name", b"Test Card")

    def nvmlDeviceGetCudaComputeCapability(self, _handle: str) -> Any:
        return self._answer("capability", self.capability)

    def nvmlDeviceGetMemoryInfo(self, handle: str) -> Any:
        total = (24 if handle == "card" else 6) * GIB
        return self._answer("memory", types.SimpleNamespace(total=total, used=3 * GIB))

    def nvmlDeviceGetUtilizationRates(self, _handle: str) -> Any:
        return self._answer("rates", types.SimpleNamespace(gpu=42))

    def nvmlDeviceGetTemperature(self, _handle: str, _sensor: int) -> Any:
        return self._answer("temperature", 61)

    def nvmlDeviceGetPowerUsage(self, _handle: str) -> Any:
        return self._answer("power", 250_500)


def _install(monkeypatch: pytest.MonkeyPatch, nvml: _FakeNvml, cuda: str | None = "12.8") -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setattr(device, "_read_torch_cuda", lambda: cuda)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_looking_at_the_machine_does_not_import_torch() -> None:
    code = (
        "import sys; from gemma_garage.gemma.device import *; from gemma_garage.gemma.catalogue "
        "import *; list_bases(detect_machine()); read_usage(); "
        "print([name for name in ('torch', 'transformers', 'huggingface_hub') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_card_is_described_by_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    _install(monkeypatch, _FakeNvml())
    machine = detect_machine()
    assert (machine.kind, machine.name, machine.vram_gb) == ("cuda", "Test Card", 24.0)
    assert machine.bf16
    usage = read_usage()
    assert (usage.gpu_percent, usage.vram_used_gb, usage.vram_total_gb) == (42.0, 3.0, 24.0)
    assert (usage.temperature_c, usage.power_w) == (61.0, 250.5)


@pytest.mark.parametrize(("capability", "bf16"), [((7, 5), False), ((8, 0), True), ((12, 0), True)])
def test_bf16_follows_the_compute_capability(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], bf16: bool
) -> None:
    _install(monkeypatch, _FakeNvml(capability))
    assert detect_machine().bf16 is bf16


def test_a_card_that_torch_cannot_use_does_not_count(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _install(monkeypatch, _FakeNvml(), cuda=None)
    assert detect_machine().kind != "cuda"
    assert "built without CUDA" in caplog.text


def test_no_driver_is_no_trouble_and_a_broken_one_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nvml = _FakeNvml()
    nvml.broken = nvml.NVMLError_LibraryNotFound()
    _install(monkeypatch, nvml)
    assert detect_machine().kind != "cuda" and read_usage().gpu_percent is None
    assert caplog.text == ""
    detect_machine.cache_clear()
    device._open_gpu.cache_clear()
    nvml.broken = nvml.NVMLError("Driver/library version mismatch")
    assert detect_machine().kind != "cuda"
    assert "version mismatch" in caplog.text


def test_a_figure_the_card_does_not_give_is_none_and_the_others_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _install(monkeypatch, _FakeNvml(missing=("rates", "power", "mig")))
    usage = read_usage()
    assert (usage.gpu_percent, usage.power_w) == (None, None)
    assert (usage.vram_used_gb, usage.temperature_c) == (3.0, 61.0)


def test_a_slice_of_a_card_has_the_memory_of_the_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = _FakeNvml()
    nvml.mig = (1, 1)
    _install(monkeypatch, nvml)
    assert detect_machine().vram_gb == 6.0


@pytest.mark.parametrize(
    ("visible", "opened"), [("1,0", [1]), ("GPU-ab", ["GPU-ab"]), ("", []), ("-1", [])]
)
def test_the_visible_devices_are_respected(
    monkeypatch: pytest.MonkeyPatch, visible: str, opened: list[object]
) -> None:
    nvml = _FakeNvml()
    _install(monkeypatch, nvml)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert (detect_machine().kind == "cuda") == bool(opened)
    assert nvml.opened == opened


def test_usage_without_a_card_has_the_machine_and_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    usage = read_usage()
    assert 0 < usage.process_ram_gb < usage.ram_total_gb
    assert 0 < usage.ram_used_gb <= usage.ram_total_gb
    assert usage.vram_total_gb is None


def test_the_cuda_version_of_torch_is_read_from_its_files() -> None:
    import torch

    assert device._read_torch_cuda() == torch.version.cuda


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_limits_of_a_version_2_container(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "own": "0::/pod/app\n",
            "fs/pod/cpu.max": "150000 100000\n",
            "fs/pod/app/cpu.max": "max 100000\n",
            "fs/pod/memory.max": f"{4 * GIB}\n",
            "fs/pod/memory.current": f"{3 * GIB}\n",
            "fs/pod/memory.stat": f"anon 5\ninactive_file {GIB}\n",
            "fs/pod/app/memory.max": "max\n",
        },
    )
    places = (tmp_path / "fs", tmp_path / "own")
    assert read_cpu_quota(*places) == 1.5
    assert read_memory_limit(*places) == 4 * GIB
    assert read_memory_used(*places) == 2 * GIB


def test_limits_of_a_version_1_container_whose_path_is_the_hosts(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "own": "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n",
            "fs/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
            "fs/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "fs/memory/memory.limit_in_bytes": f"{2 * GIB}\n",
            "fs/memory/memory.usage_in_bytes": f"{GIB}\n",
        },
    )
    (tmp_path / "fs/cpu").symlink_to("cpu,cpuacct")
    places = (tmp_path / "fs", tmp_path / "own")
    assert read_cpu_quota(*places) == 0.5
    assert read_memory_limit(*places) == 2 * GIB
    assert read_memory_used(*places) == GIB


def test_no_container_means_no_limit(tmp_path: Path) -> None:
    _write(tmp_path, {"own": "0::/\n", "fs/cpu.stat": "x"})
    places = (tmp_path / "fs", tmp_path / "own")
    assert (read_cpu_quota(*places), read_memory_limit(*places)) == (None, None)
    assert read_memory_used(tmp_path / "nothing", tmp_path / "nowhere") is None


def test_a_limit_of_the_container_is_the_machines_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "read_memory_limit", lambda: 2 * GIB)
    monkeypatch.setattr(device, "read_memory_used", lambda: GIB)
    monkeypatch.setattr(device, "read_cpu_quota", lambda: 0.5)
    machine, usage = detect_machine(), read_usage()
    assert (machine.ram_gb, machine.cores) == (2.0, 1)
    assert (usage.ram_used_gb, usage.ram_total_gb) == (1.0, 2.0)
    monkeypatch.setattr(device, "read_memory_limit", lambda: 2**62)
    assert read_usage().ram_total_gb == psutil.virtual_memory().total / GIB
