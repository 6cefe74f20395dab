"""What changed from one version of a Dataset to another: rows added, removed, changed, moved.

A row is found again by its Example's id, or else by its words (the same document generated anew).
Cues are left out: they follow from the rows. It reads two frozen Datasets and changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gemma_garage.augment.cues import CUE_KIND
from gemma_garage.augment.dataset_files import EVAL, EXAM, TEXT, TRAIN, find_folder, read_files
from gemma_garage.augment.normalise import normalise_question
from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset

_PARTS = {TRAIN: "train", EVAL: "eval", EXAM: "exam"}


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A row of one version. `part`: train, eval or exam."""

    part: str
    question: str
    answer: str
    kind: str


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """The same Example in both versions, with other words or in another part (or both)."""

    before: DiffRow
    after: DiffRow


@dataclass(frozen=True, slots=True)
class DatasetDiff:
    """From version `before` to version `after`; `same`: nothing changed.

    `changed`: other words; `moved`: the same words in another part, such as from train to exam.
    `texts_added`, `texts_removed`: statements of the documents that are trained as text.
    """

    before: int
    after: int
    same: bool
    added: tuple[DiffRow, ...] = ()
    removed: tuple[DiffRow, ...] = ()
    changed: tuple[ChangedRow, ...] = ()
    moved: tuple[ChangedRow, ...] = ()
    texts_added: int = 0
    texts_removed: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare_datasets(garage: Garage, before_id: int, after_id: int) -> DatasetDiff:
    """What is new, gone or other in the second Dataset.

    Raises NotFound, BadInput (they belong to two projects), DatasetError (files are gone).
    """
    before, after = (garage.store.get(Dataset, number) for number in (before_id, after_id))
    if before.project_id != after.project_id:
        raise BadInput(
            "The two datasets belong to different projects. Choose two versions of one project."
        )
    if before.fingerprint == after.fingerprint:
        return DatasetDiff(before.version, after.version, True)
    one, two = (read_files(find_folder(garage, dataset)) for dataset in (before, after))
    added, removed, held = _match(list(_list_rows(one)), list(_list_rows(two)))
    moved = [row for row in held if _says_the_same(row)]
    changed = [row for row in held if not _says_the_same(row)]
    texts = [{normalise_question(str(row["text"])) for row in files[TEXT]} for files in (one, two)]
    gained, lost = len(texts[1] - texts[0]), len(texts[0] - texts[1])
    return DatasetDiff(
        before.version,
        after.version,
        not (added or removed or held or gained or lost),
        tuple(added),
        tuple(removed),
        tuple(changed),
        tuple(moved),
        gained,
        lost,
    )


_Entry = tuple[int | None, tuple[object, ...], DiffRow]  # Example's id, what it says, the row


def _list_rows(files: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[_Entry]:
    for name, part in _PARTS.items():
        for row in files[name]:
            if row.get("kind") == CUE_KIND:
                continue
            shown = DiffRow(part, str(row["question"]), str(row["answer"]), str(row["kind"]))
            turns = tuple(str(turn.get("content")) for turn in row.get("turns") or ())
            yield row.get("example_id"), (shown.question, shown.answer, turns), shown


def _says_the_same(row: ChangedRow) -> bool:
    """Only its part is another. Turns of a conversation are not shown, and do not move a row."""
    before, after = row.before, row.after
    same = (before.question, before.answer) == (after.question, after.answer)
    return same and before.part != after.part


def _match(
    one: Sequence[_Entry], two: Sequence[_Entry]
) -> tuple[list[DiffRow], list[DiffRow], list[ChangedRow]]:
    """(added, removed, changed or moved) from `one` to `two`."""
    by_id = {number: (says, row) for number, says, row in one if number is not None}
    changed: list[ChangedRow] = []
    new: list[_Entry] = []
    met: set[int] = set()

    def hold(before: tuple[tuple[object, ...], DiffRow], says: object, row: DiffRow) -> None:
        # Being examined renames the kind of a row; that is its part, not a change of its own.
        if (before[0], before[1].part) != (says, row.part):
            changed.append(ChangedRow(before[1], row))

    for number, says, row in two:
        if number in by_id and number is not None:
            met.add(number)
            hold(by_id[number], says, row)
        else:
            new.append((number, says, row))
    left: dict[tuple[object, ...], list[DiffRow]] = {}
    for number, says, row in one:
        if number is None or number not in met:
            left.setdefault(says, []).append(row)
    added: list[DiffRow] = []
    for _, says, row in new:
        if same := left.get(says):
            hold((says, same.pop()), says, row)
        else:
            added.append(row)
    return added, [row for rows in left.values() for row in rows], changed
