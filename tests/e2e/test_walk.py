"""The walk from document to export on the real starter: real generation, real training, real exam.

A short document keeps it within a few minutes on two cores; the whole sample manual is what
`gemma-garage demo` is for. The figures asked for here are far below what the sample reaches.
"""

import json
import re
import zipfile
from collections.abc import Iterator

import pytest

from gemma_garage.augment.normalise import normalise_question
from gemma_garage.demo import DemoResult, run_demo
from gemma_garage.export.adapter import pack_adapter
from gemma_garage.garage import Garage
from gemma_garage.infer.answerers import BASE_NAME, name_run
from gemma_garage.infer.compare import compare
from gemma_garage.infer.request import Drawing, Request
from gemma_garage.schema import Dataset, Example, Run
from gemma_garage.settings import read_settings
from gemma_garage.wiring import open_wired

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

DOCUMENT = """# The Kelvane lamp

## Parts

The Kelvane lamp weighs 740 grams. Its shade is made of birch. The cable of the Kelvane lamp is
2.6 metres long. The lamp was designed by Orsolya Brandt.

## Use

The Kelvane lamp has 9 levels of brightness. Press the red button for 5 seconds to reset the lamp.
The battery of the Kelvane lamp lasts 31 hours. Charging the battery takes 130 minutes.

## Service

The bulb of the Kelvane lamp must be replaced every 14 months. A new bulb costs 11 euros. The
workshop in Tarvo repairs the Kelvane lamp. The warranty lasts 6 years.
"""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Garage, DemoResult]]:
    folder = tmp_path_factory.mktemp("walk")
    document = folder / "lamp.md"
    document.write_text(DOCUMENT, encoding="utf-8")
    questions = folder / "mine.jsonl"
    questions.write_text(
        '{"question": "What is the weight of the Kelvane lamp?", "answer": "740 grams"}\n',
        encoding="utf-8",
    )
    garage = open_wired(read_settings({"GEMMA_GARAGE_HOME": str(folder / "home")}))
    try:
        lines: list[str] = []
        yield garage, run_demo(garage, [document], lines.append, questions=questions)
    finally:
        garage.close()


def test_it_learned_what_the_base_does_not_know(walked: tuple[Garage, DemoResult]) -> None:
    _, result = walked
    base, tuned = result.exam["base"], result.exam["tuned"]
    assert base["total"] == tuned["total"] >= 6
    assert base["correct"] <= 0.1 * base["total"]
    assert tuned["correct"] >= 0.5 * tuned["total"]
    assert result.own_questions is not None
    assert result.own_questions["tuned"]["total"] == 1


def test_no_question_of_the_exam_is_in_the_training_rows(
    walked: tuple[Garage, DemoResult],
) -> None:
    garage, _ = walked
    project = garage.store.projects()[-1]
    (dataset,) = garage.store.datasets(project.id)
    folder = garage.workspace.absolute(garage.store.get(Dataset, dataset.id).path)

    def questions(name: str) -> set[str]:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        return {normalise_question(json.loads(line)["question"]) for line in lines}

    trained, examined = questions("train.jsonl"), questions("exam.jsonl")
    assert trained
    assert examined
    assert not trained & examined


def test_every_accepted_answer_stands_in_its_passage(walked: tuple[Garage, DemoResult]) -> None:
    garage, _ = walked
    project = garage.store.projects()[-1]
    rows, _ = garage.store.examples(project.id, statuses=["accepted"])
    chunks = {chunk.id: chunk.text for chunk in garage.store.chunks(project.id)}

    def squeeze(text: str) -> str:
        return re.sub(r"\W+", " ", text).casefold().strip()

    def stands(row: Example) -> bool:
        text = squeeze(chunks[row.chunk_id or 0])
        return squeeze(row.evidence) in text and squeeze(row.answer) in text

    assert rows
    assert [row.question for row in rows if not stands(row)] == []


def test_base_and_tuned_answer_side_by_side(walked: tuple[Garage, DemoResult]) -> None:
    garage, _ = walked
    run = garage.store.runs(garage.store.projects()[-1].id)[0]
    question = "How much does the Kelvane lamp weigh?"
    request = Request(
        run.project_id, (BASE_NAME, name_run(run)), question, drawing=Drawing(max_new_tokens=16)
    )
    base, tuned = list(compare(garage, request))[-1]
    assert base.done
    assert tuned.done
    assert base.text != tuned.text
    assert "740" not in base.text


def test_the_adapter_goes_out_with_card_and_terms(walked: tuple[Garage, DemoResult]) -> None:
    garage, result = walked
    run = garage.store.runs(garage.store.projects()[-1].id)[0]
    export = pack_adapter(garage, run.id)
    with zipfile.ZipFile(garage.workspace.absolute(str(export.path))) as package:
        names = [name.rpartition("/")[2] for name in package.namelist()]
        card = next(n for n in package.namelist() if n.endswith("README.md"))
        text = package.read(card).decode()
    assert {"adapter_config.json", "adapter_model.safetensors", "README.md"} <= set(names)
    tuned = result.exam["tuned"]
    assert f"{tuned['correct']} of {tuned['total']}" in text
    assert "ai.google.dev/gemma/terms" in text
    assert str(garage.workspace.home) not in text
    assert garage.store.get(Run, run.id).adapter is not None
