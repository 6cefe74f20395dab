"""Votes: who wins how often, and the preferences that come of them."""

from typing import Any

import pytest

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.garage import Garage
from gemma_garage.infer.votes import Made, make_preferences, rank, vote
from gemma_garage.schema import Comparison, Example, Project


def _add(
    garage: Garage, run_id: int, texts: dict[str, str], *, blind: bool = True, **more: Any
) -> int:
    """A Comparison with these answers by name, in the order of the columns."""
    columns = [
        {"text": text, "first_token_s": 0.1, "tokens_per_second": 9.0, "tokens": 3, "done": True}
        | {"name": name, "title": name.capitalize()}
        for name, text in texts.items()
    ]
    prompt = more.pop("prompt", "Q?")
    settings = {"system": more.pop("system", ""), "blind": blind}
    row = Comparison(
        project_id=1, run_id=run_id, prompt=prompt, columns=columns, settings=settings, **more
    )
    return garage.store.add(row).id


def test_counts_blind_votes_whatever_side_they_stood_on(garage: Garage, run_id: int) -> None:
    tuned = f"run-{run_id}"
    one, other = {"base": "a", tuned: "b"}, {tuned: "b", "base": "a"}
    for number, (texts, choice) in enumerate(
        [
            (one, "right"),
            (other, "left"),
            (one, "right"),
            (other, "right"),
            (one, "tie"),
            (other, "both-bad"),
        ]
    ):
        vote(garage, 1, _add(garage, run_id, texts, prompt=f"Q {number}?"), choice, " why ")
    vote(garage, 1, _add(garage, run_id, one, blind=False), "left")
    (standing,) = rank(garage.store, 1)
    assert (standing.title, standing.against) == (tuned.capitalize(), "Base")
    assert (standing.won, standing.lost, standing.ties, standing.both_bad) == (3, 1, 1, 1)
    assert standing.open_votes == 1
    low, high = standing.wins.interval()
    assert (round(low, 3), standing.wins.share, round(high, 3)) == (0.301, 0.75, 0.954)
    assert garage.store.votes(1)[0][0].note == "why"


def test_a_vote_after_the_names_were_seen_is_not_blind(garage: Garage, run_id: int) -> None:
    texts = {"base": "a", f"run-{run_id}": "b"}
    first = _add(garage, run_id, texts)
    vote(garage, 1, first, "right")
    vote(garage, 1, first, "left")
    vote(garage, 1, _add(garage, run_id, texts, conversation_id=first), "right")
    (standing,) = rank(garage.store, 1)
    assert (standing.won, standing.lost, standing.open_votes) == (0, 0, 2)
    assert standing.wins.interval() == (0.0, 1.0)


def test_a_vote_on_answers_that_were_seen_by_name_elsewhere_is_not_blind(
    garage: Garage, run_id: int
) -> None:
    texts = {"base": "a", f"run-{run_id}": "b"}
    vote(garage, 1, _add(garage, run_id, texts), "right")
    vote(garage, 1, _add(garage, run_id, texts), "right")  # a new conversation, from the cache
    _add(garage, run_id, texts, blind=False, prompt="Shown?")
    vote(garage, 1, _add(garage, run_id, texts, prompt="Shown?"), "right")
    _add(garage, run_id, texts, prompt="Hidden?")
    vote(garage, 1, _add(garage, run_id, texts, prompt="Hidden?"), "right")
    (standing,) = rank(garage.store, 1)
    assert (standing.won, standing.open_votes) == (2, 2)


def test_refuses_what_cannot_be_voted_on(garage: Garage, run_id: int) -> None:
    two = _add(garage, run_id, {"base": "a", "run-1": "b"})
    three = _add(garage, run_id, {"base": "a", "run-1": "b", "run-2": "c"})
    with pytest.raises(BadInput, match="there are left, right, tie, both-bad"):
        vote(garage, 1, two, "best")
    with pytest.raises(BadInput, match="has 3 columns"):
        vote(garage, 1, three, "left")
    with pytest.raises(BadInput, match="1,000 are allowed"):
        vote(garage, 1, two, "left", "x" * 1_001)
    other = garage.store.add(Project(name="Other")).id
    with pytest.raises(NotFound, match="another project"):
        vote(garage, other, two, "left")
    assert rank(garage.store, 1) == []


def test_votes_become_preferences_once(garage: Garage, run_id: int) -> None:
    tuned = f"run-{run_id}"
    texts = {tuned: "every 500 hours", "base": "often"}
    first = _add(garage, run_id, texts, system="Be brief.")
    vote(garage, 1, first, "left")
    vote(garage, 1, _add(garage, run_id, texts), "right")
    for other in ({tuned: "same", "base": "same"}, {tuned: "", "base": "often"}):
        vote(garage, 1, _add(garage, run_id, other), "left")
    vote(garage, 1, _add(garage, run_id, texts), "tie")
    assert make_preferences(garage, 1) == Made(2, 3)
    assert make_preferences(garage, 1) == Made(0, 3)
    rows, _ = garage.store.examples(1)
    assert [(row.answer, row.worse, row.status) for row in rows] == [
        ("every 500 hours", "often", "accepted"),
        ("often", "every 500 hours", "accepted"),
    ]
    assert rows[0].turns == [{"role": "system", "content": "Be brief."}]
    garage.store.delete(Example, rows[0].id)
    assert make_preferences(garage, 1).preferences == 0  # what was deleted stays deleted


def test_a_later_turn_is_a_preference_only_after_the_same_words(
    garage: Garage, run_id: int
) -> None:
    tuned = f"run-{run_id}"
    for said, made in (({tuned: "yes", "base": "no"}, 0), ({tuned: "yes", "base": "yes"}, 1)):
        first = _add(garage, run_id, said)
        later = _add(garage, run_id, {tuned: "b", "base": "a"}, conversation_id=first)
        vote(garage, 1, later, "left")
        assert make_preferences(garage, 1).preferences == made
    (row,), _ = garage.store.examples(1)
    assert row.turns[1] == {"role": "assistant", "content": "yes"}


def test_preferences_are_frozen_and_trained_as_imported_ones(garage: Garage, run_id: int) -> None:
    from gemma_garage.augment.dataset import freeze

    for number in range(14):
        texts = {f"run-{run_id}": f"good {number}", "base": f"bad {number}"}
        vote(garage, 1, _add(garage, run_id, texts), "left")
    make_preferences(garage, 1)
    dataset = freeze(garage, 1, exam_share=0)
    assert dataset.counts["preferences"] == 14
    lines = (garage.workspace.absolute(dataset.path) / "preferences.jsonl").read_text().splitlines()
    assert '"chosen": "good 0"' in lines[0] and '"rejected": "bad 0"' in lines[0]
