"""The log of a run: whole entries with traces, found by level, stage and words, from the end."""

import json
import logging
import threading
from pathlib import Path

import pytest

from gemma_garage.log_lines import JsonLines
from gemma_garage.train import logs
from gemma_garage.train.logs import RunLog, read_log


def _fill(path: Path) -> None:
    log = RunLog(path, run=3)
    log.write("loading", "Gemma on a processor")
    for step in range(50):
        log.write("training", f"step {step}/50 loss {3 / (step + 1):.3f}", "debug")
    log.write("training", "out of memory: going on with half", "warning")
    try:
        raise ZeroDivisionError("in the middle of it")
    except ZeroDivisionError as error:
        log.write("training", "It broke", "error", error)
    log.write("saving", "done")


def test_entries_have_time_level_stage_and_the_whole_trace(tmp_path: Path) -> None:
    _fill(tmp_path / "log.jsonl")
    first, *_, broke, last = read_log(tmp_path / "log.jsonl")
    assert first.keys() == {"at", "level", "logger", "stage", "run", "message"}
    assert (first["stage"], first["level"], first["run"]) == ("loading", "info", 3)
    assert broke["trace"].startswith("Traceback") and "in the middle of it" in broke["trace"]
    assert last["message"] == "done"


def test_entries_are_found_by_level_stage_and_words(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    _fill(path)
    assert [e["level"] for e in read_log(path, least_level="warning")] == ["warning", "error"]
    assert [e["message"] for e in read_log(path, stage="saving")] == ["done"]
    assert [e["message"] for e in read_log(path, search="MIDDLE of")] == ["It broke"]
    steps = read_log(path, search="step", limit=3)
    assert [e["message"].split("/")[0] for e in steps] == ["step 47", "step 48", "step 49"]
    assert read_log(tmp_path / "none.jsonl") == []


def test_a_long_log_is_read_from_its_end_over_block_borders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    _fill(path)
    whole = read_log(path, limit=1_000)
    monkeypatch.setattr(logs, "BLOCK_BYTES", 37)
    assert read_log(path, limit=1_000) == whole
    with path.open("ab") as file:
        file.write(b'{"at": "2026')  # the process died here
    assert read_log(path, limit=1_000) == whole


def test_warnings_of_libraries_join_while_its_own_thread_is_in_them(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = RunLog(path, run=1)
    library = logging.getLogger("trl.trainer")
    with log.capture():
        library.warning("a row was cut")
        library.info("quiet")
        other = threading.Thread(target=library.warning, args=("of another run",))
        other.start()
        other.join()
    library.warning("afterwards")
    assert [entry["message"] for entry in read_log(path)] == ["a row was cut"]


def test_a_full_disk_loses_the_line_but_not_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = RunLog(tmp_path / "no folder" / "log.jsonl", run=1)
    log.write("training", "step 1")
    assert "could not be written" in caplog.text


def test_what_a_run_says_is_json_for_a_collector_too(tmp_path: Path) -> None:
    class Keep(logging.Handler):
        def __init__(self) -> None:
            super().__init__()
            self.lines: list[str] = []

        def emit(self, record: logging.LogRecord) -> None:
            self.lines.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonLines())
    logs.said.addHandler(handler)
    try:
        _fill(tmp_path / "log.jsonl")
    finally:
        logs.said.removeHandler(handler)
    # Whether lines below warning come too is for the process to say.
    broke = next(line for line in map(json.loads, handler.lines) if line["level"] == "error")
    assert (broke["level"], broke["run"], broke["stage"]) == ("error", 3, "training")
    assert "ZeroDivisionError: in the middle of it" in broke["trace"]
