"""A garage with a tiny base model in it and Runs that have real, non-zero adapters."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gemma_garage.garage import Garage
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.schema import Dataset, ExamQuestion, Run
from gemma_garage.workspace import Workspace

QUESTIONS = [
    ("How often is the oil changed?", "every 500 hours"),
    ("Which colour has the valve?", "red"),
    ("What is the pressure?", "12 bar"),
    ("Who built it?", "Anna Schmidt"),
    ("Where is the filter?", "behind the left cover of the pump house"),
]


def write_adapter(base: Path, folder: Path, *, seed: int) -> Path:
    """Save a LoRA of random, non-zero weights for the model in `base`."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base),
        LoraConfig(
            r=4,
            lora_alpha=4,
            target_modules=["q_proj", "v_proj", "down_proj"],
            task_type="CAUSAL_LM",
        ),
    )
    torch.manual_seed(seed)
    for name, weights in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weights, std=0.5)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def adapters(tiny_gemma: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("adapters")
    return [write_adapter(tiny_gemma, folder / str(seed), seed=seed) for seed in (1, 2)]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """A model this small only loses time by sharing its work out."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def base_folder(garage: Garage, tiny_gemma: Path, one_thread: None) -> Path:
    """The tiny Gemma where the starter would lie."""
    folder = Workspace(garage.workspace.home).model(STARTER_ID)
    shutil.copytree(tiny_gemma, folder)
    return folder


@pytest.fixture
def dataset(garage: Garage) -> Dataset:
    project = garage.store.projects()[0]
    dataset = garage.store.add(
        Dataset(
            project_id=project.id, version=1, path="datasets/1", counts={}, fingerprint="f" * 64
        )
    )
    garage.store.add_exam_questions(
        [
            ExamQuestion(dataset_id=dataset.id, kind="paraphrase", question=q, answer=a)
            for q, a in QUESTIONS
        ]
    )
    return dataset


@pytest.fixture
def add_run(
    garage: Garage, dataset: Dataset, adapters: list[Path], base_folder: Path
) -> Callable[[int], int]:
    """A function that adds a finished Run with adapter 0 or 1 and gives its id."""

    def add(adapter: int) -> int:
        run = garage.store.add(
            Run(
                project_id=dataset.project_id,
                dataset_id=dataset.id,
                number=garage.store.next_run_number(dataset.project_id),
                base_model=STARTER_ID,
                config={"method": "lora"},
                result={"steps": 3},
            )
        )
        folder = garage.workspace.run(run.id) / "adapter"
        shutil.copytree(adapters[adapter], folder)
        garage.store.update(Run, run.id, adapter=garage.workspace.relative(folder))
        return run.id

    return add


@pytest.fixture
def whole_run_id(garage: Garage, add_run: Callable[[int], int], tmp_path: Path) -> int:
    """A Run that trained every weight: another random model of the same shape."""
    from tests.tiny import write_tiny_gemma

    run_id = add_run(0)
    folder = write_tiny_gemma(garage.workspace.run(run_id) / "model", seed=7)
    stored = garage.workspace.relative(folder)
    garage.store.update(Run, run_id, adapter=stored, config={"method": "full"})
    return run_id


@pytest.fixture
def run_id(add_run: Callable[[int], int]) -> int:
    return add_run(0)
