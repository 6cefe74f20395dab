"""Verdicts and edits on Examples, each kept as a Review so that it can be taken back.

A Review says what its Examples were before. They are undone in the order last in, first out, so
that what was there before is there again exactly.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gemma_garage.errors import BadInput, NotFound
from gemma_garage.example_filter import Filter
from gemma_garage.example_records import ExampleRecords, narrow_examples
from gemma_garage.schema import Example, Review, now

LEVELS = 100  # Reviews that a project keeps
IDS_A_QUERY = 5_000  # databases limit what one statement can name
TEXTS = ("question", "answer", "evidence")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What became of an action: `action` as in Review, Examples changed and left as they were."""

    action: str
    changed: int
    left: int = 0
    example_id: int | None = None  # where it was one alone


class ReviewRecords(ExampleRecords):
    """Verdicts, edits, and how they are taken back."""

    def review_examples(
        self,
        project_id: int,
        wanted: Filter,
        status: str,
        reason: str = "",
        *,
        expected: int | None = None,
    ) -> Reviewed:
        """Accept or reject all wanted Examples of the project in one step.

        Left as they are: what has the status already (edited counts as accepted), and, when
        accepting, what has no question or no answer. Raises BadInput, and changes nothing, when
        the Filter finds another number of Examples than `expected`.
        """
        columns = (Example.id, Example.status, Example.reason)
        query = narrow_examples(select(*columns, _has_texts()), project_id, wanted)
        had: dict[tuple[str, str], list[int]] = defaultdict(list)
        with self._write() as session:
            found = session.execute(query).all()
            if expected is not None and len(found) != expected:
                raise BadInput(
                    f"{expected:,} Examples were to be {status}, but the filter finds "
                    f"{len(found):,} by now. Look again and repeat it."
                )
            kept = ("accepted", "edited") if status == "accepted" else (status,)
            for example_id, old_status, old_reason, has_texts in found:
                if old_status not in kept and (has_texts or status != "accepted"):
                    had[old_status, old_reason].append(example_id)
            ids = [example_id for group in had.values() for example_id in group]
            before = [
                {"ids": group, "values": {"status": old_status, "reason": old_reason}}
                for (old_status, old_reason), group in had.items()
            ]
            _set_values(session, ids, {"status": status, "reason": reason})
            _keep(session, project_id, status, before)
        return Reviewed(status, len(ids), len(found) - len(ids), ids[0] if len(ids) == 1 else None)

    def edit_example(self, example_id: int, **texts: str) -> None:
        """Change texts; the wording before is kept in the row, the status becomes `edited`."""
        with self._write() as session:
            _change(session, example_id, {**texts, "status": "edited", "reason": ""}, "edited")

    def restore_wording(self, example_id: int, number: int) -> None:
        """Give the Example the wording and the status back that its `before[number]` holds.

        The present wording is kept in turn. Raises NotFound.
        """
        with self._write() as session:
            row = _find(session, example_id)
            if not 0 <= number < len(row.before):
                raise NotFound(
                    f"Example {example_id} has {len(row.before)} earlier wordings; there is no "
                    f"number {number + 1}. Reload the page."
                )
            earlier = row.before[number]
            values = {name: earlier[name] for name in TEXTS if name in earlier}
            status = {
                "status": earlier.get("status", "edited"),
                "reason": earlier.get("reason", ""),
            }
            _change(session, example_id, {**values, **status}, "restored")

    def undo_review(self, project_id: int) -> Reviewed | None:
        """Take the newest Review back; None when there is none. Examples that were removed since
        stay removed and are counted as `left`."""
        query = _newest_first(select(Review), project_id).limit(1)
        with self._write() as session:
            review = session.scalar(query)
            if review is None:
                return None
            changed = sum(
                _set_values(session, group["ids"], group["values"]) for group in review.rows
            )
            review.undone = True
            ids = [example_id for group in review.rows for example_id in group["ids"]]
        alone = ids[0] if len(ids) == 1 else None
        return Reviewed(review.action, changed, review.count - changed, alone)

    def find_undoable(self, project_id: int) -> tuple[int, str, int] | None:
        """Id, action and count of the Review that `undo_review` would take back."""
        columns = (Review.id, Review.action, Review.count)
        query = _newest_first(select(*columns), project_id).limit(1)
        with self._read() as session:
            found = session.execute(query).first()
        return None if found is None else (found[0], found[1], found[2])


def _has_texts() -> Any:
    return (Example.question != "") & (Example.answer != "")


def _newest_first(query: Any, project_id: int) -> Any:
    live = query.where(Review.project_id == project_id, Review.undone.is_(False))
    return live.order_by(Review.id.desc())


def _find(session: Session, example_id: int) -> Example:
    row = session.get(Example, example_id)
    if row is None:
        raise NotFound(f"Example {example_id} is not there any more. Reload the page.")
    return row


def _change(session: Session, example_id: int, values: Mapping[str, Any], action: str) -> None:
    row = _find(session, example_id)
    old = {name: getattr(row, name) for name in (*values, "before")}
    kept = {name: getattr(row, name) for name in (*TEXTS, "status", "reason")}
    for name, value in values.items():
        setattr(row, name, value)
    row.before = [*row.before, {**kept, "at": now()}]
    _keep(session, row.project_id, action, [{"ids": [row.id], "values": old}])


def _set_values(session: Session, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Set the columns of all these Examples; how many of them there are."""
    if not set(values).isdisjoint(TEXTS):
        # Through the mapper, which keeps up what the search looks through.
        rows = session.scalars(select(Example).where(Example.id.in_(ids))).all()
        for row in rows:
            for name, value in values.items():
                setattr(row, name, value)
        return len(rows)
    changed = 0
    for first in range(0, len(ids), IDS_A_QUERY):
        some = Example.id.in_(ids[first : first + IDS_A_QUERY])
        changed += session.execute(
            update(Example).where(some).values(**values),
            execution_options={"synchronize_session": False},
        ).rowcount  # type: ignore[attr-defined]
    return changed


def _keep(
    session: Session, project_id: int, action: str, before: Sequence[Mapping[str, Any]]
) -> None:
    """Add the Review if it changed anything, and forget the oldest beyond `LEVELS`."""
    count = sum(len(group["ids"]) for group in before)
    if not count:
        return
    mine = Review.project_id == project_id
    newest = select(Review.id).where(mine).order_by(Review.id.desc())
    oldest = session.scalar(newest.offset(LEVELS - 1).limit(1))
    if oldest is not None:
        session.execute(delete(Review).where(mine, Review.id <= oldest))
    session.add(Review(project_id=project_id, action=action, count=count, rows=[*before]))
