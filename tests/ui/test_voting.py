"""Votes made into preferences: what is said where none comes of them."""

import pytest

from gemma_garage.garage import Garage
from gemma_garage.infer.votes import Made
from gemma_garage.ui import voting


def test_votes_that_give_no_preference_are_told(
    garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(voting, "tell", said.append)
    for made in (Made(0, 2), Made(0, 0)):
        monkeypatch.setattr(voting, "make_preferences", lambda *_, made=made: made)
        voting.make_rows(garage, 1)
    assert said[0].startswith("No vote gives a new preference. 2 votes can give none: ties")
    assert said[1] == "No vote gives a new preference."
