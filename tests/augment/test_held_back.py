"""Passages held back: nothing of them is trained, and the exam asks about them."""

import json
from typing import Any

import pytest

from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.held_back import hold_back
from gemma_garage.augment.holdout import hold_out
from gemma_garage.augment.leaks import find_leaks
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.augment.sentences import split_statements
from gemma_garage.augment.texts import key_statements
from gemma_garage.errors import ConfigError, DatasetError
from gemma_garage.garage import Garage
from gemma_garage.schema import Chunk, Dataset, Example
from tests.augment.shelf import add_text
from tests.augment.test_dataset import read

SHARED = "The warranty of every Tarvo pump is valid for 24 months."
FORMS = ("What is the {} of unit {}?", "How large is the {} of unit {}?", "Name {} of unit {}!")
THINGS = ("hydraulic pressure", "electric voltage", "rotation speed")


def write_passage(number: int) -> str:
    lines = [
        f"The {thing} of unit {number} is exactly {100 * number + at} units of measure."
        for at, thing in enumerate(THINGS)
    ]
    shared = f" {SHARED}" if number in (3, 7) else ""
    return f"## Unit {number}\n\n{' '.join(lines)}{shared}\n\n- Keep unit {number} dry and clean."


def fill(garage: Garage, passages: int) -> None:
    """Passages with three facts in three wordings; two of them share one sentence and its fact."""
    add_text(garage, "units.md", [write_passage(n) for n in range(1, passages + 1)], "Units")
    rows = []
    for chunk in garage.store.chunks(1):
        number = chunk.number + 1
        for at, thing in enumerate(THINGS):
            evidence = f"The {thing} of unit {number} is exactly {100 * number + at} units"
            rows += [
                Example(
                    project_id=1,
                    chunk_id=chunk.id,
                    fact=at,
                    question=form.format(thing, number),
                    answer=f"{100 * number + at} units",
                    evidence=evidence,
                    status="accepted",
                )
                for form in FORMS
            ]
        if SHARED in chunk.text:
            rows.append(
                Example(
                    project_id=1,
                    chunk_id=chunk.id,
                    fact=9,
                    question=f"How long is the warranty (asked of {number})?",
                    answer="24 months",
                    evidence="The warranty of every Tarvo pump is valid for 24 months",
                    status="accepted",
                )
            )
    garage.store.add_examples(rows)


def freeze_holding(garage: Garage, passage: int) -> tuple[Dataset, Chunk]:
    """Freeze with a seed that holds just this passage back."""
    chunks = garage.store.chunks(1)
    chunk = chunks[passage - 1]
    rows, _ = garage.store.examples(1)
    for seed in range(200):
        if hold_back(rows, chunks, share=0.05, seed=seed).chunk_ids == {chunk.id}:
            return freeze(garage, 1, unseen_share=0.05, seed=seed), chunk
    raise AssertionError("no seed chose this passage")


def list_said(row: dict[str, Any]) -> list[str]:
    texts = [str(row.get(name) or "") for name in ("question", "answer", "evidence", "text")]
    return texts + [turn["content"] for turn in row.get("turns", [])]


@pytest.mark.parametrize("passage", [5, 3])
def test_no_sentence_of_a_passage_held_back_is_trained(garage: Garage, passage: int) -> None:
    fill(garage, 10)
    dataset, chunk = freeze_holding(garage, passage)
    rows = read(garage, dataset.id, "train") + read(garage, dataset.id, "text")
    rows += read(garage, dataset.id, "eval")
    sentences = {normalise_question(s.text) for s in split_statements(chunk.text, "Units")}
    assert len(sentences) >= 4
    said = [normalise_question(text) for row in rows for text in list_said(row)]
    assert [text for text in said for sentence in sentences if sentence in text] == []
    assert chunk.id not in {row["chunk_id"] for row in rows}
    warranty = any("24 months" in text for text in said)
    assert warranty == (passage == 5), "another passage says this sentence too"
    assert any(row["kind"] == "cue" for row in rows)


