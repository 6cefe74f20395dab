"""The exam's section: what is shown, who may be asked, and whose questions may be added."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.infer.exam_result import exam_table
from gemma_garage.infer.report import write_csv, write_html
from gemma_garage.infer.subjects import mark
from gemma_garage.schema import Dataset, ExamQuestion, ExamResult, Job, Run
from gemma_garage.ui import exam_answers, exam_runs, verdict
from tests.ui.filled import EVIL, Filled, add_sums, fill_project


@pytest.fixture
def filled(garage: Garage) -> Filled:
    return fill_project(garage)


def test_questions_are_filtered_and_show_their_proof(garage: Garage, filled: Filled) -> None:
    question = garage.store.exam_questions(filled.dataset)[1]
    garage.store.update(ExamQuestion, question.id, evidence=f"{EVIL} proves it")
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=filled.run,
                question_id=question.id,
                subject="passage",
                answer=EVIL,
                correct=False,
            )
        ]
    )
    whole, _ = verdict.draw_questions(garage, filled.project, filled.run)
    assert "proves it" in whole
    assert "Base with the passage" in whole
    assert "<img" not in whole
    assert f"/files/runs/{filled.run}/exam.csv" in whole
    rows = exam_table(garage.store, filled.run)
    assert len(exam_answers.choose_rows(rows, "all")) == 5
    assert len(exam_answers.choose_rows(rows, "own")) == 1
    wrong = exam_answers.choose_rows(rows, "wrong")
    differ = exam_answers.choose_rows(rows, "differ")
    assert [row.tuned_correct for row in wrong] == [False]
    assert len(differ) == 5 - len([r for r in rows if r.base_correct == r.tuned_correct])


def test_the_leak_check_stands_beside_the_exam(garage: Garage, filled: Filled) -> None:
    folder = garage.workspace.absolute(garage.store.get(Dataset, filled.dataset).path)
    shutil.rmtree(folder, ignore_errors=True)
    assert "not there any more" in exam_answers.draw_leaks(garage, filled.project, filled.run)
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_text(json.dumps({"question": "Else?", "answer": "x"}))
    told = exam_answers.draw_leaks(garage, filled.project, filled.run)
    assert "5 questions against 1 training rows, none leaks" in told
    (folder / "train.jsonl").write_text(json.dumps({"question": EVIL, "answer": "x"}))
    told = exam_answers.draw_leaks(garage, filled.project, filled.run)
    assert "trained in the same words" in told
    assert "<img" not in told
    (folder / "train.jsonl").write_text("{")
    assert "damaged" in exam_answers.draw_leaks(garage, filled.project, filled.run)


def test_a_typed_question_goes_to_the_runs_own_dataset_only(garage: Garage, filled: Filled) -> None:
    other = garage.store.ensure_project("Other").id
    question, answer, *_ = exam_answers.add_own(garage, filled.project, filled.run, "Why?", "so")
    assert (question, answer) == ("", "")
    assert garage.store.exam_questions(filled.dataset)[-1].question == "Why?"
    with pytest.raises(NotFound):
        exam_answers.add_own(garage, other, filled.run, "Why not?", "so")
    with pytest.raises(BadInput, match="right answer"):
        exam_answers.add_own(garage, filled.project, filled.run, "Why not?", "")


def test_a_file_of_own_questions_is_added_beside_the_exam(
    garage: Garage, filled: Filled, tmp_path: Path
) -> None:
    file = tmp_path / "own.csv"
    file.write_text("question,answer\nHow deep is the well?,12 m\nSum?,#### 4\n")
    _, told = exam_answers.add_file(garage, filled.project, filled.run, str(file))
    assert "Your own questions: 100 % of 1 (21 to 100)." in told
    assert "Your own questions: 1 question not asked yet" in told
    assert "Sums in words: 1 question not asked yet" in told
    assert not file.exists()
    added = garage.store.exam_questions(filled.dataset)[-2:]
    assert [(row.question, row.kind) for row in added] == [
        ("How deep is the well?", "own"),
        ("Sum?", "reasoning"),
    ]
    # Asked, its result stands among the exam's kinds.
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=filled.run,
                question_id=added[0].id,
                subject=subject,
                answer=answer,
                correct=mark(added[0], answer),
            )
            for subject, answer in (("base", "13 m"), ("tuned", "12 metres"))
        ]
    )
    told = exam_answers.draw_own(garage, filled.project, filled.run)
    assert "Your own questions: 100 % of 2 (34 to 100). Sums" in told
    shown, _ = verdict.draw_verdict(garage, filled.project, filled.run)
    assert "Your own questions: 100 % of 2 questions" in shown


def test_a_bad_file_adds_nothing_and_leaves_nothing_behind(
    garage: Garage, filled: Filled, tmp_path: Path
) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text('{"question": "Why?", "answer": "so"}\n{"question": "How?"}\n')
    other = garage.store.ensure_project("Other").id
    with pytest.raises(NotFound):
        exam_answers.add_file(garage, other, filled.run, str(file))
    with pytest.raises(BadInput, match=r"Line 2 of own\.jsonl has no answer"):
        exam_answers.add_file(garage, filled.project, filled.run, str(file))
    assert len(garage.store.exam_questions(filled.dataset)) == 5
    assert not file.exists()


def test_checkpoints_can_be_chosen_and_stay_chosen(garage: Garage, filled: Filled) -> None:
    folder = garage.workspace.run(filled.run) / "checkpoints" / "checkpoint-20"
    folder.mkdir(parents=True)
    for name in ("adapter_config.json", "seal.json"):
        (folder / name).write_text("{}")
    garage.store.update(Run, filled.run, adapter="runs/1/adapter")
    offered = exam_answers.list_choices(garage, filled.project, filled.run, [])
    assert [value for _, value in offered.choices] == ["base", "passage", "step-20", "tuned"]
    assert offered.value == ["base", "tuned", "passage"]
    kept = exam_answers.list_choices(garage, filled.project, filled.run, ["step-20", "step-30"])
    assert kept.value == ["step-20"]


def test_the_verdict_stays_while_another_exam_is_on(garage: Garage, filled: Filled) -> None:
    job = Job(project_id=filled.project, kind="exam", lane="gpu", payload={"run_id": filled.run})
    garage.store.add(job)
    shown, _ = verdict.draw_verdict(garage, filled.project, filled.run)
    assert "The exam is on. It waits for its turn." in shown
    assert "Knows your documents: <strong>" in shown


def test_all_exams_of_the_project_are_side_by_side(garage: Garage, filled: Filled) -> None:
    table = exam_runs.draw_runs(garage, filled.project)
    cells = re.findall(r'<td data-label="(?:Asked|Knows your documents)"><div>(.*?)</div>', table)
    assert cells == ["Tuned", "75 % of 4 (30 to 95)", "Base", "0 % of 4 (0 to 49)"]
    assert "version 1" in table
    passage = garage.store.exam_questions(filled.dataset)[1]
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=filled.run,
                question_id=passage.id,
                subject="passage",
                answer="every 500 hours",
                correct=True,
            )
        ]
    )
    table = exam_runs.draw_runs(garage, filled.project)
    row = table.split("<div>Base with the passage</div>")[1]
    assert re.findall(r"<div>(.*?)</div>", row)[:2] == [
        "100 % of 1 (21 to 100), 3 not asked yet",
        "–",
    ]
    empty = garage.store.ensure_project("Empty").id
    assert "When runs are examined" in exam_runs.draw_runs(garage, empty)


def test_what_is_taken_away_holds_every_answer_and_no_tag_or_formula(
    garage: Garage, filled: Filled
) -> None:
    question = garage.store.exam_questions(filled.dataset)[0]
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=filled.run,
                question_id=question.id,
                subject="base",
                answer="=HYPERLINK(1)",
                correct=False,
            )
        ]
    )
    lines = write_csv(garage, filled.run).splitlines()
    assert len(lines) == 1 + 10
    assert "begins with = + - or @" in exam_answers.draw_files(filled.run)
    assert any(",'=HYPERLINK(1)," in line for line in lines)
    page = write_html(garage, filled.run)
    assert "<img" not in page
    assert "&lt;img" in page
    assert "Knows your documents: 75 %" in page
    assert "http" not in page.replace("&#34;", "")


def test_what_is_taken_away_marks_the_questions_that_were_trained(
    garage: Garage, filled: Filled
) -> None:
    run = garage.store.get(Run, filled.run)
    first = next(row for row in exam_table(garage.store, run.id) if row.answers)
    folder = garage.workspace.absolute(garage.store.get(Dataset, run.dataset_id).path)
    shutil.rmtree(folder, ignore_errors=True)
    assert "could not be looked at" in write_html(garage, run.id)
    folder.mkdir(parents=True)
    row = json.dumps({"question": first.question, "answer": "x"})
    (folder / "train.jsonl").write_text(row + "\n", encoding="utf-8")
    lines = list(csv.DictReader(write_csv(garage, run.id).splitlines()))
    marks = {line["question"]: line["leak"] for line in lines}
    assert [mark for mark in marks.values() if mark] == ["trained in the same words"]
    page = write_html(garage, run.id)
    assert page.split("prove little:")[1].split("</ul>")[0].count("in the same words</li>") == 1


def test_sums_show_both_figures_of_every_subject_wherever_they_are_counted(
    garage: Garage, filled: Filled
) -> None:
    add_sums(garage, filled)
    table = exam_runs.draw_runs(garage, filled.project)
    assert "of 2: strict form 50 % (9 to 91), last number 50 % (9 to 91)" in table
    asked = re.findall(r'<td data-label="Asked"><div>(.*?)</div>', table)
    assert asked == ["Tuned", "Base", "Base with the passage", "Checkpoint at step 20"]
    drawn, _ = verdict.draw_questions(garage, filled.project, filled.run, "reasoning")
    assert "<summary>Other answers</summary>" in drawn
    ticks = re.findall(r'last number <[^>]*aria-label="(\w+)".*?form <[^>]*label="(\w+)"', drawn)
    assert ticks == [  # tuned, base; tuned, base
        ("right", "right"),
        ("right", "wrong"),
        ("wrong", "wrong"),
        ("right", "wrong"),
    ]
    page = write_html(garage, filled.run)
    assert "<p>Checkpoint at step 20: Sums in words (n = 2): strict form 50 %" in page
    shown, _ = verdict.draw_verdict(garage, filled.project, filled.run)
    assert "Checkpoint at step 20: Sums in words (n = 2): strict form 50 %" in shown
    line = page.split("<tr><th>Sums in words</th>")[1].split("</tr>")[0]
    cells = [cell.removeprefix("<td>") for cell in line.split("</td>")[:-1]]
    assert cells == [
        "strict form 0 of 2: 0 % (0 to 66)<br>last number 2 of 2: 100 % (34 to 100)",
        "strict form 0 of 1: 0 % (0 to 79)<br>last number 0 of 1: 0 % (0 to 79)",
        "strict form 1 of 2: 50 % (9 to 91)<br>last number 2 of 2: 100 % (34 to 100)",
        "strict form 1 of 2: 50 % (9 to 91)<br>last number 1 of 2: 50 % (9 to 91)",
    ]
    lines = list(csv.DictReader(write_csv(garage, filled.run).splitlines()))
    sums = [
        (line["subject"], line["answer"], line["right"], line["strict"], line["lenient"])
        for line in lines
        if line["kind"] == "reasoning"
    ]
    assert sums == [
        ("base", "It is 4", "1", "0", "1"),
        ("passage", "#### 5", "0", "0", "0"),
        ("step-20", "#### 4", "1", "1", "1"),
        ("tuned", "#### 4", "1", "1", "1"),
        ("base", "It is 7", "1", "0", "1"),
        ("step-20", "It is 7", "1", "0", "1"),
        ("tuned", "#### 8", "0", "0", "0"),
    ]
    others = [line for line in lines if line["kind"] != "reasoning"]
    assert {(line["strict"], line["lenient"]) for line in others} == {("", "")}
