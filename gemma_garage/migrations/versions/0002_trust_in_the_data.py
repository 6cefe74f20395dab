"""what cleaning did, conversations, scores, undo and kept calls"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from gemma_garage.example_filter import fold_example

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add("documents", "origin", sa.Text(), "")
    _add("documents", "cleaning", sa.JSON(), "{}")
    _add("documents", "details", sa.JSON(), "{}")
    _add("datasets", "settings", sa.JSON(), "{}")
    _add("chunks", "asked", sa.JSON(), "{}")
    # Until now a Chunk with Examples had been asked for all that it holds.
    op.execute(
        'UPDATE chunks SET asked = \'{"factual": 1, "why": 1}\' '
        "WHERE id IN (SELECT chunk_id FROM examples)"
    )
    _add("examples", "turns", sa.JSON(), "[]")
    op.add_column("examples", sa.Column("score", sa.Float(), nullable=True))
    parent = sa.ForeignKey("documents.id", ondelete="CASCADE")
    column = sa.Column("document_id", sa.Integer(), parent, nullable=True)
    op.add_column("examples", column, inline_references=True)  # SQLite can add it no other way
    op.create_index("examples_by_document", "examples", ["document_id", "fact"])
    parent = sa.ForeignKey("examples.id", ondelete="CASCADE")
    op.create_table(
        "example_texts",
        sa.Column("example_id", sa.Integer(), parent, primary_key=True),
        sa.Column("folded", sa.Text(), nullable=False),
    )
    _fold_examples()
    filtered = ["status", "reason", "kind", "origin"]
    op.drop_index("examples_by_project", "examples")
    op.create_index("examples_by_project", "examples", ["project_id", *filtered])
    in_order = ["project_id", "chunk_id", "document_id", "fact", "id"]
    op.create_index("examples_in_order", "examples", [*in_order, *filtered, "score"])
    op.create_index("examples_by_chunk", "examples", ["chunk_id"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "calls",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("task", sa.String(length=30), nullable=False),
        sa.Column("reply", sa.JSON(), nullable=False),
        sa.Column("usage", sa.JSON(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("created", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("calls_by_job", "calls", ["job_id"])


def _add(table: str, name: str, kind: sa.types.TypeEngine[Any], default: str) -> None:
    # Rows that are there already need a value; the column's default is the schema's afterwards.
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))


def _fold_examples() -> None:
    """Make what the search looks through, for the Examples that are there already."""
    names = ("id", "question", "answer", "evidence")
    rows = sa.table("examples", *map(sa.column, names))
    texts = sa.table("example_texts", sa.column("example_id"), sa.column("folded"))
    connection = op.get_bind()
    found = connection.execute(sa.select(*(rows.c[name] for name in names)))
    folded = [{"example_id": row_id, "folded": fold_example(*held)} for row_id, *held in found]
    if folded:
        connection.execute(sa.insert(texts), folded)
