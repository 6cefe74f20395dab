"""The card says what is there: counted by hand on small data."""

import json
from pathlib import Path

import pytest

from gemma_garage.augment import count_tokens
from gemma_garage.augment.card import Lengths, describe_dataset
from gemma_garage.augment.chunk import estimate_tokens
from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.quality import REASONS
from gemma_garage.errors import DatasetError, NotFound
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.schema import Chunk, Dataset, Example
from tests.augment.test_dataset import fill


def reject(garage: Garage, chunk_id: int, reason: str, status: str = "rejected") -> None:
    row = Example(project_id=1, chunk_id=chunk_id, question="Q", answer="A", status=status)
    row.reason = reason
    garage.store.add_examples([row])


@pytest.fixture
def frozen(garage: Garage) -> Dataset:
    """Eight passages: five gave Examples, two gave rejected ones, one was never asked about."""
    fill(garage, chunks=8, facts=4, wordings=4)
    rows, _ = garage.store.examples(1)
    ids = tuple(row.id for row in rows if row.chunk_id in (6, 7))
    garage.store.review_examples(1, Filter(ids=ids), "rejected", "vague")
    for row in rows:
        if row.chunk_id == 8:
            garage.store.delete(Example, row.id)
    reject(garage, 1, "duplicate")
    reject(garage, 7, "", status="generated")
    same = Example(
        project_id=1,
        chunk_id=2,
        question="what is ITEM 0 of unit 1",
        answer="0 by 1",
        status="accepted",
    )
    garage.store.add_examples([same])
    return freeze(garage, 1)


def test_a_card_counts_rows_kinds_coverage_and_what_was_left_out(
    garage: Garage, frozen: Dataset
) -> None:
    card = describe_dataset(garage, 1, frozen.id)
    assert card.version == 1
    assert card.rows == {
        "train": 60,
        "cues": 0,
        "eval": 0,
        "text": 16,
        "exam": 20,
        "preferences": 0,
    }
    assert card.kinds == {"factual": 60}
    assert card.exam_kinds == {"paraphrase": 20}
    assert (card.chunks, card.covered, card.uncovered, card.held_back) == (8, 5, 3, 0)
    assert [(row.chunk_id, row.reason) for row in card.empty] == [
        (6, REASONS["vague"]),
        (7, f"{REASONS['vague']}; to look at"),
        (8, "not asked about"),
    ]
    assert card.empty[0].document == "pump.txt"
    assert card.empty[0].preview.startswith("The mass of pump 5 is 150 units.")
    assert card.rejected == {"vague": 32, "duplicate": 1}
    assert card.duplicates == 2  # one at generation, one at freezing
    assert card.leaks == ()
    assert json.loads(json.dumps(card.as_dict()))["lengths"]["median"] == card.lengths.median


def test_a_passage_that_was_asked_about_in_vain_says_so(garage: Garage, frozen: Dataset) -> None:
    garage.store.update(Chunk, 8, asked={"factual": 0})
    assert describe_dataset(garage, 1).empty[-1].reason == "nothing found to ask about"


def test_lengths_are_those_of_the_trained_rows(garage: Garage, frozen: Dataset) -> None:
    card = describe_dataset(garage, 1, frozen.id)
    assert card.lengths.counted_by == "estimate"
    assert sum(count for _, count in card.lengths.rows) == 60
    # <bos>, five tokens around each of two turns, and the words.
    words = estimate_tokens("How is item 3 of unit 5 specified?") + estimate_tokens("3 by 5")
    assert card.lengths.longest == 11 + words
    assert card.lengths.count_over(card.lengths.longest) == 0
    assert card.lengths.count_over(0) == 60
    assert Lengths("estimate", ((3, 1), (5, 2), (9, 1))).median == 5
    assert Lengths("estimate", ()).longest == 0


def test_tokens_are_counted_with_the_tokenizer_where_there_is_one(
    garage: Garage, frozen: Dataset, tiny_gemma: Path
) -> None:
    from transformers import AutoTokenizer

    from gemma_garage.train.data import tokenise_answer

    folder = garage.workspace.model(STARTER_ID)
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_bytes((tiny_gemma / "tokenizer.json").read_bytes())
    card = describe_dataset(garage, 1, freeze(garage, 1).id)
    assert card.lengths.counted_by == "tokenizer"
    row = {"question": "Which oil?", "answer": "ISO VG 46", "turns": [{"content": "Hi"}] * 2}
    count, _ = count_tokens.open_counter(garage.workspace)
    tokenizer = AutoTokenizer.from_pretrained(tiny_gemma)
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"}]
    exact = len(tokenise_answer(tokenizer, "Which oil?", "ISO VG 46", turns)["input_ids"])
    # The tiny tokenizer spells out "user" and "model", which are one token each for Gemma.
    spelled = 2 * (len("user") - 1) + 2 * (len("model") - 1)
    assert count_tokens.count_row(count, row) == exact - spelled
    (folder / "tokenizer.json").write_text("{", encoding="utf-8")
    count_tokens._load.cache_clear()
    assert count_tokens.open_counter(garage.workspace)[1] == "estimate"


def test_what_is_not_frozen_has_a_card_too(garage: Garage, frozen: Dataset) -> None:
    card = describe_dataset(garage, 1)
    assert (card.version, card.leaks) == (None, None)
    assert card.rows == {"accepted": 81}
    assert (card.covered, card.uncovered) == (5, 3)


def test_a_frozen_card_does_not_change_with_the_project(garage: Garage, frozen: Dataset) -> None:
    before = describe_dataset(garage, 1, frozen.id)
    garage.store.review_examples(1, Filter(ids=(1, 2, 3)), "rejected", "number")
    assert describe_dataset(garage, 1, frozen.id) == before


def test_a_dataset_without_a_card_is_described_from_its_files(
    garage: Garage, frozen: Dataset
) -> None:
    before = describe_dataset(garage, 1, frozen.id)
    (garage.workspace.dataset(frozen.id) / "card.json").unlink()
    assert describe_dataset(garage, 1, frozen.id) == before


def test_a_leak_in_the_files_is_named(garage: Garage, frozen: Dataset) -> None:
    folder = garage.workspace.dataset(frozen.id)
    (folder / "card.json").unlink()
    exam = (folder / "exam.jsonl").read_text(encoding="utf-8").splitlines()
    with (folder / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write(exam[0] + "\n")
    card = describe_dataset(garage, 1, frozen.id)
    assert card.leaks is not None and len(card.leaks) == 1


def test_a_dataset_of_another_project_or_without_files_is_not_described(
    garage: Garage, frozen: Dataset
) -> None:
    other = garage.store.ensure_project("Other").id
    with pytest.raises(NotFound, match="another project"):
        describe_dataset(garage, other, frozen.id)
    for file in garage.workspace.dataset(frozen.id).iterdir():
        file.unlink()
    with pytest.raises(DatasetError, match="not in the home any more"):
        describe_dataset(garage, 1, frozen.id)
