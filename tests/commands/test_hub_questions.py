"""Sums in words come from the Hub by name, over a loopback one."""

from pathlib import Path

import pytest

from gemma_garage.commands.hub_questions import add_hub_questions
from gemma_garage.errors import BadInput, GarageError
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset
from tests.augment.rows.test_sheet_parquet import make_parquet
from tests.fakes.fake_hub import DATASETS, FakeRepo, use_fake_hub


@pytest.fixture
def dataset_id(garage: Garage) -> int:
    project = garage.store.projects()[0].id
    return garage.store.add(
        Dataset(project_id=project, version=1, path="datasets/1", counts={}, fingerprint="0" * 64)
    ).id


def test_the_test_split_is_taken_and_no_more_rows_than_wanted(
    garage: Garage, dataset_id: int, tmp_path: Path
) -> None:
    def make(name: str, start: int) -> bytes:
        numbers = range(start, start + 8)
        return make_parquet(
            tmp_path / name,
            question=[f"What is 2 times {number}?" for number in numbers],
            answer=[f"2 * {n} = {2 * n}\n#### {2 * n}" for n in numbers],
        ).read_bytes()

    with use_fake_hub() as hub:
        hub.repos[f"{DATASETS}ada/sums"] = FakeRepo(
            files={
                "data/train-0000.parquet": make("a.parquet", 100),
                "data/test-0000.parquet": make("b.parquet", 1),
            }
        )
        hub.repos[f"{DATASETS}ada/words"] = FakeRepo(files={"data.csv": b"word\nfish\n"})
        assert add_hub_questions(garage, dataset_id, "ada/sums", 5) == 5
        assert add_hub_questions(garage, dataset_id, "ada/sums", 8) == 3
        with pytest.raises(BadInput, match="has no question"):
            add_hub_questions(garage, dataset_id, "ada/words", 5)
        with pytest.raises(GarageError):
            add_hub_questions(garage, dataset_id, "ada/nothing", 5)
    asked = garage.store.exam_questions(dataset_id)
    assert {row.kind for row in asked} == {"reasoning"}
    assert asked[0].question == "What is 2 times 1?"
