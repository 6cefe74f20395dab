"""The oldest schema is brought to today's, and what stood in it is still there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from gemma_garage.example_filter import Filter
from gemma_garage.infer.column import history
from gemma_garage.schema import Dataset, Document, Example, Job, Run
from gemma_garage.store import Store

_OLD_COLUMN = (
    '{"text": "5W", "first_token_s": 0.1, "tokens_per_second": 9.0, "tokens": 2, "done": true}'
)


def test_the_oldest_schema_is_brought_up_to_date_with_its_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'garage.db'}"
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", "gemma_garage:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO projects VALUES (1, 'Pumps', 'then')",
            "INSERT INTO documents VALUES "
            "(1, 1, 'a.pdf', 'aa', 'pdf', 9, 'documents/1/a.pdf', 'ready', NULL, 3, 90, 'then')",
            "INSERT INTO examples (id, project_id, question, answer, evidence, kind, fact, origin,"
            " status, reason, scores, before, created) VALUES "
            "(1, 1, 'How much?', '4', 'It is 4.', 'factual', 0, 'local', 'edited', '', '{}', "
            "'[{\"answer\": \"5\"}]', 'then')",
            'INSERT INTO chunks (id, document_id, number, text, heading, start, "end", tokens) '
            "VALUES (1, 1, 0, 'It is 4.', '', 0, 8, 3), (2, 1, 1, 'Hello.', '', 9, 15, 2)",
            "INSERT INTO examples (id, project_id, chunk_id, question, answer, evidence, kind, "
            "fact, origin, status, reason, scores, before, created) VALUES "
            "(2, 1, 1, '', '', '', 'factual', 0, 'gemini', 'rejected', 'unreadable', '{}', '[]', "
            "'then'), (3, 1, 2, '', '', '', 'why', 0, 'gemini', 'rejected', 'no-facts', '{}', "
            "'[]', 'then')",
            "INSERT INTO jobs (id, project_id, kind, lane, status, title, payload, result, stage,"
            " fraction, created) VALUES "
            "(1, 1, 'train', 'gpu', 'stopped', 'Training run 1', '{}', '{}', '', 0.5, 'then')",
            "INSERT INTO datasets VALUES (1, 1, 1, 'datasets/1', '{\"train\": 9}', 'ff', 'then')",
            "INSERT INTO runs (id, project_id, dataset_id, job_id, number, base_model, config,"
            " result, created) VALUES (1, 1, 1, 1, 1, 'gemma-3-270m-starter', '{}', '{}', 'then')",
            "INSERT INTO comparisons VALUES (1, 1, 1, 'Which oil?', '["
            + _OLD_COLUMN
            + ", "
            + _OLD_COLUMN
            + "]', 'then')",
        ):
            connection.execute(text(statement))
    engine.dispose()

    store = Store(url)
    store.migrate(tmp_path / "backups")
    document = store.get(Document, 1)
    example = store.get(Example, 1)
    dataset = store.get(Dataset, 1)
    job = store.get(Job, 1)
    run = store.get(Run, 1)
    (comparison,) = history(store, 1)
    found = store.count_matching(1, Filter(search="HOW much"))
    open_again, done = store.chunks(1)
    counts = store.count_examples(1)
    store.close()

    assert (document.name, document.pages, document.origin) == ("a.pdf", 3, "")
    assert (document.cleaning, document.details) == ({}, {})
    assert example.before == [{"answer": "5"}]
    assert (example.turns, example.score, example.worse) == ([], None, "")
    assert found == 1
    # What was spoiled is asked again, what gave nothing is not, and neither is an Example.
    assert (open_again.asked, open_again.spoiled) == ({"why": 1}, {"factual": "unreadable"})
    assert (done.asked, done.spoiled) == ({"factual": 1, "why": 1}, {})
    assert counts == {("edited", ""): 1}
    assert [column.name for column in comparison.columns] == ["base", "run-1"]
    assert [column.text for column in comparison.columns] == ["5W", "5W"]
    assert (comparison.conversation_id, comparison.settings) == (None, {})
    assert (job.title, job.place, job.wish) == ("Training run 1", 0, "")
    assert (dataset.counts, dataset.settings) == ({"train": 9}, {})
    assert (run.number, run.estimate) == (1, {})
    assert list((tmp_path / "backups").iterdir())
