"""Freezing: what is trained, what is examined, and that the two never meet."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.holdout import hold_out
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.texts import collect_texts
from gemma_garage.errors import ConfigError, DatasetError, MachineError
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Example
from tests.augment.shelf import add_text, write_chunks

FORMS = ("What is {}?", "How is {} specified?", "Which value has {}?", "Tell me {}!", "State {}.")


def fill(garage: Garage, chunks: int, facts: int, wordings: int, status: str = "accepted") -> None:
    """Accepted Examples: so many facts a chunk, so many wordings a fact."""
    add_text(garage, "pump.txt", write_chunks("pump", chunks, facts=2), "Pump X > Data")
    rows = [
        Example(
            project_id=1,
            chunk_id=chunk_id,
            fact=fact,
            question=form.format(f"item {fact} of unit {chunk_id}"),
            answer=f"{fact} by {chunk_id}",
            evidence=f"Item {fact} of unit {chunk_id} is {fact} by {chunk_id}.",
            status=status,
        )
        for chunk_id in range(1, chunks + 1)
        for fact in range(facts)
        for form in FORMS[:wordings]
    ]
    garage.store.add_examples(rows)


def read(garage: Garage, dataset_id: int, name: str) -> list[dict[str, Any]]:
    path = garage.workspace.dataset(dataset_id) / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_row_names_the_page_of_its_evidence(garage: Garage) -> None:
    fill(garage, chunks=10, facts=4, wordings=4)
    chunk = garage.store.chunks(1)[2]
    proof = chunk.text.rpartition("The ")[2]
    garage.store.update(Chunk, chunk.id, page=3, breaks=[chunk.text.index(proof) - 4])
    rows, _ = garage.store.examples(1)
    moved = [row.id for row in rows if row.chunk_id == chunk.id]
    for number in moved:
        garage.store.update(Example, number, evidence=f"The {proof}")
    dataset = freeze(garage, 1)
    written = [*read(garage, dataset.id, "train"), *read(garage, dataset.id, "exam")]
    assert {row["page"] for row in written if row["example_id"] in moved} == {4}


def questions(rows: list[dict[str, Any]]) -> set[str]:
    return {normalise_question(row["question"]) for row in rows}


def test_a_dataset_is_whole_on_disk_and_in_the_store(garage: Garage) -> None:
    fill(garage, chunks=10, facts=4, wordings=4)
    dataset = freeze(garage, 1)
    assert dataset.version == 1
    assert garage.workspace.absolute(dataset.path) == garage.workspace.dataset(dataset.id)
    assert dataset.counts == {
        "train": 128,
        "cues": 0,  # the shelf's sentences have no telling words beside the answer
        "eval": 0,
        "text": 20,
        "preferences": 0,
        "exam": 32,
        "unseen": 0,
        "unanswerable": 0,
        "documents": 1,
        "chunks": 10,
        "held_chunks": 0,
        "held_back": 0,
        "repeated": 0,
    }
    assert dataset.settings == {
        "exam_share": 0.2,
        "eval_share": 0.0,
        "unseen_share": 0.0,
        "seed": 0,
        "held_chunks": [],
    }
    train, exam = read(garage, dataset.id, "train"), read(garage, dataset.id, "exam")
    assert (len(train), len(exam), read(garage, dataset.id, "eval")) == (128, 32, [])
    assert train[0] == {
        "question": "What is item 0 of unit 1?",
        "answer": "0 by 1",
        "kind": "factual",
        "evidence": "Item 0 of unit 1 is 0 by 1.",
        "document": "pump.txt",
        "page": None,
        "chunk_id": 1,
        "example_id": 1,
    }
    stored = garage.store.exam_questions(dataset.id)
    assert [(row.id, row.question, row.kind) for row in stored] == [
        (row["id"], row["question"], "paraphrase") for row in exam
    ]
    assert all(row["evidence"] and row["answer"] and row["example_id"] for row in exam)
    assert [row.id for row in garage.store.datasets(1)] == [dataset.id]


def test_preferences_are_a_file_of_their_own_without_what_is_examined(garage: Garage) -> None:
    fill(garage, chunks=5, facts=2, wordings=4)
    before = freeze(garage, 1)
    assert not (garage.workspace.dataset(before.id) / "preferences.jsonl").exists()
    rows, _ = garage.store.examples(1)
    for row in rows:
        garage.store.update(Example, row.id, worse="No idea.")
    dataset = freeze(garage, 1)
    pairs, train = read(garage, dataset.id, "preferences"), read(garage, dataset.id, "train")
    assert dataset.counts["preferences"] == len(pairs) == dataset.counts["train"] > 0
    assert pairs[0] == {
        "prompt": train[0]["question"],
        "chosen": train[0]["answer"],
        "rejected": "No idea.",
        "example_id": train[0]["example_id"],
    }
    examined = questions(read(garage, dataset.id, "exam"))
    assert not examined & {normalise_question(row["prompt"]) for row in pairs}


def test_no_exam_question_is_trained_and_every_examined_fact_is(garage: Garage) -> None:
    fill(garage, chunks=10, facts=4, wordings=4)
    # The same words once more, of another chunk, in other dress: they must not reach the exam.
    garage.store.add_examples(
        [
            Example(
                project_id=1,
                chunk_id=2,
                fact=9,
                question=f"  WHAT is item {fact} of unit 1",
                answer=f"{fact} by 1 again",
                status="accepted",
            )
            for fact in range(4)
        ]
    )
    dataset = freeze(garage, 1, exam_share=0.5, eval_share=0.1)
    train, held = read(garage, dataset.id, "train"), read(garage, dataset.id, "eval")
    exam = read(garage, dataset.id, "exam")
    assert len(exam) == 40 and len(held) == 16
    assert not questions(exam) & questions(train)
    assert not questions(held) & (questions(train) | questions(exam))
    trained = Counter(row["answer"] for row in train)
    assert all(trained[row["answer"]] >= 2 for row in exam)


def test_the_exam_is_spread_over_the_chunks(garage: Garage) -> None:
    fill(garage, chunks=10, facts=8, wordings=3)
    exam = read(garage, freeze(garage, 1).id, "exam")
    assert len(exam) == 48
    assert set(Counter(row["chunk_id"] for row in exam).values()) <= {4, 5}


@pytest.mark.parametrize(
    ("facts", "wordings", "share", "size"),
    [
        (8, 5, 0.5, 60),  # never more than 60
        (4, 3, 0.05, 30),  # never less than 30 where there are facts enough
        (2, 3, 0.2, 20),  # but one a fact where three wordings are all there are
        (2, 5, 0.2, 30),  # and a second one where five are
        (2, 2, 0.2, 20),  # two wordings are enough where no fact has three
        (4, 1, 0.2, 0),
        (4, 4, 0.0, 0),
    ],
)
def test_the_size_of_the_exam(
    garage: Garage, facts: int, wordings: int, share: float, size: int
) -> None:
    fill(garage, chunks=10, facts=facts, wordings=wordings)
    dataset = freeze(garage, 1, exam_share=share)
    assert dataset.counts["exam"] == size
    assert dataset.counts["train"] == 10 * facts * wordings - size


def test_the_same_examples_give_the_same_dataset(garage: Garage) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)
    one, two = freeze(garage, 1), freeze(garage, 1)
    assert (one.version, two.version) == (1, 2)
    assert one.fingerprint == two.fingerprint
    assert questions(read(garage, one.id, "exam")) == questions(read(garage, two.id, "exam"))
    other = freeze(garage, 1, seed=1)
    assert other.fingerprint != one.fingerprint


def test_edited_examples_are_in_rejected_ones_and_empty_notes_are_not(garage: Garage) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)
    garage.store.edit_example(1, answer="an edited answer")
    garage.store.review_examples(1, Filter(ids=(2,)), "rejected", "vague")
    note = Example(project_id=1, chunk_id=1, question="", answer="", status="accepted")
    garage.store.add_examples([note])
    dataset = freeze(garage, 1)
    train = read(garage, dataset.id, "train")
    rows = train + read(garage, dataset.id, "exam")
    assert {row["example_id"] for row in rows} == set(range(1, 65)) - {2}
    assert "an edited answer" in {row["answer"] for row in train}


def test_repeated_rows_are_trained_once(garage: Garage) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)
    same = Example(
        project_id=1,
        chunk_id=2,
        question="what is item 0 of unit 1",
        answer="0 by 1",
        status="accepted",
    )
    garage.store.add_examples([same])
    assert freeze(garage, 1).counts["repeated"] == 1


def test_yes_and_no_are_no_exam_answers() -> None:
    rows = [
        Example(id=n, chunk_id=1, fact=0, question=FORMS[n].format("it"), answer="Yes")
        for n in range(4)
    ]
    split = hold_out(rows, exam_share=0.5, eval_share=0, seed=0)
    assert (len(split.train), len(split.exam)) == (4, 0)


def test_too_few_examples_are_counted(garage: Garage) -> None:
    with pytest.raises(DatasetError, match="no examples; a dataset needs at least 12"):
        freeze(garage, 1)
    fill(garage, chunks=1, facts=2, wordings=3)
    fill_more = Example(project_id=1, chunk_id=1, question="Q", answer="A", status="rejected")
    garage.store.add_examples([fill_more])
    with pytest.raises(DatasetError, match=r"6 different accepted examples \(1 rejected, 0 to"):
        freeze(garage, 1)
    with pytest.raises(ConfigError, match=r"between 0 and 0.5"):
        freeze(garage, 1, exam_share=0.9)
    assert garage.store.datasets(1) == []


def test_a_full_disk_leaves_neither_rows_nor_files(
    garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(garage, chunks=4, facts=4, wordings=4)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gemma_garage.augment.dataset.write_files", fail)
    with pytest.raises(MachineError, match="disk is full"):
        freeze(garage, 1)
    assert garage.store.datasets(1) == []
    assert list(Path(garage.workspace.dataset(1)).parent.iterdir()) == []


def test_the_documents_own_sentences_are_collected_once() -> None:
    text = (
        "# Pump X\n\nThe fuse of the pump is 8 amperes. **Never** open the hot lid of it.\n\n"
        "The box contains:\n\n- a scoop for 55 grams\n\n| Mode | Heat |\n| --- | --- |\n"
        "| Meadow roast | 204 °C |\n\nThe fuse of the pump is 8 amperes."
    )
    chunk = Chunk(id=7, text=text, heading="Pump X > Data")
    rows = collect_texts([chunk, chunk])
    assert [row["text"] for row in rows] == [
        "The fuse of the pump is 8 amperes.",
        "Never open the hot lid of it.",
        "The box contains: a scoop for 55 grams",
        "Mode: Meadow roast; Heat: 204 °C",
    ]
    assert rows[0]["heading"] == "Pump X > Data" and rows[0]["chunk_id"] == 7
