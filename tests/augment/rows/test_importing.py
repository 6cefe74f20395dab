"""From a file of rows to Examples and passages: nothing doubled, nothing lost, nothing silent."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment import ingest
from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.import_rows import import_rows
from gemma_garage.augment.ingest import (
    add_document,
    ingest_files,
    read_text,
    remove_document,
    resume_ingests,
    submit_ingest,
)
from gemma_garage.augment.rows import importing
from gemma_garage.augment.rows.importing import read_waiting, submit_import
from gemma_garage.augment.rows.judge import MAX_CHARACTERS
from gemma_garage.augment.rows.mapping import Mapping
from gemma_garage.augment.rows.preview import preview_rows
from gemma_garage.errors import BadInput, ConfigError, DocumentError
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.schema import Document, Example, Job

PROJECT = 1


@pytest.fixture
def lanes(garage: Garage) -> Garage:
    ingest.register(garage)
    garage.jobs.start()
    return garage


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_faq(folder: Path, count: int = 9, name: str = "faq.csv") -> Path:
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["question", "answer"])
        for number in range(count):
            table.writerow([f"What is the mass of unit {number}?", f"{number} kg"])
    return folder / name


def wait(garage: Garage, job_id: int | None) -> Job:
    assert job_id is not None
    return garage.jobs.wait(job_id, timeout_s=60)


def list_examples(garage: Garage) -> list[Example]:
    return list(garage.store.examples(PROJECT)[0])


def test_rows_become_examples_as_they_are(lanes: Garage, tmp_path: Path) -> None:
    document_id, job_id = import_rows(lanes, PROJECT, write_faq(tmp_path))
    job = wait(lanes, job_id)
    document = lanes.store.get(Document, document_id)
    assert (job.status, document.status, document.format) == ("finished", "ready", "csv")
    assert (job.kind, job.lane, job.title) == ("import", "io", "Importing faq.csv")
    assert {name: job.result[name] for name in ("rows", "accepted", "rejected", "chunks")} == {
        "rows": 9,
        "accepted": 9,
        "rejected": 0,
        "chunks": 0,
    }
    rows = list_examples(lanes)
    assert [(row.question, row.answer) for row in rows[:1]] == [
        ("What is the mass of unit 0?", "0 kg")
    ]
    assert {(row.kind, row.status, row.origin, row.chunk_id) for row in rows} == {
        ("imported", "accepted", "faq.csv", None)
    }
    assert [row.fact for row in rows] == list(range(9))
    assert lanes.store.examples(PROJECT, Filter(document_id=document_id))[1] == 9
    assert document.details["shape"] == "question/answer"
    folder = lanes.workspace.document(document_id)
    assert [path.name for path in folder.iterdir()] == ["faq.csv"]


def test_what_cannot_be_trained_is_kept_with_its_reason(lanes: Garage, tmp_path: Path) -> None:
    rows = [
        {"question": "How hot?", "answer": "90 °C"},
        {"question": " how  hot? ", "answer": "90 °c"},
        {"question": "How hot?", "answer": "91 °C"},
        {"question": "Why?", "answer": ""},
        {"question": "x" * MAX_CHARACTERS, "answer": "y"},
    ]
    path = write_rows(tmp_path / "a.jsonl", rows)
    path.write_text(path.read_text() + "{broken\n", encoding="utf-8")
    document_id, job_id = import_rows(lanes, PROJECT, path)
    result = wait(lanes, job_id).result
    assert result["reasons"] == {"duplicate": 1, "empty": 1, "too-long": 1}
    assert (result["accepted"], result["skipped"]) == (2, 1)
    assert [row.reason for row in list_examples(lanes)] == [
        "",
        "duplicate",
        "",
        "empty",
        "too-long",
    ]
    problems = lanes.store.get(Document, document_id).details["problems"]
    assert problems[0].startswith("line 6: it is not valid JSON")


def test_a_question_that_is_in_the_project_already_is_a_duplicate(
    lanes: Garage, tmp_path: Path
) -> None:
    wait(lanes, import_rows(lanes, PROJECT, write_faq(tmp_path, 3))[1])
    result = wait(lanes, import_rows(lanes, PROJECT, write_faq(tmp_path, 4, "more.csv"))[1]).result
    assert (result["accepted"], result["reasons"]) == (1, {"duplicate": 3})


def test_a_conversation_gives_an_example_for_each_answer(lanes: Garage, tmp_path: Path) -> None:
    said = [("human", "Hi"), ("gpt", "Ho"), ("human", "How hot?"), ("gpt", "90 °C")]
    talk = {"conversations": [{"from": who, "value": what} for who, what in said]}
    tools = {"conversations": [{"from": "tool", "value": "x"}, *talk["conversations"]]}
    path = write_rows(tmp_path / "talks.jsonl", [talk, tools])
    wait(lanes, import_rows(lanes, PROJECT, path)[1])
    rows = list_examples(lanes)
    assert [(row.question, row.answer, row.reason) for row in rows] == [
        ("Hi", "Ho", ""),
        ("How hot?", "90 °C", ""),
        ("How hot?", "90 °C", "roles"),
    ]
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    assert [row.turns for row in rows[:2]] == [[], turns]
    assert [row.fact for row in rows] == [0, 0, 1]


def test_written_from_they_become_passages_under_their_questions(
    lanes: Garage, tmp_path: Path
) -> None:
    path = write_faq(tmp_path, 60, "pump_faq.csv")
    document_id, job_id = import_rows(lanes, PROJECT, path, mode="augment")
    job = wait(lanes, job_id)
    assert job.status == "finished"
    chunks = lanes.store.chunks(PROJECT)
    text = read_text(lanes, document_id)
    assert lanes.store.examples(PROJECT)[1] == 0
    assert job.result["chunks"] == len(chunks) > 1
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert all(chunk.heading.startswith("pump faq > What is the mass") for chunk in chunks)
    assert "### What is the mass of unit 7?\n\n7 kg" in text
    assert lanes.store.get(Document, document_id).characters == len(text)


def test_both_gives_examples_and_passages_and_goes_with_its_document(
    lanes: Garage, tmp_path: Path
) -> None:
    document_id, job_id = import_rows(lanes, PROJECT, write_faq(tmp_path), mode="both")
    wait(lanes, job_id)
    assert lanes.store.examples(PROJECT)[1] == 9 and lanes.store.chunks(PROJECT)
    remove_document(lanes, document_id)
    assert lanes.store.examples(PROJECT)[1] == 0 and not lanes.store.chunks(PROJECT)


def test_running_text_always_becomes_passages(lanes: Garage, tmp_path: Path) -> None:
    rows = [{"text": f"Pump {n} is driven by a motor of {n} kW.\n\nIt is red."} for n in range(400)]
    path = write_rows(tmp_path / "texts.jsonl", [*rows, rows[0]])
    document_id, job_id = import_rows(lanes, PROJECT, path, mode="as-is")
    assert wait(lanes, job_id).status == "finished"
    text = read_text(lanes, document_id)
    chunks = lanes.store.chunks(PROJECT)
    assert text.count("Pump 0 is driven") == 1
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert lanes.store.examples(PROJECT)[1] == 0


def test_without_a_choice_the_document_waits_for_one(lanes: Garage, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", [{"left": "Is it hot?", "right": "yes"}] * 2)
    outcome = ingest_files(lanes, PROJECT, [path])[0]
    assert wait(lanes, outcome.job_id).result["waiting"]
    document = lanes.store.get(Document, outcome.document_id)
    assert (document.status, document.details["columns"]) == ("waiting", ["left", "right"])
    sample, found = read_waiting(lanes, document)
    assert (len(sample), found.is_sure, found.mapping.question) == (2, False, "left")
    with pytest.raises(ConfigError, match="no column “middle”"):
        submit_import(lanes, document.id, mapping=Mapping(text="middle"), mode="as-is")
    mapping = Mapping(question="left", answer="right")
    job = wait(lanes, submit_import(lanes, document.id, mapping=mapping, mode="as-is"))
    assert (job.status, job.result["accepted"], job.result["rejected"]) == ("finished", 1, 1)
    with pytest.raises(BadInput, match="are in already"):
        submit_import(lanes, document.id, mapping=mapping, mode="both")
    again, is_new = add_document(lanes, PROJECT, path)
    assert (again.id, is_new) == (document.id, False)


def test_an_unknown_shape_is_not_imported_on_a_guess(lanes: Garage, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", [{"left": "Is it hot?", "right": "yes"}])
    document_id, job_id = import_rows(lanes, PROJECT, path)
    job = wait(lanes, job_id)
    document = lanes.store.get(Document, document_id)
    assert (job.status, document.status) == ("failed", "failed")
    assert "(left, right) are of no known shape" in str(document.error)
    assert wait(lanes, submit_ingest(lanes, document_id)).result["waiting"]  # "Read again"
    job = wait(lanes, submit_import(lanes, document_id, mapping=Mapping(text="left"), mode="both"))
    assert job.status == "finished"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "{broken\n", "no row that can be read: 1 were left out.*line 1"),
        ("a.csv", "question,answer\n", r"holds no rows \(0\)"),
        ("a.json", "{", "not valid JSON"),
        ("a.yaml", "&a [*a]", "holds itself"),
    ],
)
def test_a_file_without_rows_fails_with_its_reason(
    lanes: Garage, tmp_path: Path, name: str, content: str, message: str
) -> None:
    import re

    (tmp_path / name).write_text(content, encoding="utf-8")
    document_id, job_id = import_rows(lanes, PROJECT, tmp_path / name)
    assert wait(lanes, job_id).status == "failed"
    document = lanes.store.get(Document, document_id)
    assert document.status == "failed" and re.search(message, str(document.error))
    assert [path.name for path in lanes.workspace.document(document_id).iterdir()] == [name]


def test_a_file_of_another_kind_is_refused_at_the_door(garage: Garage, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(DocumentError, match="no rows that can be read"):
        import_rows(garage, PROJECT, tmp_path / "a.txt")
    (tmp_path / "a.parquet").write_text("text")
    with pytest.raises(DocumentError, match="is not Parquet"):
        import_rows(garage, PROJECT, tmp_path / "a.parquet")
    assert garage.store.documents(PROJECT) == []


def test_an_interrupted_import_goes_on_and_doubles_nothing(
    garage: Garage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest.register(garage)
    garage.jobs.start()
    monkeypatch.setattr(importing, "_BATCH_ROWS", 10)
    real, batches = garage.store.add_imported, []

    def add_two_batches(document_id: int, examples: list[Example]) -> bool:
        if len(batches) == 2:
            raise OSError("the process dies here")
        batches.append(len(examples))
        return real(document_id, examples)

    monkeypatch.setattr(garage.store, "add_imported", add_two_batches)
    path = write_faq(tmp_path, 25)
    path.write_text(path.read_text() + "What is the mass of unit 3?,3 kg\n")
    document_id, job_id = import_rows(garage, PROJECT, path)
    wait(garage, job_id)
    assert garage.store.examples(PROJECT)[1] == 20
    # As a killed process leaves it: the Job was running, the Document being read.
    garage.store.update(Document, document_id, status="reading", error=None)
    garage.store.update(Job, job_id, status="interrupted", error=None)
    monkeypatch.setattr(garage.store, "add_imported", real)
    assert resume_ingests(garage) == [job_id]
    result = wait(garage, job_id).result
    assert (result["accepted"], result["reasons"]) == (25, {"duplicate": 1})
    assert sorted(row.fact for row in list_examples(garage)) == list(range(26))


def test_a_stopped_import_can_go_on(garage: Garage, tmp_path: Path) -> None:
    ingest.register(garage)
    document_id, job_id = import_rows(garage, PROJECT, write_faq(tmp_path))
    garage.jobs.stop(job_id)
    garage.jobs.start()
    assert garage.store.get(Document, document_id).status == "reading"
    job = wait(garage, submit_ingest(garage, document_id))
    assert (job.status, job.result["accepted"]) == ("finished", 9)


def test_a_document_that_was_removed_meanwhile_gets_no_rows(garage: Garage, tmp_path: Path) -> None:
    example = Example(project_id=PROJECT, document_id=None, question="q", answer="a")
    assert garage.store.add_imported(77, [example]) is False
    assert garage.store.examples(PROJECT)[1] == 0


def test_imported_rows_are_frozen_with_what_was_said_before(lanes: Garage, tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    ask = [{"role": "user", "content": "How hot?"}, {"role": "assistant", "content": "90 °C"}]
    path = write_rows(tmp_path / "talk.jsonl", [{"messages": [*talk, *ask]}])
    for source in (path, write_faq(tmp_path, 20)):
        assert wait(lanes, import_rows(lanes, PROJECT, source)[1]).status == "finished"
    dataset = freeze(lanes, PROJECT)
    folder = lanes.workspace.absolute(dataset.path)
    rows = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
    assert dataset.counts["train"] == len(rows) == 22
    assert [row["turns"] for row in rows if row["question"] == "How hot?"] == [talk]
    assert {row["chunk_id"] for row in rows} == {None}


def test_the_preview_shows_what_is_trained_and_what_is_rejected() -> None:
    talk = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho"},
        {"role": "user", "content": "How hot?"},
        {"role": "assistant", "content": "90 °C"},
    ]
    rows = [{"m": talk}, {"m": talk}, {"m": talk[1:]}, {"m": talk}]
    shown = preview_rows(rows, Mapping(turns="m"))
    assert [row.reason for row in shown] == ["", "duplicate", "roles"]
    assert shown[0].spans == (
        ("<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n", False),
        ("Ho<end_of_turn>\n", True),
        ("<start_of_turn>user\nHow hot?<end_of_turn>\n<start_of_turn>model\n", False),
        ("90 °C<end_of_turn>\n", True),
    )
    text = preview_rows([{"t": " Some text. "}], Mapping(text="t"))
    assert text[0].spans == (("<bos>", False), ("Some text.", True))
    with pytest.raises(ConfigError):
        preview_rows(rows, Mapping(question="m"))
