"""Early stopping by held-out rows: it stops, keeps the best, and decides the same after a kill."""

from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import ConfigError
from gemma_garage.train.checkpoints import last_checkpoint, list_checkpoints
from gemma_garage.train.stopping import Best, find_best, is_over
from tests.train.small import STEPS, Run, configure

WATCHED: dict[str, Any] = {"eval_every_steps": 2, "patience": 2, "dropout": 0.0}


def test_the_best_is_the_first_of_equals_by_the_measure_that_was_chosen() -> None:
    history: list[dict[str, Any]] = [
        {"loss": 1.0, "step": 1},
        {"eval_loss": 2.0, "step": 2},
        {"eval_recall": 0.1, "step": 2},
        {"eval_loss": 1.0, "step": 4},
        {"eval_recall": 0.5, "step": 4},
        {"eval_loss": 1.5, "step": 6},
        {"eval_recall": 0.5, "step": 6},
        {"eval_loss": 0.9, "step": 8},
        {"eval_recall": 0.4, "step": 8},
    ]
    loss = configure(stop_early_on="eval_loss", **WATCHED)
    recall = configure(stop_early_on="recall", **WATCHED)
    assert find_best(history, loss) == Best(8, 0.9, 0)
    assert find_best(history, recall) == Best(4, 0.5, 2)
    assert find_best(history, configure()) == Best(8, 0.9, 0)  # the best is kept in any case
    assert find_best(history[:1], loss) is None
    assert (is_over(history, loss), is_over(history, recall)) == (False, True)
    assert not is_over(history, configure(**WATCHED))


class _Grades:
    """Right answers by script: which share at the n-th measurement."""

    def __init__(self, *shares: float, rows: int = 4) -> None:
        self.answers = [number < share * rows for share in shares for number in range(rows)]
        self.asked: list[str] = []

    def __call__(self, given: str, expected: str, question: str) -> bool:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else False


def test_recall_that_no_longer_rises_stops_the_run_and_the_best_state_is_kept(
    run: Run, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    seen: list[dict[str, Any]] = []
    grades = _Grades(0.25, 0.75, 0.5, 0.5, 1.0)
    config = configure(stop_early_on="recall", **WATCHED)
    result = run("early", config, grade=grades, events=seen.append)
    assert (result.steps, result.best_step, result.recall) == (8, 4, 0.75)
    assert not result.stopped and result.adapter is not None
    recalls = [event["eval_recall"] for event in seen if "eval_recall" in event]
    assert recalls == [0.25, 0.75, 0.5, 0.5]
    assert any("no better since step 4" in e.get("note", "") for e in seen)
    names = [folder.name for folder in list_checkpoints(tmp_path / "early")]
    assert "checkpoint-4" in names and names[0] == "checkpoint-8"
    saved = load_file(result.adapter / "adapter_model.safetensors")
    best = load_file(
        tmp_path / "early" / "checkpoints" / "checkpoint-4" / "adapter_model.safetensors"
    )
    assert all((saved[name] == best[name]).all() for name in best)


def test_a_run_killed_after_it_had_stopped_early_does_not_train_on(
    run: Run, tmp_path: Path
) -> None:
    config = configure(stop_early_on="recall", **WATCHED)
    whole = run("early", config, grade=_Grades(0.25, 0.75, 0.5, 0.5))
    assert whole.adapter is not None
    before = (whole.adapter / "adapter_model.safetensors").read_bytes()
    checkpoint = last_checkpoint(tmp_path / "early")
    again = run("early", config, grade=_Grades(1.0), resume_from=checkpoint)
    assert (again.steps, again.best_step, again.recall) == (8, 4, 0.75)
    assert again.eval_loss == pytest.approx(whole.eval_loss)
    assert again.adapter is not None
    assert (again.adapter / "adapter_model.safetensors").read_bytes() == before


def test_a_resumed_run_remembers_what_was_measured_before(run: Run, tmp_path: Path) -> None:
    config = configure(stop_early_on="recall", **WATCHED)
    asked = iter(range(1, 100))
    run("early", config, grade=_Grades(0.25, 0.75), should_stop=lambda: next(asked) >= 5)
    checkpoint = last_checkpoint(tmp_path / "early")
    assert checkpoint is not None and checkpoint.name == "checkpoint-5"
    result = run("early", config, grade=_Grades(0.5, 0.5), resume_from=checkpoint)
    assert (result.steps, result.best_step) == (8, 4)


def test_a_loss_that_goes_on_falling_stops_nothing(run: Run) -> None:
    result = run("falling", configure(stop_early_on="eval_loss", **WATCHED | {"patience": 12}))
    assert result.steps == STEPS and result.adapter is not None
    assert result.eval_loss is not None and result.best_step is not None


def test_without_held_out_rows_nothing_can_be_decided(
    run: Run, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemma_garage.train import trainer

    monkeypatch.setattr(trainer, "read_rows", lambda path: [])
    with pytest.raises(ConfigError, match=r"stop_early_on is eval_loss, and the dataset has 0 h"):
        run("blind", configure(stop_early_on="eval_loss", **WATCHED))
