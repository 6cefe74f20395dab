"""From rows to rows: new wordings of accepted ones, and more like those that are given."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gemma_garage.augment.generate import (
    GenerateRequest,
    estimate,
    preview_generate,
    register,
    submit_generate,
)
from gemma_garage.errors import ConfigError, DatasetError, WrongKey
from gemma_garage.garage import Garage
from gemma_garage.schema import Example, Job
from tests.augment.shelf import add_text
from tests.fakes.fake_provider import FakeProvider

REWORD = GenerateRequest(generator="gemini", mode="paraphrase", wordings=2, threads=2)
MORE = GenerateRequest(generator="gemini", mode="more-like-these", target=30, threads=2)
TEXT = "The Ferrow 8 kettle weighs 1.8 kg."


@pytest.fixture
def provider(garage: Garage, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    fake = FakeProvider()
    garage.settings = replace(garage.settings, gemini_key="key")
    monkeypatch.setattr(
        "gemma_garage.augment.open_generator.choose_provider", lambda settings, request: fake
    )
    register(garage)
    yield fake


def run(garage: Garage, request: GenerateRequest) -> Job:
    garage.jobs.start()
    job = garage.jobs.wait(submit_generate(garage, 1, request), 60)
    assert job.status != "running", job.stage
    return job


def add_row(garage: Garage, question: str, answer: str, **values: Any) -> Example:
    row = Example(project_id=1, question=question, answer=answer, status="accepted", **values)
    garage.store.add_examples([row])
    return row


def add_kettle(garage: Garage) -> Example:
    add_text(garage, "kettle.txt", [TEXT])
    place = {"chunk_id": 1, "fact": 3, "kind": "factual", "evidence": TEXT}
    return add_row(garage, "How much does the Ferrow 8 kettle weigh?", "1.8 kg", **place)


def find_new(garage: Garage, first: Example) -> list[Example]:
    rows = [row for row in garage.store.examples(1)[0] if row.id > first.id]
    return sorted(rows, key=lambda row: row.id)


def reply(*questions: str, number: int = 1) -> str:
    return json.dumps({"rewordings": [{"number": number, "questions": list(questions)}]})


def test_new_wordings_keep_fact_answer_and_proof(garage: Garage, provider: FakeProvider) -> None:
    row = add_kettle(garage)
    provider.enqueue(
        reply("What is the weight of the Ferrow 8 kettle?", "How heavy is the Ferrow 9 kettle?")
    )
    job = run(garage, REWORD)
    good, wrong = find_new(garage, row)
    assert (good.chunk_id, good.fact, good.answer, good.evidence) == (1, 3, "1.8 kg", TEXT)
    assert (good.status, good.origin, good.kind) == ("accepted", "fake:model", "factual")
    assert (wrong.status, wrong.reason) == ("rejected", "number")
    assert job.result["accepted"] == 1
    assert "1. Question: How much does the Ferrow 8 kettle weigh?" in provider.history[0].prompt


def test_imported_rows_are_reworded_too(garage: Garage, provider: FakeProvider) -> None:
    first = add_row(garage, "Who founded Tarn Hill?", "Edda Rowmark", fact=7)
    second = add_row(garage, "Who leads the choir of Tarn Hill?", "Orla Tamsin", fact=8)
    provider.enqueue(reply("By whom is the choir of Tarn Hill led?", number=2))
    run(garage, REWORD)
    (new,) = find_new(garage, second)
    assert (new.question, new.answer) == ("By whom is the choir of Tarn Hill led?", "Orla Tamsin")
    assert (new.chunk_id, new.fact, new.status) == (None, 8, "accepted")
    assert first.id


def test_a_failed_rewording_goes_on_where_it_was(garage: Garage, provider: FakeProvider) -> None:
    rows = [
        add_row(garage, f"Where is the seat of club {letter}?", f"in {town}")
        for letter, town in zip("ABCDEFGHIJKLMNOP", [f"Town{n}" for n in range(16)], strict=True)
    ]
    provider.enqueue(reply("In which town is the seat of club A?"), WrongKey("Gone."))
    job = run(garage, REWORD.model_copy(update={"threads": 1}))
    assert job.status == "failed" and len(find_new(garage, rows[-1])) == 1
    provider.enqueue(reply("In which town is the seat of club M?"))
    garage.jobs.resume(job.id)
    job = garage.jobs.wait(job.id, 30)
    assert job.status == "finished"
    assert len(provider.history) == 3
    assert [row.question[-2] for row in find_new(garage, rows[-1])] == ["A", "M"]
    assert job.result["usage"]["kept"] == 1


def test_the_local_generator_rewords_by_rule_without_a_model(garage: Garage) -> None:
    register(garage)
    row = add_kettle(garage)
    add_row(garage, "Warum ist das so?", "Darum.")
    request = GenerateRequest(mode="paraphrase", wordings=2)
    assert estimate(garage, 1, request).calls == 0
    job = run(garage, request)
    assert (job.status, job.error, job.lane) == ("finished", None, "io")
    questions = [new.question for new in find_new(garage, row) if new.chunk_id]
    assert questions == [
        "How heavy is the Ferrow 8 kettle?",
        "What is the weight of the Ferrow 8 kettle?",
    ]


def test_from_few_rows_to_many(garage: Garage, provider: FakeProvider) -> None:
    for number in range(4):
        last = add_row(garage, f"How does exercise A{number} begin?", f"With step {number}.")
    job = run(garage, MORE)
    new = [row for row in find_new(garage, last) if row.reason != "limit"]
    assert (job.status, job.result["rows"], len(new)) == ("finished", 30, 30)
    # No passage proves them, so a person looks at them before they are trained on.
    assert {row.status for row in new} == {"generated"}
    assert {row.chunk_id for row in new} == {None}
    assert len({row.question for row in new}) == 30
    assert "Question: How does exercise A" in provider.history[0].prompt


def test_when_nothing_new_comes_it_ends_and_says_so(garage: Garage, provider: FakeProvider) -> None:
    for number in range(3):
        last = add_row(garage, f"How does exercise B{number} begin?", f"With step {number}.")
    same = json.dumps({"rows": [{"question": "How does drill 1 end?", "answer": "With a bow."}]})
    provider.enqueue(*[same] * 50)
    job = run(garage, MORE)
    assert job.result["rows"] == 1
    assert job.result["short"].startswith("1 of 30 rows: the model gave nothing new")
    assert Counter(row.reason for row in find_new(garage, last)) == {"": 1}
    assert len(provider.history) <= 2 * 3


def test_broken_replies_are_each_counted_and_are_no_end_of_ideas(
    garage: Garage, provider: FakeProvider
) -> None:
    for number in range(3):
        add_row(garage, f"How does exercise D{number} begin?", f"With step {number}.")
    provider.enqueue(*["I am sorry."] * 8)
    job = run(garage, MORE.model_copy(update={"target": 10}))
    assert (job.status, job.result["spoiled"]) == ("finished", {"unreadable": 2})
    assert job.result["short"].startswith("0 of 10 rows: 2 requests have no usable reply (")
    provider.enqueue(*["I am sorry."] * 50)
    job = run(garage, MORE.model_copy(update={"threads": 3}))
    assert job.status == "failed" and "“I am sorry.”" in str(job.error)
    assert job.result["usage"]["calls"] == 12


def test_a_killed_wave_costs_nothing_again(garage: Garage, provider: FakeProvider) -> None:
    for number in range(3):
        last = add_row(garage, f"How does exercise C{number} begin?", f"With step {number}.")
    rows = [{"question": f"How does drill {n} end?", "answer": f"With bow {n}."} for n in range(9)]
    provider.enqueue(json.dumps({"rows": rows}), WrongKey("Gone."))
    job = run(garage, MORE.model_copy(update={"threads": 1, "target": 14}))
    assert (job.status, len(find_new(garage, last))) == ("failed", 9)
    garage.jobs.resume(job.id)
    job = garage.jobs.wait(job.id, 30)
    assert (job.status, job.result["rows"]) == ("finished", 14)
    # Only the call that failed was made again.
    asked = Counter(question.prompt for question in provider.history)
    assert sorted(asked.values()) == [1, 1, 2]
    assert job.result["usage"]["kept"] == 1


def test_rows_are_needed_to_start_from(garage: Garage, provider: FakeProvider) -> None:
    with pytest.raises(DatasetError, match="no accepted rows to reword"):
        submit_generate(garage, 1, REWORD)
    add_row(garage, "How does it begin?", "Well.")
    with pytest.raises(DatasetError, match="There are 1 accepted example rows to continue"):
        submit_generate(garage, 1, MORE)
    with pytest.raises(ConfigError, match="cannot write rows like others"):
        submit_generate(garage, 1, MORE.model_copy(update={"generator": "local"}))
    with pytest.raises(ConfigError, match="can be previewed"):
        preview_generate(garage, 1, REWORD)
