"""Rows go in whole, come out detached, and every write can be noticed."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect

from gemma_garage.errors import MachineError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.records import copy_database
from gemma_garage.schema import Chunk, Document, Example, Job, Metric, Project, Run, Table
from gemma_garage.store import Store


def _fill(store: Store, examples: int = 3) -> tuple[int, int, list[int]]:
    project = store.ensure_project("Pumps")
    document = store.add(
        Document(
            project_id=project.id,
            name="a.pdf",
            sha256="0" * 64,
            format="pdf",
            size_bytes=1,
            path="documents/1/a.pdf",
        )
    )
    chunk = Chunk(document_id=document.id, number=0, text="Text.", start=0, end=5, tokens=2)
    store.finish_document(document.id, [chunk], pages=1, characters=5)
    rows = [
        Example(
            project_id=project.id,
            chunk_id=chunk.id,
            question=f"Question {number}?",
            answer=f"100% of {number}",
            fact=number,
        )
        for number in range(examples)
    ]
    store.add_examples(rows)
    return project.id, chunk.id, [row.id for row in rows]


def test_the_migrated_schema_is_the_declared_one(garage: Garage) -> None:
    columns = {}
    inspector = inspect(garage.store._engine)
    for table in Table.metadata.sorted_tables:
        found = {column["name"]: column["nullable"] for column in inspector.get_columns(table.name)}
        columns[table.name] = found
        assert found == {column.name: column.nullable for column in table.columns}, table.name
        assert {index["name"] for index in inspector.get_indexes(table.name)} == {
            index.name for index in table.indexes
        }
    assert columns


def test_migrating_again_changes_nothing_and_copies_nothing(garage: Garage) -> None:
    garage.store.migrate(garage.workspace.backups)
    assert list(garage.workspace.backups.iterdir()) == []


def test_an_older_database_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    store = Store.at(tmp_path / "garage.db")
    store.migrate()
    store.ensure_project("Kept")
    with sqlite3.connect(tmp_path / "garage.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
    connection.close()
    backups = tmp_path / "backups"
    with pytest.raises(Exception, match="older"):  # no such step: but the copy came first
        store.migrate(backups)
    (copy,) = backups.iterdir()
    copied = Store.at(copy)
    assert [project.name for project in copied.projects()] == ["Kept"]
    copied.close()
    store.close()


def test_a_copy_is_whole_while_others_write(tmp_path: Path) -> None:
    store = Store.at(tmp_path / "garage.db")
    store.migrate()
    store.ensure_project("Kept")
    copied = Store.at(copy_database(tmp_path / "garage.db", tmp_path / "copy" / "garage.db"))
    assert [project.name for project in copied.projects()] == ["Kept"]
    copied.close()
    store.close()


def test_every_write_moves_the_counter_and_no_read_does(garage: Garage) -> None:
    before = garage.store.change_counter()
    garage.store.ensure_project("New")
    after = garage.store.change_counter()
    garage.store.projects()
    assert after == before + 1 == garage.store.change_counter()


def test_a_missing_row_says_what_to_do(garage: Garage) -> None:
    with pytest.raises(NotFound, match=r"Document 77 is not there .* Reload"):
        garage.store.get(Document, 77)


def test_deleting_a_document_takes_its_chunks_and_examples(garage: Garage) -> None:
    project_id, _, _ = _fill(garage.store)
    garage.store.delete(Document, 1)
    assert garage.store.chunks(project_id) == []
    assert garage.store.examples(project_id)[1] == 0


def test_a_step_reported_twice_is_one_metric(garage: Garage) -> None:
    project_id, _, _ = _fill(garage.store)
    run = garage.store.add(
        Run(project_id=project_id, dataset_id=_dataset(garage), number=1, base_model="x")
    )
    for step in (1, 2, 3):
        garage.store.record_metric(run.id, step, {"loss": float(step)})
    garage.store.record_metric(run.id, 3, {"checkpoint": "checkpoint-3"})
    assert [(m.step, m.values) for m in garage.store.metrics(run.id)][-1] == (
        3,
        {"loss": 3.0, "checkpoint": "checkpoint-3"},
    )
    garage.store.forget_metrics_after(run.id, 1)
    assert [metric.step for metric in garage.store.metrics(run.id)] == [1]


def _dataset(garage: Garage) -> int:
    from gemma_garage.schema import Dataset

    return garage.store.add(
        Dataset(project_id=1, version=1, path="datasets/1", fingerprint="0" * 64)
    ).id


def test_a_broken_write_leaves_nothing(garage: Garage) -> None:
    garage.store.ensure_project("Twice")
    with pytest.raises(Exception, match="UNIQUE"):
        with garage.store._write() as session:
            session.add(Project(name="First of two"))
            session.flush()
            session.add(Project(name="Twice"))
    assert "First of two" not in [project.name for project in garage.store.projects()]


def test_many_threads_write_at_once(garage: Garage) -> None:
    job = garage.store.add(Job(kind="x", lane="io"))
    before = garage.store.change_counter()

    def write() -> None:
        for _ in range(20):
            garage.store.update(Job, job.id, fraction=0.5)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert garage.store.change_counter() == before + 160


def test_who_writes_without_a_pause_lets_others_in_between(garage: Garage) -> None:
    """First come, first served: the eager one gets no second turn before the one who waits."""
    job = garage.store.add(Job(kind="x", lane="io"))
    turns: list[str] = []
    ended = threading.Event()

    def write(name: str, times: int) -> None:
        for _ in range(times):
            garage.store.update(Job, job.id, stage=name)
            turns.append(name)
            if ended.is_set():
                break

    eager = threading.Thread(target=write, args=("eager", 100_000))
    eager.start()
    write("patient", 50)
    ended.set()
    eager.join()
    between = "".join(name[0] for name in turns).strip("e").split("p")
    assert max(map(len, between)) <= 4  # a turn may end before it is noted here


def test_nothing_is_stored_with_a_foreign_key_to_nowhere(garage: Garage) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"):
        garage.store.add(Metric(run_id=999, step=1, values={}))


def test_a_full_disk_is_told_and_what_was_stored_is_kept(tmp_path: Path) -> None:
    store = Store.at(tmp_path / "garage.db")
    store.migrate()
    project = store.ensure_project("Pumps")
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.rollback()
    with pytest.raises(MachineError, match=r"full.*kept.*Free some space"):
        for number in range(200):
            store.ensure_project(f"{number} " + "x" * 190)
    assert store.get(Project, project.id).name == "Pumps"
    store.close()


def test_a_home_that_cannot_hold_a_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "garage.db").mkdir()
    with pytest.raises(MachineError, match="unable to open"):
        Store.at(tmp_path / "garage.db").migrate()
