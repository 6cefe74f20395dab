"""Read many damaged files in one child process, each as `parse` would read it in one of its own.

A process for each file would take minutes; what differs is only who notices a death: here the
parent goes on with the next file in a new child.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from gemma_garage.augment.reading.archive import is_archive, unpack_here
from gemma_garage.augment.reading.read import read_document
from gemma_garage.augment.reading.sandbox import ChildBroke, ChildOutgrew, run_in_child
from gemma_garage.augment.rows.formats import is_row_file
from gemma_garage.augment.rows.read import read_rows
from gemma_garage.errors import GarageError

CPU_S = 20  # of one small file; more is a hang
WRITES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate")
FORBIDDEN = ("subprocess.Popen", "os.system", "os.exec", "socket.connect", "socket.bind")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kind`: text, refused (one of our errors), foreign, slow, memory, died or escaped.

    `said`: the text, or the message. `cpu_s`: what it took."""

    path: Path
    kind: str
    said: str
    cpu_s: float = 0.0


# ── damage ──


def damage(sample: Path, folder: Path, count: int, dice: random.Random) -> list[Path]:
    """`count` damaged copies: cut off, bits flipped; of a ZIP container also inside its parts."""
    data = sample.read_bytes()
    ways = [_cut, _flip]
    if zipfile.is_zipfile(sample):
        ways += [_damage_part, _damage_part]
    paths = []
    for number in range(count):
        path = folder / f"{sample.stem}-{number}{sample.suffix}"
        path.write_bytes(ways[number % len(ways)](data, dice))
        paths.append(path)
    return paths


def _cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(1, len(data))]


def _flip(data: bytes, dice: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 4, 16, 64])):
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
    return bytes(damaged)


def _damage_part(data: bytes, dice: random.Random) -> bytes:
    """One part of the package is damaged and packed again, with the right check sum."""
    parts = read_parts(data)
    hit = dice.choice([name for name, part in parts.items() if len(part) > 1])
    parts[hit] = dice.choice([_cut, _flip, _flip])(parts[hit], dice)
    return write_parts(parts)


def read_parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def write_parts(parts: dict[str, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return packed.getvalue()


# ── the parent's side ──


def try_all(paths: Sequence[Path], folder: Path) -> list[Outcome]:
    """What became of each file. A child that dies takes the blame for the file it was at."""
    results = folder / "results.jsonl"
    results.touch()
    outcomes: list[Outcome] = []
    while len(outcomes) < len(paths):
        end = ""
        try:
            run_in_child(
                f"{__name__}:read_all",
                {
                    "paths": [str(path) for path in paths[len(outcomes) :]],
                    "folder": str(folder),
                    "results": str(results),
                },
                time_limit_s=600,
            )
        except (ChildBroke, ChildOutgrew) as error:
            end = str(error)
        lines = results.read_text(encoding="utf-8").splitlines()
        outcomes = [
            Outcome(path, *json.loads(line)) for path, line in zip(paths, lines, strict=False)
        ]
        if end:
            outcomes.append(Outcome(paths[len(outcomes)], "died", end))
            with results.open("a", encoding="utf-8") as log:
                log.write(json.dumps(["died", end]) + "\n")
    return outcomes


# ── the child's side ──


class TooSlow(BaseException):
    """No reader may catch it."""


def read_all(report: Any, paths: list[str], folder: str, results: str) -> None:
    sys.dont_write_bytecode = True
    allowed = tuple(str(Path(place).resolve()) for place in (folder, tempfile.gettempdir()))
    escapes: list[str] = []
    sys.addaudithook(lambda event, arguments: _watch(event, arguments, allowed, escapes))
    signal.signal(signal.SIGPROF, _stop)
    with Path(results).open("a", encoding="utf-8") as log:
        for path in paths:
            work = Path(folder) / f"{Path(path).name}.work"
            work.mkdir()
            escapes.clear()
            begun_s = time.process_time()
            kind, said = _read(Path(path), work)
            cpu_s = time.process_time() - begun_s
            if escapes:
                kind, said = "escaped", "; ".join(escapes)
            log.write(json.dumps([kind, said, cpu_s]) + "\n")
            log.flush()


def _stop(*_: object) -> None:
    raise TooSlow


def _read(path: Path, work: Path) -> tuple[str, str]:
    signal.setitimer(signal.ITIMER_PROF, CPU_S)
    try:
        return _read_one(path, work)
    except GarageError as error:
        return "refused", str(error)
    except MemoryError:
        return "memory", traceback.format_exc(limit=-3)
    except TooSlow:
        return "slow", traceback.format_exc(limit=-8)
    except Exception:  # noqa: BLE001  (that is what is looked for)
        return "foreign", traceback.format_exc(limit=-6)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _read_one(path: Path, work: Path) -> tuple[str, str]:
    if is_archive(path.name):
        found = unpack_here(str(path), path.name, str(work), 100, _report)
        taken = [row["origin"] for row in found if row["error"] is None]
        refused = "; ".join(str(row["error"]) for row in found if row["error"])
        return ("text", " ".join(taken)) if taken else ("refused", refused)
    if is_row_file(path.name):
        target = work / "rows.jsonl"
        read_rows(str(path), path.name, str(target), 100_000, _report)
        return "text", target.read_text(encoding="utf-8")
    read = read_document(str(path), path.name, None, _report, "draw", str(work))
    return "text", str(read["text"])


def _report(done: int, total: int) -> None:
    pass


def _watch(event: str, arguments: Any, allowed: tuple[str, ...], escapes: list[str]) -> None:
    """Note each write outside the work folders, each program started, each call home."""
    if event in FORBIDDEN:
        escapes.append(f"{event} {arguments!r:.200}")
    elif event == "open":
        path, _, flags = arguments
        writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        if isinstance(path, int) or not flags & writing:
            return
        _check_place(event, path, allowed, escapes)
    elif event in WRITES:
        for path in arguments:
            # Relative ones are given with a folder that was opened before.
            if isinstance(path, (str, bytes)) and Path(os.fsdecode(path)).is_absolute():
                _check_place(event, path, allowed, escapes)


def _check_place(event: str, path: Any, allowed: tuple[str, ...], escapes: list[str]) -> None:
    place = str(Path(os.fsdecode(path)).resolve())
    if place != os.devnull and not place.startswith(allowed):
        escapes.append(f"{event} {place}")
