"""`kill -9` at random moments of generation, training, exam and export: nothing is lost or doubled.

    python bench/kills.py [--kills 20] [--seed 7]

The work is done twice: once in peace, once by processes that are killed again and again, each at a
moment drawn from the seed. Store, jobs, files, trainer and checkpoints are real; a scripted
generator and a tiny random Gemma stand in for the starter, slowed down so that there is something
to hit. Prints one JSON document; exit 1 if anything differs.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from gemma_garage.garage import Garage, open_garage  # noqa: E402
from gemma_garage.settings import read_settings  # noqa: E402

PHASES = ("generate", "train", "exam", "export")
WAIT_S = 300.0
SLOW_S = {"generate": 0.2, "train": 0.1, "exam": 0.15, "export": 0.15}
LOSS_TOLERANCE = 1e-3


# ── the process that is killed ───────────────────────────────────────────────────────────────────


def work(home: Path, tiny: Path, phase: str) -> None:
    """Do one phase, or go on with it: to its end, unless killed before."""
    from gemma_garage.augment.dataset import freeze
    from gemma_garage.augment.generate import GenerateRequest, submit_generate
    from gemma_garage.export import adapter
    from gemma_garage.infer import exam
    from gemma_garage.train import sft
    from gemma_garage.train.run import find_job, start_run
    from tests.e2e.crash_child import open_for_test, slow_config

    _slow_down(sft, "sum_exact_loss", SLOW_S["train"])
    _slow_down(exam, "generate", SLOW_S["exam"])
    exam._CPU_BATCH = 2
    _slow_down(adapter, "write_package", SLOW_S["export"])
    _slow_down(adapter, "zip_folder", SLOW_S["export"])
    garage = open_for_test(home, tiny, pause_s=SLOW_S["generate"])
    adapter.register(garage)
    project = garage.store.projects()[0].id
    found = garage.store.jobs(project_id=project, kind=phase)
    if found and found[0].status == "interrupted":
        job_id = found[0].id
        garage.jobs.resume(job_id)
    elif found and found[0].status != "finished":
        raise SystemExit(f"{phase} is {found[0].status}: {found[0].error}")
    elif found:
        job_id = found[0].id
    elif phase == "generate":
        job_id = submit_generate(garage, project, GenerateRequest(generator="local"))
    elif phase == "train":
        datasets = garage.store.datasets(project) or [freeze(garage, project)]
        job_id = find_job(garage, start_run(garage, project, datasets[0].id, slow_config())).id
    elif phase == "exam":
        job_id = exam.submit_exam(garage, _trained(garage, project))
    else:
        job_id = adapter.submit_pack(garage, _trained(garage, project))
    job = garage.jobs.wait(job_id, WAIT_S)
    garage.close()
    if job.status != "finished":
        raise SystemExit(f"{phase} {job.status}: {job.error}")


def _trained(garage: Garage, project: int) -> int:
    return next(run.id for run in garage.store.runs(project) if run.adapter)


def _slow_down(module: Any, name: str, seconds: float) -> None:
    function = getattr(module, name)

    def slowly(*arguments: Any, **named: Any) -> Any:
        time.sleep(seconds)
        return function(*arguments, **named)

    setattr(module, name, slowly)


# ── the process that kills ───────────────────────────────────────────────────────────────────────


def prepare(home: Path, tiny: Path) -> None:
    from gemma_garage.augment.ingest import ingest_files
    from tests.e2e.crash_child import open_for_test, write_document

    garage = open_for_test(home, tiny)
    project = garage.store.projects()[0].id
    (outcome,) = ingest_files(garage, project, [write_document(home.parent)])
    assert outcome.job_id is not None and garage.jobs.wait(outcome.job_id).status == "finished"
    garage.close()


def start(home: Path, tiny: Path, phase: str, errors: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, __file__, "--child", str(home), str(tiny), phase],
        cwd=ROOT,
        stderr=errors.open("ab"),
        stdout=subprocess.DEVNULL,
    )


def run_phase(home: Path, tiny: Path, phase: str) -> float:
    """Do a phase in peace; gives how long its Job ran, in seconds."""
    child = start(home, tiny, phase, home / "errors")
    if child.wait(WAIT_S) != 0:
        raise SystemExit((home / "errors").read_text(encoding="utf-8")[-3000:])
    with _look(home) as store:
        began, ended = store.execute(
            "select started, finished from jobs where kind = ? order by id desc", (phase,)
        ).fetchone()
    return _seconds(ended) - _seconds(began)


def kill_in_phase(home: Path, tiny: Path, phase: str, kills: int, lasts_s: float, dice: Any) -> int:
    """Kill the phase at random moments of its Job, then let it end; gives how often it was hit."""
    hit = 0
    while True:
        child = start(home, tiny, phase, home / "errors")
        if hit < kills:
            if _wait_until_running(home, phase, child):
                time.sleep(dice.uniform(0, 1.2 * lasts_s / kills))
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
                hit += 1
                print(f"{phase}: kill {hit} of {kills}", file=sys.stderr)
                continue
        if child.wait(WAIT_S) != 0:
            raise SystemExit((home / "errors").read_text(encoding="utf-8")[-3000:])
        return hit


def _wait_until_running(home: Path, phase: str, child: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + WAIT_S
    while child.poll() is None and time.monotonic() < deadline:
        with _look(home) as store:
            states = store.execute("select status from jobs where kind = ?", (phase,)).fetchall()
        if ("running",) in states and _has_started(home, child):
            return True
        time.sleep(0.02)
    return False


def _has_started(home: Path, child: subprocess.Popen[bytes]) -> bool:
    """`running` may be what the process killed before has left: the new one marks it first."""
    with _look(home) as store:
        began = store.execute("select max(started) from jobs where status = 'running'").fetchone()
    return _seconds(began[0]) > _started_s.setdefault(child.pid, time.time()) - 1.0


_started_s: dict[int, float] = {}


def _look(home: Path) -> Any:
    from contextlib import closing

    return closing(sqlite3.connect(f"file:{home / 'garage.db'}?mode=ro", uri=True, timeout=30))


def _seconds(iso: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(iso).timestamp()


# ── what came out ────────────────────────────────────────────────────────────────────────────────


def describe(home: Path) -> dict[str, Any]:
    """All that the work made, without ids and times."""
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    store = garage.store
    project = store.projects()[0].id
    (run,) = store.runs(project)
    exports = store.exports(project)
    packed = [zipfile.ZipFile(garage.workspace.absolute(str(row.path))) for row, _ in exports]
    described = {
        "documents": [row.sha256 for row in store.documents(project)],
        "examples": sorted(
            (row.question, row.answer, row.status, row.fact) for row in store.examples(project)[0]
        ),
        "dataset": [row.counts for row in store.datasets(project)],
        "steps": [row.step for row in store.metrics(run.id)],
        "losses": [row.values["loss"] for row in store.metrics(run.id) if "loss" in row.values],
        "answers": [row.values.get("answer") for row in store.metrics(run.id)],
        "exam": sorted(
            (question.question, result.subject, result.answer, result.correct)
            for result, question in store.exam_results(run.id)
        ),
        "exports": [sorted(archive.namelist()) for archive in packed],
        "broken_zips": [archive.testzip() for archive in packed],
        "unfinished": [row.title for row in store.jobs(limit=1_000) if row.status != "finished"],
        "jobs": sorted(row.kind for row in store.jobs(limit=1_000)),
    }
    garage.store.close()
    with _look(home) as database:
        described["integrity"] = database.execute("pragma integrity_check").fetchall()
        described["foreign_keys"] = database.execute("pragma foreign_key_check").fetchall()
    return described


def compare(peace: dict[str, Any], war: dict[str, Any]) -> list[str]:
    """What differs, by name; losses may by `LOSS_TOLERANCE`."""
    found = [name for name in peace if name != "losses" and peace[name] != war[name]]
    pairs = list(zip(peace["losses"], war["losses"], strict=False))
    if len(peace["losses"]) != len(war["losses"]) or any(
        abs(a - b) > LOSS_TOLERANCE for a, b in pairs
    ):
        found.append("losses")
    if war["integrity"] != [("ok",)] or war["foreign_keys"] or any(war["broken_zips"]):
        found.append("integrity")
    if war["unfinished"]:
        found.append("unfinished")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    from tests.tiny import write_tiny_gemma

    dice = random.Random(options.seed)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        tiny = write_tiny_gemma(Path(folder) / "tiny")
        homes = {name: Path(folder) / name / "home" for name in ("peace", "war")}
        for home in homes.values():
            home.mkdir(parents=True)
            prepare(home, tiny)
        lasts_s = {phase: run_phase(homes["peace"], tiny, phase) for phase in PHASES}
        hits = {}
        for number, phase in enumerate(PHASES):
            left = options.kills - sum(hits.values())
            share = -(-left // (len(PHASES) - number))
            hits[phase] = kill_in_phase(homes["war"], tiny, phase, share, lasts_s[phase], dice)
        peace, war = describe(homes["peace"]), describe(homes["war"])
    different = compare(peace, war)
    worst = max(abs(a - b) for a, b in zip(peace["losses"], war["losses"], strict=False))
    print(
        json.dumps(
            {
                "kills": hits,
                "different": {name: [peace.get(name), war.get(name)] for name in different},
                "rows": len(war["examples"]),
                "steps": len(war["losses"]),
                "largest_loss_difference": worst,
                "exam_answers": len(war["exam"]),
                "integrity": war["integrity"],
                "seconds": round(time.monotonic() - began_s),
            }
        )
    )
    return 1 if different or sum(hits.values()) < options.kills else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        work(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
    else:
        sys.exit(main())
