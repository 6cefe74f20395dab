"""Datasets of the Hub, over a loopback one: names, parts, the first rows, and every refusal."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemma_garage.augment import ingest
from gemma_garage.augment.import_rows import import_hub_rows
from gemma_garage.augment.rows.hub_rows import CONVERTED, look_up, read_address
from gemma_garage.errors import ConfigError, DatasetError, GatedModel, HubError
from gemma_garage.garage import Garage
from gemma_garage.hub_errors import NotOnHub
from gemma_garage.schema import Document
from tests.augment.rows.test_sheet_parquet import make_parquet
from tests.fakes.fake_hub import DATASETS, FakeHub, FakeRepo, use_fake_hub

PROJECT = 1


def make_shard(folder: Path, start: int, count: int = 40) -> bytes:
    numbers = range(start, start + count)
    path = make_parquet(
        folder / f"{start}.parquet",
        question=[f"What is the mass of unit {number}?" for number in numbers],
        answer=[f"{number} kg" for number in numbers],
    )
    return path.read_bytes()


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeHub]:
    shards = {
        f"default/train/000{number}.parquet": make_shard(tmp_path, 40 * number)
        for number in range(3)
    }
    with use_fake_hub() as served:
        served.repos[f"{DATASETS}ada/pumps"] = FakeRepo(
            files={"README.md": b"hello", "pumps.csv": b"question,answer\na,b\n"},
            card={"license": "cc-by-4.0"},
            branches={
                CONVERTED: shards
                | {
                    "default/test/0000.parquet": make_shard(tmp_path, 900, 5),
                    "small/partial-train/0000.parquet": make_shard(tmp_path, 800, 5),
                }
            },
        )
        yield served


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" ada/pumps ", ("ada/pumps", "", "")),
        ("squad", ("squad", "", "")),
        ("datasets/ada/pumps", ("ada/pumps", "", "")),
        ("https://huggingface.co/datasets/ada/pumps", ("ada/pumps", "", "")),
        ("https://huggingface.co/datasets/ada/pumps/viewer/small/test?p=1", (
            "ada/pumps", "small", "test")),
        ("huggingface.co/datasets/squad/viewer", ("squad", "", "")),
        ("https://hf.co/datasets/ada/pumps/tree/main/data", ("ada/pumps", "", "")),
    ],
)  # fmt: skip
def test_a_dataset_is_named_or_linked(text: str, expected: tuple[str, str, str]) -> None:
    assert read_address(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "a b/c", "https://huggingface.co/ada/pumps", "https://evil.example/datasets/ada/pumps",
     "../etc/passwd", "https://huggingface.co/datasets"],
)  # fmt: skip
def test_what_is_no_dataset_is_refused_before_anything_is_sent(text: str) -> None:
    with pytest.raises(ConfigError):
        read_address(text)


def test_configs_and_splits_are_listed_from_the_converted_files(fake: FakeHub) -> None:
    found = look_up("ada/pumps", None)
    assert {config: list(splits) for config, splits in found.parts.items()} == {
        "default": ["test", "train"],
        "small": ["train"],
    }
    assert found.licence == "cc-by-4.0"
    assert (found.choose().config, found.choose().split) == ("default", "train")
    assert len(found.choose().files) == 3
    with pytest.raises(ConfigError, match="no config “big”; it has default, small"):
        found.choose("big")
    with pytest.raises(ConfigError, match="no split “train2”; it has test, train"):
        found.choose("default", "train2")
    with pytest.raises(ConfigError, match="0 rows"):
        found.choose(rows=0)


def test_without_converted_files_those_of_the_authors_are_taken(fake: FakeHub) -> None:
    line = json.dumps({"question": "q", "answer": "a"}).encode()
    names = ("data/train-00000.jsonl", "data/test.jsonl", "fr/dev.jsonl", "dataset_infos.json")
    fake.repos[f"{DATASETS}ada/plain"] = FakeRepo(files=dict.fromkeys(names, line))
    found = look_up("ada/plain", None)
    assert {config: list(splits) for config, splits in found.parts.items()} == {
        "default": ["test", "train"],
        "fr": ["validation"],
    }


def test_only_the_files_that_are_needed_are_fetched(fake: FakeHub, garage: Garage) -> None:
    ingest.register(garage)
    garage.jobs.start()
    document_id, job_id = import_hub_rows(garage, PROJECT, "ada/pumps", rows=50)
    job = garage.jobs.wait(job_id, timeout_s=60)
    assert (job.status, job.error) == ("finished", None)
    document = garage.store.get(Document, document_id)
    assert (document.name, document.format) == ("ada/pumps (default, train)", "hub")
    assert document.origin == "https://huggingface.co/datasets/ada/pumps"
    assert (job.result["accepted"], document.details["licence"]) == (50, "cc-by-4.0")
    assert "first 50 rows" in document.details["notes"][0]
    fetched = {number for number in range(3) if fake.seen(f"train/000{number}.parquet")}
    assert fetched == {0, 1}
    assert garage.store.examples(PROJECT)[0][-1].question == "What is the mass of unit 49?"
    names = [path.name for path in garage.workspace.document(document_id).iterdir()]
    assert names == ["source.json"]
    same = import_hub_rows(garage, PROJECT, "ada/pumps", config="small", mode=None, rows=5)[0]
    assert same != document_id


def test_rows_of_the_hub_wait_for_a_choice_too(fake: FakeHub, garage: Garage) -> None:
    ingest.register(garage)
    garage.jobs.start()
    document_id, job_id = import_hub_rows(
        garage, PROJECT, "https://huggingface.co/datasets/ada/pumps/viewer/default/test", mode=None
    )
    garage.jobs.wait(job_id, timeout_s=60)
    document = garage.store.get(Document, document_id)
    assert (document.status, document.details["rows"]) == ("waiting", 5)


def test_what_the_hub_refuses_is_said_in_our_words(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.repos[f"{DATASETS}ada/gated"] = FakeRepo(gated=True)
    fake.repos[f"{DATASETS}ada/script"] = FakeRepo(files={"script.py": b"print()"})
    fake.repos[f"{DATASETS}ada/images"] = FakeRepo(files={"a.png": b"x"})
    with pytest.raises(GatedModel, match=r"huggingface.co/datasets/ada/gated"):
        look_up("ada/gated", None)
    with pytest.raises(NotOnHub, match="ada/missing is not on the Hub"):
        look_up("ada/missing", None)
    with pytest.raises(DatasetError, match="is a script"):
        look_up("ada/script", None)
    with pytest.raises(DatasetError, match="1 files, none of them with rows"):
        look_up("ada/images", None)
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="HF_HUB_OFFLINE"):
        look_up("ada/pumps", None)


def test_a_file_that_arrives_short_is_no_file(fake: FakeHub, garage: Garage) -> None:
    ingest.register(garage)
    garage.jobs.start()
    found = look_up("ada/pumps", None).choose("default", "test")
    short = found.model_copy(
        update={"files": {name: size + 1 for name, size in found.files.items()}}
    )
    from gemma_garage.augment.import_rows import add_hub_rows
    from gemma_garage.augment.rows.importing import submit_import

    document = add_hub_rows(garage, PROJECT, short)
    job = garage.jobs.wait(submit_import(garage, document.id), timeout_s=60)
    assert job.status == "failed" and "is not complete" in str(job.error)
    assert add_hub_rows(garage, PROJECT, short).id == document.id
