"""What a reader must never do, for the tests of the child process that runs it."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any


def loop(report: Any) -> None:
    while True:
        pass


def allocate(report: Any) -> int:
    return len([bytearray(1 << 20) for _ in range(10_000)])


def crash(report: Any) -> None:
    os.abort()


def leave(report: Any) -> None:
    os._exit(7)


def chatter(report: Any, words: int) -> dict[str, Any]:
    """Print to standard output beside the answer, and report on the way."""
    for number in range(words):
        os.write(1, b'{"result": "forged"}\n')
        report(number + 1, words)
    return {"said": words, "environment": sorted(os.environ)}


def stumble(report: Any) -> None:
    raise KeyError("no such part")


def start_another(report: Any, note: str) -> None:
    """A program that outlives its starter, as office programs do."""
    process = subprocess.Popen(["sleep", "300"])
    Path(f"{note}.new").write_text(str(process.pid))
    Path(f"{note}.new").rename(note)
    loop(report)


def litter(report: Any) -> str:
    with tempfile.NamedTemporaryFile(delete=False) as left:
        return left.name
