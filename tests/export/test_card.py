from dataclasses import replace
from typing import Any

import pytest
import yaml

from gemma_garage import __version__
from gemma_garage.export.card import CardFacts, write_card
from gemma_garage.export.score import Scores, count_scores
from gemma_garage.gemma.catalogue import CATALOGUE, BaseModel, find_base
from gemma_garage.schema import ExamQuestion, ExamResult


def _make_facts(base_id: str = "gemma-3-270m-starter") -> CardFacts:
    question = ExamQuestion(id=1, kind="paraphrase", question="Q|?", answer="A")
    answers = [
        ExamResult(question_id=1, subject="base", answer="x", correct=False),
        ExamResult(question_id=1, subject="tuned", answer="A", correct=True),
    ]
    return CardFacts(
        name="pump-run-3",
        base=find_base(base_id),
        counts={"train": 1240, "text": 60, "exam": 1, "documents": 2},
        config={"base_model": base_id, "rank": 64, "train_on_text": True},
        result={"backend": "transformers", "steps": 90, "versions": {"peft": "0.21.2"}},
        scores=count_scores([(answer, question) for answer in answers], {}),
        created="2026-11-23T10:00:00.000+00:00",
    )


def _split(card: str) -> tuple[dict[str, Any], str]:
    _, front, body = card.split("---\n", 2)
    return yaml.safe_load(front), body


def test_the_front_matter_is_what_the_hub_reads() -> None:
    front, _ = _split(write_card(_make_facts()))
    assert front["base_model"] == "google/gemma-3-270m"
    assert front["base_model_relation"] == "adapter"
    assert front["library_name"] == "peft"
    assert front["pipeline_tag"] == "text-generation"
    [result] = front["model-index"][0]["results"]
    assert result["metrics"][0]["value"] == 1.0
    assert front["model-index"][0]["name"] == "pump-run-3"


@pytest.mark.parametrize("base", CATALOGUE, ids=lambda base: base.id)
def test_the_licence_is_that_of_the_base(base: BaseModel) -> None:
    front, body = _split(write_card(replace(_make_facts(), base=base)))
    gemma_4 = base.family == "Gemma 4"
    assert front["license"] == ("apache-2.0" if gemma_4 else "gemma")
    assert ("Gemma is provided under and subject to the Gemma Terms of Use" in body) != gemma_4
    assert ("Apache License 2.0" in body) == gemma_4


def test_the_body_gives_the_measured_numbers() -> None:
    _, body = _split(write_card(_make_facts()))
    exam = "0 of 1: 0 % (0 to 79) | 1 of 1: 100 % (21 to 100) |"
    assert f"| **Exam**: Trained facts in new words | {exam}" in body
    assert "| Questions with answers, trained on | 1,240 |" in body
    assert "| rank | 64 |" in body and "| train_on_text | yes |" in body
    assert "| peft | 0.21.2 |" in body
    assert "gemma-garage starter --to gemma-3-270m-starter" in body
    assert f"Gemma Garage {__version__} on 2" in body


def test_sums_in_words_have_both_figures_in_the_card_and_in_the_file() -> None:
    rows = [  # expected, base, tuned
        ("#### 4", "It is 4", "2 + 2 = 4\n#### 4"),
        ("#### 7", "7", "#### 8"),
        ("#### 9", "no idea", "It is 9"),
    ]
    results = [
        (
            ExamResult(question_id=number, subject=subject, answer=answer, correct="9" in answer),
            ExamQuestion(id=number, kind="reasoning", question="Sum?", answer=expected),
        )
        for number, (expected, *answers) in enumerate(rows)
        for subject, answer in zip(("base", "tuned"), answers, strict=True)
    ]
    scores = count_scores(results, {})
    front, body = _split(write_card(replace(_make_facts(), scores=scores)))
    assert "| **Sums in words**, strict form | 0 of 3: 0 % (0 to 56) | 1 of 3: 33 % (6 to" in body
    assert "| **Sums in words**, last number | 2 of 3: 67 % (21 to 94) | 2 of 3: 67 %" in body
    [result] = front["model-index"][0]["results"]
    assert {metric["name"]: metric["value"] for metric in result["metrics"]} == {
        "Sums in words, strict form": 0.3333,
        "Sums in words, last number": 0.6667,
    }
    kept = scores.as_dict()
    of_kind = kept["exam_by_kind"]["reasoning"]
    assert of_kind["strict"]["tuned"] == {"correct": 1, "total": 3}
    assert of_kind["lenient"]["base"] == {"correct": 2, "total": 3}
    assert kept["questions"][0]["base"] == {
        "answer": "It is 4",
        "correct": False,
        "strict": False,
        "lenient": True,
    }
    assert "strict" not in count_scores([], {}).as_dict()["exam_by_kind"]