def test_the_exam_asks_about_what_was_held_back_and_marks_it(garage: Garage) -> None:
    fill(garage, 10)
    dataset, chunk = freeze_holding(garage, 5)
    exam = read(garage, dataset.id, "exam")
    unseen = [row for row in exam if row["kind"] == "unseen"]
    assert {row["chunk_id"] for row in unseen} == {chunk.id}
    assert len({row["answer"] for row in unseen}) == 3 == dataset.counts["unseen"]
    paraphrases = [row for row in exam if row["kind"] == "paraphrase"]
    assert len(paraphrases) == dataset.counts["exam"] > 20
    assert chunk.id not in {row["chunk_id"] for row in paraphrases}
    stored = garage.store.exam_questions(dataset.id)
    assert [(row.id, row.kind) for row in stored] == [(row["id"], row["kind"]) for row in exam]
    # Nine wordings: three are asked, the others stay out.
    assert (dataset.counts["held_chunks"], dataset.counts["held_back"]) == (1, 6)
    assert dataset.settings["unseen_share"] == 0.05


def test_what_training_sees_stays_as_it_was_where_nothing_is_held_back(garage: Garage) -> None:
    fill(garage, 10)
    dataset = freeze(garage, 1)
    assert {row["chunk_id"] for row in read(garage, dataset.id, "train")} == set(range(1, 11))
    assert dataset.counts["unseen"] == dataset.counts["held_back"] == 0
    assert {row["kind"] for row in read(garage, dataset.id, "exam")} == {"paraphrase"}


def test_a_small_project_keeps_all_its_passages(garage: Garage) -> None:
    fill(garage, 7)
    with pytest.raises(DatasetError, match=r"7 passages have accepted examples.*at least 8"):
        freeze(garage, 1, unseen_share=0.05)
    with pytest.raises(ConfigError, match=r"share held back 0\.60"):
        freeze(garage, 1, unseen_share=0.6)
    assert garage.store.datasets(1) == []


def make_row(number: int, **values: Any) -> Example:
    row = {"question": f"Question {number} of it?", "answer": f"answer {number}"}
    return Example(**{"id": number, "project_id": 1, "status": "accepted", **row, **values})


def test_imported_rows_are_held_back_one_by_one(garage: Garage) -> None:
    garage.store.add_examples([make_row(number) for number in range(1, 41)])
    dataset = freeze(garage, 1, unseen_share=0.1)
    exam, train = read(garage, dataset.id, "exam"), read(garage, dataset.id, "train")
    assert [row["kind"] for row in exam] == ["unseen"] * 4
    assert not {row["answer"] for row in exam} & {row["answer"] for row in train}
    assert len(train) == 36
    assert freeze(garage, 1).counts["exam"] == 0


def test_questions_without_an_answer_go_partly_to_the_exam() -> None:
    rows = [
        make_row(
            10 * fact + wording,
            chunk_id=fact + 1,
            fact=5,
            kind="unanswerable",
            question=f"Which colour {wording} has part {fact}?",
            answer="The documents do not say.",
        )
        for fact in range(10)
        for wording in range(2)
    ]
    split = hold_out(rows, exam_share=0.2, eval_share=0, seed=0)
    assert split.exam == []
    assert len(split.unanswerable) == len(split.left_out) == 2
    examined = {row.chunk_id for row in split.unanswerable}
    assert examined == {row.chunk_id for row in split.left_out}
    assert {row.chunk_id for row in split.train} == set(range(1, 11)) - examined
    assert hold_out(rows, exam_share=0, eval_share=0, seed=0).unanswerable == []
    few = hold_out(rows[:4], exam_share=0.5, eval_share=0, seed=0)
    assert len(few.unanswerable) == 1


