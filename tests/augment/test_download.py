"""What is taken away is what was frozen, in each form and shape, and no cell is a formula."""

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment.card import describe_dataset
from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.download import (
    FORMS,
    list_downloads,
    name_dataset,
    pack_dataset,
    write_dataset,
)
from gemma_garage.augment.export_rows import SHAPES
from gemma_garage.errors import DatasetError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset, Document, Example
from tests.augment.test_dataset import fill, read

FORMULA = '=HYPERLINK("http://evil.example","click")'


@pytest.fixture
def frozen(garage: Garage) -> Dataset:
    fill(garage, chunks=4, facts=4, wordings=4)
    garage.store.update(Document, 1, name="C:\\secret\\plans/pump.txt")
    garage.store.edit_example(1, answer=FORMULA)
    garage.store.edit_example(2, answer="-5")
    return freeze(garage, 1, eval_share=0.1)


def read_form(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    from pyarrow import parquet

    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_every_row(
    garage: Garage, frozen: Dataset, tmp_path: Path, form: Any
) -> None:
    written = write_dataset(garage, frozen.id, tmp_path, form=form, shape="question-answer")
    assert [(split.split, split.path.name) for split in written] == [
        (name, f"{name}.{form}") for name in ("train", "validation", "test")
    ]
    for split, name in zip(written, ("train", "eval", "exam"), strict=True):
        frozen_rows = [row for row in read(garage, frozen.id, name) if row["kind"] != "cue"]
        rows = read_form(split.path)
        assert [row["question"] for row in rows] == [row["question"] for row in frozen_rows]
        assert split.rows == len(rows)
        assert list(rows[0]) == list(split.columns)
        assert {row["document"] for row in rows} == {"pump.txt"}
        assert rows[0]["evidence"] == frozen_rows[0]["evidence"]
        assert rows[0]["kind"] == frozen_rows[0]["kind"]


def test_the_shapes_are_the_known_ones(garage: Garage, frozen: Dataset, tmp_path: Path) -> None:
    first = read(garage, frozen.id, "train")[0]
    asked, answered = first["question"], first["answer"]
    heads = {}
    for shape in SHAPES:
        (train, *_) = write_dataset(garage, frozen.id, tmp_path / shape, shape=shape)
        heads[shape] = read_form(train.path)[0]
    assert heads["messages"]["messages"] == [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": answered},
    ]
    assert heads["prompt-completion"]["prompt"] == asked
    assert heads["prompt-completion"]["completion"] == answered
    assert heads["question-answer"]["answer"] == answered
    assert "turns" not in heads["question-answer"]


def test_formulas_are_escaped_in_csv_and_only_there(
    garage: Garage, frozen: Dataset, tmp_path: Path
) -> None:
    found = {}
    for form in FORMS:
        written = write_dataset(garage, frozen.id, tmp_path, form=form, shape="question-answer")
        found[form] = {row["answer"] for split in written for row in read_form(split.path)}
    assert FORMULA in found["jsonl"] & found["parquet"]
    assert f"'{FORMULA}" in found["csv"] and FORMULA not in found["csv"]
    assert "-5" in found["csv"]
    (train, *_) = write_dataset(garage, frozen.id, tmp_path, form="csv", shape="messages")
    message = json.loads(read_form(train.path)[0]["messages"])
    assert message[0]["role"] == "user"


def test_conversations_keep_their_turns_in_every_form(garage: Garage, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    rows = [
        Example(
            project_id=1,
            question=f"And {number}?",
            answer=f"answer {number}",
            turns=turns if number == 3 else [],
            status="accepted",
        )
        for number in range(12)
    ]
    garage.store.add_examples(rows)
    dataset = freeze(garage, 1)
    for form in FORMS:
        for shape in SHAPES:
            (train,) = write_dataset(garage, dataset.id, tmp_path, form=form, shape=shape)
            row = read_form(train.path)[3]
            column = row["messages" if shape == "messages" else "turns"]
            told = json.loads(column) if form == "csv" else column
            assert told[:2] == turns, (form, shape)
    assert train.columns[0] == "turns"


def test_cues_and_texts_come_only_when_asked_for(garage: Garage, tmp_path: Path) -> None:
    from tests.augment.test_held_back import fill as fill_telling

    fill_telling(garage, 10)
    dataset = freeze(garage, 1)
    assert dataset.counts["cues"] > 0
    plain = write_dataset(garage, dataset.id, tmp_path)
    assert [split.split for split in plain] == ["train", "test"]
    assert plain[0].rows == dataset.counts["train"]
    whole = write_dataset(garage, dataset.id, tmp_path, cues=True, texts=True)
    assert whole[0].rows == dataset.counts["train"] + dataset.counts["cues"]
    assert (whole[-1].split, whole[-1].rows) == ("text", dataset.counts["text"])


def test_preferences_are_a_file_of_their_own_in_every_form(garage: Garage, tmp_path: Path) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)
    examples, _ = garage.store.examples(1)
    for row in examples:
        garage.store.update(Example, row.id, worse=FORMULA)
    dataset = freeze(garage, 1)
    assert dataset.counts["preferences"] > 0
    train = {row["question"]: row for row in read(garage, dataset.id, "train")}
    for form in FORMS:
        for shape in SHAPES:
            written = write_dataset(garage, dataset.id, tmp_path / shape, form=form, shape=shape)
            (found,) = (split for split in written if split.split == "preferences")
            assert found.path.name == f"preferences.{form}"
            rows = read_form(found.path)
            assert len(rows) == found.rows == dataset.counts["preferences"]
            if shape == "messages":
                told = rows[0]["rejected"]
                told = json.loads(told) if form == "csv" else told
                assert told == [{"role": "assistant", "content": FORMULA}]
                continue
            assert rows[0]["rejected"] == (f"'{FORMULA}" if form == "csv" else FORMULA)
            assert rows[0]["chosen"] == train[rows[0]["prompt"]]["answer"]
            assert rows[0]["evidence"] == train[rows[0]["prompt"]]["evidence"]
    with zipfile.ZipFile(pack_dataset(garage, dataset.id, "messages.csv")) as archive:
        assert "preferences.csv" in archive.namelist()
    assert describe_dataset(garage, 1, dataset.id).rows["preferences"] == found.rows


def test_a_download_is_one_zip_made_once(garage: Garage, frozen: Dataset) -> None:
    assert len(list_downloads()) == 9
    path = pack_dataset(garage, frozen.id, "messages.parquet")
    assert path.is_relative_to(garage.workspace.exports)
    assert path.name == "my-first-project-v1-messages.parquet.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["train.parquet", "validation.parquet", "test.parquet"]
    stamp = path.stat().st_mtime_ns
    assert pack_dataset(garage, frozen.id, "messages.parquet") == path
    assert path.stat().st_mtime_ns == stamp
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert name_dataset(garage, frozen) == "my-first-project-v1"


@pytest.mark.parametrize("name", ["messages.exe", "x.csv", "../messages.csv", "messages", ""])
def test_a_download_of_another_name_is_refused(garage: Garage, frozen: Dataset, name: str) -> None:
    with pytest.raises(NotFound, match="There is no download"):
        pack_dataset(garage, frozen.id, name)


def test_a_dataset_whose_files_are_gone_says_so(
    garage: Garage, frozen: Dataset, tmp_path: Path
) -> None:
    (garage.workspace.dataset(frozen.id) / "train.jsonl").unlink()
    with pytest.raises(DatasetError, match="Freeze the examples again"):
        write_dataset(garage, frozen.id, tmp_path)
