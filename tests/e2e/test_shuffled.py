"""An adapter of right rows, and one of the same rows with shuffled answers: trained, examined, and
called better and worse than the base by the verdict.

The base is the tiny Gemma, taught half of the facts first (a random one knows nothing that could be
lost). Trainer, adapters, exam and verdict are real.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.garage import Garage
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.infer import exam, session
from gemma_garage.infer.exam_result import exam_table
from gemma_garage.infer.significance import BETTER, WORSE
from gemma_garage.infer.verdict import judge_run
from gemma_garage.schema import Dataset, ExamQuestion
from gemma_garage.train import run
from gemma_garage.train.run import find_job, start_run
from gemma_garage.train.trainer import train
from tests.infer.conftest import one_thread  # noqa: F401  (a fixture)
from tests.train.small import PROCESSOR, configure

WAIT_S = 200
COLOURS = "red blue green black white brown grey pink".split()
RIGHT = [COLOURS[number * 5 % 8] for number in range(24)]
SHUFFLED = RIGHT[1:] + RIGHT[:1]  # no answer stays where it was

pytestmark = pytest.mark.slow


def _write(folder: Path, answers: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"question": f"Colour of box {number}?", "answer": answer}
        for number, answer in enumerate(answers)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    for name, text in (("train", lines), ("eval", ""), ("text", "")):
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def _settings(**changes: Any) -> Any:
    values = {"batch_size": 8, "dropout": 0.0, "train_on_text": False, "save_every_steps": 1_000}
    return configure(**(values | changes))


@pytest.fixture
def half_taught(tiny_gemma: Path, tmp_path: Path, one_thread: None) -> Path:  # noqa: F811
    """A whole model that knows the first half of the facts right and the others wrong."""
    rows = _write(tmp_path / "first", RIGHT[:12] + SHUFFLED[12:])
    made = train(
        _settings(method="full", epochs=50),
        rows,
        tiny_gemma,
        tmp_path / "base",
        machine=PROCESSOR,
        events=lambda event: None,
        should_stop=lambda: False,
    )
    assert made.adapter is not None
    return made.adapter


def test_right_rows_are_called_better_and_shuffled_answers_worse(
    garage: Garage, half_taught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (run, session):
        monkeypatch.setattr(module, "obtain_base", lambda *_, **__: half_taught)
    run.register(garage)
    exam.register(garage)
    garage.jobs.start()
    project = garage.store.projects()[0].id
    dataset = garage.store.add(
        Dataset(
            project_id=project,
            version=1,
            path="datasets/1",
            counts={"train": len(RIGHT)},
            fingerprint="0" * 64,
        )
    ).id
    garage.store.add_exam_questions(
        [
            ExamQuestion(
                dataset_id=dataset,
                kind="paraphrase",
                question=f"Colour of box {number}?",
                answer=answer,
            )
            for number, answer in enumerate(RIGHT)
        ]
    )
    told = {}
    for name, answers in (("right", RIGHT), ("shuffled", SHUFFLED)):
        _write(garage.workspace.dataset(1), answers)
        config = _settings(base_model=STARTER_ID, rank=32, alpha=32, epochs=30)
        run_id = start_run(garage, project, dataset, config)
        trained = garage.jobs.wait(find_job(garage, run_id).id, WAIT_S)
        assert trained.status == "finished", trained.error
        examined = garage.jobs.wait(exam.submit_exam(garage, run_id), WAIT_S)
        assert examined.status == "finished", examined.error
        (told[name],) = judge_run(exam_table(garage.store, run_id)).kinds
    assert told["right"].before == told["shuffled"].before  # the same base, asked the same
    assert told["right"].difference.call == BETTER
    assert told["shuffled"].difference.call == WORSE
    assert "worse" in told["shuffled"].sentence