def test_the_other_choices_do_not_move_with_questions_that_have_no_answer() -> None:
    plain = [
        make_row(10 * fact + n, chunk_id=fact // 4, fact=fact, answer=f"answer {fact}")
        for fact in range(20)
        for n in range(4)
    ]
    none = make_row(999, chunk_id=2, fact=99, kind="unanswerable")
    other = make_row(998, chunk_id=3, fact=99, kind="unanswerable")
    before = hold_out(plain, exam_share=0.2, eval_share=0, seed=3).exam
    after = hold_out([*plain, none, other], exam_share=0.2, eval_share=0, seed=3).exam
    assert [row.id for row in before] == [row.id for row in after]


def test_what_cannot_be_graded_is_not_examined() -> None:
    turns = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Yes."}]
    for values in ({"kind": "summary"}, {"turns": turns}, {"answer": "word " * 31}):
        rows = [make_row(n, **{"chunk_id": 1, "answer": "the same", **values}) for n in range(4)]
        split = hold_out(rows, exam_share=0.5, eval_share=0, seed=0)
        assert (len(split.train), split.exam) == (4, [])


def test_a_question_asked_earlier_in_a_conversation_is_not_examined() -> None:
    rows = [make_row(n, chunk_id=1, answer="the same") for n in range(4)]
    told = {"role": "user", "content": "question 2 OF it"}
    turns = [told, {"role": "assistant", "content": "the same"}]
    rows.append(make_row(9, chunk_id=1, fact=3, turns=turns))
    for seed in range(12):
        split = hold_out(rows, exam_share=0.5, eval_share=0, seed=seed)
        assert len(split.exam) == 1 and split.exam[0].id != 2
        assert 9 in {row.id for row in split.train}


def test_conversations_are_frozen_with_their_turns(garage: Garage) -> None:
    turns = [{"role": "user", "content": "Hello"}, {"role": "model", "content": "Good day"}]
    rows = [make_row(number) for number in range(1, 20)]
    rows.append(make_row(20, question="How heavy?", turns=turns))
    garage.store.add_examples(rows)
    train = read(garage, freeze(garage, 1).id, "train")
    kept = [row["turns"] for row in train if "turns" in row]
    assert kept == [[turns[0], {"role": "assistant", "content": "Good day"}]]
    bad = make_row(21, question="And now?", turns=turns[:1])
    garage.store.add_examples([bad])
    with pytest.raises(DatasetError, match=r"“And now\?” cannot be trained.*take turns"):
        freeze(garage, 1)


def test_leaks_are_found_in_the_finished_rows() -> None:
    asked = {"question": "How heavy is it?", "answer": "9 kg"}
    clean = {"train.jsonl": [{"question": "What does it weigh?", "answer": "9 kg"}]}
    assert find_leaks({**clean, "exam.jsonl": [asked]}) == []
    told = {"turns": [{"role": "user", "content": "how HEAVY is it"}]}
    for row in (asked, {**clean["train.jsonl"][0], **told}):
        assert find_leaks({"train.jsonl": [row], "exam.jsonl": [asked]}) == ["how heavy is it"]
    secret = key_statements(["It weighs 9 kg without any oil."])
    text = {"text.jsonl": [{"text": "It weighs 9 kg without any oil. Good."}]}
    assert find_leaks({**clean, **text}, secret) == ["it weighs 9 kg without any oil"]
    proof = {**clean["train.jsonl"][0], "evidence": "It weighs 9 kg without any oil."}
    assert len(find_leaks({"train.jsonl": [proof]}, secret)) == 1


def test_the_settings_and_the_card_are_kept_with_the_dataset(garage: Garage) -> None:
    fill(garage, 10)
    dataset = freeze(garage, 1, unseen_share=0.1, seed=4, exam_share=0.3)
    assert dataset.settings == {
        "exam_share": 0.3,
        "eval_share": 0.0,
        "unseen_share": 0.1,
        "seed": 4,
        "held_chunks": dataset.settings["held_chunks"],
    }
    assert garage.store.get(Dataset, dataset.id).settings == dataset.settings
    card = json.loads((garage.workspace.dataset(dataset.id) / "card.json").read_text("utf-8"))
    assert (card["held_back"], card["leaks"]) == (1, [])


def test_the_exam_takes_a_wording_that_names_what_it_asks_for() -> None:
    evidence = "Claims approved by noon are paid the following Tuesday."
    rows = [
        make_row(10 * fact + n, chunk_id=fact + 1, fact=fact, answer="Tuesday",
                 evidence=evidence, question=f"{question} {fact}")
        for fact in range(6)
        for n, question in enumerate((
            "When do I get it?", "On which day is an approved claim paid?", "When is it paid?",
        ))
    ]  # fmt: skip
    exam = hold_out(rows, exam_share=0.2, eval_share=0, seed=0).exam
    assert len(exam) == 6
    assert all("approved claim" in row.question for row in exam)
