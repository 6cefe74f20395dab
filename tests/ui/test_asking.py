"""Compare's columns after a stop."""

from dataclasses import replace

from gemma_garage.garage import Garage
from gemma_garage.infer.column import Column
from gemma_garage.ui.asking import settle
from gemma_garage.ui.chat_columns import draw_columns


def test_what_was_still_being_written_says_that_it_was_stopped(garage: Garage) -> None:
    waiting = Column("", None, None, 0, done=False, name="base", title="Base")
    midway = replace(waiting, text="It is", first_token_s=0.5, tokens=2, total_s=0.9)
    done = replace(midway, done=True)
    told = settle(garage, draw_columns([], "Q?", [waiting, midway, done]))
    assert "getting ready" not in told and "caret" not in told and 'busy="true"' not in told
    assert told.count("stopped before its end") == 2
    assert "0.5 s to first token · 2 tokens · 0.9 s so far · stopped before its end" in told
