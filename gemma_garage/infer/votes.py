"""People decide: votes on two columns, who wins how often, and the preferences that come of it.

It asks no model. Training on preferences is `train`'s; a vote becomes an Example with a better and
a worse answer, as an imported preference does, and is frozen and trained like one.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.exam_score import Score
from gemma_garage.garage import Garage
from gemma_garage.infer.answerers import BASE_NAME
from gemma_garage.infer.column import PastComparison, read_comparison, tell_conversation
from gemma_garage.schema import Comparison, Example, Vote
from gemma_garage.store import Store

Choice = Literal["left", "right", "tie", "both-bad"]
CHOICES: Sequence[Choice] = ("left", "right", "tie", "both-bad")
LONGEST_NOTE = 1_000
KIND, ORIGIN = "preference", "votes"


@dataclass(frozen=True, slots=True)
class Standing:
    """One who answers against another, over the blind votes on the two. `open_votes`: those that
    were cast with the names to be seen, which count for nothing here."""

    title: str
    against: str
    won: int
    lost: int
    ties: int
    both_bad: int
    open_votes: int

    @property
    def wins(self) -> Score:
        """Of the votes that preferred one of the two; `interval()` is Wilson's."""
        return Score(self.won, self.won + self.lost)


@dataclass(frozen=True, slots=True)
class Made:
    """Preferences that were made, and votes that give none: ties, equal or empty answers, and
    later turns that the two were asked after different answers of their own."""

    preferences: int
    left_out: int


def vote(
    garage: Garage, project_id: int, comparison_id: int, choice: str, note: str = ""
) -> PastComparison:
    """Keep what a person thinks of a Comparison of two columns; a second vote replaces the first.

    A first vote in a conversation shows who is who; those after it are not blind any more, nor is
    one on an answer that was seen with its name elsewhere. Raises BadInput, NotFound.
    """
    found = next((known for known in CHOICES if known == choice), None)
    if found is None:
        raise BadInput(f"There is no vote “{choice}”; there are {', '.join(CHOICES)}.")
    if len(note) > LONGEST_NOTE:
        raise BadInput(
            f"The note has {len(note):,} characters; {LONGEST_NOTE:,} are allowed. Shorten it."
        )
    row = garage.store.get(Comparison, comparison_id)
    if row.project_id != project_id:
        raise NotFound("This comparison belongs to another project. Reload the page.")
    past = read_comparison(row)
    if len(past.columns) != 2:
        raise BadInput(
            f"This comparison has {len(past.columns)} columns; a vote is between 2. Ask two."
        )
    if past.is_stopped:
        raise BadInput("This comparison was stopped; a vote is on whole answers. Ask it again.")
    left, right = (column.name for column in past.columns)
    begun = garage.store.conversation(past.conversation_id or past.id)
    seen = any(garage.store.find_vote(row.id) for row in begun)
    seen = seen or _is_known(garage.store, past, project_id)
    garage.store.keep_vote(
        Vote(
            project_id=project_id,
            comparison_id=comparison_id,
            left=left,
            right=right,
            choice=found,
            note=note.strip(),
            blind=past.is_blind and not seen,
        )
    )
    return past


def _is_known(store: Store, past: PastComparison, project_id: int) -> bool:
    """Whether one of these answers to this prompt was shown with the name of who gave it."""
    said = {(column.name, column.text) for column in past.columns}
    for row in store.comparisons_of(project_id, past.prompt):
        other = read_comparison(row)
        if other.id == past.id or said.isdisjoint((one.name, one.text) for one in other.columns):
            continue
        begun = store.conversation(other.conversation_id or other.id)
        if not other.is_blind or any(store.find_vote(turn.id) for turn in begun):
            return True
    return False


def rank(store: Store, project_id: int) -> list[Standing]:
    """Every two who were voted on, the tuned one first where the other is the base."""
    by_pair: dict[tuple[str, str], list[Vote]] = defaultdict(list)
    titles: dict[str, str] = {}
    for cast, comparison in store.votes(project_id):
        titles |= {column.name: column.title for column in read_comparison(comparison).columns}
        first, second = sorted((cast.left, cast.right), key=lambda name: (name == BASE_NAME, name))
        by_pair[first, second].append(cast)
    standings = []
    for (name, against), votes in by_pair.items():
        blind = [cast for cast in votes if cast.blind]
        winners = [{"left": cast.left, "right": cast.right}.get(cast.choice) for cast in blind]
        choices = [cast.choice for cast in blind]
        standings.append(
            Standing(
                titles[name],
                titles[against],
                winners.count(name),
                winners.count(against),
                choices.count("tie"),
                choices.count("both-bad"),
                len(votes) - len(blind),
            )
        )
    return standings


def make_preferences(garage: Garage, project_id: int) -> Made:
    """Make a preference of each vote that has none yet and prefers one answer to the other.

    Accepted, as a person has decided; they are reviewed, frozen and trained on (objective
    "preferences") like those of an imported file.
    """
    made, left_out = [], 0
    for cast, comparison in garage.store.votes(project_id):
        if cast.example_id is not None:
            continue
        example = _write(garage, cast, read_comparison(comparison))
        if example is None:
            left_out += 1
        else:
            made.append((cast.id, example))
    return Made(garage.store.add_preferences(made), left_out)


def _write(garage: Garage, cast: Vote, asked: PastComparison) -> Example | None:
    if cast.choice not in ("left", "right"):
        return None
    names = (cast.left, cast.right) if cast.choice == "left" else (cast.right, cast.left)
    better, worse = (asked.find(name).text.strip() for name in names)
    past: list[PastComparison] = []
    if asked.conversation_id is not None:
        told = map(read_comparison, garage.store.conversation(asked.conversation_id))
        past = [row for row in told if row.id < asked.id]
    system = str(asked.settings.get("system", ""))
    turns, others = (tell_conversation(past, name, system) for name in names)
    if not better or not worse or better == worse or turns != others:
        return None
    return Example(
        project_id=cast.project_id,
        question=asked.prompt,
        answer=better,
        worse=worse,
        turns=turns,
        kind=KIND,
        origin=ORIGIN,
        fact=asked.id,
        status="accepted",
    )
