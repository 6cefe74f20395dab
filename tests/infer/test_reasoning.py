"""The two figures of a sum in words."""

import pytest

from gemma_garage.alike.sums import is_reasoning, passes_leniently, passes_strictly

EXPECTED = "He has 3 bags of 400.\n3 * 400 = 1200\n#### 1,200"


@pytest.mark.parametrize(
    ("answer", "strict", "lenient"),
    [
        ("3 * 400 = 1200\n#### 1200", True, True),
        ("#### $1,200.00", True, True),
        ("#### 1200.", True, True),
        ("The answer is 1200", False, True),
        ("#### 1200 apples", False, True),
        ("#### 1300", False, False),
        ("1200, or rather 1300", False, False),
        ("", False, False),
        ("no number", False, False),
    ],
)
def test_form_and_number_are_told_apart(answer: str, strict: bool, lenient: bool) -> None:
    assert passes_strictly(answer, EXPECTED) is strict
    assert passes_leniently(answer, EXPECTED) is lenient


def test_only_rows_with_the_mark_are_sums() -> None:
    assert is_reasoning(EXPECTED)
    assert is_reasoning("#### -4")
    assert not is_reasoning("#### four")
    assert not is_reasoning("1,200")
