"""Everyday questions, own questions by hand, sums, the leak check: what is asked, and of whom."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gemma_garage.errors import BadInput
from gemma_garage.exam_leaks import check_leaks
from gemma_garage.garage import Garage
from gemma_garage.infer import exam, subjects
from gemma_garage.infer.exam import exam_table, register, submit_exam, submit_usual_exam
from gemma_garage.infer.exam_result import count_subject
from gemma_garage.infer.general import add_general, read_general
from gemma_garage.infer.grade import grade
from gemma_garage.infer.questions import add_own_questions, add_question
from gemma_garage.schema import Chunk, Dataset, Document, ExamQuestion, Run

WAIT_S = 300


def _write_rows(garage: Garage, dataset: Dataset, *rows: dict[str, object]) -> None:
    folder = garage.workspace.absolute(dataset.path)
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(json.dumps(row) for row in rows)
    (folder / "train.jsonl").write_text(text, encoding="utf-8")


def test_the_everyday_questions_can_be_answered_and_graded() -> None:
    questions = read_general()
    assert len(questions) == 40
    assert len({question.question for question in questions}) == 40
    for question in questions:
        assert grade(question.answer, question.answer, question.question)
        assert grade(f"The answer is {question.answer}.", question.answer, question.question)


def test_everyday_questions_come_once_and_not_what_is_trained(
    garage: Garage, dataset: Dataset
) -> None:
    _write_rows(garage, dataset, {"question": "what is the capital of FRANCE", "answer": "Paris"})
    assert add_general(garage, dataset.id) == 39
    assert add_general(garage, dataset.id) == 0
    kinds = [row.kind for row in garage.store.exam_questions(dataset.id)]
    assert kinds.count("general") == 39


def test_the_leak_check_names_what_is_trained_in_the_same_words(
    garage: Garage, dataset: Dataset
) -> None:
    assert check_leaks(garage, dataset.id).rows == 0
    garage.store.add_exam_questions(
        [
            ExamQuestion(
                dataset_id=dataset.id,
                kind="unseen",
                question="How hot may it get?",
                answer="80 °C",
                evidence="It may reach 80 °C.",
            )
        ]
    )
    _write_rows(
        garage,
        dataset,
        {"question": "Who built it", "answer": "Anna Schmidt"},
        {"question": "Else?", "answer": "It may reach 80 °C!", "evidence": ""},
        {"question": "Why?", "answer": "x", "turns": [{"role": "user", "content": "WHY NOT"}]},
    )
    assert add_question(garage, dataset.id, "Why not?", "because") == 1
    check = check_leaks(garage, dataset.id)
    assert check.rows == 3
    assert {leak.question: leak.reason for leak in check.leaks} == {
        "Who built it?": "trained in the same words",
        "Why not?": "trained in the same words",
        "How hot may it get?": "its proof stands in a training row",
    }


def test_a_typed_question_is_taken_once_and_an_empty_one_refused(
    garage: Garage, dataset: Dataset
) -> None:
    assert add_question(garage, dataset.id, " Which oil? ", "rapeseed") == 1
    assert add_question(garage, dataset.id, "which OIL?", "rapeseed") == 0
    newest = garage.store.exam_questions(dataset.id)[-1]
    assert (newest.kind, newest.question) == ("own", "Which oil?")
    for question, answer in (("", "x"), ("x", "  "), ("x" * 3_000, "x")):
        with pytest.raises(BadInput, match="characters"):
            add_question(garage, dataset.id, question, answer)


def test_rows_of_sums_become_their_own_kind(
    garage: Garage, dataset: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "sums.jsonl"
    path.write_text(
        '{"question": "3 and 4?", "answer": "3 + 4 = 7\\n#### 7"}\n'
        '{"question": "Who?", "answer": "Anna"}\n'
    )
    assert add_own_questions(garage, dataset.id, path) == 2
    kinds = {row.question: row.kind for row in garage.store.exam_questions(dataset.id)}
    assert (kinds["3 and 4?"], kinds["Who?"]) == ("reasoning", "own")


def test_a_question_beyond_the_context_costs_no_other_its_exam(
    garage: Garage, dataset: Dataset, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exam, "MOST_NEW_TOKENS", 4)
    register(garage)
    garage.jobs.start()
    add_question(garage, dataset.id, "Why? " * 200, "so")
    job = garage.jobs.wait(submit_exam(garage, run_id), WAIT_S)
    assert (job.status, job.error) == ("finished", None)
    *others, last = exam_table(garage.store, run_id)
    assert len(others) == 5
    assert all("Not asked" not in answer.text for row in others for answer in row.answers.values())
    assert {answer.text for answer in last.answers.values()} == {exam.TOO_LONG}
    assert not last.tuned_correct


@pytest.fixture
def with_passage(garage: Garage, dataset: Dataset) -> int:
    """A question with a passage; the id of it."""
    document = garage.store.add(
        Document(
            project_id=dataset.project_id,
            name="a.txt",
            sha256="0" * 64,
            format="txt",
            size_bytes=1,
            path="documents/1/a.txt",
        )
    )
    chunk = Chunk(document_id=document.id, number=0, text="<bos> is a mark.", start=0, end=16)
    chunk.tokens = 5
    garage.store.finish_document(document.id, [chunk], pages=1, characters=16)
    question = ExamQuestion(
        dataset_id=dataset.id,
        kind="paraphrase",
        question="What is <bos>?",
        answer="a mark",
        chunk_id=garage.store.chunks(dataset.project_id)[0].id,
    )
    garage.store.add_exam_questions([question])
    return question.id


def test_base_with_passage_and_a_checkpoint_are_asked_too(
    garage: Garage,
    add_run: Callable[[int], int],
    adapters: list[Path],
    with_passage: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exam, "MOST_NEW_TOKENS", 6)
    monkeypatch.setattr(exam, "add_general", lambda *_: 0)
    register(garage)
    garage.jobs.start()
    run_id = add_run(0)
    run = garage.store.get(Run, run_id)
    folder = garage.workspace.run(run_id) / "checkpoints" / "checkpoint-3"
    shutil.copytree(adapters[1], folder)
    assert subjects.list_checkpoints(garage, run) == []  # not sealed: it may be half there
    (folder / "seal.json").write_text("{}")
    assert subjects.list_checkpoints(garage, run) == ["step-3"]

    job = garage.jobs.wait(submit_usual_exam(garage, run_id), WAIT_S)
    assert (job.status, job.error) == ("finished", None)
    job = garage.jobs.wait(submit_exam(garage, run_id, ["step-3", "base"]), WAIT_S)
    assert (job.status, job.error) == ("finished", None)
    assert job.result["asked"] == 6
    rows = exam_table(garage.store, run_id)
    assert [count_subject(rows, name).total for name in ("base", "passage", "step-3", "tuned")] == [
        6,
        1,
        6,
        6,
    ]
    asked = next(row for row in rows if row.question_id == with_passage)
    assert asked.answers["passage"].text != asked.answers["base"].text
    assert any(row.answers["step-3"].text != row.answers["tuned"].text for row in rows)
    with pytest.raises(BadInput, match="no “step-9” to examine; there are base, passage, step-3"):
        submit_exam(garage, run_id, ["step-9"])

    # The next run takes over both of the base's columns.
    second = add_run(1)
    job = garage.jobs.wait(submit_usual_exam(garage, second), WAIT_S)
    assert (job.result["copied"], job.result["asked"]) == (7, 6)
    # The checkpoint of the first is the adapter of the second.
    again = exam_table(garage.store, second)
    assert [row.answers["step-3"].text for row in rows] == [row.tuned_answer for row in again]
