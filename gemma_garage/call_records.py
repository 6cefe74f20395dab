"""Queries about what was asked of a generator: the replies that are kept, the Chunks that are done.

A reply that could be read is kept before anything is made of it, so that it is never paid for
again; of the others only what they cost is kept.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gemma_garage.records import Records
from gemma_garage.schema import Call, Chunk, Example, now

log = logging.getLogger(__name__)


class CallRecords(Records):
    """Queries about what was asked of a generator."""

    def find_call(self, key: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The kept reply and its usage."""
        query = select(Call.reply, Call.usage).where(Call.key == key)
        with self._read() as session:
            found = session.execute(query).first()
        return None if found is None else (found.reply, found.usage)

    def keep_call(self, **values: Any) -> None:
        """Keep a reply, once; with a Document that was removed meanwhile it is forgotten."""
        # One bare statement: this is done at each call, and no page shows it.
        try:
            with self._writing.begin() as session:
                session.execute(insert(Call).values(created=now(), **values))
        except IntegrityError:
            log.info("the reply %s is there already, or its document is gone", values.get("key"))

    def trim_calls(self, task: str, most: int) -> None:
        """Forget the oldest replies of a task beyond `most`."""
        newest = select(Call.created).where(Call.task == task).order_by(Call.created.desc())
        with self._writing.begin() as session:
            oldest = session.scalar(newest.offset(most - 1).limit(1))
            if oldest is not None:
                session.execute(delete(Call).where(Call.task == task, Call.created < oldest))

    def count_kept(self, keys: Sequence[str]) -> int:
        """How many of `keys` have a reply."""
        kept = 0
        with self._read() as session:
            for first in range(0, len(keys), 500):
                query = select(Call.key).where(Call.key.in_(keys[first : first + 500]))
                kept += len(session.scalars(query).all())
        return kept

    def sum_usage(self, job_id: int) -> dict[str, int]:
        """Calls and tokens of all replies that a Job has paid for, over all its resumes."""
        totals = {"calls": 0, "prompt_tokens": 0, "reply_tokens": 0}
        with self._read() as session:
            for usage in session.scalars(select(Call.usage).where(Call.job_id == job_id)):
                totals["calls"] += 1
                for name in ("prompt_tokens", "reply_tokens"):
                    totals[name] += int(usage.get(name, 0))
        return totals

    def newest_example_id(self, project_id: int) -> int:
        """The id of the Example that was added last; 0 when there is none."""
        query = select(func.max(Example.id)).where(Example.project_id == project_id)
        with self._read() as session:
            return session.scalar(query) or 0

    def add_asked_examples(
        self, chunk_id: int, asked: Mapping[str, int], examples: Sequence[Example]
    ) -> bool:
        """Add the Examples of a Chunk and note what it was asked for, in one step.

        `asked`: by name of the task, how many good rows it gave. False, and nothing added, when
        one of these tasks is done already or the Chunk is not there any more.
        """
        with self._write() as session:
            chunk = session.get(Chunk, chunk_id)
            if chunk is None or any(name in chunk.asked for name in asked):
                return False
            session.add_all(examples)
            chunk.asked = {**chunk.asked, **asked}
            if chunk.spoiled:
                left = {name: why for name, why in chunk.spoiled.items() if name not in asked}
                chunk.spoiled = left
        return True

    def note_spoiled(self, chunk_id: int, reasons: Mapping[str, str]) -> None:
        """Note why tasks of a Chunk gave no usable reply; it stays open for them."""
        with self._write() as session:
            chunk = session.get(Chunk, chunk_id)
            if chunk is not None:
                chunk.spoiled = {**chunk.spoiled, **reasons}

    def take_back_limit(self, ids: Sequence[int]) -> None:
        """Accept Examples that were rejected for nothing but being more than was asked for."""
        with self._write() as session:
            session.execute(
                update(Example)
                .where(Example.id.in_(ids), Example.status == "rejected")
                .where(Example.reason == "limit")
                .values(status="accepted", reason="")
            )
