"""The panel of checks: gates with their counts, the judge's findings, contradictions."""

import gradio as gr
import pytest

from gemma_garage.augment import compare_documents
from gemma_garage.errors import BadInput, Busy, DatasetError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Example, Job
from gemma_garage.ui import checks
from gemma_garage.ui.judging import draw_judged
from tests.augment.shelf import add_text
from tests.ui.filled import EVIL

FUSE = "What is the fuse of the pump rated at?"


@pytest.fixture
def disagreeing(garage: Garage, monkeypatch: pytest.MonkeyPatch) -> Garage:
    """Two documents that disagree about a fuse; the first says so in two wordings."""
    monkeypatch.setattr(checks, "tell", lambda _: None)
    compare_documents.register(garage)
    add_text(garage, "manual.txt", ["The fuse is 8 A."])
    add_text(garage, f"{EVIL}.txt", ["The fuse is 9 A."])
    rows = [
        (1, FUSE, "8 A"),
        (1, "Which rating has the fuse of the pump?", "8 A"),
        (2, FUSE, "9 A"),
    ]
    garage.store.add_examples(
        [
            Example(project_id=1, chunk_id=chunk, question=q, answer=a, status="accepted")
            for chunk, q, a in rows
        ]
    )
    return garage


def compare(garage: Garage) -> Job:
    garage.jobs.start()
    checks.compare(garage, 1)
    return garage.jobs.wait(garage.store.jobs(kind=compare_documents.KIND)[0].id, 60)


def click(row_id: int, act: str = "wrong") -> gr.EventData:
    return gr.EventData(None, {"id": str(row_id), "act": act})


def test_both_answers_are_listed_and_nothing_is_rejected(disagreeing: Garage) -> None:
    assert "will be listed here" in checks.draw_checks(disagreeing, 1)[1]
    job = compare(disagreeing)
    assert (job.status, job.result["rows"], len(job.result["pairs"])) == ("finished", 3, 1)
    told = checks.draw_checks(disagreeing, 1)[1]
    assert "1 contradiction among 3 rows" in told
    assert "<b>8 A</b>" in told and "<b>9 A</b>" in told
    assert told.count('data-act="wrong"') == told.count("data-read=") == 2
    assert "<img" not in told
    assert disagreeing.store.count_examples(1) == {("accepted", ""): 3}


def test_the_answer_that_is_wrong_goes_with_its_other_wordings_and_comes_back(
    disagreeing: Garage,
) -> None:
    compare(disagreeing)
    told = checks.settle(disagreeing, 1, click(1))[1]
    assert "0 contradictions among 3 rows; 1 settled since" in told
    assert disagreeing.store.count_examples(1) == {
        ("accepted", ""): 1,
        ("rejected", checks.CONTRADICTS): 2,
    }
    disagreeing.store.undo_review(1)
    assert "1 contradiction among" in checks.draw_checks(disagreeing, 1)[1]


def test_only_rows_of_the_project_and_known_actions(disagreeing: Garage) -> None:
    compare(disagreeing)
    other = disagreeing.store.ensure_project("Other").id
    with pytest.raises(NotFound, match="another project"):
        checks.settle(disagreeing, other, click(1))
    with pytest.raises(BadInput, match="no action"):
        checks.settle(disagreeing, 1, click(1, "delete"))
    with pytest.raises(DatasetError, match="needs two"):
        checks.compare(disagreeing, other)


def test_it_is_looked_for_once_at_a_time(disagreeing: Garage) -> None:
    checks.compare(disagreeing, 1)
    with pytest.raises(Busy, match="3 rows compared"):
        checks.compare(disagreeing, 1)


def test_every_gate_has_its_count(disagreeing: Garage) -> None:
    disagreeing.store.add_examples(
        [Example(project_id=1, question="q", answer="a", status="rejected", reason="number")]
    )
    drawn = checks.draw_gates(disagreeing, 1)
    assert "does not stand in the quoted sentence" in drawn
    assert drawn.count("<li>") > 10
    assert "<b>number</b> <span>3 passed</span> <span>1 rejected</span>" in drawn


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("running", "Row 8 of 10"),
        ("failed", "the key is wrong"),
        ("finished", "Judged by gemini:x: 9 rows"),
    ],
)
def test_what_the_judge_does_and_found(status: str, told: str) -> None:
    result = {
        "judge": "gemini:x",
        "same": True,
        "judged": 9,
        "unjudged": 1,
        "without_passage": 2,
        "rejected": 3,
        "reasons": {"ungrounded": 3},
        "usage": {"calls": 2, "prompt_tokens": 900, "reply_tokens": 90, "price_usd": 0.02},
    }
    job = Job(kind="judge", lane="io", title="10 rows judged", status=status, fraction=0.8)
    job.stage, job.error, job.result = "Row 8 of 10", "the key is wrong", result
    drawn = draw_judged(job)
    assert told in drawn
    assert ("3 rejected (passage does not say it 3)" in drawn) == (status != "running")
