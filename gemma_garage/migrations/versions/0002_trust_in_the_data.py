"""what cleaning did, conversations, scores, undo and kept calls"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add("documents", "origin", sa.Text(), "")
    _add("documents", "cleaning", sa.JSON(), "{}")
    _add("documents", "details", sa.JSON(), "{}")
    _add("datasets", "settings", sa.JSON(), "{}")
    _add("examples", "turns", sa.JSON(), "[]")
    op.add_column("examples", sa.Column("score", sa.Float(), nullable=True))
    op.create_index("examples_in_order", "examples", ["project_id", "chunk_id", "fact", "id"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
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
        sa.Column("created", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _add(table: str, name: str, kind: sa.types.TypeEngine[Any], default: str) -> None:
    # Rows that are there already need a value; the column's default is the schema's afterwards.
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
