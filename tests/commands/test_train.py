"""`gemma-garage train`: settings from a file and from the call, the estimate, the run, Ctrl-C."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.cli import main
from gemma_garage.commands import train as command
from gemma_garage.garage import open_garage
from gemma_garage.infer import session
from gemma_garage.settings import read_settings
from gemma_garage.train import run, sft
from gemma_garage.train.sizing import EFFORTS
from tests.train.small import add_dataset

SETTINGS = """
base_model: gemma-3-270m-starter
epochs: 1
batch_size: 4
rank: 8
alpha: 8
learning_rate: 1e-2
depth_percent: 100
loss: exact
probe_every_steps: 0
"""
Call = Callable[..., tuple[int, Any, str]]


@pytest.fixture(autouse=True)
def tiny_base(tiny_gemma: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (run, session):
        monkeypatch.setattr(module, "obtain_base", lambda *_, **__: tiny_gemma)


@pytest.fixture
def dataset(home: Path) -> None:
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    add_dataset(garage)
    garage.close()


@pytest.fixture
def call(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    def train(*more: str, settings: str = SETTINGS) -> tuple[int, Any, str]:
        path = tmp_path / "run.yaml"
        path.write_text(settings, encoding="utf-8")
        code = main(["train", "--home", str(home), "--json", "--config", str(path), *more])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else None, told.err

    return train


def test_run_is_trained_to_its_end_and_told_to_programs(dataset: None, call: Call) -> None:
    code, told, said = call("--seed", "7")
    assert code == 0, said
    assert (told["run"], told["number"], told["status"]) == (1, 1, "finished")
    assert told["backend"] == "transformers" and told["steps"] == 8 and told["loss"] > 0
    assert told["tokens_per_second"] > 0 and told["exam"] is None  # the dataset has no exam
    assert Path(told["adapter"], "adapter_model.safetensors").is_file()
    for held in (told["peak_memory_gb"], told["seconds"]):
        assert held["estimated"] > 0 and held["measured"] > 0
    assert told["config"]["seed"] == 7 and told["config"]["rank"] == 8
    assert "about" in said and "min (reckoned)" in said and "estimated were" in said


def test_estimate_trains_nothing_and_names_the_settings(
    dataset: None, call: Call, home: Path
) -> None:
    code, told, said = call("--estimate", "--method", "full", "--learning-rate", "1e-5")
    assert code == 0 and "full on answers: 32 rows" in said
    assert told["estimate"]["memory_gb"] > 3 and told["config"]["learning_rate"] == 1e-5
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    assert not garage.store.jobs() and not garage.store.runs(1)
    garage.close()


def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_go_on(
    dataset: None, call: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interrupt comes from the loss: there the run is in the middle of a step."""
    import signal
    import threading
    import time

    steps, sum_loss = iter(range(10_000)), sft.sum_exact_loss

    def interrupt(*given: Any) -> Any:
        if next(steps) == 3:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            time.sleep(1)  # the main thread asks for the stop; the few steps left take no time
        return sum_loss(*given)

    monkeypatch.setattr(sft, "sum_exact_loss", interrupt)
    # A process that was started in the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code, told, said = call()
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 1 and told["status"] == "stopped" and told["adapter"] is None
    assert f"gemma-garage resume 1 --home {home}" in said
    assert list((home / "runs" / "1" / "checkpoints").glob("checkpoint-*/seal.json"))


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ("lr: 3", 2, "There is no setting lr"),
        ("rank: [", 2, "not valid YAML"),
        ("rank: 8\nalpha: 512", 1, "alpha is 512 and rank is 8"),
        ("base_model: gemma-9", 1, "no base model 'gemma-9'"),
    ],
)
def test_settings_that_will_not_do(
    dataset: None, call: Call, settings: str, code: int, message: str
) -> None:
    assert call(settings=settings)[0] == code
    assert message in call(settings=settings)[2]


def test_dataset_that_is_not_there_is_named_with_those_that_are(dataset: None, call: Call) -> None:
    code, told, said = call("--dataset", "9")
    assert (code, told) == (1, None) and "no dataset version 9" in said and "there are: 1" in said


def test_a_setting_beside_the_file_wins_and_the_rest_is_sized(dataset: None, call: Call) -> None:
    _, told, _ = call("--estimate", "--rank", "16", "--no-train-on-text", settings="epochs: 2")
    config = told["config"]
    assert (config["rank"], config["train_on_text"], config["epochs"]) == (16, False, 2)
    assert config["learning_rate"] == 1e-3 and command.EFFORTS == EFFORTS
