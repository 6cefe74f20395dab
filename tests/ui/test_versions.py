"""The frozen Datasets as the page shows them: the card, the difference, downloads, the push."""

import json
from dataclasses import replace

import pytest

from gemma_garage.augment import publish
from gemma_garage.augment.card import DatasetCard, Lengths, describe_dataset
from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.diff import compare_datasets
from gemma_garage.errors import ConfigError, DatasetError
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset, Document, Example, Job
from gemma_garage.ui import freezing, versions
from gemma_garage.ui.dataset_card import bin_lengths, draw_card, draw_diff, draw_histogram
from gemma_garage.ui.format import say_count
from tests.augment.test_dataset import fill
from tests.ui.filled import EVIL


@pytest.fixture
def frozen(garage: Garage) -> Dataset:
    """Ten passages, one of them without Examples; the texts would be tags."""
    fill(garage, chunks=10, facts=4, wordings=4)
    garage.store.update(Document, 1, name=f"{EVIL}.pdf")
    rows, _ = garage.store.examples(1)
    ids = tuple(row.id for row in rows if row.chunk_id == 10)
    garage.store.review_examples(1, Filter(ids=ids), "rejected", "vague")
    garage.store.edit_example(1, question=EVIL)
    return freeze(garage, 1)


@pytest.fixture
def card(garage: Garage, frozen: Dataset) -> DatasetCard:
    return describe_dataset(garage, 1, frozen.id)


def test_the_card_says_what_is_in_and_what_is_not_and_escapes_it(card: DatasetCard) -> None:
    drawn = draw_card(card, 512)
    assert "9 of 10 gave accepted Examples" in drawn
    assert "1 passage gave nothing" in drawn
    assert "vague 16" in drawn
    assert "no exam question is trained" in drawn
    assert "all within the limit of 512" in drawn and "estimated" in drawn
    assert "<img" not in drawn and "&lt;img" in drawn


def test_a_leak_and_rows_over_the_limit_are_shown_as_such(card: DatasetCard) -> None:
    drawn = draw_card(replace(card, leaks=("what is <b>it</b>",)), card.lengths.longest - 1)
    assert "1 examined and yet trained: what is &lt;b&gt;it" in drawn
    over = card.lengths.count_over(card.lengths.longest - 1)
    assert f"{say_count(over, 'row')} over the limit" in drawn
    assert "when it is frozen" in draw_card(replace(card, leaks=None), 512)


def test_the_histogram_holds_every_row_once() -> None:
    lengths = Lengths("tokenizer", tuple((tokens, tokens % 3 + 1) for tokens in range(5, 500, 7)))
    width, counts = bin_lengths(lengths)
    assert width == 50 and len(counts) == 10
    assert sum(counts) == sum(count for _, count in lengths.rows)
    drawn = draw_histogram(lengths, 300)
    assert drawn.count("<rect") == 10
    assert drawn.count('class="over"') == 4
    assert drawn.count("<line") == 1
    assert "<line" not in draw_histogram(lengths, 512)
    assert draw_histogram(Lengths("estimate", ()), 512) == ""
    assert bin_lengths(Lengths("estimate", ((1, 3),))) == (1, [0, 3])


def test_the_newest_version_is_chosen_and_can_be_looked_at(garage: Garage, frozen: Dataset) -> None:
    garage.store.edit_example(5, answer="another answer")
    newer = freeze(garage, 1)
    choice = versions.draw_versions(garage, 1)
    assert choice.value == newer.id
    assert [number for _, number in choice.choices] == [newer.id, frozen.id, versions.UNFROZEN]
    drawn, diff, downloads, send = versions.draw_look(garage, 1, newer.id)
    assert "dataset-card" in drawn and "Since version 1" in diff and send.interactive
    assert f"/files/datasets/{newer.id}/question-answer.csv" in downloads
    assert downloads.count("<a ") == 9
    assert versions.draw_look(garage, 1, frozen.id)[1] == "", "there is none before the first"


def test_what_is_not_frozen_can_be_looked_at_but_not_taken_away(
    garage: Garage, frozen: Dataset
) -> None:
    drawn, diff, downloads, send = versions.draw_look(garage, 1, versions.UNFROZEN)
    assert "144 accepted, not frozen yet" in drawn
    assert (diff, downloads, send.interactive) == ("", "", False)


def test_a_version_of_another_project_is_not_shown(garage: Garage, frozen: Dataset) -> None:
    other = garage.store.ensure_project("Other").id
    assert versions.draw_versions(garage, other).value is None
    drawn, _, downloads, send = versions.draw_look(garage, other, frozen.id)
    assert "dataset-card" not in drawn and downloads == "" and not send.interactive
    with pytest.raises(DatasetError, match="Only a frozen dataset"):
        versions.publish(garage, other, frozen.id, "x", "mit", True, False, "hf_secret")


def test_a_dataset_whose_files_are_gone_says_so_on_the_page(
    garage: Garage, frozen: Dataset
) -> None:
    (garage.workspace.dataset(frozen.id) / "train.jsonl").unlink()
    drawn, _, _, send = versions.draw_look(garage, 1, frozen.id)
    assert "not in the home any more" in drawn and not send.interactive


def test_differences_are_told_and_escaped(garage: Garage, frozen: Dataset) -> None:
    same = freeze(garage, 1)
    assert "Nothing changed since version 1" in draw_diff(
        compare_datasets(garage, frozen.id, same.id)
    )
    garage.store.edit_example(1, question=f"{EVIL} changed")
    new = Example(project_id=1, question=f"New {EVIL}", answer="A new one", status="accepted")
    garage.store.add_examples([new])
    garage.store.review_examples(1, Filter(ids=(2,)), "rejected", "vague")
    drawn = draw_diff(compare_datasets(garage, same.id, freeze(garage, 1).id))
    assert "1 added · 1 removed" in drawn
    assert "<summary>Added (1)</summary>" in drawn and "<img" not in drawn


def test_holding_back_is_a_choice_of_the_user(garage: Garage, frozen: Dataset) -> None:
    assert frozen.settings["unseen_share"] == 0
    listed = freezing.freeze_dataset(garage, 1, True)
    newest = garage.store.datasets(1)[0]
    assert newest.settings["unseen_share"] == 0.05
    assert f"{newest.counts['unseen']} on unseen text" in listed


def test_a_push_is_queued_without_its_token(garage: Garage, frozen: Dataset) -> None:
    publish.register(garage)
    call = (garage, 1, frozen.id, "pump-qa")
    with pytest.raises(ConfigError, match="licence"):
        versions.publish(*call, None, True, False, "hf_secret")
    token, line = versions.publish(*call, "cc-by-4.0", True, False, "hf_secret")
    assert token == "" and "pump-qa" in line
    (job,) = garage.store.jobs(kind="publish")
    assert "hf_secret" not in json.dumps(job.payload)
    garage.store.update(
        Job,
        job.id,
        status="finished",
        result={"url": "https://hub.example/datasets/a/b", "rows": 9, "private": True},
    )
    line = versions.draw_publishing(garage, 1)
    assert 'href="https://hub.example/datasets/a/b"' in line and "9 rows, private" in line
    garage.store.update(Job, job.id, status="failed", error=EVIL)
    assert "<img" not in versions.draw_publishing(garage, 1)
