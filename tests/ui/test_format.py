"""Escaping, marking and wording, which everything the page draws goes through."""

from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from gemma_garage.ui.format import (
    draw_table,
    say_duration,
    say_number,
    say_price,
    say_size,
    say_when,
    shorten,
)


def test_a_cell_is_escaped_and_markup_is_kept() -> None:
    drawn = draw_table(("A", "B"), [("<b>x</b>", Markup("<i>y</i>"))], "caption")
    assert "&lt;b&gt;x&lt;/b&gt;" in drawn
    assert "<i>y</i>" in drawn


@pytest.mark.parametrize(
    ("seconds", "said"), [(40, "40 s"), (240, "4 min"), (7_800, "2 h 10 min"), (-5, "0 s")]
)
def test_durations_are_said_in_the_largest_fitting_unit(seconds: float, said: str) -> None:
    assert say_duration(seconds) == said


def test_sizes_and_numbers_are_short() -> None:
    assert say_size(15_300_000) == "15.3 MB"
    assert say_size(12) == "12 bytes"
    assert say_number(2_490_000) == "2.49 M"
    assert say_number(950) == "950"


def test_times_are_said_from_now() -> None:
    now = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    assert say_when("2026-05-01T11:59:30+00:00", now) == "just now"
    assert say_when("2026-05-01T11:40:00+00:00", now) == "20 min ago"
    assert say_when("2026-04-01T11:40:00+00:00", now) == "2026-04-01 11:40 UTC"


def test_shorten_makes_one_line_within_the_limit() -> None:
    assert shorten("a\n b") == "a b"
    assert len(shorten("word " * 100, 30)) <= 30


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (1.204, "$1.20"),
        (0.0132, "$0.013"),
        (0.00001, "$0.001"),
        (0.0, "nothing"),
        (None, "an unknown price"),
    ],
)
def test_prices(usd: float | None, said: str) -> None:
    assert say_price(usd) == said
