"""The watched question: asked while it trains, and the training does not notice."""

import random
from pathlib import Path
from typing import Any

from gemma_garage.train.answers import choose_probe
from tests.train.small import Run, configure


def test_the_run_is_the_same_with_and_without_the_watched_question(run: Run) -> None:
    seen: list[dict[str, Any]] = []
    without = run("without", configure(epochs=2))
    asked = run("asked", configure(epochs=2, probe_every_steps=3), events=seen.append)
    assert without.adapter is not None and asked.adapter is not None
    assert (asked.adapter / "adapter_model.safetensors").read_bytes() == (
        without.adapter / "adapter_model.safetensors"
    ).read_bytes()
    answers = [event for event in seen if "answer" in event]
    assert [event["step"] for event in answers] == [0, 3, 6, 9, 12, 15, 16]
    assert {event["total"] for event in answers} == {16}


def test_the_run_is_the_same_with_a_measured_recall(run: Run) -> None:
    config = configure(epochs=2, eval_every_steps=4)
    stopping = configure(epochs=2, eval_every_steps=4, stop_early_on="recall", patience=100)
    plain = run("plain", config)
    graded = run("graded", stopping, grade=lambda *_: random.random() < 0.5)
    assert graded.loss == plain.loss


def test_which_question_is_watched(dataset: Path, tmp_path: Path) -> None:
    assert choose_probe("", dataset) == "Code of box 0?"
    assert choose_probe(" What is box 3? ", dataset) == "What is box 3?"
    assert choose_probe("", tmp_path) == ""
