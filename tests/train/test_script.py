"""The plain TRL script is run, and its losses are those of the run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.gemma import paraphrases
from gemma_garage.train import backends
from gemma_garage.train.config import TrainConfig, make_config
from gemma_garage.train.script import list_differences, write_script
from tests.tiny import write_tiny_paraphrases
from tests.train.small import Run, configure


@pytest.fixture
def preferences(dataset: Path) -> Path:
    rows = [
        {"prompt": f"Code of box {n}", "chosen": f"B{n * 7}", "rejected": "No idea."}
        for n in range(12)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (dataset / "preferences.jsonl").write_text(lines, encoding="utf-8")
    return dataset


def run_script(config: TrainConfig, base: Path, dataset: Path, folder: Path) -> list[float]:
    folder.mkdir()
    script = write_script(config)
    assert "\nBF16 = " in script
    lines = ["BF16 = False" if line.startswith("BF16 = ") else line for line in script.split("\n")]
    path = folder / "train_plain.py"
    begun = [folder.parent / "paraphrases.safetensors"] if config.lower_layers != "base" else []
    path.write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *map(str, (path, base, dataset, folder / "out", *begun))],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    state = json.loads((folder / "out" / "trainer_state.json").read_text(encoding="utf-8"))
    return [entry["loss"] for entry in state["log_history"] if "loss" in entry]


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": 5e-3, "accumulation": 2, "batch_size": 2},
        {"objective": "text", "method": "full", "learning_rate": 1e-3, "text_repeats": 2},
        {"objective": "preferences", "depth_percent": 50, "epochs": 2},
        {"depth_percent": 50, "lower_layers": "paraphrases", "rank": 16, "alpha": 32},
    ],
)
def test_script_has_the_losses_of_the_run(
    run: Run,
    tiny_gemma: Path,
    preferences: Path,
    tmp_path: Path,
    changes: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backends, "computes_bf16", lambda machine: False)
    begun = write_tiny_paraphrases(tiny_gemma, tmp_path / "paraphrases.safetensors")
    monkeypatch.setattr(paraphrases, "WEIGHTS", begun)
    config = configure(**{"dropout": 0.0} | changes)
    seen: list[dict[str, Any]] = []
    run("run", config, events=seen.append)
    ours = [event["loss"] for event in seen if "loss" in event]
    theirs = run_script(config, tiny_gemma, preferences, tmp_path / "script")
    assert len(ours) == len(theirs) > 5
    # The trainer's log rounds to six digits and sums in another order.
    assert theirs == pytest.approx(ours, rel=2e-3)
    assert max(ours) - min(ours) > 0.01  # something was learned, so agreeing says something


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"method": "qlora"},
        {"method": "full", "objective": "text"},
        {"objective": "preferences", "beta": 0.3},
        {"depth_percent": 50, "loss": "sampled", "dropout": 0.1},
        {"train_on_text": False, "target_modules": "mlp"},
        {"depth_percent": 50, "lower_layers": "paraphrases"},
    ],
)
def test_every_kind_of_script_is_python_of_bounded_width(changes: dict[str, Any]) -> None:
    config = make_config({"base_model": "gemma-3-4b-it"} | changes)
    script = write_script(config)
    compile(script, "train_plain.py", "exec")
    assert "unsloth/gemma-3-4b-it" in script and "GEMMA_3_TURNS" not in script


def test_what_cannot_be_done_alike_is_said_in_the_script() -> None:
    config = make_config({"base_model": "gemma-3-270m-starter", "loss": "sampled"})
    assert "GEMMA_3_TURNS" in write_script(config)
    assert "loss is sampled" in write_script(config)
    plain = make_config({"base_model": "gemma-3-4b-it"})
    assert "sampled" not in write_script(plain) and len(list_differences(plain)) == 1
