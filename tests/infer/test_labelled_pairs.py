"""The grader against 818 pairs that were labelled by hand, and 109 that no rule was mended on."""

import pytest

from bench.grader import END, PAGE, PAIRS, count_pairs, draw_confusion, find_accuracy
from gemma_garage.infer.overlap import token_f1


def test_grades_as_a_person_does() -> None:
    counts, _ = count_pairs(PAIRS / "labelled.jsonl")
    assert sum(counts.values()) == 818
    assert find_accuracy(counts, "number", "unit") >= 0.99
    assert find_accuracy(counts) >= 0.97
    wrongly_passed = sum(n for (_, right, passed), n in counts.items() if passed and not right)
    assert wrongly_passed <= 2  # a mild grader would flatter every model


def test_holds_on_pairs_that_no_rule_was_mended_on() -> None:
    counts, _ = count_pairs(PAIRS / "fresh.jsonl")
    assert sum(counts.values()) == 109
    assert find_accuracy(counts, "number", "unit") >= 0.97
    assert find_accuracy(counts) >= 0.95


def test_the_docs_show_what_is_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert END in page
    for name in ("labelled", "fresh"):
        assert draw_confusion(count_pairs(PAIRS / f"{name}.jsonl")[0]) in page


@pytest.mark.parametrize(
    ("answer", "expected", "f1"),
    [
        ("every 500 hours", "every 500 hours", 1.0),
        ("500 hrs, every", "every 500 hours", 1.0),
        ("red", "blue", 0.0),
        ("", "blue", 0.0),
        ("a hammer", "a hammer and a saw", 2 / 3),
        ("I don’t know.", "The documents do not say.", 1.0),
        ("It costs 5 euros.", "The documents do not say.", 0.0),
    ],
)
def test_f1_counts_shared_tokens(answer: str, expected: str, f1: float) -> None:
    assert token_f1(answer, expected) == pytest.approx(f1)
