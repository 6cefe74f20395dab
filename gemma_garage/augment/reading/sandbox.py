"""Run one function in a short-lived process of its own, with limits on time and memory.

For code that reads what strangers made: if it loops, eats memory or crashes, only its process
dies, with whatever it started. The child gets a clean environment without any key, a folder of
its own for temporary files that is gone with it, no file but by path, and talks JSON lines over
its standard output. It is not a security boundary against code that runs on purpose.
"""

import importlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import gemma_garage
from gemma_garage.errors import GarageError, Stopped

TIME_LIMIT_S = 300.0
MEMORY_LIMIT_MB = 2048
POLL_EVERY_S = 0.1
# What Python needs to start on each system; everything else, keys above all, stays outside.
KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG")
SCRATCH_VARIABLES = ("TMPDIR", "TEMP", "TMP", "HOME")

log = logging.getLogger(__name__)


class ChildRefused(GarageError):
    """The function raised one of our own errors; the message is its."""


class ChildBroke(GarageError):
    """The function raised something foreign, or its process died."""


class ChildOutgrew(GarageError):
    """The process needed more time or memory than it may have."""


def run_in_child(
    target: str,
    arguments: dict[str, Any],
    *,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    memory_limit_mb: int = MEMORY_LIMIT_MB,
) -> Any:
    """Call `target` ("module:function") as `function(report=…, **arguments)` in a new process.

    Arguments and result are JSON; they travel through pipes, so a password is in no command
    line, file or environment. `report(done, total)` in the child arrives as `on_progress`.
    Raises ChildRefused, ChildBroke, ChildOutgrew, or Stopped when `should_stop()` turned true; in
    every case the process, and what it started, is gone when this returns.
    """
    with tempfile.TemporaryDirectory(prefix="gemma-garage-", ignore_cleanup_errors=True) as scratch:
        return _run(
            target,
            arguments,
            scratch,
            on_progress=on_progress,
            should_stop=should_stop,
            time_limit_s=time_limit_s,
            memory_limit_mb=memory_limit_mb,
        )


def _run(
    target: str,
    arguments: dict[str, Any],
    scratch: str,
    *,
    on_progress: Callable[[int, int], None] | None,
    should_stop: Callable[[], bool] | None,
    time_limit_s: float,
    memory_limit_mb: int,
) -> Any:
    limits = {"memory_mb": memory_limit_mb, "cpu_s": int(time_limit_s) + 1}
    request = json.dumps({"target": target, "arguments": arguments, "limits": limits})
    process = subprocess.Popen(
        [sys.executable, "-P", "-X", "utf8", "-m", "gemma_garage.augment.reading.sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_clean_environment(scratch),
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stdin and process.stdout and process.stderr
    lines: queue.Queue[str | None] = queue.Queue()
    complaints: deque[str] = deque(maxlen=50)
    pumps = [
        threading.Thread(target=_pump, args=(process.stdout, lines.put), daemon=True),
        threading.Thread(target=_pump, args=(process.stderr, complaints.append), daemon=True),
    ]
    try:
        for pump in pumps:
            pump.start()
        _send(process.stdin, request)
        answer = _await_answer(lines, time.monotonic() + time_limit_s, on_progress, should_stop)
    finally:
        _kill(process)
        process.wait()
        for pump in pumps:
            pump.join()
        process.stdout.close()
        process.stderr.close()
    if answer is not None and "result" in answer:
        return answer["result"]
    _raise_failure(answer, process.returncode, [line for line in complaints if line])


def _await_answer(
    lines: "queue.Queue[str | None]",
    deadline: float,
    on_progress: Callable[[int, int], None] | None,
    should_stop: Callable[[], bool] | None,
) -> dict[str, Any] | None:
    """The child's last word, or None if it ended without one."""
    while True:
        if should_stop is not None and should_stop():
            raise Stopped("Stopped at your request. What was done until then is kept.")
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise ChildOutgrew("it took too long")
        try:
            line = lines.get(timeout=min(POLL_EVERY_S, left_s))
        except queue.Empty:
            continue
        if line is None:
            return None
        message: dict[str, Any] = json.loads(line)
        if "done" not in message:
            return message
        if on_progress is not None:
            on_progress(int(message["done"]), int(message["total"]))


def _raise_failure(answer: dict[str, Any] | None, code: int, complaints: list[str]) -> None:
    if answer is None:
        log.warning("the child ended with %d: %s", code, "".join(complaints)[-2000:])
        # SIGXCPU and SIGKILL: the limits of the system, not of our own clock, were hit.
        if code in (-24, -9):
            raise ChildOutgrew("it took too long or too much memory")
        raise ChildBroke(f"its reader crashed (code {code})")
    if "refused" in answer:
        raise ChildRefused(str(answer["refused"]))
    if "outgrew" in answer:
        raise ChildOutgrew(str(answer["outgrew"]))
    log.warning("the child broke: %s\n%s", answer["broke"], "".join(complaints)[-2000:])
    raise ChildBroke(str(answer["broke"]))


def _pump(source: IO[str], put: Callable[[Any], None]) -> None:
    # A killed child can leave half a line; JSON is only trusted when its line is whole.
    for line in source:
        if line.endswith("\n"):
            put(line)
    put(None)


def _send(target: IO[str], request: str) -> None:
    try:
        with target:
            target.write(request)
    except BrokenPipeError:
        log.warning("the child ended before it took its task")


def _kill(process: "subprocess.Popen[str]") -> None:
    if sys.platform == "win32":
        process.kill()
        return
    # It leads a session of its own; not yet waited for, so its number is still its own.
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group that ended
        log.debug("the child's group was gone already")


def _clean_environment(scratch: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    kept |= dict.fromkeys(SCRATCH_VARIABLES, scratch)
    # The package may be run from a checkout without being installed.
    kept["PYTHONPATH"] = str(Path(gemma_garage.__file__).parents[1])
    return kept


# ── the child's side ─────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Read one task from standard input, do it, and write the answer to standard output."""
    # Whatever a library prints must not mix with the protocol: file descriptor 1 becomes 2.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(**message: Any) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    task = json.loads(sys.stdin.read())
    _set_limits(**task["limits"])
    module, _, function = task["target"].partition(":")
    try:
        work = getattr(importlib.import_module(module), function)
        result = work(report=lambda done, total: say(done=done, total=total), **task["arguments"])
        say(result=result)
    except GarageError as error:
        say(refused=str(error))
    except MemoryError:
        say(outgrew="it took too much memory")
    except Exception as error:  # noqa: BLE001  a parser may raise anything over a hostile file
        traceback.print_exc()
        say(broke=f"{type(error).__name__}: {str(error)[:200]}")


def _set_limits(memory_mb: int, cpu_s: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has none; the parent's clock still holds
        return
    wanted = (
        (resource.RLIMIT_AS, memory_mb * 2**20),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, value in wanted:
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError) as error:  # macOS refuses some of them
            log.debug("limit %s not set: %s", kind, error)


if __name__ == "__main__":
    main()
