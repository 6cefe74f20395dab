"""conversations and settings of comparisons, votes of people, files that are asked as a whole"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comparisons", sa.Column("conversation_id", sa.Integer(), nullable=True))
    op.add_column(
        "comparisons", sa.Column("settings", sa.JSON(), nullable=False, server_default="{}")
    )
    op.create_table(
        "votes",
        sa.Column("id", sa.Integer(), primary_key=True),
        _refer("project_id", "projects"),
        _refer("comparison_id", "comparisons"),
        sa.Column("left", sa.String(60), nullable=False),
        sa.Column("right", sa.String(60), nullable=False),
        sa.Column("choice", sa.String(10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("example_id", sa.Integer(), nullable=True),
        sa.Column("created", sa.Text(), nullable=False),
        sa.UniqueConstraint("comparison_id"),
    )
    op.create_index("votes_by_project", "votes", ["project_id"])
    op.create_table(
        "batch_rows",
        sa.Column("id", sa.Integer(), primary_key=True),
        _refer("job_id", "jobs"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("is_answered", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.UniqueConstraint("job_id", "number"),
    )


def _refer(name: str, table: str) -> sa.Column[int]:
    parent = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Integer(), parent, nullable=False)
