"""One database: how it is opened, migrated, and how any row is read and written.

The named queries are in the modules that build on it; `store.py` puts them together.
"""

import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, bindparam, create_engine, delete, event, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from gemma_garage.errors import DiskFull, MachineError, NotFound
from gemma_garage.example_filter import fold_example
from gemma_garage.schema import Change, Example, ExampleText, Table

Row = TypeVar("Row", bound=Table)
# What SQLite says when the disk, not the question, is at fault.
_DISK_WORDS = ("disk is full", "disk i/o error", "readonly database", "unable to open database")


class Records:
    """The database at `url`; `migrate()` brings its schema up to date before first use."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _set_pragmas)
            event.listen(self._engine, "begin", _begin)
        self._reading = sessionmaker(self._engine, expire_on_commit=False)
        self._writing = sessionmaker(
            self._engine.execution_options(writes=True), expire_on_commit=False
        )
        event.listen(self._writing, "after_flush", _keep_texts)
        self._turn = _Queue()

    @classmethod
    def at(cls, path: Path) -> Self:
        return cls(f"sqlite:///{path}")

    def migrate(self, backups: Path | None = None) -> None:
        """Bring the schema to the newest version; a SQLite file is copied to `backups` first."""
        from alembic import command
        from alembic.config import Config
        from alembic.runtime.migration import MigrationContext
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", "gemma_garage:migrations")
        with self._explain_disk():
            with self._engine.connect() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
            if current == ScriptDirectory.from_config(config).get_current_head():
                return
            database = self._engine.url.database
            if current and backups and self._engine.dialect.name == "sqlite" and database:
                stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
                copy_database(Path(database), backups / f"garage-{current}-{stamp}.db")
            with self._engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with self._explain_disk(), self._reading() as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self._turn, self._explain_disk(), self._writing.begin() as session:
            yield session
            session.execute(update(Change).values(counter=Change.counter + 1))

    @contextmanager
    def _explain_disk(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            said = str(error.orig).lower()
            if not any(words in said for words in _DISK_WORDS):
                raise
            kind = DiskFull if "disk is full" in said else MachineError
            raise kind(
                f"The database {self._engine.url.database} could not be used: {error.orig}. What "
                "was stored before is kept. Free some space there, or make the folder writable, "
                "and try again."
            ) from error

    def get(self, table: type[Row], row_id: int | None) -> Row:
        """The row. Raises NotFound."""
        with self._read() as session:
            row = session.get(table, row_id) if row_id is not None else None
        if row is None:
            raise NotFound(
                f"{table.__name__} {row_id} is not there (any more). Reload the page and choose "
                "another."
            )
        return row

    def add(self, row: Row) -> Row:
        """Insert one row; its id is set when this returns."""
        with self._write() as session:
            session.add(row)
        return row

    def update(self, table: type[Table], row_id: int, **values: Any) -> None:
        with self._write() as session:
            session.execute(update(table).where(_key(table) == row_id).values(**values))

    def delete(self, table: type[Table], row_id: int) -> None:
        """Remove the row and all that hangs on it."""
        with self._write() as session:
            session.execute(delete(table).where(_key(table) == row_id))

    def change_counter(self) -> int:
        """A number that moves with every write: the cheap question a page polls."""
        with self._read() as session:
            return session.scalar(select(Change.counter)) or 0


def copy_database(source: Path, target: Path) -> Path:
    """A consistent copy of a SQLite file, also while others write to it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    reading, writing = sqlite3.connect(source), sqlite3.connect(target)
    try:
        reading.backup(writing)
    finally:
        reading.close()
        writing.close()
    shutil.copymode(source, target)
    return target


class _Queue:
    """Lets one thread in at a time, first come, first served.

    Writers of one process wait here. In SQLite they would sleep and try again, in steps that grow
    to a tenth of a second, and the one who comes most often would go first.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        mine = threading.Lock()
        with self._guard:
            self._waiting.append(mine)
            if len(self._waiting) > 1:
                mine.acquire()  # given back by whoever goes before
        mine.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._waiting.popleft()
            if self._waiting:
                self._waiting[0].release()


def _key(table: type[Table]) -> Any:
    return next(iter(table.__table__.primary_key))


def _keep_texts(session: Session, _: object) -> None:
    """Whenever Examples are written: write what the search looks through, all in one statement."""

    def fold(rows: Iterable[object]) -> list[dict[str, Any]]:
        return [
            {"row": row.id, "text": fold_example(row.question, row.answer, row.evidence)}
            for row in rows
            if isinstance(row, Example)
        ]

    if new := fold(session.new):
        values: dict[str, Any] = {"example_id": bindparam("row"), "folded": bindparam("text")}
        session.connection().execute(insert(ExampleText).values(values), new)
    if changed := fold(session.dirty):
        mine = ExampleText.example_id == bindparam("row")
        query = update(ExampleText).where(mine).values(folded=bindparam("text"))
        session.connection().execute(query, changed)


def _set_pragmas(connection: sqlite3.Connection, _: object) -> None:
    # Autocommit mode hands BEGIN to `_begin`, which can then ask for the write lock at once.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.execute("PRAGMA busy_timeout=15000").close()


def _begin(connection: Connection) -> None:
    # A deferred transaction that reads first and writes later fails with "database is locked"
    # without waiting; IMMEDIATE waits its turn.
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