def test_without_an_exam_the_card_claims_nothing() -> None:
    front, body = _split(write_card(replace(_make_facts(), scores=count_scores([], {}))))
    assert "model-index" not in front
    assert "exam has not been run" in body


def test_a_base_on_the_hub_is_loaded_from_there() -> None:
    card = write_card(_make_facts("gemma-4-E2B-it"))
    assert 'from_pretrained("google/gemma-4-E2B-it"' in card
    assert "prepare_starter" not in card and "accept its terms" not in card
    assert "unsloth/gemma-3-1b-it" in write_card(_make_facts("gemma-3-1b-it"))


def test_the_python_in_the_card_compiles() -> None:
    for base in CATALOGUE:
        card = write_card(replace(_make_facts(), base=base))
        code = card.split("```python\n")[1].split("```")[0]
        compile(code, base.id, "exec")


def test_an_answer_of_one_subject_alone_does_not_count() -> None:
    question = ExamQuestion(id=1, kind="unseen", question="Q?", answer="A")
    alone = ExamResult(question_id=1, subject="base", answer="x", correct=False)
    scores = count_scores([(alone, question)], {})
    assert scores.exam is None and scores.questions == []


def _count_own(leaks: dict[int, str] | None) -> Scores:
    results = [
        (
            ExamResult(question_id=number, subject=subject, answer="x", correct=correct),
            ExamQuestion(id=number, kind="own", question=f"Q {number}?", answer="A"),
        )
        for number in (1, 2, 3)
        for subject, correct in (("base", False), ("tuned", number != 3))
    ]
    return count_scores(results, leaks)


def test_what_was_trained_is_in_no_figure_and_the_card_says_so() -> None:
    scores = _count_own({1: "trained in the same words", 9: "not asked yet"})
    front, body = _split(write_card(replace(_make_facts(), scores=scores)))
    assert "| **Own questions** | 0 of 2: 0 % (0 to 66) | 1 of 2: 50 % (9 to 91) |" in body
    assert "1 of the questions that were asked; trained in the same words (1)." in body
    [result] = front["model-index"][0]["results"]
    assert result["metrics"][0]["value"] == 0.5
    assert [entry.get("left_out") for entry in scores.as_dict()["questions"]] == [
        "trained in the same words",
        None,
        None,
    ]
    scores = _count_own(dict.fromkeys((1, 2, 3), "trained in the same words"))
    front, body = _split(write_card(replace(_make_facts(), scores=scores)))
    assert "model-index" not in front and "No question is left to count." in body


def test_held_out_is_said_only_where_the_training_rows_were_looked_at() -> None:
    for leaks, name, said in (
        ({}, "Gemma Garage exam (private, held out)", "No question was trained on"),
        (None, "Gemma Garage exam (private)", "could not be looked at"),
    ):
        front, body = _split(write_card(replace(_make_facts(), scores=_count_own(leaks))))
        [result] = front["model-index"][0]["results"]
        assert result["dataset"]["name"] == name and said in body


def test_each_kind_has_one_row_by_the_name_the_page_gives_it() -> None:
    results = [
        (
            ExamResult(question_id=number, subject=subject, answer="x", correct=False),
            ExamQuestion(id=number, kind=kind, question="Q?", answer="A"),
        )
        for number, kind in enumerate(("paraphrase", "general"))
        for subject in ("base", "tuned")
    ]
    _, body = _split(write_card(replace(_make_facts(), scores=count_scores(results, {}))))
    assert body.count("Trained facts in new words") == 1
    assert "| Everyday questions | 0 of 1: 0 % (0 to 79) | 0 of 1: 0 % (0 to 79) |" in body


def test_the_base_with_the_passage_has_a_column_where_it_was_asked() -> None:
    results = [
        (
            ExamResult(question_id=number, subject=subject, answer="x", correct=subject != "base"),
            ExamQuestion(id=number, kind="paraphrase", question=f"Q {number}?", answer="A"),
        )
        for number in (1, 2)
        for subject in ("base", "tuned", "passage", "step-20")
        if (number, subject) != (2, "passage")
    ]
    scores = count_scores(results, {})
    _, body = _split(write_card(replace(_make_facts(), scores=scores)))
    assert "| 2 of 2: 100 % (34 to 100) | 1 of 1: 100 % (21 to 100), 1 not asked |" in body
    assert "also asked with the right passage" in body
    assert scores.as_dict()["exam"]["passage"] == {"correct": 1, "total": 1}
    assert "given the right passage" not in write_card(_make_facts())
