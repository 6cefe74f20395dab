"""Every question is asked once of base and of tuned, and the figures are those of the answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import BadInput, DatasetError
from gemma_garage.exam_score import Score
from gemma_garage.garage import Garage
from gemma_garage.gemma.turns import encode_prompt
from gemma_garage.infer import exam
from gemma_garage.infer.exam import (
    ExamSummary,
    exam_table,
    register,
    submit_exam,
    summarise_exam,
)
from gemma_garage.infer.questions import add_own_questions
from gemma_garage.schema import Dataset, ExamQuestion, ExamResult, Job, Run
from tests.infer.conftest import QUESTIONS

WAIT_S = 120


@pytest.fixture
def asked(garage: Garage, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """A garage that examines, in batches of two; gives every prompt that was decoded."""
    real, prompts = exam.generate, []

    def generate(model: Any, batch: Any, **options: Any) -> Any:
        prompts.extend(tuple(prompt) for prompt in batch)
        return real(model, batch, **options)

    monkeypatch.setattr(exam, "generate", generate)
    monkeypatch.setattr(exam, "_CPU_BATCH", 2)
    monkeypatch.setattr(exam, "MOST_NEW_TOKENS", 12)
    register(garage)
    garage.jobs.start()
    return prompts


def _examine(garage: Garage, run_id: int) -> Job:
    return garage.jobs.wait(submit_exam(garage, run_id), WAIT_S)


def test_asks_both_alike_and_keeps_every_answer(
    garage: Garage, run_id: int, asked: list[tuple[int, ...]], base_folder: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    job = _examine(garage, run_id)
    assert (job.status, job.error) == ("finished", None)
    assert len(asked) == 2 * len(QUESTIONS)
    assert all(asked.count(prompt) == 2 for prompt in asked)
    rows = exam_table(garage.store, run_id)
    assert [(row.question, row.expected) for row in rows] == QUESTIONS
    assert any(row.base_answer != row.tuned_answer for row in rows)

    # The base's column is what the plain base says when it is asked alone.
    tokenizer = AutoTokenizer.from_pretrained(base_folder)
    model = AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32)
    ids = encode_prompt(tokenizer, QUESTIONS[0][0])
    out = model.generate(torch.tensor([ids]), max_new_tokens=12, do_sample=False, pad_token_id=0)
    said = tokenizer.decode(out[0, len(ids) :], skip_special_tokens=True).strip()
    assert rows[0].base_answer is not None
    assert rows[0].base_answer == said
    assert said


def test_a_stopped_exam_goes_on_without_asking_twice(
    garage: Garage,
    run_id: int,
    asked: list[tuple[int, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted, calls = exam.generate, []

    def stop_after_two(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            garage.jobs.stop(garage.store.jobs(kind="exam")[0].id)
        return counted(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(exam, "generate", stop_after_two)
        job = _examine(garage, run_id)
    assert job.status == "stopped"
    kept = len(garage.store.exam_results(run_id))
    assert 0 < kept < 2 * len(QUESTIONS)
    assert summarise_exam(garage.store, run_id) is None
    asked.clear()

    garage.jobs.resume(job.id)
    assert garage.jobs.wait(job.id, WAIT_S).status == "finished"
    assert len(asked) == 2 * len(QUESTIONS) - kept
    summary = summarise_exam(garage.store, run_id)
    assert summary is not None
    assert summary.base.total == summary.tuned.total == len(QUESTIONS)


def test_the_bases_answers_are_asked_once_for_all_runs(
    garage: Garage, add_run: Callable[[int], int], asked: list[tuple[int, ...]], base_folder: Path
) -> None:
    first, second, third = add_run(0), add_run(1), add_run(1)
    _examine(garage, first)
    asked.clear()
    job = _examine(garage, second)
    assert job.result["copied"] == len(QUESTIONS)
    assert len(asked) == len(QUESTIONS)
    one, two = exam_table(garage.store, first), exam_table(garage.store, second)
    assert [row.base_answer for row in one] == [row.base_answer for row in two]
    assert [row.tuned_answer for row in one] != [row.tuned_answer for row in two]

    # Another base under the same name: nothing is taken over.
    weights = base_folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-2] ^= 1
    weights.write_bytes(data)
    garage.occupancy.release()
    job = _examine(garage, third)
    assert job.result["copied"] == 0
    assert job.result["asked"] == 2 * len(QUESTIONS)


def test_other_conditions_make_all_answers_new(
    garage: Garage, run_id: int, asked: list[tuple[int, ...]]
) -> None:
    _examine(garage, run_id)
    run = garage.store.get(Run, run_id)
    assert run.result["steps"] == 3
    garage.store.update(Run, run_id, result={**run.result, "exam_key": "another"})
    asked.clear()
    _examine(garage, run_id)
    assert len(asked) == 2 * len(QUESTIONS)


def test_own_questions_are_asked_later_and_counted_apart(
    garage: Garage,
    run_id: int,
    dataset: Dataset,
    asked: list[tuple[int, ...]],
    tmp_path: Path,
) -> None:
    _examine(garage, run_id)
    before = summarise_exam(garage.store, run_id)
    assert before is not None
    assert before.own_tuned is None
    file = tmp_path / "own.csv"
    file.write_text("question,answer\nWho?,Anna\nWhen?,Monday\n", encoding="utf-8")
    assert add_own_questions(garage, dataset.id, file) == 2
    asked.clear()
    assert _examine(garage, run_id).status == "finished"
    assert len(asked) == 4
    after = summarise_exam(garage.store, run_id)
    assert after is not None
    assert after.own_base is not None
    assert after.own_base.total == 2
    assert after.base == before.base
    assert set(after.kinds) == {"paraphrase"}


def test_stored_answers_are_graded_by_todays_rule(
    garage: Garage, run_id: int, asked: list[tuple[int, ...]]
) -> None:
    _examine(garage, run_id)
    question = garage.store.exam_results(run_id)[0][1]
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=run_id,
                question_id=question.id,
                subject="tuned",
                answer="Every 500 hrs.",
                correct=False,
            )
        ]
    )
    asked.clear()
    job = _examine(garage, run_id)
    assert asked == []
    assert job.result["tuned"]["correct"] == 1
    assert exam_table(garage.store, run_id)[0].tuned_correct is True


def test_counts_by_subject_and_kind(garage: Garage, run_id: int, dataset: Dataset) -> None:
    garage.store.add_exam_questions(
        [ExamQuestion(dataset_id=dataset.id, kind="unseen", question="?", answer="!")]
    )
    questions = garage.store.exam_questions(dataset.id)
    assert summarise_exam(garage.store, run_id) is None
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=run_id,
                question_id=question.id,
                subject=subject,
                answer="",
                correct=subject == "tuned" and place != 1,
            )
            for place, question in enumerate(questions)
            for subject in ("base", "tuned")
        ]
    )
    assert summarise_exam(garage.store, run_id) == ExamSummary(
        base=Score(0, 5),
        tuned=Score(4, 5),
        own_base=None,
        own_tuned=None,
        kinds={"paraphrase": (Score(0, 5), Score(4, 5)), "unseen": (Score(0, 1), Score(1, 1))},
    )


def test_the_interval_is_wilsons() -> None:
    low, high = Score(24, 26).interval()
    assert (round(low, 3), round(high, 3)) == (0.759, 0.979)
    assert Score(0, 0).interval() == (0.0, 1.0)
    assert Score(0, 10).interval()[0] == 0.0


def test_refuses_what_cannot_be_examined(garage: Garage, run_id: int) -> None:
    register(garage)
    run = garage.store.get(Run, run_id)
    garage.store.update(Run, run_id, adapter=None)
    with pytest.raises(BadInput, match="no adapter yet"):
        submit_exam(garage, run_id)
    garage.store.update(Run, run_id, adapter=run.adapter)
    for question in garage.store.exam_questions(run.dataset_id):
        garage.store.delete(ExamQuestion, question.id)
    with pytest.raises(DatasetError, match="no exam questions"):
        submit_exam(garage, run_id)


def test_a_waiting_exam_is_not_queued_twice(garage: Garage, run_id: int) -> None:
    register(garage)
    assert submit_exam(garage, run_id) == submit_exam(garage, run_id)
