"""A file of prompts: every row is answered or told why not, once, also over a stop."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.infer import batch as batch_module
from gemma_garage.infer.answerers import BASE_NAME
from gemma_garage.infer.batch import own_batch, register, submit_batch
from gemma_garage.infer.batch_file import read_prompts
from gemma_garage.infer.batch_report import write_csv, write_jsonl
from gemma_garage.infer.compare import compare
from gemma_garage.infer.request import Drawing, Request
from gemma_garage.schema import Job, Project


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_three_formats_and_tells_broken_rows(tmp_path: Path) -> None:
    text = _write(tmp_path, "a.txt", "\ufeffOne?\n\n  Two?  \n")
    assert [row.text for row in read_prompts(text)] == ["One?", "Two?"]
    table = _write(tmp_path, "b.csv", 'Prompt;Answer\nOne?;1\n;2\n"Two;?";3\nA;b;c\n')
    assert [(row.text, row.reference, row.problem) for row in read_prompts(table)] == [
        ("One?", "1", ""),
        ("", "2", "has no prompt"),
        ("Two;?", "3", ""),
        ("", "", "has more cells than the first line names"),
    ]
    lines = [
        '{"prompt": "One?", "reference": 1}',
        "{broken",
        '"Two?"',
        "17",
        '{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Three?"},'
        ' {"role": "assistant", "content": "3"}]}',
        '{"messages": [{"role": "assistant", "content": "3"}]}',
        '{"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}]}',
        '{"messages": [{"role": "user", "content": [{"type": "image"}]}]}',
    ]
    rows = read_prompts(_write(tmp_path, "c.jsonl", "\n".join(lines)))
    broken = [False, True, False, True, False, True, True, True]
    assert [bool(row.problem) for row in rows] == broken
    assert rows[4].turns == [{"role": "system", "content": "S"}]
    assert (rows[4].text, rows[4].reference) == ("Three?", "3")
    assert "no JSON" in rows[1].problem
    assert rows[6].problem.startswith("has messages of user, user; ")
    assert "must take turns" in rows[6].problem
    assert rows[7].problem.startswith("has messages of user; each needs a text")
    for row in rows:
        assert not row.problem.endswith(".")  # a row's problem ends where the page's sentence does
        assert "example" not in row.problem and "{'" not in row.problem + row.text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.pdf", "x", "no file of prompts"),
        ("a.txt", "\n\n", "has no prompt: it is empty"),
        ("a.csv", "name,age\nA,3\n", "columns name, age; prompt is needed"),
        ("a.jsonl", "{\n[\n", "has no prompt: is no JSON"),
        ("a.txt", "x\n" * 10_001, "10,001 prompts; 10,000 are allowed"),
    ],
)
def test_refuses_a_file_without_prompts(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_prompts(_write(tmp_path, name, text))


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("a.txt", "Wo liegt der Schlüssel?\n\nWer hat die Tür geöffnet?\n", "utf-16"),
        ("a.csv", "prompt\nWo liegt der Schlüssel?\nWer hat die Tür geöffnet?\n", "latin-1"),
    ],
)
def test_reads_prompts_in_other_encodings(
    tmp_path: Path, name: str, text: str, encoding: str
) -> None:
    (tmp_path / name).write_bytes(text.encode(encoding))
    texts = [row.text for row in read_prompts(tmp_path / name)]
    assert texts == ["Wo liegt der Schlüssel?", "Wer hat die Tür geöffnet?"]


def test_a_line_separator_within_a_text_ends_no_line(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.jsonl", '{"prompt": "One\u2028line?"}\r\n"Two?"\n')
    assert [row.text for row in read_prompts(path)] == ["One\u2028line?", "Two?"]


def test_a_row_that_cannot_be_kept_costs_no_other(
    garage: Garage, run_id: int, tmp_path: Path
) -> None:
    lines = ['"One?"', '{"prompt": "a \\ud800 b"}', "9" * 5_000, "[" * 100_000]
    path = _write(tmp_path, "a.jsonl", "\n".join(lines))
    register(garage)
    job = submit_batch(garage, 1, [f"run-{run_id}"], path)
    broken = garage.store.batch_rows(job, broken=True)
    assert [row.problem for row in broken] == [
        "is no JSON (it holds \\ud800, which is half of a character)",
        "is no JSON (it has a number of too many digits)",
        "is no JSON (it is nested too deep)",
    ]
    assert garage.store.count_batch(job) == (4, 0, 3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [{"prompt": f"Question {number}?", "reference": "12 bar"} for number in range(20)]
    rows[3] = {"prompt": "x" * 600, "reference": ""}
    lines = [json.dumps(row) for row in rows]
    lines[7] = "{broken"
    return _write(tmp_path, "prompts.jsonl", "\n".join(lines))


def test_answers_what_compare_would_and_lists_the_rest(
    garage: Garage, add_run: Callable[[int], int], file: Path
) -> None:
    register(garage)
    garage.jobs.start()
    names = [BASE_NAME, f"run-{add_run(0)}", f"run-{add_run(1)}"]
    job_id = submit_batch(garage, 1, names, file, drawing=Drawing(8), schema='{"type": "object"}')
    job = garage.jobs.wait(job_id, 120)
    assert (job.status, job.error) == ("finished", None)
    assert (job.result["answered"], job.result["broken"]) == (18, 2)
    rows = garage.store.batch_rows(job_id)
    assert [row.number for row in rows if row.problem] == [4, 8]
    assert "has 6" in rows[3].problem and "reads 512" in rows[3].problem
    last = list(compare(garage, Request(1, tuple(names), "Question 0?", drawing=Drawing(8))))[-1]
    assert [rows[0].answers[name]["text"] for name in names] == [c.text.strip() for c in last]
    assert rows[0].answers[BASE_NAME]["matches"] is False
    totals = job.result["totals"]
    titles = ["Gemma 3 270M starter", "Run 1", "Run 2"]
    assert [(total["title"], total["graded"], total["checked"]) for total in totals] == [
        (title, 18, 18) for title in titles
    ]
    written = [json.loads(line) for line in write_jsonl(garage.store, job)]
    assert len(written) == 20
    assert written[7]["problem"].startswith("is no JSON")
    assert written[0]["answers"][names[1]]["text"] == rows[0].answers[names[1]]["text"]
    table = list(write_csv(garage.store, job))
    assert len(table) == 21
    assert table[0].startswith("number,prompt,reference,problem,Gemma 3 270M starter,")


def test_a_stopped_batch_goes_on_where_it_was(
    garage: Garage, run_id: int, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_module, "_CPU_BATCH", 4)
    asked: list[int] = []
    real = batch_module.generate

    def stop_in_the_second(model: object, prompts: list[object], **options: object) -> object:
        asked.append(len(prompts))
        if len(asked) == 3:
            garage.jobs.stop(garage.store.jobs(kind="batch")[0].id)
        return real(model, prompts, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch_module, "generate", stop_in_the_second)
    register(garage)
    garage.jobs.start()
    job_id = submit_batch(garage, 1, [BASE_NAME, f"run-{run_id}"], file, drawing=Drawing(4))
    assert garage.jobs.wait(job_id, 60).status == "stopped"
    total, answered, _ = garage.store.count_batch(job_id)
    assert (total, answered) == (20, 3)  # of the first four, one was too long
    before = [row.answers for row in garage.store.batch_rows(job_id)[:3]]
    garage.jobs.resume(job_id)
    assert garage.jobs.wait(job_id, 60).status == "finished"
    assert garage.store.count_batch(job_id) == (20, 18, 2)
    assert [row.answers for row in garage.store.batch_rows(job_id)[:3]] == before
    assert sum(asked) == 18 * 2 + asked[2]  # only the part that was stopped was asked again


def test_a_stop_keeps_each_answer_that_has_ended_and_the_rest_is_drawn_as_without_it(
    garage: Garage, run_id: int, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = batch_module.generate

    def stop_after_two(model: Any, prompts: Any, *, seed: Any, **options: Any) -> Any:
        asked.append(len(prompts))
        if len(asked) == 2:  # of the tuned one, two rows of the first part have ended
            real(model, prompts[:2], seed=seed[:2], **options)
            garage.jobs.stop(garage.store.jobs(kind="batch")[0].id)
        return real(model, prompts, seed=seed, **options)

    register(garage)
    garage.jobs.start()
    names, drawing = [BASE_NAME, f"run-{run_id}"], Drawing(6, temperature=1.0)
    whole_id = submit_batch(garage, 1, names, file, drawing=drawing)
    assert garage.jobs.wait(whole_id, 60).status == "finished"
    monkeypatch.setattr(batch_module, "generate", stop_after_two)
    job_id = submit_batch(garage, 1, names, file, drawing=drawing)
    assert garage.jobs.wait(job_id, 60).status == "stopped"
    assert garage.store.count_batch(job_id)[1] == 2
    assert [len(row.answers) for row in garage.store.batch_rows(job_id)[:5]] == [2, 2, 1, 0, 1]
    garage.jobs.resume(job_id)
    assert garage.jobs.wait(job_id, 60).status == "finished"
    assert sum(asked) == 18 * 2 + asked[1] - 2
    whole, stopped = (
        [row.answers for row in garage.store.batch_rows(number)] for number in (whole_id, job_id)
    )
    assert stopped == whole


def test_refuses_before_anything_is_kept(garage: Garage, run_id: int, tmp_path: Path) -> None:
    register(garage)
    file = _write(tmp_path, "a.txt", "One?")
    for names, drawing in (([BASE_NAME], Drawing()), ([f"run-{run_id}"], Drawing(0))):
        with pytest.raises(BadInput):
            submit_batch(garage, 1, names, file, drawing=drawing)
    assert garage.store.jobs() == []
    job_id = submit_batch(garage, 1, [f"run-{run_id}"], file)
    other = garage.store.add(Project(name="Other")).id
    assert own_batch(garage, 1, job_id).id == job_id
    with pytest.raises(NotFound, match="another project"):
        own_batch(garage, other, job_id)
    garage.store.delete(Job, job_id)
    assert garage.store.batch_rows(job_id) == []
