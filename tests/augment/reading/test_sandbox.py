"""The child process: whatever happens in it, the parent goes on and says what it was."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from gemma_garage.augment.reading.sandbox import (
    ChildBroke,
    ChildOutgrew,
    ChildRefused,
    run_in_child,
)
from gemma_garage.errors import Stopped

HOSTILE = "tests.augment.reading.hostile:"


def test_result_and_progress_come_back_and_printing_cannot_forge_them() -> None:
    seen: list[tuple[int, int]] = []
    answer = run_in_child(
        HOSTILE + "chatter", {"words": 3}, on_progress=lambda *step: seen.append(step)
    )
    assert answer["said"] == 3
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_child_sees_no_secret_of_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI_API_KEY", "HF_TOKEN", "GEMMA_GARAGE_PASSWORD"):
        monkeypatch.setenv(name, "s3cret")
    environment = run_in_child(HOSTILE + "chatter", {"words": 0})["environment"]
    assert not {"GEMINI_API_KEY", "HF_TOKEN", "GEMMA_GARAGE_PASSWORD"} & set(environment)


def test_an_endless_loop_is_cut_off() -> None:
    with pytest.raises(ChildOutgrew, match="too long"):
        run_in_child(HOSTILE + "loop", {}, time_limit_s=0.5)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
def test_what_the_child_started_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with pytest.raises(Stopped):
        arguments = {"note": str(note)}
        run_in_child(HOSTILE + "start_another", arguments, should_stop=note.is_file)
    number = int(note.read_text())
    for _ in range(100):
        if not _is_alive(number):
            return
        time.sleep(0.05)
    pytest.fail(f"process {number} goes on")


def _is_alive(number: int) -> bool:
    try:
        return bool(psutil.Process(number).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_temporary_files_are_gone_with_the_child() -> None:
    left = Path(run_in_child(HOSTILE + "litter", {}))
    assert left.is_absolute() and not left.exists() and not left.parent.exists()


def test_a_loop_ends_at_once_when_asked_to_stop() -> None:
    with pytest.raises(Stopped):
        run_in_child(HOSTILE + "loop", {}, should_stop=lambda: True)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds to RLIMIT_AS")
def test_memory_is_limited() -> None:
    with pytest.raises(ChildOutgrew, match="memory"):
        run_in_child(HOSTILE + "allocate", {}, memory_limit_mb=512)


@pytest.mark.parametrize(("function", "said"), [("crash", "crashed"), ("leave", "code 7")])
def test_a_crash_is_told(function: str, said: str) -> None:
    with pytest.raises(ChildBroke, match=said):
        run_in_child(HOSTILE + function, {})


def test_a_foreign_error_is_named() -> None:
    with pytest.raises(ChildBroke, match=r"KeyError.*no such part"):
        run_in_child(HOSTILE + "stumble", {})


def test_our_own_errors_keep_their_message() -> None:
    arguments = {"path": __file__, "name": "photo.heic", "password": None}
    with pytest.raises(ChildRefused, match=r"“photo\.heic” ends in “\.heic”"):
        run_in_child("gemma_garage.augment.reading.read:read_document", arguments)


def test_the_child_loads_no_heavy_library() -> None:
    code = (
        "import sys, gemma_garage.augment.reading.sandbox, gemma_garage.augment.reading.read\n"
        "from gemma_garage.augment.reading import pdf, slides, word\n"
        "heavy = {'torch', 'transformers', 'gradio', 'sqlalchemy', 'numpy', 'pypdfium2', 'docx'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
