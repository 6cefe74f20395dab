"""A run that must fail is refused before anything is loaded, by what is wrong and what to do."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import ConfigError, DatasetError, GatedModel, MachineError, ModelError
from gemma_garage.garage import Garage
from gemma_garage.gemma import load
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import Machine
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.schema import Dataset, Run
from gemma_garage.train import plan, run
from gemma_garage.train.config import TrainConfig, make_config
from gemma_garage.train.fit import Need
from gemma_garage.train.ready import require_ready, require_room
from gemma_garage.train.run import start_run
from gemma_garage.train.trainer import train

PROCESSOR = Machine("cpu", "a processor", 2, 16.0, 0.0, False)
STARTER = find_base(STARTER_ID)
QUESTIONS = [{"question": f"Code of box {n}", "answer": f"B{n}"} for n in range(12)]


def write(folder: Path, **files: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def configure(**changes: Any) -> TrainConfig:
    return make_config({"base_model": STARTER_ID} | changes)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every attempt to load a base; there must be none."""
    tried: list[object] = []

    def load_model(*given: object, **_: object) -> None:
        tried.append(given)

    monkeypatch.setattr("gemma_garage.train.backends.load_model", load_model)
    monkeypatch.setattr(load, "load_model", load_model)
    return tried


@pytest.mark.parametrize(
    ("changes", "files", "message"),
    [
        ({}, {"train": QUESTIONS[:3]}, "3 questions to train on; a run needs at least 8. Accept"),
        ({"objective": "text"}, {"train": QUESTIONS}, "0 passages of text; .* at least 8"),
        ({"objective": "preferences"}, {"train": QUESTIONS}, "0 preferences; .* Import rows"),
        ({}, {"train": [QUESTIONS[0]] * 12}, "All 12 questions to train on are the same"),
        (
            {"objective": "text"},
            {"text": [{"text": "One passage.", "chunk_id": n} for n in range(9)]},
            "All 9 passages of text are the same",
        ),
        (
            {"objective": "preferences"},
            {
                "preferences": [
                    {"prompt": f"Q{n}", "chosen": "A", "rejected": "A"} for n in range(9)
                ]
            },
            "9 preferences have the same text as better and as worse answer .*“Q0”",
        ),
    ],
)
def test_dataset_that_teaches_nothing_is_refused(
    tmp_path: Path, changes: dict[str, Any], files: dict[str, Any], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        require_ready(configure(**changes), STARTER, PROCESSOR, write(tmp_path / "d", **files))


def test_limit_over_the_context_of_the_base_names_both(tmp_path: Path) -> None:
    base = replace(STARTER, context_tokens=512)
    with pytest.raises(ConfigError, match=r"max_length_tokens is 1,024 .* 512 .*base_model is"):
        require_ready(configure(), base, PROCESSOR, write(tmp_path / "d", train=QUESTIONS))


def test_library_that_is_too_old_is_named_with_what_is_installed(tmp_path: Path) -> None:
    base = replace(STARTER, min_transformers="99.0.0")
    with pytest.raises(MachineError, match=r"transformers 99\.0\.0 or newer and \d.* is installed"):
        require_ready(configure(), base, PROCESSOR, write(tmp_path / "d", train=QUESTIONS))


def test_memory_that_will_not_do_names_figures_and_two_ways_out() -> None:
    need = Need(memory_gb=30.5, available_gb=16.0, disk_gb=1.0, parts={})
    with pytest.raises(MachineError, match=r"30\.5 GB of memory; .*16\.0 GB .*batch_size to 1"):
        require_room(configure(), need, PROCESSOR)
    require_room(configure(), replace(need, memory_gb=15.9), PROCESSOR)


def test_rows_over_the_limit_are_refused_before_the_base_is_loaded(
    tiny_gemma: Path, tmp_path: Path, loads: list[object]
) -> None:
    rows = [{"question": f"Code of box {n}" * 20, "answer": f"B{n}"} for n in range(12)]
    with pytest.raises(
        DatasetError, match=r"12 questions .* of which 12 are longer than 64 tokens"
    ):
        train(
            configure(max_length_tokens=64),
            write(tmp_path / "d", train=rows),
            tiny_gemma,
            tmp_path / "out",
            machine=PROCESSOR,
            events=lambda event: None,
            should_stop=lambda: False,
        )
    assert loads == []


@pytest.fixture
def dataset(garage: Garage) -> Dataset:
    folder = write(garage.workspace.dataset(1), train=QUESTIONS)
    return garage.store.add(
        Dataset(
            project_id=garage.store.projects()[0].id,
            version=1,
            path=garage.workspace.relative(folder),
            counts={"train": 12},
            fingerprint="f" * 64,
        )
    )


def test_run_that_is_too_large_is_not_queued(
    garage: Garage, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.register(garage)
    small = replace(PROCESSOR, ram_gb=4.5)
    for module in (run, plan):
        monkeypatch.setattr(module, "detect_machine", lambda: small)
    config = configure(method="full", learning_rate=1e-5)
    with pytest.raises(MachineError, match=r"needs about .* GB of memory; this machine has 4\.5"):
        start_run(garage, dataset.project_id, dataset.id, config)
    assert not garage.store.runs(dataset.project_id) and not garage.store.jobs()


def test_estimate_is_kept_with_the_run_and_held_against_what_was_measured(
    garage: Garage, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.register(garage)
    for module in (run, plan):
        monkeypatch.setattr(module, "detect_machine", lambda: PROCESSOR)
    run_id = start_run(garage, dataset.project_id, dataset.id, configure())
    stored = garage.store.get(Run, run_id)
    assert stored.estimate["available_gb"] == 16.0 and stored.estimate["steps"] == 6
    assert 0 < stored.estimate["memory_gb"] < 16 and stored.estimate["seconds"] > 0
    assert plan.compare_estimate(stored) == {}
    garage.store.update(Run, run_id, result={"peak_memory_gb": 2.0, "seconds": 40.0})
    held = plan.compare_estimate(garage.store.get(Run, run_id))
    assert held["memory_gb"] == (stored.estimate["memory_gb"], 2.0)
    assert held["seconds"][1] == 40.0


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            GatedModel("Open https://huggingface.co/google/gemma-3-270m-it and accept its terms."),
            "https://huggingface.co/google/gemma-3-270m-it",
        ),
        (ModelError("google/gemma-3-270m-it is not on the Hub any more."), "not on the Hub"),
    ],
)
def test_base_that_cannot_be_had_ends_the_run_before_it_is_loaded(
    garage: Garage,
    dataset: Dataset,
    loads: list[object],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    message: str,
) -> None:
    def refuse(*_: object, **__: object) -> Callable[..., Path]:
        raise error

    monkeypatch.setattr(run, "obtain_base", refuse)
    run.register(garage)
    garage.jobs.start()
    config = make_config({"base_model": "gemma-3-270m-it"})
    run_id = start_run(garage, dataset.project_id, dataset.id, config)
    job = garage.jobs.wait(garage.store.get(Run, run_id).job_id or 0, timeout_s=60)
    assert job.status == "failed" and message in str(job.error)
    assert loads == []
